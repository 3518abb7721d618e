package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// batchSize is how many objects Zotero takes in one request.
const batchSize = 50

// api is one caller of the server: an API key, or the test administrator.
type api struct {
	base     string
	client   *http.Client
	key      string
	password string // of the test administrator; used if there is no key
}

// status is an answer that is no success.
type status struct {
	code int
	body string
}

func (s *status) Error() string { return fmt.Sprintf("status %d: %.300s", s.code, s.body) }

// do sends one request and returns the answer's body and header. Anything but
// 2xx is a *status.
func (a *api) do(ctx context.Context, method, path string, header http.Header, body []byte) ([]byte, http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, a.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	maps.Copy(req.Header, header)
	req.Header.Set("Zotero-API-Version", "3")
	if a.key != "" {
		req.Header.Set("Zotero-API-Key", a.key)
	} else {
		req.SetBasicAuth("compatibility", a.password)
	}
	res, err := a.client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err != nil {
		return nil, nil, err
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return nil, res.Header, fmt.Errorf("%s %s: %w", method, path, &status{res.StatusCode, string(answer)})
	}
	return answer, res.Header, nil
}

// get reads JSON.
func (a *api) get(ctx context.Context, path string, into any) error {
	answer, _, err := a.do(ctx, http.MethodGet, path, nil, nil)
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, into)
}

// post writes JSON and reads JSON.
func (a *api) post(ctx context.Context, path string, header http.Header, body, into any) error {
	sent, err := json.Marshal(body)
	if err != nil {
		return err
	}
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/json")
	answer, _, err := a.do(ctx, http.MethodPost, path, header, sent)
	if err != nil || into == nil {
		return err
	}
	return json.Unmarshal(answer, into)
}

// code returns the status in err, or 0.
func code(err error) int {
	var s *status
	if errors.As(err, &s) {
		return s.code
	}
	return 0
}

// object is what is written: an item or a collection with its key.
type object = map[string]any

// report is the answer to a write of many: 200 even if every object failed.
type report struct {
	Success map[string]string `json:"success"`
	Failed  map[string]struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"failed"`
}

// versions returns the keys that a library has of one kind ("items",
// "collections") and the library's version. Trashed items count.
func (a *api) versions(ctx context.Context, prefix, kind string) (map[string]int, error) {
	have := map[string]int{}
	query := url.Values{"format": {"versions"}, "includeTrashed": {"1"}}
	return have, a.get(ctx, prefix+"/"+kind+"?"+query.Encode(), &have)
}

// create writes the objects that the library does not have yet, in batches,
// each expected to be new. Parents stand before their children. It returns how
// many were written and what the server refused, which is a fault of the data.
func (a *api) create(ctx context.Context, prefix, kind string, objects []object) (written int, refused []string, err error) {
	have, err := a.versions(ctx, prefix, kind)
	if err != nil {
		return 0, nil, err
	}
	objects = slices.DeleteFunc(slices.Clone(objects), func(o object) bool {
		_, ok := have[o["key"].(string)]
		return ok
	})
	for batch := range slices.Chunk(objects, batchSize) {
		for _, o := range batch {
			o["version"] = 0
		}
		var r report
		if err := a.post(ctx, prefix+"/"+kind, nil, batch, &r); err != nil {
			return written, refused, err
		}
		if len(r.Success)+len(r.Failed) != len(batch) {
			return written, refused, fmt.Errorf("of %d %s the server told the fate of %d only", len(batch), kind, len(r.Success)+len(r.Failed))
		}
		written += len(r.Success)
		for index, f := range r.Failed {
			i, err := strconv.Atoi(index)
			if err != nil || i < 0 || i >= len(batch) {
				return written, refused, fmt.Errorf("the server names object %q of %d", index, len(batch))
			}
			refused = append(refused, fmt.Sprintf("%v %v: %d %s", batch[i]["itemType"], batch[i]["key"], f.Code, strings.TrimSpace(f.Message)))
		}
	}
	return written, refused, nil
}
