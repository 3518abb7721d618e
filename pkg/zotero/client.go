package zotero

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// Bounds of the API: how many keys its documentation promises to take in one
// request, and how many objects a page has at most.
const (
	maxKeys = 50
	maxPage = 100
)

// Upstream is what a [Client] needs of an HTTP client. [*upstream.Client] is one.
type Upstream interface {
	Get(ctx context.Context, r upstream.Request) (*upstream.Response, error)
	Send(ctx context.Context, c upstream.Change) (*upstream.Response, error)
	Download(ctx context.Context, r upstream.Request) (io.ReadCloser, http.Header, error)
	Upload(ctx context.Context, address, contentType string, parts ...[]byte) error
}

// Replicas opens the replica of a library for one caller.
type Replicas interface {
	Open(o replica.Opening) library.Reader
}

// Options are the choices of a [Client]. The zero value suits api.zotero.org.
type Options struct {
	// Local says that the upstream is the desktop app's API.
	Local bool
	// Host tells the libraries of this server from those of another one with
	// the same numbers. Empty for api.zotero.org.
	Host string
	// Parallel is how many requests the reading of a library makes at a time.
	// Default 4, the most that Zotero's documentation allows.
	Parallel int
}

// Client speaks Zotero's API. It may be used by any number of
// callers at the same time. Errors are [*library.Error]s.
type Client struct {
	up Upstream
	o  Options
}

// NewClient returns a client over an upstream that is pinned to Zotero's host.
func NewClient(up Upstream, o Options) *Client {
	if o.Parallel <= 0 {
		o.Parallel = 4
	}
	return &Client{up: up, o: o}
}

// caching says whether a response may come from the upstream's cache.
type caching bool

const (
	// direct asks Zotero in any case and keeps nothing.
	direct caching = false
	// cached accepts a response of the same credential that is at most as old
	// as the upstream's fresh time, and an older one while Zotero is down.
	cached caching = true
)

// requester makes GET requests with a credential that may read a library.
type requester func(ctx context.Context, path string, query url.Values, c caching) (*upstream.Response, error)

// as returns the requester of one credential.
func (c *Client) as(cred upstream.Credential) requester {
	return func(ctx context.Context, path string, query url.Values, use caching) (*upstream.Response, error) {
		res, err := c.up.Get(ctx, upstream.Request{
			Path: path, Query: query, Credential: cred, NoCache: use == direct,
			Header: http.Header{"Zotero-Api-Version": {"3"}, "Accept": {"application/json"}},
		})
		return res, translate(err)
	}
}

// sender sends changes with a credential that may change a library.
type sender func(ctx context.Context, ch upstream.Change) (*upstream.Response, error)

// sendAs returns the sender of one credential.
func (c *Client) sendAs(cred upstream.Credential) sender {
	return func(ctx context.Context, ch upstream.Change) (*upstream.Response, error) {
		ch.Credential = cred
		res, err := c.up.Send(ctx, ch)
		return res, translate(err)
	}
}

// downloader downloads a file of at most so many bytes with a credential that may read
// it. The header is the file's.
type downloader func(ctx context.Context, path string, most int64) (*upstream.Response, error)

// downloadAs returns the downloader of one credential.
func (c *Client) downloadAs(cred upstream.Credential) downloader {
	return func(ctx context.Context, path string, most int64) (*upstream.Response, error) {
		file, header, err := c.up.Download(ctx, upstream.Request{
			Path: path, Credential: cred, MaxBytes: most, Header: http.Header{"Zotero-Api-Version": {"3"}},
		})
		if err != nil {
			return nil, translate(err)
		}
		content, err := io.ReadAll(file)
		if closeErr := file.Close(); err == nil {
			err = closeErr
		}
		return &upstream.Response{Status: http.StatusOK, Header: header, Body: content}, translate(err)
	}
}

// uploader sends a file to an address that Zotero gave for it, with no credential.
type uploader func(ctx context.Context, address, contentType string, parts ...[]byte) error

// caller is one credential, or those of a keyring, in the ways in which a library is
// asked and changed.
type caller struct {
	ask      requester
	send     sender
	download downloader
	upload   uploader
}

// callAs returns the caller of one credential.
func (c *Client) callAs(cred upstream.Credential) caller {
	return caller{ask: c.as(cred), send: c.sendAs(cred), download: c.downloadAs(cred), upload: c.up.Upload}
}

// getOne requests one JSON value and returns it with its version.
func getOne[T any](ctx context.Context, ask requester, path string, query url.Values, use caching) (value T, version int64, err error) {
	res, err := ask(ctx, path, query, use)
	if err != nil {
		return value, 0, err
	}
	if err := json.Unmarshal(res.Body, &value); err != nil {
		return value, 0, unreadable(err)
	}
	return value, versionOf(res.Header), nil
}

// versions requests a map of keys to versions. Keys of another form are left
// out.
func versions(ctx context.Context, ask requester, path string, query url.Values) (map[string]int64, int64, error) {
	raws, version, err := getOne[keyVersions](ctx, ask, path, query, direct)
	if err != nil {
		return nil, 0, err
	}
	byKey := make(map[string]int64, len(raws))
	for key, raw := range raws {
		if validKey(key) {
			byKey[key] = asNumber(raw, 0)
		}
	}
	return byKey, version, nil
}

// keyVersions is a JSON object of versions by key. PHP writes an empty one as an
// array. Anything else is an error: a list read as empty would empty a replica.
type keyVersions map[string]json.RawMessage

// UnmarshalJSON implements [json.Unmarshaler].
func (v *keyVersions) UnmarshalJSON(raw []byte) error {
	m := asObject(raw)
	if m == nil && (asArray(raw) == nil || len(asArray(raw)) > 0) {
		return errNotObject
	}
	*v = m
	return nil
}
