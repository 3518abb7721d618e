package shelf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// The files of a shelf's folder.
const (
	currentFile      = "CURRENT"
	lockFile         = "writer.lock"
	databaseFile     = "items.db"
	indexFolder      = "index"
	generationPrefix = "gen-"
)

// generationName returns the name of the folder of generation n.
func generationName(n int) string { return fmt.Sprintf("%s%06d", generationPrefix, n) }

// generationNumber is the inverse of generationName; ok is false for other
// names.
func generationNumber(name string) (n int, ok bool) {
	n, err := strconv.Atoi(strings.TrimPrefix(name, generationPrefix))
	return n, err == nil && n > 0 && generationName(n) == name
}

// currentGeneration returns the name in CURRENT, or "" if nothing has been
// published in dir.
func currentGeneration(dir string) (string, error) {
	content, err := os.ReadFile(filepath.Join(dir, currentFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", unreadable(err)
	}
	name := strings.TrimSpace(string(content))
	if _, ok := generationNumber(name); !ok {
		return "", damaged(errors.New("CURRENT names no generation"))
	}
	return name, nil
}

// generations returns the numbers of the generations in dir, published or
// not, the oldest first.
func generations(dir string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	var numbers []int
	for _, e := range entries {
		if n, ok := generationNumber(e.Name()); ok {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, err
}

// publish makes the generation of that name the current one. It happens or it
// does not: whoever reads CURRENT sees the old name or the new one.
func publish(dir, name string) error {
	// The generation's own names must be on disk before CURRENT names it.
	for _, folder := range []string{filepath.Join(dir, name, indexFolder), filepath.Join(dir, name), dir} {
		if err := syncFolder(folder); err != nil {
			return err
		}
	}
	next := filepath.Join(dir, currentFile+".new")
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(name + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(next, filepath.Join(dir, currentFile)); err != nil {
		return err
	}
	return syncFolder(dir)
}

// syncFolder makes the names in a folder durable, where the system can.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	// Some file systems can't sync a folder; their names are as safe as they get.
	_ = f.Sync()
	return f.Close()
}

// sweep removes the generations that nobody needs: all but the current one
// and the one before it. What imports that broke off have left goes with
// them. Readers that still have a removed one open keep reading it where the
// system allows removing it, and elsewhere it stays for the next sweep.
func sweep(dir, current string) {
	numbers, err := generations(dir)
	if err != nil {
		return
	}
	now, _ := generationNumber(current)
	before := 0
	for _, n := range numbers {
		if n < now {
			before = n
		}
	}
	for _, n := range numbers {
		if n != now && n != before {
			_ = os.RemoveAll(filepath.Join(dir, generationName(n)))
		}
	}
}

// lockWriter takes the folder's writer lock, or fails with [library.Conflict]
// if another import holds it. The caller ends with unlock.
func lockWriter(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, unwritable(err)
	}
	path := filepath.Join(dir, lockFile)
	lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR))
	got, err := lock.TryLock()
	if err != nil {
		return nil, unwritable(err)
	}
	if !got {
		message := "another import is running"
		if pid, err := os.ReadFile(path); err == nil {
			if n, err := strconv.Atoi(strings.TrimSpace(string(pid))); err == nil && n > 0 {
				message += fmt.Sprintf(" (process %d)", n)
			}
		}
		return nil, library.Errorf(library.Conflict, "%s", message).WithHint("wait until it has ended, then import again; the library can be read meanwhile")
	}
	// The number only helps people; the lock does not depend on it.
	_ = os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600)
	return func() { _ = lock.Close() }, nil
}

// copyFile copies a file, durably only once the copy is synced.
func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// copyIndex copies an index folder. Its segments never change once written, so
// a second name for them does where the file system has such names.
func copyIndex(ctx context.Context, to, from string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !e.Type().IsRegular() {
			continue
		}
		src, dst := filepath.Join(from, e.Name()), filepath.Join(to, e.Name())
		if filepath.Ext(e.Name()) == ".zap" && os.Link(src, dst) == nil {
			continue
		}
		if err := copyFile(dst, src); err != nil {
			return err
		}
	}
	return nil
}

// unreadable says that the data folder can't be read.
func unreadable(cause error) *library.Error {
	return library.Errorf(library.Unavailable, "the data folder can't be read").
		WithHint("check that the folder is there and that this user may read it").WithCause(cause)
}

// unwritable says that the data folder can't be written.
func unwritable(cause error) *library.Error {
	return library.Errorf(library.Unavailable, "the data folder can't be written; the library is as it was").
		WithHint("check the space on its disk and that this user may write there, then import again").WithCause(cause)
}
