package zotero

import (
	"context"
	"crypto/md5" //nolint:gosec // Zotero names files by it
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// permission is Zotero's response to the request to store a file.
type permission struct {
	Exists                                      int // 1: the storage has the file, and the attachment has it now
	URL, ContentType, Prefix, Suffix, UploadKey string
}

// Attach implements [library.FileStore]
// (https://www.zotero.org/support/dev/web_api/v3/file_upload): it asks for permission,
// posts the file to the storage, and registers it. Each step may be done twice. At the
// end, and where a response was lost, it looks which file the attachment has.
func (t *target) Attach(ctx context.Context, key string, f library.File) error {
	if !validKey(key) {
		return library.Errorf(library.Invalid, "not a key of Zotero")
	}
	sum := md5.Sum(f.Content) //nolint:gosec // as above
	hash := hex.EncodeToString(sum[:])
	err := t.store(ctx, key, hash, f)
	if err != nil && !upstream.Uncertain(err) && !isCode(err, library.Conflict) {
		return attachError(err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	has, lookErr := t.fileOf(ctx, key)
	switch {
	case lookErr != nil && err == nil:
		return lookErr
	case lookErr != nil:
		return attachError(err)
	case has == hash:
		return nil
	case has != "":
		return library.Errorf(library.Conflict, "the attachment has another file").WithHint("remove it in Zotero first")
	case err != nil:
		return attachError(err)
	}
	return library.Errorf(library.Unavailable, "Zotero took the file, and does not have it").WithHint("try again in a moment")
}

// store carries out the steps.
func (t *target) store(ctx context.Context, key, hash string, f library.File) error {
	may, err := t.permit(ctx, key, url.Values{
		"md5": {hash}, "filename": {f.Name}, "filesize": {strconv.Itoa(len(f.Content))}, "contentType": {f.ContentType},
		"mtime": {strconv.FormatInt(time.Now().UnixMilli(), 10)},
	})
	if err != nil || may.Exists == 1 {
		return err
	}
	if err := t.upload(ctx, may.URL, may.ContentType, []byte(may.Prefix), f.Content, []byte(may.Suffix)); err != nil {
		return err
	}
	_, err = t.sendForm(ctx, key, url.Values{"upload": {may.UploadKey}})
	return err
}

// permit asks for the permission to store a file.
func (t *target) permit(ctx context.Context, key string, form url.Values) (permission, error) {
	res, err := t.sendForm(ctx, key, form)
	if err != nil {
		return permission{}, err
	}
	var p permission
	if err := json.Unmarshal(res.Body, &p); err != nil || p.Exists != 1 && (p.URL == "" || p.UploadKey == "") {
		return permission{}, unreadable(err)
	}
	return p, nil
}

// sendForm posts a form about the file of an attachment that has none.
func (t *target) sendForm(ctx context.Context, key string, form url.Values) (*upstream.Response, error) {
	return t.send(ctx, upstream.Change{
		Method: http.MethodPost, Path: t.path(library.ItemObject) + "/" + key + "/file", Body: []byte(form.Encode()), Once: true, Affects: t.source.path,
		Header: http.Header{
			"Zotero-Api-Version": {"3"}, "Content-Type": {"application/x-www-form-urlencoded"}, "If-None-Match": {"*"},
		},
	})
}

// fileOf returns the MD5 of an attachment's file, "" if it has none.
func (t *target) fileOf(ctx context.Context, key string) (string, error) {
	objects, err := t.Objects(ctx, library.ItemObject, []string{key})
	if err != nil {
		return "", err
	}
	if len(objects) == 0 {
		return "", unknownObject()
	}
	hash, _ := objects[0].Data["md5"].(string)
	return hash, nil
}

// attachError returns why Zotero does not store a file.
func attachError(err error) error {
	header := upstream.HeaderOf(err)
	switch {
	case isCode(err, library.TooLarge):
		used := ""
		if quota := header.Get("Zotero-Storage-Quota"); asNumber(json.RawMessage(quota), 0) > 0 {
			used = " of " + strconv.FormatInt(asNumber(json.RawMessage(quota), 0), 10) + " MB"
		}
		return library.Errorf(library.TooLarge, "the storage%s at Zotero is full", used).
			WithHint("its owner can free some, or get more at https://www.zotero.org/settings/storage").WithCause(err)
	case upstream.StatusOf(err) == http.StatusBadRequest && header.Get("Retry-After") != "":
		return library.Errorf(library.RateLimited, "too many files wait at Zotero to be stored").WithHint("try again later").WithRetryAfter(time.Minute).WithCause(err)
	case isCode(err, library.Forbidden):
		return library.Errorf(library.Forbidden, "the key may not store files in this library").
			WithHint("a group can switch files off; https://www.zotero.org/settings/keys shows what the key may do").WithCause(err)
	case isCode(err, library.NotFound):
		return unknownObject()
	}
	return err
}
