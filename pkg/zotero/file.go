package zotero

import (
	"context"
	"crypto/md5" //nolint:gosec // Zotero names files by it
	"encoding/hex"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// File implements [library.Files]
// (https://www.zotero.org/support/dev/web_api/v3/file_upload). The storage gets no
// header of the caller. A file whose content is not the one that Zotero names is an
// error.
func (t *target) File(ctx context.Context, key string, most int64) ([]byte, error) {
	if !validKey(key) {
		return nil, library.Errorf(library.Invalid, "not a key of Zotero")
	}
	res, err := t.download(ctx, t.path(library.ItemObject)+"/"+key+"/file", most)
	switch {
	case isCode(err, library.NotFound):
		return nil, library.Errorf(library.NotFound, "Zotero does not have this file").
			WithHint("it may not be synced yet, or be on a WebDAV server, which only Zotero's own apps read").WithCause(err)
	case isCode(err, library.Invalid):
		return nil, library.Errorf(library.Invalid, "Zotero keeps no file for this attachment").
			WithHint("it is a link, or not an attachment").WithCause(err)
	case isCode(err, library.TooLarge):
		return nil, library.Errorf(library.TooLarge, "the file has more than %d MB, which is the most that is read", most>>20).WithCause(err)
	case isCode(err, library.Forbidden):
		return nil, library.Errorf(library.Forbidden, "%s", withoutFiles).WithCause(err)
	case err != nil:
		return nil, err
	}
	if res.Header.Get("Zotero-File-Compressed") == "Yes" {
		return nil, library.Errorf(library.Invalid, "the attachment is a web page, which Zotero keeps as an archive")
	}
	sum := md5.Sum(res.Body) //nolint:gosec // as above
	if want := res.Header.Get("Zotero-File-MD5"); want != "" && want != hex.EncodeToString(sum[:]) {
		return nil, library.Errorf(library.Unavailable, "the file that came is not the one that Zotero describes").WithHint("try again in a moment; if it stays so, let Zotero upload the file again")
	}
	return res.Body, nil
}
