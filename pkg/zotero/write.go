package zotero

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// settleTimeout bounds the question what became of a batch.
const settleTimeout = 20 * time.Second

// target changes one library
// (https://www.zotero.org/support/dev/web_api/v3/write_requests).
type target struct {
	source   *source
	send     sender
	download downloader
	upload   uploader
}

var _ replica.Target = (*target)(nil)

// NewKey implements [library.Writer]: one of 33⁸ keys.
func (t *target) NewKey() string {
	var key strings.Builder
	for b := make([]byte, 1); key.Len() < keyLength; {
		_, _ = rand.Read(b) // never fails
		if n := int(b[0]) % 64; n < len(keyAlphabet) {
			key.WriteByte(keyAlphabet[n])
		}
	}
	return key.String()
}

// stored is an object as the API writes it, with all its fields.
type stored struct {
	key     string
	version int64
	data    library.Data
}

// UnmarshalJSON implements [json.Unmarshaler].
func (s *stored) UnmarshalJSON(raw []byte) error {
	m, d, _, err := envelope(raw)
	if err != nil {
		return err
	}
	*s = stored{key: asText(m["key"]), version: asNumber(m["version"], 0), data: library.Data{}}
	for name, value := range d {
		var v any
		if err := json.Unmarshal(value, &v); err != nil {
			return err
		}
		s.data[name] = v
	}
	delete(s.data, "key")
	delete(s.data, "version")
	return nil
}

// Objects implements [library.Writer].
func (t *target) Objects(ctx context.Context, kind library.ObjectKind, keys []string) ([]library.Object, error) {
	if keys = onlyValid(keys); len(keys) == 0 {
		return nil, nil
	}
	query := url.Values{"itemKey": {strings.Join(keys, ",")}, "includeTrashed": {"1"}}
	if kind == library.CollectionObject {
		query = url.Values{"collectionKey": {strings.Join(keys, ",")}}
	}
	p, err := getPage[stored](ctx, t.source.ask, t.path(kind), paged(query, 0, maxPage), direct)
	if err != nil {
		return nil, lost(err)
	}
	objects := make([]library.Object, len(p.items))
	for i, s := range p.items {
		objects[i] = library.Object{Kind: kind, Key: s.key, Version: s.version, Data: s.data}
	}
	return objects, nil
}

// path returns the path of all objects of a kind.
func (t *target) path(kind library.ObjectKind) string {
	return t.source.path + "/" + string(kind) + "s"
}

// Write implements [replica.Target]. Zotero carries out each edit by itself, on the
// version that the edit names. The batch's ID is its write token.
//
// Zotero keeps the token of a batch of which it refused every edit, too: what a batch
// with a used token did not do is sent once more with another token. That does nothing
// twice, since each edit names its object and the version that it builds on.
func (t *target) Write(ctx context.Context, b library.Batch, mark string) (replica.Written, error) {
	r, used, err := t.post(ctx, b, b.ID)
	if err != nil {
		return replica.Written{}, err
	}
	t.settle(ctx, b, r)
	if again := r.undone(b); used && len(again.Edits) > 0 {
		second, _, err := t.post(ctx, again, rand.Text())
		if err == nil {
			t.settle(ctx, again, second)
			r.take(b, again, second)
		}
	}
	return replica.Written{Outcomes: r.outcomes, Changes: r.changes(t.source.id, b.Kind, mark)}, nil
}

// post sends a batch with a write token, and reports whether the token was used before.
// With an error nothing was done.
func (t *target) post(ctx context.Context, b library.Batch, token string) (r *report, used bool, err error) {
	body, err := bodyOf(b)
	if err != nil {
		return nil, false, err
	}
	res, err := t.send(ctx, upstream.Change{
		Method: http.MethodPost, Path: t.path(b.Kind), Body: body, Once: true, Affects: t.source.path,
		Header: http.Header{
			"Zotero-Api-Version": {"3"}, "Zotero-Write-Token": {token},
			"Content-Type": {"application/json"}, "Accept": {"application/json"},
		},
	})
	used = upstream.StatusOf(err) == http.StatusPreconditionFailed
	switch {
	case used || upstream.Uncertain(err):
		return openReport(b, err), used, nil
	case err != nil:
		return nil, false, lost(err)
	}
	if r, err = readReport(b, res.Body); err != nil {
		r = openReport(b, err)
	}
	return r, false, nil
}

