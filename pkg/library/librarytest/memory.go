package librarytest

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Memory is a library in memory, for tests. It keeps the contract of
// [library.Reader] by reading every work at every call, so that its answers
// are easy to believe.
type Memory struct {
	info        library.Info
	items       []*library.Item
	texts       map[string][]library.TextPage // by attachment key
	collections []library.Collection
	parents     map[string]*library.Item // work by the key of its child

	mu   sync.Mutex
	fail error
}

var _ library.Reader = (*Memory)(nil)

// NewMemory returns a library that holds the works. Keys that are missing are
// made from the position of the work, so equal works give equal keys. info
// needs an ID; the rest is filled in.
func NewMemory(info library.Info, works []Work) *Memory {
	m := &Memory{info: info, texts: map[string][]library.TextPage{}, parents: map[string]*library.Item{}}
	for i, w := range works {
		m.add(i, w)
	}
	if m.info.Name == "" {
		m.info.Name = "Library " + string(info.ID)
	}
	m.info.Kind = info.ID.Kind()
	m.info.Items = len(m.items)
	m.info.Version = max(info.Version, int64(len(works)), 1)
	slices.SortFunc(m.collections, func(a, b library.Collection) int { return strings.Compare(a.Name, b.Name) })
	return m
}

// Fail makes every later call fail with err; nil ends that.
func (m *Memory) Fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

// Keys returns the keys of the works, in the order in which they were given.
func (m *Memory) Keys() []string {
	keys := make([]string, len(m.items))
	for i, it := range m.items {
		keys[i] = it.ID.Key
	}
	return keys
}

func (m *Memory) add(i int, w Work) {
	it := w.Item
	if it.ID.Key == "" {
		it.ID.Key = Key("ITM", i)
	}
	it.ID.Library = m.info.ID
	it.Version = int64(i + 1)
	it.Collections = nil
	for _, path := range w.Collections {
		it.Collections = append(it.Collections, m.collection(path))
	}
	it.Notes = slices.Clone(it.Notes)
	for n := range it.Notes {
		it.Notes[n].Key = Key("NTE", i*10+n)
		m.parents[it.Notes[n].Key] = &it
	}
	it.Attachments = slices.Clone(it.Attachments)
	for n := range it.Attachments {
		a := &it.Attachments[n]
		a.Key = Key("ATT", i*10+n)
		m.parents[a.Key] = &it
		a.Annotations = slices.Clone(a.Annotations)
		for k := range a.Annotations {
			a.Annotations[k].Key = Key("ANN", (i*10+n)*10+k)
			m.parents[a.Annotations[k].Key] = &it
		}
		if n < len(w.Texts) && len(w.Texts[n]) > 0 {
			m.texts[a.Key] = w.Texts[n]
			last := w.Texts[n][len(w.Texts[n])-1]
			a.Text.Chars = last.Offset + len([]rune(last.Text))
		} else if a.Text.Reason == "" {
			a.Text = library.TextStatus{Reason: "the attachment has no text"}
		}
	}
	m.items = append(m.items, &it)
}

// collection returns the key of the collection at path, making it and those
// above it as needed, and counts one more work in it.
func (m *Memory) collection(path []string) string {
	parent := ""
	for depth, name := range path {
		at := slices.IndexFunc(m.collections, func(c library.Collection) bool { return c.Parent == parent && c.Name == name })
		if at < 0 {
			at = len(m.collections)
			m.collections = append(m.collections, library.Collection{Key: Key("CLL", at), Name: name, Parent: parent})
		}
		if depth == len(path)-1 {
			m.collections[at].Items++
		}
		parent = m.collections[at].Key
	}
	return parent
}

// keyAlphabet holds the characters of the keys that [Key] makes.
const keyAlphabet = "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ"

// Key returns a key made of a prefix of three characters and a number.
func Key(prefix string, n int) string {
	b := []byte(prefix + "22222")
	for i := len(b) - 1; i >= 3 && n > 0; i-- {
		b[i] = keyAlphabet[n%len(keyAlphabet)]
		n /= len(keyAlphabet)
	}
	return string(b)
}

// begin is what every call does first.
func (m *Memory) begin(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	return ctx.Err()
}

// work returns the work of a key, a child's key standing for its work.
func (m *Memory) work(key string) *library.Item {
	if it := m.parents[key]; it != nil {
		return it
	}
	for _, it := range m.items {
		if it.ID.Key == key {
			return it
		}
	}
	return nil
}

// page cuts the part [offset, offset+limit) out of all.
func page[T any](all []T, offset, limit int, version int64) (library.Page[T], error) {
	if limit < 1 || limit > library.MaxLimit {
		return library.Page[T]{}, library.Errorf(library.Invalid, "limit must be 1 to %d", library.MaxLimit)
	}
	if offset < 0 {
		return library.Page[T]{}, library.Errorf(library.Invalid, "offset must not be negative")
	}
	from := min(offset, len(all))
	return library.Page[T]{Items: all[from:min(from+limit, len(all))], Total: len(all), Version: version}, nil
}
