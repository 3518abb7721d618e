package replica

import (
	"encoding/json"
	"fmt"
	"os"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/klauspost/compress/s2"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// spool is a file of the objects of a reading. Memory holds where each one
// stands, and which object is above it.
type spool struct {
	file    *os.File
	size    int64
	granted int64                  // size up to which the budget need not be asked
	room    func(need int64) int64 // frees so many bytes of the budget, and returns how many are left
	objects map[string]spooled
	zero    bool // an object had no version
}

// spooled is where an object stands in a spool.
type spooled struct {
	parent  string
	version int64
	offset  int64
	length  int32
}

// errTooLarge says that a library is larger than the budget.
var errTooLarge = library.Errorf(library.TooLarge, "the library is larger than the budget for replicas")

// newSpool makes a spool in dir.
func newSpool(dir string) (*spool, error) {
	file, err := os.CreateTemp(dir, spoolPrefix)
	if err != nil {
		return nil, err
	}
	return &spool{file: file, objects: map[string]spooled{}}, nil
}

// close removes the spool.
func (s *spool) close() {
	_ = s.file.Close()
	_ = os.Remove(s.file.Name())
}

// add takes objects in. Of two of the same key the newer counts, and of two of the
// same version the later. One in the trash takes the key away.
func (s *spool) add(objects []Object) error {
	var page []byte
	packed := make([]byte, packedBytes)
	for i := range objects {
		o := &objects[i]
		if was, ok := s.objects[o.Key]; ok && was.version > o.Version {
			continue
		}
		if o.Trashed {
			delete(s.objects, o.Key)
			continue
		}
		s.zero = s.zero || o.Version == 0
		content, err := json.Marshal(withoutID(*o))
		if err != nil {
			return err
		}
		at := len(page)
		page = append(page, s2.Encode(packed, content)...)
		s.objects[o.Key] = spooled{parent: o.Parent, version: o.Version, offset: s.size + int64(at), length: int32(len(page) - at)}
	}
	if size := s.size + int64(len(page)); size > s.granted {
		left := s.room(int64(len(page)))
		if left < int64(len(page)) {
			return errTooLarge
		}
		s.granted = s.size + left
	}
	if _, err := s.file.WriteAt(page, s.size); err != nil {
		return library.Errorf(library.Unavailable, "the library can't be written to disk").WithCause(err)
	}
	s.size += int64(len(page))
	return nil
}

// packedBytes is the size of a buffer that most objects fit into when they are packed.
const packedBytes = 16 << 10

// withoutID returns an object whose work has an ID that can be written: the ID of
// the zero value can't, and the key tells.
func withoutID(o Object) Object {
	if o.Work != nil {
		w := *o.Work
		w.ID = library.ItemID{Library: library.Local, Key: "22222222"}
		o.Work = &w
	}
	return o
}

// versioned reports whether the spool holds objects, each with a version.
func (s *spool) versioned() bool { return len(s.objects) > 0 && !s.zero }

// get returns an object that is in the spool.
func (s *spool) get(key string) (Object, error) {
	var o Object
	at, ok := s.objects[key]
	if !ok {
		return o, fmt.Errorf("the spool has no such object")
	}
	packed := make([]byte, at.length)
	if _, err := s.file.ReadAt(packed, at.offset); err != nil {
		return o, err
	}
	content, err := s2.Decode(nil, packed)
	if err != nil {
		return o, err
	}
	return o, jsonv2.Unmarshal(content, &o)
}

// lacks returns the keys that the spool does not have at their version, and takes
// out what is not among keys.
func (s *spool) lacks(keys map[string]int64) []string {
	for key := range s.objects {
		if _, ok := keys[key]; !ok {
			delete(s.objects, key)
		}
	}
	var missing []string
	for key, version := range keys {
		if o, ok := s.objects[key]; !ok || o.version < version {
			missing = append(missing, key)
		}
	}
	return missing
}