// bodyOf returns a batch as the API takes it.
func bodyOf(b library.Batch) ([]byte, error) {
	all := make([]library.Data, len(b.Edits))
	for i, e := range b.Edits {
		if !validKey(e.Key) {
			return nil, library.Errorf(library.Invalid, "not a key of Zotero")
		}
		all[i] = library.Data{}
		maps.Copy(all[i], e.Data)
		all[i]["key"], all[i]["version"] = e.Key, e.Version
	}
	body, err := json.Marshal(all)
	if err != nil {
		return nil, library.Errorf(library.Invalid, "an edit has a value that JSON lacks").WithCause(err)
	}
	return body, nil
}

// settle asks for the objects of edits whose outcome is open, and of those that were
// refused because the object changed: the change may be this very edit.
func (t *target) settle(ctx context.Context, b library.Batch, r *report) {
	keys := []string{}
	for i, o := range r.outcomes {
		if o.Status == library.EditUnknown || r.stale[i] {
			keys = append(keys, b.Edits[i].Key)
		}
	}
	if len(keys) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	objects, err := t.Objects(ctx, b.Kind, keys)
	if err != nil {
		return // the outcomes stay as they are
	}
	byKey := map[string]library.Object{}
	for _, o := range objects {
		byKey[o.Key] = o
	}
	for i, e := range b.Edits {
		if o, open := &r.outcomes[i], r.outcomes[i].Status == library.EditUnknown; open || r.stale[i] {
			now, ok := byKey[e.Key]
			*o = settled(*o, e, now, ok)
		}
	}
}

// settled returns the outcome of an edit whose object is known, if there is one.
func settled(was library.Outcome, e library.Edit, now library.Object, exists bool) library.Outcome {
	switch {
	case exists && change.Holds(now.Data, e.Data) && was.Status == library.EditUnknown && now.Version > e.Version:
		return library.Outcome{Status: library.EditDone, Version: now.Version}
	case exists && change.Holds(now.Data, e.Data):
		return library.Outcome{Status: library.EditUnchanged, Version: now.Version}
	case was.Status != library.EditUnknown:
		return was
	case exists && now.Version > e.Version:
		return library.Outcome{Status: library.EditRefused, Err: changedSince()}
	case !exists && e.Version > 0:
		return library.Outcome{Status: library.EditRefused, Err: unknownObject()}
	}
	err := library.Errorf(library.Unavailable, "Zotero did not carry the edit out").WithHint("try again")
	return library.Outcome{Status: library.EditRefused, Err: err.WithCause(was.Err)}
}

// changes returns what a batch of items changed, if nothing else changed in between:
// then the versions follow the one of the mark without a gap.
func (r *report) changes(id library.ID, kind library.ObjectKind, mark string) *replica.Changes {
	since, collections, ok := parseMark(mark)
	if !ok || kind != library.ItemObject || r.open || slices.Contains(r.stale, true) {
		return nil
	}
	versions := map[int64]bool{}
	last := since
	for _, it := range r.items {
		if it.version > since {
			versions[it.version] = true
		}
		last = max(last, it.version)
	}
	if int64(len(versions)) != last-since {
		return nil
	}
	return &replica.Changes{
		Head:    replica.Head{Mark: markOf(last, collections), Version: last, Items: -1, Objects: -1},
		Objects: objectsOf(id, r.items),
	}
}

// indexOf reads the position of an edit in a report; -1 if it has none of n edits.
func indexOf(s string, n int) int {
	i, err := strconv.Atoi(s)
	if err != nil || i < 0 || i >= n {
		return -1
	}
	return i
}
