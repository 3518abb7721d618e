// Package buckettest is for tests: Cloud Storage in this process, and the
// contract that it shares with the service.
package buckettest

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Bucket is the name of the one bucket that a [Fake] has.
const Bucket = "state"

// Fake is Cloud Storage as far as pkg/bucket uses it. It is strict: a write
// without a precondition, a wrong checksum or an unknown parameter is an error.
type Fake struct {
	URL string
	// Down makes every request fail with status 503.
	Down atomic.Bool
	// PageSize is the largest number of objects in a page; 0 is what the
	// request asks for. Set it before the first request.
	PageSize int
	// Before, if set, sees each request first and answers it if it returns
	// true. Set it before the first request.
	Before func(w http.ResponseWriter, r *http.Request) bool

	mu         sync.Mutex
	objects    map[string]Object
	generation int64
	requests   map[string]int
}

// Object is an object that a [Fake] keeps.
type Object struct {
	Data       []byte
	Generation int64
	Expires    time.Time
	Metadata   map[string]string
}

// New starts a fake, which ends with the test.
func New(t testing.TB) *Fake {
	f := NewFake()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	f.URL = s.URL
	return f
}

// NewFake returns a fake for a server of the caller's own.
func NewFake() *Fake {
	return &Fake{objects: map[string]Object{}, requests: map[string]int{}}
}

// Objects returns a copy of what the bucket has, by name.
func (f *Fake) Objects() map[string]Object {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.objects)
}

// Requests returns how often each method was asked for.
func (f *Fake) Requests() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.requests)
}

// failure is an answer with an error status.
type failure struct {
	status int
	reason string
}

func (e failure) Error() string { return e.reason }

// ServeHTTP implements [http.Handler].
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests[r.Method]++
	f.mu.Unlock()
	if f.Before != nil && f.Before(w, r) {
		return
	}
	if f.Down.Load() {
		http.Error(w, "The service is down", http.StatusServiceUnavailable)
		return
	}
	err := f.serve(w, r)
	if refused := (failure{}); errors.As(err, &refused) {
		http.Error(w, refused.reason, refused.status)
	} else if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

func (f *Fake) serve(w http.ResponseWriter, r *http.Request) error {
	parts := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/upload"), "/")
	if len(parts) < 6 || strings.Join(parts[1:4], "/") != "storage/v1/b" || parts[5] != "o" || len(parts) > 7 {
		return failure{http.StatusBadRequest, "unknown path"}
	}
	if parts[4] != Bucket {
		return failure{http.StatusNotFound, "The specified bucket does not exist."}
	}
	q := r.URL.Query()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(parts) == 6 {
		switch r.Method {
		case http.MethodGet:
			return f.list(w, q)
		case http.MethodPost:
			return f.insert(w, r, q)
		}
		return failure{http.StatusMethodNotAllowed, "method"}
	}
	name, err := url.PathUnescape(parts[6])
	if err != nil {
		return err
	}
	switch r.Method {
	case http.MethodGet:
		return f.get(w, q, name)
	case http.MethodPatch:
		return f.extend(w, r, q, name)
	case http.MethodDelete:
		return f.remove(w, q, name)
	}
	return failure{http.StatusMethodNotAllowed, "method"}
}

// known refuses parameters other than names.
func known(q url.Values, names ...string) error {
	for name := range q {
		if !slices.Contains(names, name) {
			return fmt.Errorf("unknown parameter %s", name)
		}
	}
	return nil
}

func (f *Fake) get(w http.ResponseWriter, q url.Values, name string) error {
	if err := known(q, "alt", "fields"); err != nil {
		return err
	}
	o, ok := f.objects[name]
	if !ok {
		return failure{http.StatusNotFound, "No such object"}
	}
	if q.Get("alt") != "media" {
		return writeJSON(w, describe(name, o))
	}
	w.Header().Set("X-Goog-Generation", strconv.FormatInt(o.Generation, 10))
	w.Header().Set("X-Goog-Hash", "crc32c="+sum(o.Data))
	w.Header().Set("Content-Type", "application/octet-stream")
	_, err := w.Write(o.Data)
	return err
}

