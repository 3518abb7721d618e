//go:build unix

package shelf

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// The environment of a child process that writes and comes to grief.
const (
	childFolder = "SHELF_TEST_FOLDER"
	childTask   = "SHELF_TEST_TASK"    // a key of tasks
	childStep   = "SHELF_TEST_KILL_AT" // the step at which it kills itself
	childLimit  = "SHELF_TEST_FILE_LIMIT"
	childWorks  = "SHELF_TEST_WORKS"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		os.Exit(child(dir))
	}
	os.Exit(m.Run())
}

// tasks are what a child can do.
func tasks(task string) func(dir string, fault func(step) error) error {
	ctx := context.Background()
	switch task {
	case "import":
		return func(dir string, fault func(step) error) error {
			m := testImporter(dir, 4<<10, ImportOptions{})
			m.fault = fault
			_, err := m.run(ctx, more(slices.Values(books(0, 300))))
			return err
		}
	case "transact":
		return func(dir string, fault func(step) error) error {
			return writeInChild(dir, fault, func(s *Shelf) error {
				tx, err := s.Begin(ctx)
				if err != nil {
					return err
				}
				defer tx.Rollback()
				for i := range 300 {
					it := item(fmt.Sprintf("CHILD%d", i), "A harvest in another process")
					it.Fields["abstractNote"] = randomText(i, 1000)
					if err := tx.Put(it); err != nil {
						return err
					}
				}
				return tx.Commit(ctx, tx.Version()+1)
			})
		}
	case "write":
		return func(dir string, fault func(step) error) error {
			return writeInChild(dir, fault, func(s *Shelf) error {
				outcomes, err := NewWriter(s).Write(ctx, killedBatch(s))
				for _, o := range outcomes {
					if o.Err != nil {
						err = errors.Join(err, o.Err)
					}
				}
				return err
			})
		}
	case "peak":
		return func(dir string, _ func(step) error) error {
			var n int
			_, _ = fmt.Sscan(os.Getenv(childWorks), &n)
			if _, err := Import(ctx, dir, more(plainWorks(n)), ImportOptions{}); err != nil {
				return err
			}
			status, err := os.ReadFile("/proc/self/status")
			_, peak, _ := strings.Cut(string(status), "VmHWM:")
			fmt.Println(peak)
			return err
		}
	case "compact":
		return func(dir string, fault func(step) error) error {
			return writeInChild(dir, fault, func(s *Shelf) error { return s.makeBase(ctx) })
		}
	}
	return contractInChild
}

func writeInChild(dir string, fault func(step) error, write func(*Shelf) error) error {
	s, err := Open(context.Background(), dir)
	if err != nil {
		return err
	}
	s.fault = fault
	return errors.Join(write(s), s.Close())
}

// child does what its environment says in dir and writes the error's code.
func child(dir string) int {
	var fault func(step) error
	if at := step(os.Getenv(childStep)); at != "" {
		fault = func(s step) error {
			if s == at {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			}
			return nil
		}
	}
	if limit := os.Getenv(childLimit); limit != "" {
		var most uint64
		_, _ = fmt.Sscan(limit, &most)
		signal.Ignore(syscall.SIGXFSZ) // so that writing past the limit is an error
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			return 2
		}
	}
	err := tasks(os.Getenv(childTask))(dir, fault)
	fmt.Print(library.CodeOf(err))
	if err != nil {
		return 1
	}
	return 0
}

// runChild runs a child process over dir and returns what it wrote.
func runChild(t testing.TB, dir, task string, env ...string) (string, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(append(os.Environ(), childFolder+"="+dir, childTask+"="+task), env...)
	out, err := cmd.Output()
	return string(out), err
}

// kill runs a child that kills itself at a step.
func kill(t *testing.T, dir, task string, at step) {
	t.Helper()
	_, err := runChild(t, dir, task, childStep+"="+string(at))
	if e := (*exec.ExitError)(nil); !errors.As(err, &e) || e.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("%s: the child was not killed: %v", at, err)
	}
}

