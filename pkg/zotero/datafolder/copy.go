package datafolder

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Bounds of a copy.
const (
	maxDatabase = 8 << 30         // bytes of the three files
	copyTime    = 5 * time.Second // until a folder that changes all the time is given up
	firstPause  = 5 * time.Millisecond
	lastPause   = 200 * time.Millisecond
	copyBlock   = 1 << 20
)

// errMoved says that the database changed while it was copied.
var errMoved = errors.New("the database changed while it was copied")

// copyDatabase copies the database to a path and returns the look that the copy
// is of. Zotero may write at the same time, and its locks are neither taken nor
// asked for. The copy is what a crash of Zotero at one moment would have left, so
// that SQLite reads it as it reads the database after a crash: a transaction that
// was not complete is not in it.
//
// The main file is read twice. If every byte is the same, the file was the same
// from the end of the first reading to the beginning of the second, and the log
// or the journal of that time belongs to it. The journal must stay the same too;
// the log may grow, because SQLite passes over a transaction without its end, but
// must not begin again.
func (f *files) copyDatabase(ctx context.Context, path string) (look, error) {
	deadline := time.Now().Add(copyTime)
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		l, err := f.tryCopy(ctx, path)
		if !errors.Is(err, errMoved) {
			return l, err
		}
		if time.Now().After(deadline) {
			return look{}, library.Errorf(library.Unavailable, "Zotero writes to its database all the time, so that no consistent copy can be made").
				WithRetryAfter(copyTime)
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return look{}, ctx.Err()
		}
	}
}

// tryCopy copies the database once. The error is [errMoved] if it changed.
func (f *files) tryCopy(ctx context.Context, path string) (look, error) {
	before, err := f.look()
	if err != nil {
		return look{}, err
	}
	if err := checkSize(before); err != nil {
		return look{}, err
	}
	main, err := f.open(DatabaseName)
	if err != nil {
		return look{}, gone(err)
	}
	defer main.Close()
	if err := copyFile(ctx, main, path, before.main.size); err != nil {
		return look{}, err
	}
	for _, side := range []struct {
		name, path string
		look       fileLook
	}{{walName, path + "-wal", before.wal}, {journalName, path + "-journal", before.journal}} {
		if err := f.copySide(ctx, side.name, side.path, side.look); err != nil {
			return look{}, err
		}
	}
	if err := sameFile(ctx, main, path); err != nil {
		return look{}, err
	}
	if before.journal.there {
		if err := f.sameJournal(ctx, path+"-journal"); err != nil {
			return look{}, err
		}
	}
	after, err := f.look()
	if err != nil {
		return look{}, err
	}
	if !continues(before, after) {
		return look{}, errMoved
	}
	return before, nil
}

// continues reports whether a look shows the state of an earlier one, or that
// state and more in the log.
func continues(before, after look) bool {
	if before.main != after.main || before.journal != after.journal || before.wal.there != after.wal.there {
		return false
	}
	const walHead = 32 // bytes of the log's header
	was, is := before.wal.head, after.wal.head
	return after.wal.size >= before.wal.size && was[:min(len(was), walHead)] == is[:min(len(was), len(is), walHead)]
}

// checkSize refuses what is no database, and one that is larger than is copied.
func checkSize(l look) error {
	const magic = "SQLite format 3\x00"
	switch {
	case l.main.size == 0:
		return library.Errorf(library.Unavailable, "%s is empty", DatabaseName).WithHint("start Zotero once, or restore the file from zotero.sqlite.bak")
	case len(l.main.head) < headBytes || l.main.head[:len(magic)] != magic:
		return library.Errorf(library.Unavailable, "%s is not an SQLite database", DatabaseName).WithHint("%s", whichFolder)
	case l.main.size+l.wal.size+l.journal.size > maxDatabase:
		return library.Errorf(library.TooLarge, "Zotero's database has more than %d GiB", maxDatabase>>30)
	}
	return nil
}

// gone returns [errMoved] for a file that was there a moment ago.
func gone(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return errMoved
	}
	return unreadable(err)
}

// copySide copies the log or the journal as far as the look saw it, or removes a
// copy of an earlier try.
func (f *files) copySide(ctx context.Context, name, path string, seen fileLook) error {
	if !seen.there {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return noRoom(err)
		}
		return nil
	}
	file, err := f.open(name)
	if err != nil {
		return gone(err)
	}
	defer file.Close()
	return copyFile(ctx, file, path, seen.size)
}

// copyFile copies size bytes of a file.
func copyFile(ctx context.Context, from *os.File, path string, size int64) error {
	to, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // a path of this process
	if err != nil {
		return noRoom(err)
	}
	defer to.Close()
	block := make([]byte, copyBlock)
	for at := int64(0); at < size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := block[:min(size-at, copyBlock)]
		n, err := from.ReadAt(part, at)
		if n < len(part) {
			if err == nil || errors.Is(err, io.EOF) {
				return errMoved // it is shorter now
			}
			return unreadable(err)
		}
		if _, err := to.WriteAt(part, at); err != nil {
			return noRoom(err)
		}
		at += int64(n)
	}
	if err := to.Close(); err != nil {
		return noRoom(err)
	}
	return nil
}

// noRoom returns the error of a copy that can't be written.
func noRoom(cause error) error {
	return library.Errorf(library.Unavailable, "a copy of Zotero's database can't be written").
		WithHint("free space in the folder of STACKROOM_DATA").WithCause(cause)
}

// sameJournal compares the journal with its copy.
func (f *files) sameJournal(ctx context.Context, path string) error {
	file, err := f.open(journalName)
	if err != nil {
		return gone(err)
	}
	defer file.Close()
	return sameFile(ctx, file, path)
}

// sameFile returns [errMoved] if a file has other bytes than its copy.
func sameFile(ctx context.Context, file *os.File, path string) error {
	held, err := os.Open(path) //nolint:gosec // a path of this process
	if err != nil {
		return noRoom(err)
	}
	defer held.Close()
	a, b := make([]byte, copyBlock), make([]byte, copyBlock)
	for at := int64(0); ; at += copyBlock {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, errA := file.ReadAt(a, at)
		m, errB := held.ReadAt(b, at)
		switch {
		case errA != nil && !errors.Is(errA, io.EOF):
			return unreadable(errA)
		case errB != nil && !errors.Is(errB, io.EOF):
			return noRoom(errB)
		case !bytes.Equal(a[:n], b[:m]):
			return errMoved
		case n < copyBlock:
			return nil
		}
	}
}
