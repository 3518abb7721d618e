// Package bucket keeps objects in Google Cloud Storage: get, put, extend, delete
// and list over its JSON API (https://cloud.google.com/storage/docs/json_api/v1),
// with generation preconditions, so that several processes can change the same
// object without losing a change.
//
// Every call has a deadline and a bound in bytes, is retried with backoff, and
// runs behind a circuit breaker and an OpenTelemetry span. All calls can be
// retried safely because the ones that write carry a precondition.
package bucket

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Object is an object as [Bucket.Get] reads it.
type Object struct {
	Data       []byte
	Generation int64
}

// Info is an object as [Bucket.List] names it.
type Info struct {
	Name       string
	Generation int64
	Size       int64     // bytes
	Expires    time.Time // as given to [Bucket.Put]; zero for never
}

// Page is one page of a list, in the order of names.
type Page struct {
	Objects []Info
	Next    string // the next page, or "" after the last
}

// pageSize is the number of objects in a page, the most that the API allows.
const pageSize = 1000

// maxName is the length of the longest object name, in bytes
// (https://cloud.google.com/storage/docs/objects#naming).
const maxName = 1024

// Get reads an object. The error has the code NotFound for an object that does
// not exist, TooLarge for one of more than Options.MaxBytes, else Unavailable.
func (b *Bucket) Get(ctx context.Context, name string) (Object, error) {
	if err := checkName(name); err != nil {
		return Object{}, err
	}
	a, err := b.do(ctx, call{method: http.MethodGet, path: b.object(name), query: url.Values{"alt": {"media"}}, limit: b.options.MaxBytes})
	if err != nil {
		return Object{}, err
	}
	generation, err := strconv.ParseInt(a.header.Get("X-Goog-Generation"), 10, 64)
	if err != nil {
		return Object{}, unexpected(fmt.Errorf("bucket: no generation: %w", err))
	}
	if sum, ok := storedSum(a.header); ok && sum != checksum(a.body) {
		return Object{}, unexpected(fmt.Errorf("bucket: CRC32C is %s, stored is %s", checksum(a.body), sum))
	}
	return Object{Data: a.body, Generation: generation}, nil
}

// Put writes an object and returns its new generation. It replaces only the
// generation ifGeneration; 0 writes only if the object does not exist. Expires
// is when a lifecycle rule may delete the object (its custom time); the zero
// time sets none. The error has the code Conflict if the object has another
// generation, TooLarge for more than Options.MaxBytes, else Unavailable.
//
// After a lost response Put finds out whether its own write succeeded.
func (b *Bucket) Put(ctx context.Context, name string, data []byte, expires time.Time, ifGeneration int64) (int64, error) {
	if err := checkName(name); err != nil {
		return 0, err
	}
	if int64(len(data)) > b.options.MaxBytes {
		return 0, tooLarge(b.options.MaxBytes)
	}
	writer := rand.Text()
	body, kind, err := upload(name, data, expires, writer)
	if err != nil {
		return 0, err
	}
	a, err := b.do(ctx, call{
		method: http.MethodPost, path: "/upload/storage/v1/b/" + url.PathEscape(b.options.Name) + "/o",
		query: url.Values{"uploadType": {"multipart"}, "ifGenerationMatch": {strconv.FormatInt(ifGeneration, 10)}, "fields": {"generation"}},
		body:  body, kind: kind, limit: maxAnswer,
	})
	if library.CodeOf(err) == library.NotFound {
		return 0, noBucket(err)
	}
	if library.CodeOf(err) == library.Conflict && a.attempts > 1 {
		return b.ownWrite(ctx, name, writer, err)
	}
	if err != nil {
		return 0, err
	}
	var written resource
	if err := json.Unmarshal(a.body, &written); err != nil || written.Generation <= 0 {
		return 0, unexpected(fmt.Errorf("bucket: no generation in the response: %w", err))
	}
	return written.Generation, nil
}

// ownWrite returns the generation of an object if the upload marked writer
// wrote it, else the conflict.
func (b *Bucket) ownWrite(ctx context.Context, name, writer string, conflict error) (int64, error) {
	a, err := b.do(ctx, call{method: http.MethodGet, path: b.object(name), query: url.Values{"fields": {"generation,metadata"}}, limit: maxAnswer})
	if err != nil {
		return 0, err
	}
	var found resource
	if json.Unmarshal(a.body, &found) != nil || found.Metadata[writerKey] != writer {
		return 0, conflict
	}
	return found.Generation, nil
}

// Delete removes an object of the generation ifGeneration. An object that does
// not exist is no error. The error has the code Conflict if the object has
// another generation, else Unavailable.
func (b *Bucket) Delete(ctx context.Context, name string, ifGeneration int64) error {
	if err := checkName(name); err != nil {
		return err
	}
	_, err := b.do(ctx, call{
		method: http.MethodDelete, path: b.object(name), query: url.Values{"ifGenerationMatch": {strconv.FormatInt(ifGeneration, 10)}}, limit: maxAnswer,
	})
	if library.CodeOf(err) == library.NotFound {
		return nil
	}
	return err
}

