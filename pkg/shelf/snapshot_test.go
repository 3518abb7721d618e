package shelf

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// stored is a snapshot in memory, as a bucket keeps it.
type stored struct {
	manifest []byte
	files    map[string][]byte
	log      []byte
}

// store reads a snapshot whole; of the log, only what comes after an earlier
// one of the same base.
func store(t *testing.T, s *Shelf, before *stored) *stored {
	t.Helper()
	snap, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	compactNow(t, s) // the files stay readable
	out := &stored{manifest: snap.Manifest.Encode(), files: map[string][]byte{}}
	if before != nil {
		out.log = slices.Clone(before.log)
	}
	rest, err := io.ReadAll(snap.Log(int64(len(out.log))))
	if err != nil {
		t.Fatal(err)
	}
	out.log = append(out.log, rest...)
	for _, f := range snap.Manifest.Files {
		r, err := snap.File(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if out.files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := snap.File("CURRENT"); library.CodeOf(err) != library.NotFound {
		t.Errorf("another file: %v", err)
	}
	if err := snap.Close(); err != nil {
		t.Error(err)
	}
	return out
}

// restore makes a snapshot the library of a folder.
func (s *stored) restore(t *testing.T, dir string, opts ...Option) error {
	t.Helper()
	m, err := DecodeManifest(s.manifest)
	if err != nil {
		t.Fatal(err)
	}
	return Restore(t.Context(), dir, m, func(name string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(s.files[name])), nil
	}, bytes.NewReader(s.log), opts...)
}

func TestSnapshot_IsTheSameLibraryElsewhere(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	if _, err := mustOpen(t, dir).Snapshot(t.Context()); library.CodeOf(err) != library.NotFound {
		t.Errorf("a library without files: %v", err)
	}
	mustImport(t, dir, append(books(0, 20), annotated())...)
	s := mustOpen(t, dir)
	commit(t, s, func(tx *Tx) { mustPut(t, tx, item("LATER222", "A harvest later")) })
	want := whole(t, s)
	snap := store(t, s, nil)
	if err := snap.restore(t, other); err != nil {
		t.Fatal(err)
	}
	restored := mustOpen(t, other)
	if diff := cmp.Diff(want, whole(t, restored)); diff != "" {
		t.Errorf("restored (-want +got):\n%s", diff)
	}
	// It goes on from there, and its log alone is the next snapshot.
	commit(t, restored, func(tx *Tx) { mustPut(t, tx, item("LATER223", "A harvest even later")) })
	next := store(t, restored, snap)
	third := t.TempDir()
	if err := next.restore(t, third); err != nil {
		t.Fatal(err)
	}
	if got := found(t, mustOpen(t, third), library.Query{Text: "later"}); len(got) != 2 {
		t.Errorf("works %q", got)
	}
	// Over a library that is open.
	if err := snap.restore(t, third); err != nil {
		t.Fatal(err)
	}
	if left, err := generations(third); err != nil || len(left) != 1 {
		t.Errorf("generations %d, %v", left, err)
	}
}

func TestRestore_RefusesWhatIsNotWhatWasWritten(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	mustImport(t, dir, books(0, 20)...)
	snap := store(t, mustOpen(t, dir), nil)
	mustImport(t, other, books(0, 3)...)
	before := files(t, other)
	fails := func(what string, err error, want library.Code) {
		t.Helper()
		if library.CodeOf(err) != want {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
		if diff := cmp.Diff(before, files(t, other)); diff != "" {
			t.Errorf("%s: files:\n%s", what, diff)
		}
	}
	for name, good := range snap.files {
		for what, bad := range map[string][]byte{
			"cut": good[:len(good)-1], "longer": append(slices.Clone(good), 0), "missing": nil,
			"a flipped bit": func() []byte { b := slices.Clone(good); b[len(b)/2] ^= 1; return b }(),
		} {
			snap.files[name] = bad
			fails(name+" "+what, snap.restore(t, other), library.Unavailable)
		}
		snap.files[name] = good
	}
	log := snap.log
	snap.log = append([]byte("another"), log...)
	fails("another log", snap.restore(t, other), library.Unavailable)
	snap.log = log
	fails("another library", snap.restore(t, other, WithLibrary("group:1")), library.Conflict)
	broken := errors.New("the bucket is down")
	m, _ := DecodeManifest(snap.manifest)
	err := Restore(t.Context(), other, m, func(string) (io.ReadCloser, error) { return nil, broken }, nil)
	fails("a bucket that is down", err, library.Unavailable)
	if err := snap.restore(t, other); err != nil {
		t.Errorf("the sound one: %v", err)
	}
}
