package zotero

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"strconv"
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// identity tells what one credential may see from what another may: a digest
// of what the server says of the key, key and rights included. What is cached
// for one identity is never shown to another.
type identity [sha256.Size]byte

// Account is what one credential may see. It is cheap to make and may be used
// by several callers at the same time.
type Account struct {
	client   *Client
	cred     upstream.Credential
	key      Key
	identity identity
	others   bool // another key may do what this one is refused
}

// Account returns what a credential may see: GET /keys/current. A key that
// Zotero doesn't take is [library.Unauthenticated]. With [Options.Local] there
// is no key: the caller sees what the desktop app has.
func (c *Client) Account(ctx context.Context, cred upstream.Credential) (*Account, error) {
	if c.o.Local {
		return c.localAccount(ctx)
	}
	res, err := c.get(ctx, cred, "/keys/current", nil, jsonType)
	if err != nil {
		return nil, err
	}
	a := &Account{client: c, cred: cred, identity: sha256.Sum256(res.Body)}
	if err := json.Unmarshal(res.Body, &a.key); err != nil {
		return nil, unreadable(err)
	}
	if a.key.UserID <= 0 {
		return nil, library.Errorf(library.Unauthenticated, "Zotero doesn't say whose key this is").WithHint("make a new key at https://www.zotero.org/settings/keys")
	}
	return a, nil
}

// localAccount asks the desktop app whose library it has. The app's user is
// always 0, its items name the real one; somebody who never signed in to
// Zotero is user 1 here.
func (c *Client) localAccount(ctx context.Context) (*Account, error) {
	a := &Account{client: c}
	list, err := c.Items(ctx, a.scope("/users/0"), Parameters{Limit: 1})
	if err != nil {
		return nil, err
	}
	a.key = Key{UserID: 1, User: Access{Library: true, Files: true, Notes: true}, AllGroups: Access{Library: true}}
	for _, item := range list.Items {
		if item.Library.Type == "user" && item.Library.ID > 0 {
			a.key.UserID = item.Library.ID
		}
	}
	return a, nil
}

// Key returns what the account's key may do.
func (a *Account) Key() Key { return a.key }

func (a *Account) scope(path string) Scope {
	return Scope{cred: a.cred, path: path, identity: a.identity}
}

// Scope returns the library as the account sees it, for the methods of
// [Client]; [library.NotFound] if the account may not read it.
func (a *Account) Scope(ctx context.Context, id library.ID) (Scope, error) {
	r, err := a.reader(ctx, id)
	if err != nil {
		return Scope{}, err
	}
	return r.scope, nil
}

// Libraries lists the libraries that the account may read, the personal one
// first, with size and version. A library that doesn't answer is listed with
// a size of -1 and a notice. If Zotero no longer accepts the key, that is
// [library.Unauthenticated].
func (a *Account) Libraries(ctx context.Context) ([]library.Info, error) {
	readers, err := a.readers(ctx)
	if err != nil {
		return nil, err
	}
	infos := make([]library.Info, len(readers))
	var wg sync.WaitGroup
	var refused error
	var once sync.Once
	room := make(chan struct{}, a.client.o.Parallel)
	for i, r := range readers {
		wg.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			info, err := r.Info(ctx)
			if library.CodeOf(err) == library.Unauthenticated {
				once.Do(func() { refused = err })
			}
			if err != nil {
				info = r.about
				info.Items, info.Notice = -1, "did not answer: "+library.AsError(err).Message
			}
			infos[i] = info
		})
	}
	wg.Wait()
	if refused != nil { // the key is the same for all
		return nil, refused
	}
	return infos, ctx.Err()
}

// Open returns a library that the account may read; any other does not exist
// for it: [library.NotFound].
func (a *Account) Open(ctx context.Context, id library.ID) (library.Reader, error) {
	r, err := a.reader(ctx, id)
	if err != nil {
		return nil, err
	}
	if r.about.Kind == library.KindUser && !a.key.User.Notes {
		return withoutNotes{r}, nil
	}
	return r, nil
}

// withoutNotes reads a library whose notes the key may not read.
type withoutNotes struct{ *Reader }

// Notice returns what every answer from the library says.
func (withoutNotes) Notice() string {
	return "this key may not read notes, so they are missing; https://www.zotero.org/settings/keys can allow it"
}

func (a *Account) reader(ctx context.Context, id library.ID) (*Reader, error) {
	if id == library.UserID(a.key.UserID) && a.key.User.Library {
		return a.personal(), nil
	}
	if group := groupNumber(id); group > 0 && a.key.group(group).Library {
		readers, err := a.readers(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range readers {
			if r.about.ID == id {
				return r, nil
			}
		}
	}
	return nil, library.Errorf(library.NotFound, "no such library").WithHint("list_libraries names those that there are")
}

// readers returns the account's libraries.
func (a *Account) readers(ctx context.Context) ([]*Reader, error) {
	all := []*Reader{}
	if a.key.User.Library {
		all = append(all, a.personal())
	}
	user := a.key.UserID
	if a.client.o.Local {
		user = 0
	}
	if !a.readsGroups() {
		return all, nil
	}
	first, err := a.client.Groups(ctx, a.cred, user, Parameters{})
	if err != nil {
		return nil, err
	}
	for group, err := range All(ctx, first) {
		if err != nil {
			return nil, err
		}
		// The list has public groups too that the key may not read.
		access := a.key.group(group.ID)
		if group.ID <= 0 || !access.Library {
			continue
		}
		about := library.Info{
			ID: library.GroupID(group.ID), Name: group.Name, Kind: library.KindGroup,
			MayWrite: access.Write && group.editableBy(a.key.UserID),
		}
		if about.Name == "" {
			about.Name = "Group " + strconv.FormatInt(group.ID, 10)
		}
		all = append(all, &Reader{client: a.client, scope: a.scope("/groups/" + strconv.FormatInt(group.ID, 10)), about: about, others: a.others})
	}
	return all, nil
}

// readsGroups reports whether there can be a group that the key may read.
func (a *Account) readsGroups() bool {
	if a.key.AllGroups.Library {
		return true
	}
	for _, access := range a.key.Groups {
		if access.Library {
			return true
		}
	}
	return false
}

func (a *Account) personal() *Reader {
	path := "/users/" + strconv.FormatInt(a.key.UserID, 10)
	if a.client.o.Local {
		path = "/users/0"
	}
	return &Reader{client: a.client, scope: a.scope(path), others: a.others, about: library.Info{
		ID: library.UserID(a.key.UserID), Name: "My Library", Kind: library.KindUser, MayWrite: a.key.User.Write,
	}}
}