func TestImport_SurvivesKills(t *testing.T) {
	t.Parallel()
	for _, at := range []step{stepRun, stepRows, stepIndex, stepManifest, stepPublish, stepSweep} {
		dir := t.TempDir()
		mustImport(t, dir, books(0, 10)...)
		s := mustOpen(t, dir)
		before := whole(t, s)
		kill(t, dir, "import", at)
		after := whole(t, s)
		if at == stepSweep { // it was published before it was killed
			if len(after) != 300 {
				t.Errorf("%s: %d works, want all 300", at, len(after))
			}
		} else if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s: works (-before +after):\n%s", at, diff)
		}
		mustImport(t, dir, books(300, 301)...)
		mustImport(t, dir, books(301, 302)...)
		if left, err := generations(dir); err != nil || len(left) != 1 {
			t.Errorf("%s: after two more imports there are generations %d, %v", at, left, err)
		}
		if got := whole(t, s); len(got) != len(after)+2 {
			t.Errorf("%s: then %d works, want %d", at, len(got), len(after)+2)
		}
	}
}

// A limit on the size of files fails writing where a full disk would.
func TestImport_SurvivesAFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustImport(t, dir, books(0, 10)...)
	before, files0 := whole(t, mustOpen(t, dir)), files(t, dir)
	failed, times := 0, 2
	if testing.Short() {
		times = 8
	}
	for limit := 1 << 10; limit <= 1<<20; limit *= times {
		out, err := runChild(t, dir, "import", fmt.Sprintf("%s=%d", childLimit, limit))
		if err == nil {
			break // the disk was large enough
		}
		failed++
		if !strings.HasPrefix(out, string(library.Unavailable)) && !strings.HasPrefix(out, string(library.Internal)) {
			t.Errorf("with %d bytes a file: %q, %v", limit, out, err)
		}
		if diff := cmp.Diff(files0, files(t, dir)); diff != "" {
			t.Errorf("with %d bytes a file (-before +after):\n%s", limit, diff)
		}
		if diff := cmp.Diff(before, whole(t, mustOpen(t, dir))); diff != "" {
			t.Errorf("with %d bytes a file: works:\n%s", limit, diff)
		}
	}
	if failed == 0 {
		t.Error("no import failed: the limit does not work here")
	}
	if r := mustImport(t, dir, books(0, 300)...); r.Items != 300 {
		t.Errorf("with room again %d works, want 300", r.Items)
	}
}

func TestTx_SurvivesKills(t *testing.T) {
	t.Parallel()
	for _, at := range []step{stepRecord, stepSync, stepApply} {
		dir := t.TempDir()
		mustImport(t, dir, books(0, 10)...)
		s := mustOpen(t, dir)
		commit(t, s, func(tx *Tx) { mustPut(t, tx, item("BEFORE22", "A harvest before")) })
		before := whole(t, s)
		kill(t, dir, "transact", at)
		committed := at != stepRecord
		for _, s := range []*Shelf{s, mustOpen(t, dir)} {
			after := whole(t, s)
			if committed && len(after) != len(before)+300 {
				t.Errorf("%s: %d works, want all", at, len(after))
			} else if !committed {
				if diff := cmp.Diff(before, after); diff != "" {
					t.Errorf("%s: works (-before +after):\n%s", at, diff)
				}
			}
		}
		tx := mustBegin(t, s) // the lock went with the child
		if dropped := tx.Dropped() > 0; dropped == committed {
			t.Errorf("%s: %d bytes dropped", at, tx.Dropped())
		}
		mustPut(t, tx, item("AFTER222", "A harvest after"))
		if err := tx.Commit(t.Context(), tx.Version()+1); err != nil {
			t.Fatal(err)
		}
		if got := found(t, mustOpen(t, dir), library.Query{Text: "after."}); len(got) != 1 {
			t.Errorf("%s: after it %q", at, got)
		}
	}
}