// extend changes the custom time of an object, which can't become earlier
// (https://cloud.google.com/storage/docs/metadata#custom-time).
func (f *Fake) extend(w http.ResponseWriter, r *http.Request, q url.Values, name string) error {
	if err := known(q, "ifGenerationMatch", "fields"); err != nil {
		return err
	}
	var change struct {
		Expires time.Time `json:"customTime"`
	}
	body := json.NewDecoder(io.LimitReader(r.Body, maxUpload))
	body.DisallowUnknownFields()
	if err := body.Decode(&change); err != nil {
		return err
	}
	o, ok := f.objects[name]
	if !ok {
		return failure{http.StatusNotFound, "No such object"}
	}
	if err := f.precondition(q, o.Generation); err != nil {
		return err
	}
	if change.Expires.Before(o.Expires) {
		return errors.New("a custom time before the one that is set")
	}
	o.Expires = change.Expires
	f.objects[name] = o
	return writeJSON(w, describe(name, o))
}

func (f *Fake) remove(w http.ResponseWriter, q url.Values, name string) error {
	if err := known(q, "ifGenerationMatch"); err != nil {
		return err
	}
	o, ok := f.objects[name]
	if !ok {
		return failure{http.StatusNotFound, "No such object"}
	}
	if err := f.precondition(q, o.Generation); err != nil {
		return err
	}
	delete(f.objects, name)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// precondition checks ifGenerationMatch against the generation of an object,
// which is 0 if there is none.
func (f *Fake) precondition(q url.Values, generation int64) error {
	want, err := strconv.ParseInt(q.Get("ifGenerationMatch"), 10, 64)
	if err != nil {
		return errors.New("a write without ifGenerationMatch")
	}
	if want != generation {
		return failure{http.StatusPreconditionFailed, "At least one of the pre-conditions you specified did not hold."}
	}
	return nil
}

// maxUpload bounds an upload, in bytes.
const maxUpload = 64 << 20

func (f *Fake) insert(w http.ResponseWriter, r *http.Request, q url.Values) error {
	if err := known(q, "uploadType", "ifGenerationMatch", "fields"); err != nil {
		return err
	}
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/related" || q.Get("uploadType") != "multipart" || !strings.HasPrefix(r.URL.Path, "/upload/") {
		return errors.New("an upload that is not multipart")
	}
	parts := multipart.NewReader(io.LimitReader(r.Body, maxUpload), parameters["boundary"])
	var metadata resource
	first, err := parts.NextPart()
	if err != nil {
		return err
	}
	if err := json.NewDecoder(first).Decode(&metadata); err != nil {
		return err
	}
	second, err := parts.NextPart()
	if err != nil {
		return err
	}
	data, err := io.ReadAll(second)
	if err != nil {
		return err
	}
	if metadata.Name == "" || metadata.Sum != sum(data) {
		return errors.New("an upload without a name, or with a wrong checksum")
	}
	if err := f.precondition(q, f.objects[metadata.Name].Generation); err != nil {
		return err
	}
	f.generation = max(f.generation+1, time.Now().UnixMicro())
	o := Object{Data: data, Generation: f.generation, Expires: metadata.Expires, Metadata: metadata.Metadata}
	f.objects[metadata.Name] = o
	return writeJSON(w, describe(metadata.Name, o))
}

func (f *Fake) list(w http.ResponseWriter, q url.Values) error {
	if err := known(q, "prefix", "maxResults", "pageToken", "fields"); err != nil {
		return err
	}
	size, err := strconv.Atoi(q.Get("maxResults"))
	if err != nil || size < 1 || size > 1000 {
		return errors.New("maxResults is not 1 to 1000")
	}
	if f.PageSize > 0 {
		size = min(size, f.PageSize)
	}
	var answer struct {
		Items []resource `json:"items,omitempty"`
		Next  string     `json:"nextPageToken,omitempty"`
	}
	for _, name := range slices.Sorted(maps.Keys(f.objects)) {
		if !strings.HasPrefix(name, q.Get("prefix")) || cmp.Compare(name, q.Get("pageToken")) <= 0 {
			continue
		}
		if len(answer.Items) == size {
			answer.Next = answer.Items[size-1].Name
			break
		}
		answer.Items = append(answer.Items, describe(name, f.objects[name]))
	}
	return writeJSON(w, answer)
}

// resource is an object in the JSON API.
type resource struct {
	Name       string            `json:"name"`
	Generation string            `json:"generation,omitempty"`
	Size       string            `json:"size,omitempty"`
	Sum        string            `json:"crc32c,omitempty"`
	Expires    time.Time         `json:"customTime,omitzero"`
	Metadata   map[string]string `json:"metadata,omitempty"`
}

func describe(name string, o Object) resource {
	return resource{
		Name: name, Generation: strconv.FormatInt(o.Generation, 10), Size: strconv.Itoa(len(o.Data)), Sum: sum(o.Data), Expires: o.Expires, Metadata: o.Metadata,
	}
}

func sum(data []byte) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))))
}

func writeJSON(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	return json.NewEncoder(w).Encode(v)
}
