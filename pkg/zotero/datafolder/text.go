package datafolder

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// Zotero keeps the text that it extracted from an attachment's file in
// storage/KEY/.zotero-ft-cache, also for a linked file.
const (
	storage   = "storage"
	textCache = ".zotero-ft-cache"
)

// maxText is the most bytes of a text that are read.
const maxText = 32 << 20

// textPath returns the path of an attachment's text in the data folder. The key
// has the form of one.
func textPath(key string) string { return path.Join(storage, key, textCache) }

// TextVersions implements [replica.Source]. The version of a text is the time of
// its file.
func (s source) TextVersions(ctx context.Context, since int64) (map[string]int64, error) {
	r, release, err := s.begin(ctx, false)
	if err != nil {
		return nil, err
	}
	defer release()
	files, err := openFiles(s.folder.dir)
	if err != nil {
		return nil, err
	}
	defer files.root.Close()
	stored, err := files.root.OpenRoot(storage)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return map[string]int64{}, nil
	case err != nil:
		return nil, nil // not listed: each text says why it can't be read
	}
	defer stored.Close()
	changed := map[string]int64{}
	for _, m := range r.census.members {
		if !m.file {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		info, err := stored.Stat(path.Join(m.key, textCache))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil && since == 0:
			changed[m.key] = 1 // its text says why it can't be read
		case err != nil:
		case info.ModTime().UnixMilli() > since:
			changed[m.key] = info.ModTime().UnixMilli()
		}
	}
	return changed, nil
}

// Text implements [replica.Source].
func (s source) Text(ctx context.Context, attachment string) (replica.Text, error) {
	r, release, err := s.begin(ctx, false)
	if err != nil {
		return replica.Text{}, err
	}
	defer release()
	m := r.census.find(attachment)
	if m == nil {
		return replica.Text{}, library.Errorf(library.NotFound, "no such attachment")
	}
	if !m.file {
		return zotero.NoText(), nil
	}
	files, err := openFiles(s.folder.dir)
	if err != nil {
		return replica.Text{}, err
	}
	defer files.root.Close()
	content, version, err := files.readText(attachment)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return zotero.NoText(), nil
	case errors.Is(err, errOutside), errors.Is(err, errNotRegular):
		return replica.Text{Status: library.TextStatus{Reason: err.Error()}}, nil
	case err != nil:
		return replica.Text{}, err
	}
	n, err := r.db.indexed(ctx, m.row)
	if err != nil {
		return replica.Text{}, err
	}
	t := n.Text(content)
	t.Version = version
	return t, nil
}

// readText reads the text of an attachment, with its version.
func (f *files) readText(key string) (content string, version int64, err error) {
	file, err := f.open(textPath(key))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", 0, err
	case errors.Is(err, errOutside):
		return "", 0, errOutside
	case errors.Is(err, errNotRegular):
		return "", 0, fmt.Errorf("the text of the file is %w", errNotRegular)
	case err != nil:
		return "", 0, library.Errorf(library.Unavailable, "a text in the Zotero data folder can't be read").WithCause(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", 0, library.Errorf(library.Unavailable, "a text in the Zotero data folder can't be read").WithCause(err)
	}
	b, err := io.ReadAll(io.LimitReader(file, maxText+1))
	switch {
	case err != nil:
		return "", 0, library.Errorf(library.Unavailable, "a text in the Zotero data folder can't be read").WithCause(err)
	case len(b) > maxText:
		return "", 0, library.Errorf(library.TooLarge, "the text of the file has more than %d MiB", maxText>>20)
	}
	return clean(strings.TrimPrefix(string(b), "\uFEFF")), info.ModTime().UnixMilli(), nil
}

// indexed returns how much of a file's text Zotero says that it extracted.
func (d *database) indexed(ctx context.Context, row int64) (zotero.Indexed, error) {
	var counts [4]sql.NullInt64
	err := d.db.QueryRowContext(ctx, `SELECT indexedPages, totalPages, indexedChars, totalChars FROM fulltextItems WHERE itemID = ?`, row).
		Scan(&counts[0], &counts[1], &counts[2], &counts[3])
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	const most = 1 << 31
	n := func(i int) int { return int(min(max(counts[i].Int64, 0), most)) }
	return zotero.Indexed{Pages: n(0), TotalPages: n(1), Chars: n(2), TotalChars: n(3)}, d.failed(ctx, err)
}
