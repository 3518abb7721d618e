//go:build unix

package replica_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/replica/replicatest"
)

// The environment of a child process that reads a library and comes to grief.
const (
	childFolder = "REPLICA_TEST_FOLDER"
	childStep   = "REPLICA_TEST_KILL_AT"
	childLimit  = "REPLICA_TEST_FILE_LIMIT"
	childDirect = "REPLICA_TEST_DIRECT"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		os.Exit(child(dir))
	}
	os.Exit(m.Run())
}

// child reads the library that shelfful returns, and kills itself at a step the
// second time that it comes there.
func child(dir string) int {
	if limit := os.Getenv(childLimit); limit != "" {
		var most uint64
		_, _ = fmt.Sscan(limit, &most)
		signal.Ignore(syscall.SIGXFSZ) // so that writing past the limit is an error
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			return 2
		}
	}
	rs := replica.New(replica.Options{Dir: dir, Patience: 3 * time.Second})
	at, times := os.Getenv(childStep), 0
	once := at == "keys" || at == "missing" || at == "shelf"
	rs.SetFault(func(s string) error {
		if s == at {
			if times++; times == 2 || once {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			}
		}
		return nil
	})
	src := &replicatest.Source{Library: shelfful(40, 100), PageSize: 20, Direct: os.Getenv(childDirect) != ""}
	r := rs.Open(opening(src))
	if _, err := r.Tags(context.Background(), library.TagQuery{Limit: 1}); err != nil {
		page, err := r.Search(context.Background(), library.Query{Limit: 1})
		fmt.Print(page.Total, " ", page.Notice, err)
		return 1
	}
	return 0
}

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

// left checks that a process after the one that came to grief has the library,
// and that nothing of the latter is left.
func left(t *testing.T, what, dir string, mostPages int) {
	t.Helper()
	up := shelfful(40, 100)
	src := &replicatest.Source{Library: up, PageSize: 20}
	r := newReplicas(t, replica.Options{Dir: dir}).Open(opening(src))
	complete(t, r)
	equal(t, up, r)
	if n := src.Calls("All"); n > mostPages {
		t.Errorf("%s: then %d pages were read, want at most %d", what, n, mostPages)
	}
	spools, err := filepath.Glob(filepath.Join(dir, "*", "spool-*"))
	if err != nil || len(spools) > 0 {
		t.Errorf("%s: left are %q, %v", what, spools, err)
	}
}

func TestReading_SurvivesKills(t *testing.T) {
	t.Parallel()
	kill := func(t *testing.T, at string, env ...string) {
		t.Parallel()
		dir := t.TempDir()
		_, err := runChild(t, dir, append(env, childStep+"="+at)...)
		if e := (*exec.ExitError)(nil); !errors.As(err, &e) || e.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("the child was not killed: %v", err)
		}
		most := 5
		if at == "shelf" { // it was published before
			most = 0
		}
		left(t, at, dir, most)
	}
	for _, at := range replica.Steps() {
		t.Run(at, func(t *testing.T) { kill(t, at) })
	}
	for _, at := range []string{"page", "work", "shelf"} {
		t.Run(at+" of a direct source", func(t *testing.T) { kill(t, at, childDirect+"=1") })
	}
}

// A limit on the size of files fails writing where a full disk would: the
// upstream's search answers, and says so.
func TestReading_SurvivesAFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	failed := 0
	for limit := 512; limit <= 1<<20; limit *= 16 {
		out, err := runChild(t, dir, fmt.Sprintf("%s=%d", childLimit, limit))
		if err == nil {
			break // the disk was large enough
		}
		failed++
		if !strings.HasPrefix(out, "40 ") || !strings.Contains(out, "could not be read so far") {
			t.Errorf("with %d bytes a file: %q, %v", limit, out, err)
		}
	}
	if failed == 0 {
		t.Error("no reading failed: the limit does not work here")
	}
	left(t, "a full disk", dir, 5)
}
