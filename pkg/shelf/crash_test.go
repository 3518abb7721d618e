//go:build unix

package shelf

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// The environment of a child process that imports and comes to grief.
const (
	childFolder = "SHELF_TEST_FOLDER"
	childStep   = "SHELF_TEST_KILL_AT" // the step at which it kills itself
	childLimit  = "SHELF_TEST_FILE_LIMIT"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		os.Exit(child(dir))
	}
	os.Exit(m.Run())
}

// child imports into dir as its environment says and writes the error's code.
func child(dir string) int {
	m := testImporter(dir, 4<<10, ImportOptions{})
	if at := step(os.Getenv(childStep)); at != "" {
		m.fault = func(s step) error {
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
	_, err := m.run(context.Background(), slices.Values(books(0, 300)))
	fmt.Print(library.CodeOf(err))
	if err != nil {
		return 1
	}
	return 0
}

// runChild runs a child process over dir and returns what it wrote.
func runChild(t *testing.T, dir string, env ...string) (string, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(append(os.Environ(), childFolder+"="+dir), env...)
	out, err := cmd.Output()
	return string(out), err
}

func TestAKilledImportLeavesTheLibraryAsItWas(t *testing.T) {
	for _, at := range []step{stepRun, stepRows, stepIndex, stepManifest, stepPublish, stepSweep} {
		dir := t.TempDir()
		mustImport(t, dir, books(0, 10)...)
		s := mustOpen(t, dir)
		before := whole(t, s)
		_, err := runChild(t, dir, childStep+"="+string(at))
		if e := (*exec.ExitError)(nil); !errors.As(err, &e) || e.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("%s: the import was not killed: %v", at, err)
		}
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
func TestAFullDiskLeavesTheLibraryAsItWas(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, books(0, 10)...)
	before, files0 := whole(t, mustOpen(t, dir)), files(t, dir)
	failed := 0
	for limit := 1 << 10; limit <= 1<<20; limit *= 2 {
		out, err := runChild(t, dir, fmt.Sprintf("%s=%d", childLimit, limit))
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
