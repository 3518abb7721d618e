package shelf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// The files of a shelf's folder, and of a generation in it.
const (
	currentFile      = "CURRENT"
	writerLock       = "writer.lock" // held for a transaction, and while a base is published
	baseLock         = "base.lock"   // held while a base is made; taken before writerLock
	generationPrefix = "gen-"

	manifestFile = "manifest.json"
	rowsFile     = "rows"
	logFile      = "log"
	oldDatabase  = "items.db" // of format 1
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

// publish makes the generation of that name the current one, atomically: a
// reader of CURRENT sees the old name or the new one.
func publish(dir, name string) error {
	// The generation's own names must be on disk before CURRENT names it.
	for _, folder := range []string{filepath.Join(dir, name), dir} {
		if err := syncFolder(folder); err != nil {
			return err
		}
	}
	next := filepath.Join(dir, currentFile+".new")
	if err := writeFile(next, []byte(name+"\n")); err != nil {
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

// writeFile writes a file durably.
func writeFile(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// sweep removes all generations but the current one; what broke off goes with
// them. The caller holds the base lock. Readers that have a removed one open
// keep reading it where the system allows removing it, and elsewhere it stays
// for the next sweep.
func sweep(dir, current string) {
	numbers, err := generations(dir)
	if err != nil {
		return
	}
	for _, n := range numbers {
		if name := generationName(n); name != current {
			_ = os.RemoveAll(filepath.Join(dir, name))
		}
	}
}

// newGeneration makes the folder of the next generation.
func newGeneration(dir string) (folder string, err error) {
	numbers, err := generations(dir)
	if err != nil {
		return "", err
	}
	n := 1
	if len(numbers) > 0 {
		n = numbers[len(numbers)-1] + 1
	}
	folder = filepath.Join(dir, generationName(n))
	return folder, os.Mkdir(folder, 0o700)
}

// unreadable says that// unreadable says that the data folder can't be read.
func unreadable(cause error) *library.Error {
	return library.Errorf(library.Unavailable, "the data folder can't be read").
		WithHint("check that the folder is there and that this user may read it").WithCause(cause)
}

// damaged says that the library can't be read.
func damaged(cause error) *library.Error {
	return library.Errorf(library.Unavailable, "the library on disk is damaged").
		WithHint("move the data folder away and import again").WithCause(cause)
}

// outdated says that the library is of a format that is no longer read.
func outdated() *library.Error {
	return library.Errorf(library.Unavailable, "the library in the data folder was made by an older version of Stackroom, which this one does not read").
		WithHint("import your bibliography files again: stackroom import FILE").WithCause(errOutdated)
}

var errOutdated = errors.New("an older format")

// unwritable says that the data folder can't be written.
func unwritable(cause error) *library.Error {
	return library.Errorf(library.Unavailable, "the data folder can't be written; the library is as it was").
		WithHint("check the space on its disk and that this user may write there, then import again").WithCause(cause)
}