// Extend changes when a lifecycle rule may delete the generation ifGeneration of
// an object: expires is later than what was set before. Data and generation stay
// as they are. The error has the code NotFound for an object that does not exist,
// Conflict if it has another generation, else Unavailable.
func (b *Bucket) Extend(ctx context.Context, name string, expires time.Time, ifGeneration int64) error {
	if err := checkName(name); err != nil {
		return err
	}
	body, err := json.Marshal(resource{Expires: expires.UTC()})
	if err != nil {
		return err
	}
	_, err = b.do(ctx, call{
		method: http.MethodPatch, path: b.object(name), query: url.Values{"ifGenerationMatch": {strconv.FormatInt(ifGeneration, 10)}, "fields": {"generation"}},
		body: body, kind: "application/json; charset=utf-8", limit: maxAnswer,
	})
	return err
}

// List returns one page of the objects whose names begin with prefix: the first
// for page "", else the one that [Page.Next] names. A page has at most 1,000
// objects. The error has the code Unavailable.
func (b *Bucket) List(ctx context.Context, prefix, page string) (Page, error) {
	query := url.Values{"prefix": {prefix}, "maxResults": {strconv.Itoa(pageSize)}, "fields": {"nextPageToken,items(name,generation,size,customTime)"}}
	if page != "" {
		query.Set("pageToken", page)
	}
	a, err := b.do(ctx, call{method: http.MethodGet, path: "/storage/v1/b/" + url.PathEscape(b.options.Name) + "/o", query: query, limit: maxAnswer})
	switch {
	case library.CodeOf(err) == library.NotFound:
		return Page{}, noBucket(err)
	case err != nil:
		return Page{}, err
	}
	var list struct {
		Items []resource `json:"items"`
		Next  string     `json:"nextPageToken"`
	}
	if err := json.Unmarshal(a.body, &list); err != nil {
		return Page{}, unexpected(err)
	}
	found := Page{Next: list.Next}
	for _, r := range list.Items {
		found.Objects = append(found.Objects, Info{Name: r.Name, Generation: r.Generation, Size: r.Size, Expires: r.Expires})
	}
	return found, nil
}

// object returns the path of an object's resource.
func (b *Bucket) object(name string) string {
	return "/storage/v1/b/" + url.PathEscape(b.options.Name) + "/o/" + url.PathEscape(name)
}

// checkName refuses names that Cloud Storage refuses.
func checkName(name string) error {
	if name == "" || name == "." || name == ".." || len(name) > maxName || !utf8.ValidString(name) || strings.ContainsAny(name, "\r\n") {
		return library.Errorf(library.Invalid, "the name of an object must have 1 to %d bytes of UTF-8 without line breaks", maxName)
	}
	return nil
}

// resource is an object's metadata in the JSON API.
type resource struct {
	Name       string            `json:"name,omitempty"`
	Generation int64             `json:"generation,string,omitempty"`
	Size       int64             `json:"size,string,omitempty"`
	Sum        string            `json:"crc32c,omitempty"`
	Expires    time.Time         `json:"customTime,omitzero"`
	Metadata   map[string]string `json:"metadata,omitempty"`
}

// writerKey is the metadata key that tells one upload from another.
const writerKey = "writer"

// upload returns the body of an upload that carries metadata and data, and its
// content type. The service checks the CRC32C in the metadata.
func upload(name string, data []byte, expires time.Time, writer string) (body []byte, kind string, err error) {
	metadata, err := json.Marshal(resource{Name: name, Sum: checksum(data), Expires: expires.UTC(), Metadata: map[string]string{writerKey: writer}})
	if err != nil {
		return nil, "", err
	}
	var b bytes.Buffer
	parts := multipart.NewWriter(&b)
	for _, part := range []struct {
		kind    string
		content []byte
	}{{"application/json; charset=utf-8", metadata}, {"application/octet-stream", data}} {
		w, err := parts.CreatePart(textproto.MIMEHeader{"Content-Type": {part.kind}})
		if err != nil {
			return nil, "", err
		}
		if _, err := w.Write(part.content); err != nil {
			return nil, "", err
		}
	}
	if err := parts.Close(); err != nil {
		return nil, "", err
	}
	return b.Bytes(), "multipart/related; boundary=" + parts.Boundary(), nil
}

// checksum returns the CRC32C of data as the API writes it.
func checksum(data []byte) string {
	sum := crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, sum))
}

// storedSum returns the CRC32C in a response's header.
func storedSum(h http.Header) (string, bool) {
	for part := range strings.SplitSeq(strings.Join(h.Values("X-Goog-Hash"), ","), ",") {
		if sum, ok := strings.CutPrefix(strings.TrimSpace(part), "crc32c="); ok {
			return sum, true
		}
	}
	return "", false
}
