package snapshot

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// format is the version of the head and of what it names.
const format = 1

// headName is the name of the head in its folder.
const headName = "head"

// maxHead bounds a head, in bytes.
const maxHead = 8 << 20

// head is the one object of a snapshot that changes.
type head struct {
	Format  int        `json:"format"`
	Library library.ID `json:"library"`
	View    string     `json:"view"`
	// Lineage is random, and the same in all heads that were made one from the
	// other; Sequence counts them. They tell an old head from a new one.
	Lineage  string `json:"lineage"`
	Sequence int64  `json:"sequence"`
	// Holder is the store that holds the lease, or "".
	Holder string `json:"holder,omitempty"`
	// Content is the snapshot, or nil before the first one.
	Content *content `json:"content,omitempty"`
}

// content is a snapshot: a base and its log.
type content struct {
	Manifest []byte    `json:"manifest"` // as shelf.Manifest.Encode makes it
	Version  int64     `json:"version"`  // of the library, log included
	Saved    time.Time `json:"saved"`    // by the clock of the process that saved
	Files    []file    `json:"files"`    // those of the manifest, in its order
	Log      []piece   `json:"log"`

	manifest *shelf.Manifest // what Manifest says
}

// file is a file of the base.
type file struct {
	Name   string  `json:"name"`
	Pieces []piece `json:"pieces"`
}

// piece is a part of a file. It begins where the one before ends.
type piece struct {
	Object string `json:"object"` // name in the snapshot's folder
	Size   int64  `json:"size"`   // bytes, not sealed
	SHA256 string `json:"sha256"` // of those bytes, in hexadecimal
}

// newHead returns the head of a name that has none.
func newHead(name replica.Name) *head {
	return &head{Format: format, Library: name.Library, View: name.View, Lineage: rand.Text()}
}

// next returns a copy of the head that takes its place.
func (h *head) next() *head {
	n := *h
	n.Sequence++
	return &n
}

// errForeign says that a head is not of the name under which it was found.
var errForeign = errors.New("snapshot: the head is of another library or view")

// decodeHead reads a head and checks all that it says of itself. The snapshot
// has at most maxBytes bytes.
func decodeHead(data []byte, name replica.Name, maxBytes int64) (*head, error) {
	if len(data) > maxHead {
		return nil, fmt.Errorf("snapshot: a head of %d bytes", len(data))
	}
	h := &head{}
	if err := json.Unmarshal(data, h); err != nil {
		return nil, fmt.Errorf("snapshot: head: %w", err)
	}
	switch {
	case h.Format != format:
		return nil, fmt.Errorf("snapshot: a head of format %d, this reads %d", h.Format, format)
	case h.Library != name.Library || h.View != name.View:
		return nil, errForeign
	case h.Lineage == "" || h.Sequence < 0:
		return nil, errors.New("snapshot: a head without lineage")
	case h.Content == nil:
		return h, nil
	}
	return h, h.Content.check(name, maxBytes)
}

// check compares files and pieces with the manifest.
func (c *content) check(name replica.Name, maxBytes int64) error {
	var err error
	if c.manifest, err = shelf.DecodeManifest(c.Manifest); err != nil {
		return err
	}
	if c.manifest.Library != name.Library || len(c.Files) != len(c.manifest.Files) {
		return errForeign
	}
	left := maxBytes
	for i, f := range c.Files {
		size, err := sizeOf(f.Pieces, &left)
		if err != nil {
			return err
		}
		if want := c.manifest.Files[i]; f.Name != want.Name || size != want.Size {
			return errors.New("snapshot: the head's files are not the manifest's")
		}
	}
	if size, err := sizeOf(c.Log, &left); err != nil || size == 0 {
		return errors.Join(errors.New("snapshot: the head names no log"), err)
	}
	return nil
}

// id tells a snapshot from others of the same name: the last piece of the log is
// new in each.
func (c *content) id() string { return c.Log[len(c.Log)-1].Object }

// sizeOf returns the size of a file, which it takes from the bytes that are
// left.
func sizeOf(pieces []piece, left *int64) (int64, error) {
	var size int64
	for _, p := range pieces {
		sum, err := hex.DecodeString(p.SHA256)
		if err != nil || len(sum) != sumSize || !validObject(p.Object) || p.Size <= 0 || p.Size > *left {
			return 0, errors.New("snapshot: the head names a piece that can't be")
		}
		*left -= p.Size
		size += p.Size
	}
	return size, nil
}

// validObject reports whether a name may be that of a piece: one that
// [rand.Text] makes.
func validObject(name string) bool {
	for _, r := range name {
		if (r < 'A' || r > 'Z') && (r < '2' || r > '7') {
			return false
		}
	}
	return len(name) >= 26 && len(name) <= 64
}

// pieces calls yield for every piece of a snapshot with its place, until yield
// returns false. A nil content has none.
func (c *content) pieces(yield func(string, piece) bool) {
	if c == nil {
		return
	}
	for _, f := range c.Files {
		for _, p := range f.Pieces {
			if !yield(f.Name, p) {
				return
			}
		}
	}
	for _, p := range c.Log {
		if !yield(logName, p) {
			return
		}
	}
}

// names adds the objects of a snapshot to a set.
func (c *content) names(set map[string]bool) {
	for _, p := range c.pieces {
		set[p.Object] = true
	}
}
