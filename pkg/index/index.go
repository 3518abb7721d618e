package index

import (
	"context"
	"encoding/binary"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"

	bleveindex "github.com/blevesearch/bleve_index_api"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// MaxPassages is the most passages of one work that are searched, about 19
// million characters. What lies beyond is not found.
const MaxPassages = 16_000

// Document is what is indexed of one work: the item, under Item.ID.Key, and
// the texts of its attachments.
type Document struct {
	Item  *library.Item
	Texts []Text
}

// Text is the text of one attachment, page by page.
type Text struct {
	Attachment string // key
	Pages      []library.TextPage
}

// Source gives back what was indexed, so that the index need not keep it.
// Both methods are called by searches, several at a time, for the few works
// that an answer shows; what they return is only read. If a work is not as it
// was when it was indexed, its passages are left out or cut elsewhere, but
// nothing fails.
type Source interface {
	// Item returns the work of that key, and whether there is one.
	Item(key string) (*library.Item, bool)
	// Pages returns the text of an attachment as it was given to
	// [Index.Update].
	Pages(key, attachment string) ([]library.TextPage, error)
}

// ErrRebuild is in the chain of errors that mean: this directory holds no
// index that can be used, because it is missing, damaged or of another
// version of this package. Remove the directory, which may stay locked until
// then, and index the library again.
var ErrRebuild = errors.New("the search index must be built again")

// Index is a ranked full-text index. Its methods may be called at the same
// time.
type Index struct {
	store  *store
	source Source
	update sync.Mutex // held by whoever writes
	view   atomic.Pointer[view]
	pool   sync.Pool // of *search
	close  sync.Once
}

// Memory returns an empty index that lives in memory.
func Memory(src Source) (*Index, error) {
	s, err := openStore("", false)
	if err != nil {
		return nil, err
	}
	return newIndex(s, src), nil
}

// Create opens the index in a directory for reading and writing and makes
// both as needed. While it is open, no other process can open the directory:
// theirs, or ours if another was first, is a [library.Conflict]. A directory
// with something else or something damaged in it is [ErrRebuild].
func Create(dir string, src Source) (*Index, error) {
	s, err := openStore(dir, false)
	if err != nil {
		return nil, err
	}
	return newIndex(s, src), nil
}

// Open opens the index in a directory for reading. Several processes may have
// it open so; if one has it open for writing, Open is a [library.Conflict].
// A directory without a sound index of this version is [ErrRebuild]: every
// file is verified by its checksum.
func Open(dir string, src Source) (*Index, error) {
	s, err := openStore(dir, true)
	if err != nil {
		return nil, err
	}
	return newIndex(s, src), nil
}

func newIndex(s *store, src Source) *Index { return &Index{store: s, source: src} }

// Close frees what the index holds. Searches that are under way end first;
// later calls fail with [library.Unavailable].
func (x *Index) Close() error {
	var err error
	x.close.Do(func() {
		x.update.Lock()
		defer x.update.Unlock()
		err = x.store.close()
	})
	return err
}

// versionKey is where the owner's version is stored.
const versionKey = "stackroom.version"

// SetVersion stores a number of the owner's beside the data, so that
// [Index.Version] can tell whether the index is stale.
func (x *Index) SetVersion(v int64) error {
	x.update.Lock()
	defer x.update.Unlock()
	b := bleveindex.NewBatch()
	b.SetInternal([]byte(versionKey), binary.AppendVarint(nil, v))
	return x.store.write(context.Background(), b)
}

// Version returns the number that SetVersion stored last, 0 if it never did.
func (x *Index) Version() (int64, error) {
	snap, err := x.store.snapshot()
	if err != nil {
		return 0, err
	}
	defer func() { _ = snap.Close() }()
	b, err := snap.GetInternal([]byte(versionKey))
	if err != nil || b == nil {
		return 0, err
	}
	v, n := binary.Varint(b)
	if n <= 0 {
		return 0, damaged(errors.New("stored version"))
	}
	return v, nil
}

// passageID names a passage in the segment; a work's key has no line feed.
func passageID(key string, n int) string { return key + "\n" + strconv.Itoa(n) }