// killedBatch returns the batch of TestWriter_SurvivesKills: it makes a work with a note,
// changes a work and trashes another one.
func killedBatch(s *Shelf) library.Batch {
	hits, err := s.Search(context.Background(), library.Query{Sort: library.SortTitle, Limit: 2})
	if err != nil || len(hits.Items) < 2 {
		return library.Batch{}
	}
	changed, trashed := hits.Items[0].Item, hits.Items[1].Item
	return library.Batch{ID: "batch0001", Kind: library.ItemObject, Edits: []library.Edit{
		{Key: "MADEWORK", Data: library.Data{"itemType": "book", "title": "Made in a batch"}},
		{Key: "MADENOTE", Data: library.Data{"itemType": "note", "parentItem": "MADEWORK", "note": "<p>Below it</p>"}},
		{Key: changed.ID.Key, Version: changed.Version, Data: library.Data{"place": "Lund", "tags": []any{map[string]any{"tag": "new"}}}},
		{Key: trashed.ID.Key, Version: trashed.Version, Data: library.Data{"deleted": true}},
	}}
}

// TestWriter_SurvivesKills kills a process at each step of a batch. All of it is done or
// nothing, and sending it again completes it and does nothing twice.
func TestWriter_SurvivesKills(t *testing.T) {
	t.Parallel()
	for _, at := range []step{stepRecord, stepSync, stepApply} {
		dir := t.TempDir()
		mustImport(t, dir, books(0, 10)...)
		w := NewWriter(mustOpen(t, dir))
		b, before := killedBatch(w.Shelf), whole(t, w.Shelf)
		kill(t, dir, "write", at)
		after := whole(t, w.Shelf)
		done := at != stepRecord
		if !done {
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("%s: works (-before +after):\n%s", at, diff)
			}
		}
		for range 2 {
			outcomes, err := w.Write(t.Context(), b)
			if err != nil {
				t.Fatal(err)
			}
			for i, o := range outcomes {
				if want := map[bool]library.EditStatus{false: library.EditDone, true: library.EditUnchanged}[done]; o.Status != want || o.Version != 2 {
					t.Errorf("%s, edit %d: %+v, want %s", at, i, o, want)
				}
			}
			done = true
		}
		if made, changed := titled(t, w.Shelf, "Made in a batch"), before[0].ID.Key; len(made.Notes) != 1 || object(t, w, library.ItemObject, changed).Data["place"] != "Lund" {
			t.Errorf("%s: %+v", at, made)
		}
		for _, s := range []*Shelf{w.Shelf, mustOpen(t, dir)} {
			if m, err := s.Meta(t.Context()); err != nil || m.Version != 2 || m.Items != 10 || len(whole(t, s)) != 10 {
				t.Errorf("%s: %+v, %v", at, m, err)
			}
		}
	}
}

func TestTx_SurvivesAFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustImport(t, dir, books(0, 10)...)
	s := mustOpen(t, dir)
	commit(t, s, func(tx *Tx) { mustPut(t, tx, item("BEFORE22", "A harvest before")) })
	before, files0 := whole(t, s), files(t, dir)
	for _, limit := range []int64{s.current.end + 10, s.current.end + 5000} {
		out, err := runChild(t, dir, "transact", fmt.Sprintf("%s=%d", childLimit, limit))
		if err == nil || !strings.HasPrefix(out, string(library.Unavailable)) {
			t.Errorf("with %d bytes a file: %q, %v", limit, out, err)
		}
		if got := files(t, dir); len(got) != len(files0) {
			t.Errorf("with %d bytes a file: files %q", limit, got)
		}
		if info, err := os.Stat(logOf(dir)); err != nil || info.Size() != s.current.end {
			t.Errorf("with %d bytes a file: the log has %d bytes, %v, want %d", limit, info.Size(), err, s.current.end)
		}
		for _, s := range []*Shelf{s, mustOpen(t, dir)} {
			if diff := cmp.Diff(before, whole(t, s)); diff != "" {
				t.Errorf("with %d bytes a file: works:\n%s", limit, diff)
			}
		}
	}
	if _, err := runChild(t, dir, "transact"); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if got := whole(t, s); len(got) != len(before)+300 {
		t.Errorf("%d works", len(got))
	}
}

