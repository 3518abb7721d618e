package datafolder

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// shelved is a library of the data folder.
type shelved struct {
	row  int64 // libraryID in the database
	info library.Info
}

// libraries returns the libraries of a database: the personal one, then groups by
// name. Feeds are none.
func (d *database) libraries(ctx context.Context) ([]shelved, error) {
	personal, err := d.personalID(ctx)
	if err != nil {
		return nil, err
	}
	var all []shelved
	err = d.each(ctx, func(scan scanner) error {
		s := shelved{info: library.Info{ID: personal, Name: "My Library", Kind: library.KindUser, Notice: d.notice()}}
		if err := scan(&s.row); err != nil {
			return err
		}
		all = append(all, s)
		return nil
	}, `SELECT libraryID FROM libraries WHERE type = 'user' ORDER BY libraryID LIMIT 1`)
	if err != nil {
		return nil, err
	}
	err = d.each(ctx, func(scan scanner) error {
		var number int64
		s := shelved{info: library.Info{Kind: library.KindGroup, Notice: d.notice()}}
		if err := scan(&s.row, &number, &s.info.Name); err != nil {
			return err
		}
		if s.info.Name == "" {
			s.info.Name = fmt.Sprintf("Group %d", number)
		}
		if s.info.ID = library.GroupID(number); number > 0 {
			all = append(all, s)
		}
		return nil
	}, `SELECT libraryID, groupID, CAST(name AS TEXT) FROM groups ORDER BY name COLLATE NOCASE, groupID`)
	return all, err
}

// localKey is the form of the key that Zotero makes for a person who has no
// account.
var localKey = regexp.MustCompile(`^[A-Za-z0-9]{1,32}$`)

// personalID returns the ID of the personal library: that of the account, as at
// zotero.org, or one of this data folder for a person who never signed in.
func (d *database) personalID(ctx context.Context) (library.ID, error) {
	setting := func(key string) (value string, err error) {
		err = d.db.QueryRowContext(ctx, `SELECT CAST(value AS TEXT) FROM settings WHERE setting = 'account' AND key = ?`, key).Scan(&value)
		if errors.Is(err, sql.ErrNoRows) {
			return "", nil
		}
		return value, d.failed(ctx, err)
	}
	user, err := setting("userID")
	if err != nil {
		return "", err
	}
	if n, err := strconv.ParseInt(user, 10, 64); err == nil && n > 0 {
		return library.UserID(n), nil
	}
	local, err := setting("localUserKey")
	if err != nil {
		return "", err
	}
	if !localKey.MatchString(local) {
		local = "0"
	}
	return library.ID(string(library.KindUser) + ":local-" + local), nil
}
