// Package changetest has a library that can be changed and that fails on request,
// for tests of what writes.
package changetest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// Library is a [library.Writer] over a library in memory. It keeps the contract of
// writing, but what is written is seen by Objects, not by the methods of
// [library.Reader].
type Library struct {
	*librarytest.Memory

	mu      sync.Mutex
	objects map[string]library.Object
	version int64
	made    int
	// Writes and Reads count the calls of Write and Objects.
	Writes, Reads int
	// Before and After are called around a batch that is the n-th, from 1. An error of
	// Before is returned instead of carrying the batch out. Outcomes of After replace
	// those of the batch, and its error is returned beside them.
	Before func(n int) error
	After  func(n int, outcomes []library.Outcome) ([]library.Outcome, error)
	// Refuse returns why an edit is refused, or nil.
	Refuse func(library.Edit) *library.Error
}

// New returns a library that may be changed, with these works.
func New(id library.ID, works []librarytest.Work) *Library {
	m := librarytest.NewMemory(library.Info{ID: id, MayWrite: true}, works)
	l := &Library{Memory: m, objects: map[string]library.Object{}}
	page, err := m.Items(context.Background(), m.Keys()[:min(len(m.Keys()), library.MaxLimit)])
	if err != nil {
		panic(err)
	}
	for _, it := range page.Items {
		put := func(key string, d library.Data) {
			l.Put(library.Object{Kind: library.ItemObject, Key: key, Version: it.Version, Data: d})
		}
		put(it.ID.Key, dataOf(it))
		for _, n := range it.Notes {
			put(n.Key, library.Data{"itemType": "note", "parentItem": it.ID.Key, "note": n.Text})
		}
		for _, a := range it.Attachments {
			put(a.Key, library.Data{"itemType": "attachment", "parentItem": it.ID.Key, "title": a.Title, "contentType": a.ContentType})
			for _, x := range a.Annotations {
				put(x.Key, library.Data{"itemType": "annotation", "parentItem": a.Key, "annotationText": x.Text})
			}
		}
	}
	return l
}

func dataOf(it *library.Item) library.Data {
	d := library.Data{"itemType": it.Type}
	for name, value := range it.Fields {
		d[name] = value
	}
	var tags, collections, creators []any
	for _, t := range it.Tags {
		tags = append(tags, map[string]any{"tag": t})
	}
	for _, c := range it.Collections {
		collections = append(collections, c)
	}
	for _, c := range it.Creators {
		creators = append(creators, map[string]any{"creatorType": c.Role, "firstName": c.Given, "lastName": c.Family, "name": c.Name})
	}
	d["tags"], d["collections"], d["creators"] = tags, collections, creators
	return d
}

// Put sets an object, as another program that uses the library does.
func (l *Library) Put(o library.Object) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.version = max(l.version+1, o.Version)
	if o.Version == 0 {
		o.Version = l.version
	}
	l.objects[string(o.Kind)+o.Key] = o
}

// Object returns an object as it is now.
func (l *Library) Object(kind library.ObjectKind, key string) library.Object {
	l.mu.Lock()
	defer l.mu.Unlock()
	return clone(l.objects[string(kind)+key])
}

// NewKey implements [library.Writer].
func (l *Library) NewKey() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.made++
	return fmt.Sprintf("NEW%05d", l.made)
}

// Objects implements [library.Writer].
func (l *Library) Objects(_ context.Context, kind library.ObjectKind, keys []string) ([]library.Object, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Reads++
	if len(keys) > library.MaxEdits {
		return nil, library.Errorf(library.Invalid, "%d keys", len(keys))
	}
	var found []library.Object
	for _, key := range keys {
		if o, ok := l.objects[string(kind)+key]; ok {
			found = append(found, clone(o))
		}
	}
	return found, nil
}

// Write implements [library.Writer].
func (l *Library) Write(ctx context.Context, b library.Batch) ([]library.Outcome, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Writes++
	if err := b.Validate(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if l.Before != nil {
		if err := l.Before(l.Writes); err != nil {
			return nil, err
		}
	}
	l.version++
	outcomes := make([]library.Outcome, len(b.Edits))
	for i, e := range b.Edits {
		outcomes[i] = l.edit(b.Kind, e)
	}
	if l.After != nil {
		return l.After(l.Writes, outcomes)
	}
	return outcomes, nil
}

func (l *Library) edit(kind library.ObjectKind, e library.Edit) library.Outcome {
	refused := func(err *library.Error) library.Outcome {
		return library.Outcome{Status: library.EditRefused, Err: err}
	}
	if l.Refuse != nil {
		if err := l.Refuse(e); err != nil {
			return refused(err)
		}
	}
	o, ok := l.objects[string(kind)+e.Key]
	itemType, _ := e.Data["itemType"].(string)
	parent, _ := e.Data["parentItem"].(string)
	switch {
	case itemType != "" && !zschema.KnownType(itemType) && !slices.Contains([]string{"note", "attachment", "annotation"}, itemType):
		return refused(library.Errorf(library.Invalid, "itemType %q is none", itemType))
	case parent != "" && l.objects[string(kind)+parent].Data == nil:
		return refused(library.Errorf(library.Conflict, "parentItem %s is not there", parent))
	case !ok && e.Version != 0:
		return refused(library.Errorf(library.NotFound, "no such object"))
	case ok && !differs(o, e.Data):
		return library.Outcome{Status: library.EditUnchanged, Version: o.Version}
	case ok && (e.Version == 0 || o.Version > e.Version):
		return refused(library.Errorf(library.Conflict, "the object changed"))
	}
	o = clone(o)
	if o.Data == nil {
		o = library.Object{Kind: kind, Key: e.Key, Data: library.Data{}}
	}
	for name, value := range e.Data {
		o.Data[name] = value
		if change.Same(name, value, nil) {
			delete(o.Data, name)
		}
	}
	o.Version = l.version
	l.objects[string(kind)+e.Key] = clone(o)
	return library.Outcome{Status: library.EditDone, Version: o.Version}
}

func differs(o library.Object, fields library.Data) bool {
	for name, value := range fields {
		if !change.Same(name, o.Data[name], value) {
			return true
		}
	}
	return false
}

// clone returns a copy, as a passage through JSON makes it.
func clone(o library.Object) library.Object {
	raw, err := json.Marshal(o.Data)
	if err != nil {
		panic(err)
	}
	o.Data = nil
	if err := json.Unmarshal(raw, &o.Data); err != nil {
		panic(err)
	}
	return o
}

// Store is a [change.Store] in memory that fails on request.
type Store struct {
	mu      sync.Mutex
	objects map[string][]byte
	// Fail returns why creating an object fails, or nil.
	Fail func(name string) error
}

// NewStore returns an empty store.
func NewStore() *Store { return &Store{objects: map[string][]byte{}} }

// Create implements [change.Store].
func (s *Store) Create(_ context.Context, name string, data []byte, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Fail != nil {
		if err := s.Fail(name); err != nil {
			return err
		}
	}
	if s.objects[name] != nil {
		return library.Errorf(library.Conflict, "exists")
	}
	s.objects[name] = append([]byte{}, data...)
	return nil
}

// Get implements [change.Store].
func (s *Store) Get(_ context.Context, name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if data, ok := s.objects[name]; ok {
		return append([]byte{}, data...), nil
	}
	return nil, library.Errorf(library.NotFound, "no object")
}

// List implements [change.Store] with pages of 3 names.
func (s *Store) List(_ context.Context, prefix, page string) (names []string, next string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return pageOf(s.objects, prefix, page)
}
