package index_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// shelf is a source in memory.
type shelf map[string]index.Document

func (s shelf) Item(key string) (*library.Item, bool) {
	d, ok := s[key]
	return d.Item, ok
}

func (s shelf) Pages(key, attachment string) ([]library.TextPage, error) {
	for _, t := range s[key].Texts {
		if t.Attachment == attachment {
			return t.Pages, nil
		}
	}
	return nil, errors.New("no such text")
}

// documents returns all works in no order.
func (s shelf) documents() []index.Document {
	docs := make([]index.Document, 0, len(s))
	for _, d := range s {
		docs = append(docs, d)
	}
	return docs
}

func (s shelf) put(d index.Document) { s[d.Item.ID.Key] = d }

// keyOf returns the n-th key.
func keyOf(n int) string {
	const alphabet = "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
	key := make([]byte, 8)
	for i := range key {
		key[len(key)-1-i] = alphabet[n%len(alphabet)]
		n /= len(alphabet)
	}
	return string(key)
}

// work returns a work with fields given as name, value, name, value, …
func work(n int, fields ...string) *library.Item {
	it := &library.Item{ID: library.ItemID{Library: library.Local, Key: keyOf(n)}, Type: "journalArticle", Fields: map[string]string{}}
	for i := 0; i+1 < len(fields); i += 2 {
		it.Fields[fields[i]] = fields[i+1]
	}
	return it
}

// memory returns an index in memory over a shelf.
func memory(t testing.TB, s shelf) *index.Index {
	t.Helper()
	return update(t, index.New(s), s, s.documents())
}

// update returns an index after a change.
func update(t testing.TB, x *index.Index, s shelf, put []index.Document, remove ...string) *index.Index {
	t.Helper()
	x, err := x.With(t.Context(), s, put, remove)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// search returns the answer to a query; a limit of 0 is 20.
func search(t testing.TB, x *index.Index, q library.Query) index.Result {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 20
	}
	r, err := x.Search(t.Context(), q, nil)
	if err != nil {
		t.Fatalf("Search(%+v): %v", q, err)
	}
	return r
}

// keys returns the keys of an answer as one string.
func keys(r index.Result) string {
	out := make([]string, len(r.Hits))
	for i, h := range r.Hits {
		out[i] = h.Key
	}
	return fmt.Sprint(out)
}