func TestCompaction_SurvivesKills(t *testing.T) {
	t.Parallel()
	for _, at := range []step{stepRows, stepIndex, stepManifest, stepPublish, stepSweep} {
		dir := t.TempDir()
		mustImport(t, dir, books(0, 10)...)
		s := mustOpen(t, dir)
		commit(t, s, func(tx *Tx) { mustPut(t, tx, item("BEFORE22", "A harvest before")) })
		before := whole(t, s)
		kill(t, dir, "compact", at)
		for _, s := range []*Shelf{s, mustOpen(t, dir)} {
			if diff := cmp.Diff(before, whole(t, s)); diff != "" {
				t.Errorf("%s: works (-before +after):\n%s", at, diff)
			}
		}
		compactNow(t, s)
		if left, err := generations(dir); err != nil || len(left) != 1 {
			t.Errorf("%s: after the next base there are generations %d, %v", at, left, err)
		}
		if diff := cmp.Diff(before, whole(t, s)); diff != "" {
			t.Errorf("%s: works in the next base (-before +after):\n%s", at, diff)
		}
	}
}

func TestCompaction_SurvivesAFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustImport(t, dir, books(0, 300)...)
	s := mustOpen(t, dir)
	commit(t, s, func(tx *Tx) { mustPut(t, tx, item("BEFORE22", "A harvest before")) })
	before, files0 := whole(t, s), files(t, dir)
	for _, limit := range []int{100, 3000, 12_000} {
		if out, err := runChild(t, dir, "compact", fmt.Sprintf("%s=%d", childLimit, limit)); err == nil {
			t.Errorf("with %d bytes a file: no error, %q", limit, out)
		}
		if diff := cmp.Diff(files0, files(t, dir)); diff != "" {
			t.Errorf("with %d bytes a file (-before +after):\n%s", limit, diff)
		}
		if diff := cmp.Diff(before, whole(t, mustOpen(t, dir))); diff != "" {
			t.Errorf("with %d bytes a file: works:\n%s", limit, diff)
		}
	}
}

// contractFile holds the contract's works beside a folder.
func contractFile(dir string) string { return dir + ".json" }

// contractInChild writes the contract's works, half of them into a base.
func contractInChild(dir string, fault func(step) error) error {
	content, err := os.ReadFile(contractFile(dir))
	if err != nil {
		return err
	}
	var from []librarytest.Work
	if err := json.Unmarshal(content, &from); err != nil {
		return err
	}
	return writeInChild(dir, fault, func(s *Shelf) error {
		ctx := context.Background()
		r, err := upstreamOf(ctx, from)
		if err != nil {
			return err
		}
		half := len(r.items) / 2
		if err := r.transact(ctx, s, r.items[:half]); err != nil {
			return err
		}
		s.compact.done.Wait()
		return errors.Join(s.makeBase(ctx), r.transact(ctx, s, r.items[half:]))
	})
}

// TestContract_WrittenByAnotherProcess runs the contract over a library that
// was open here while another process wrote it.
func TestContract_WrittenByAnotherProcess(t *testing.T) {
	t.Parallel()
	librarytest.Run(t, func(t *testing.T, from []librarytest.Work) library.Reader {
		dir := filepath.Join(t.TempDir(), "library")
		for i := range from {
			from[i].Item.ID = library.ItemID{Library: library.Local, Key: "ABCDEFGH"} // JSON has no zero ID
		}
		content, err := json.Marshal(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(contractFile(dir), content, 0o600); err != nil {
			t.Fatal(err)
		}
		s := mustOpen(t, dir)
		if got := whole(t, s); len(got) != 0 {
			t.Fatalf("%d works in a folder that is missing", len(got))
		}
		if out, err := runChild(t, dir, "contract"); err != nil {
			t.Fatalf("%s, %v", out, err)
		}
		// While one call makes the new state, others have the one before.
		if info, err := s.Info(t.Context()); err != nil || info.Items != len(from) {
			t.Fatalf("%+v, %v", info, err)
		}
		return s
	})
}

// importPeak returns how many MB a process had resident at most that imported n
// works.
func importPeak(b *testing.B, n int) float64 {
	b.Helper()
	out, err := runChild(b, b.TempDir(), "peak", fmt.Sprintf("%s=%d", childWorks, n))
	var kB float64
	if _, scanErr := fmt.Sscan(out, &kB); err != nil || scanErr != nil {
		b.Fatal(out, err, scanErr)
	}
	return kB / 1000
}
