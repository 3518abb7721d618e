package datafolder

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// idleFor is how long a copy that nothing reads is kept.
const idleFor = time.Minute

// staleCopy is how old a copy is that a process left which was killed while it
// made it.
const staleCopy = time.Hour

// copyPrefix begins the names of copies.
const copyPrefix = "copy-"

// Folder is a Zotero data folder. All methods may be called at the same time.
type Folder struct {
	dir, work string

	copying chan struct{} // holds a value while a copy is made

	mu      sync.Mutex // guards the rest and the fields of states that say so
	current *state
	closed  bool
}

// New returns the data folder dir. It keeps its copies of the database, and what
// it needs to find changes, in the folder work, which it makes as needed. Neither
// is opened before the first question.
func New(dir, work string) *Folder {
	return &Folder{dir: dir, work: work, copying: make(chan struct{}, 1)}
}

// state is a copy of the database, and what is known of it.
type state struct {
	folder  *Folder
	look    look
	at      time.Time // when the look was
	version int64     // when the database last changed, in Unix milliseconds
	libs    []shelved

	// Guarded by folder.mu.
	db      *database // nil once the copy is closed
	uses    int
	idle    *time.Timer           // closes the copy; nil before the first use ends
	digests map[library.ID]string // of the censuses that were taken

	mu       sync.Mutex // guards the rest
	names    map[library.ID]*names
	censuses map[library.ID]*census
}

// use returns the present state with an open copy, until release is called. With
// fresh, it makes a new copy if the database has changed since.
func (f *Folder) use(ctx context.Context, fresh bool) (s *state, release func(), err error) {
	select {
	case f.copying <- struct{}{}:
		defer func() { <-f.copying }()
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	files, err := openFiles(f.dir)
	if err != nil {
		return nil, nil, err
	}
	defer files.root.Close()
	if s := f.open(); s != nil && (!fresh || s.standing(files)) {
		return s, func() { f.release(s) }, nil
	} else if s != nil {
		f.release(s)
	}
	s, err = f.copy(ctx, files)
	if err != nil {
		return nil, nil, err
	}
	if err := f.adopt(s); err != nil {
		return nil, nil, err
	}
	return s, func() { f.release(s) }, nil
}

// open returns the present state, used once more, or nil if it has no open copy.
func (f *Folder) open() *state {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.current == nil || f.current.db == nil {
		return nil
	}
	f.current.uses++
	return f.current
}

// standing reports whether the database is certainly as it was when it was
// copied.
func (s *state) standing(files *files) bool {
	l, err := files.look()
	return err == nil && l == s.look && s.at.Sub(l.changed()).Abs() >= settling
}

// copy makes a state of the database as it is now.
func (f *Folder) copy(ctx context.Context, files *files) (*state, error) {
	if err := f.prepare(); err != nil {
		return nil, notWritten(err)
	}
	file, err := os.CreateTemp(f.work, copyPrefix+"*")
	if err != nil {
		return nil, notWritten(err)
	}
	_ = file.Close()
	s := &state{
		folder: f, at: time.Now(), uses: 1, digests: map[library.ID]string{},
		names: map[library.ID]*names{}, censuses: map[library.ID]*census{},
	}
	if s.look, err = files.copyDatabase(ctx, file.Name()); err != nil {
		(&database{path: file.Name()}).remove()
		return nil, err
	}
	s.version = max(s.look.changed().UnixMilli(), 1)
	if s.db, err = openDatabase(ctx, file.Name()); err != nil {
		return nil, err
	}
	if s.libs, err = s.db.libraries(ctx); err != nil {
		s.db.close()
		return nil, err
	}
	return s, nil
}

// prepare makes the folder for copies, and removes what killed processes left.
func (f *Folder) prepare() error {
	if err := os.MkdirAll(f.work, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(f.work)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), copyPrefix) && time.Since(info.ModTime()) > staleCopy {
			_ = os.Remove(filepath.Join(f.work, e.Name()))
		}
	}
	return nil
}

// adopt makes a state the present one.
func (f *Folder) adopt(s *state) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		s.db.close()
		return library.Errorf(library.Unavailable, "the server is stopping")
	}
	was := f.current
	f.current = s
	if was != nil {
		was.retire()
	}
	return nil
}

// release ends a use of a state. A copy that is no longer the present one is
// closed at once, the present one after a while.
func (f *Folder) release(s *state) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s.uses--
	if s != f.current || f.closed {
		s.retire()
		return
	}
	if s.idle == nil {
		s.idle = time.AfterFunc(idleFor, func() { f.closeIdle(s) })
	}
	s.idle.Reset(idleFor)
}

// closeIdle closes the copy of a state that is not used. The end of a use that
// goes on starts the time again.
func (f *Folder) closeIdle(s *state) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s.retire()
}

// retire closes the copy of a state unless it is used. The caller holds folder.mu.
func (s *state) retire() {
	if s.uses > 0 || s.db == nil {
		return
	}
	s.db.close()
	s.db = nil
	s.names, s.censuses = nil, nil
}

// Close closes the present copy; those that are being read close when that ends.
func (f *Folder) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	if f.current != nil {
		f.current.retire()
	}
}

// unchanged returns the present state if the database has certainly not changed
// since and the digest is that of the library; else nil.
func (f *Folder) unchanged(id library.ID, digest string) *state {
	f.mu.Lock()
	s := f.current
	known := s != nil && s.digests[id] == digest
	f.mu.Unlock()
	if !known {
		return nil
	}
	files, err := openFiles(f.dir)
	if err != nil {
		return nil
	}
	defer files.root.Close()
	if !s.standing(files) {
		return nil
	}
	return s
}

// library returns a library of the state.
func (s *state) library(id library.ID) (*shelved, error) {
	for i := range s.libs {
		if s.libs[i].info.ID == id {
			return &s.libs[i], nil
		}
	}
	return nil, library.Errorf(library.NotFound, "no such library").WithHint("list_libraries names those that there are")
}

// census returns the census of a library, which it takes once.
func (s *state) census(ctx context.Context, id library.ID) (*census, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.censuses[id]; c != nil {
		return c, nil
	}
	lib, err := s.library(id)
	if err != nil {
		return nil, err
	}
	c, err := s.db.takeCensus(ctx, lib.row)
	if err != nil {
		return nil, err
	}
	s.censuses[id] = c
	s.folder.mu.Lock()
	s.digests[id] = c.digest
	s.folder.mu.Unlock()
	return c, nil
}

// namesOf returns the names that the items of a library refer to.
func (s *state) namesOf(ctx context.Context, id library.ID) (*names, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.names[id]; n != nil {
		return n, nil
	}
	lib, err := s.library(id)
	if err != nil {
		return nil, err
	}
	n, err := s.db.readNames(ctx, lib.row)
	if err == nil {
		s.names[id] = n
	}
	return n, err
}
