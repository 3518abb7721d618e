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

// copyDatabase copies the database to a path and returns a look that is not newer
// than the copy. Zotero may write at the same time, and its locks are neither
// taken nor asked for. The copy is what a crash of Zotero at one moment would have
// left, so that SQLite reads it as it reads the database after a crash: a
// transaction that was not complete is not in it.
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

// tryCopy copies the database once, over what an earlier try has copied. The error
// is [errMoved] if it changed.
//
// The main file is read twice. If every byte is the same, the file was the same
// from the end of the first reading to the beginning of the second, and the log
// and the journal as they are between the two belong to it. Without an active
// journal the main file is complete. One that is active must be the same after
// the second reading too. The log may grow, because SQLite passes over a
// transaction without its end, but must not begin again.
func (f *files) tryCopy(ctx context.Context, path string) (look, error) {
	first, err := f.look()
	if err == nil {
		err = checkSize(first)
	}
	if err != nil {
		return look{}, err
	}
	main, err := f.open(DatabaseName)
	if err != nil {
		return look{}, gone(err)
	}
	defer main.Close()
	if _, err := mirror(ctx, main, path, maxDatabase); err != nil {
		return look{}, err
	}
	between, err := f.look()
	if err != nil {
		return look{}, err
	}
	if err := f.copySides(ctx, between, path); err != nil {
		return look{}, err
	}
	same, err := mirror(ctx, main, path, maxDatabase)
	if err == nil && !same {
		err = errMoved
	}
	if err == nil {
		err = f.sidesHold(ctx, between, path)
	}
	return first, err
}

// active reports whether a journal can be that of a transaction that is not
// complete. At its end SQLite removes the file, empties it, or clears its header.
func (l fileLook) active() bool { return l.there && l.head != "" && l.head[0] != 0 }

// copySides copies the log and an active journal as far as a look saw them, and
// removes what an earlier try has copied.
func (f *files) copySides(ctx context.Context, seen look, path string) error {
	for _, side := range []struct {
		name, path string
		look       fileLook
		wanted     bool
	}{{walName, path + "-wal", seen.wal, seen.wal.there}, {journalName, path + "-journal", seen.journal, seen.journal.active()}} {
		if err := os.Remove(side.path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return notWritten(err)
		}
		if !side.wanted {
			continue
		}
		if _, err := f.mirrorNamed(ctx, side.name, side.path, side.look.size); err != nil {
			return err
		}
	}
	return nil
}

// sidesHold returns [errMoved] unless the log goes on and an active journal is as
// it was.
func (f *files) sidesHold(ctx context.Context, seen look, path string) error {
	now, err := f.look()
	if err != nil {
		return err
	}
	if !goesOn(seen.wal, now.wal) {
		return errMoved
	}
	if !seen.journal.active() {
		return nil
	}
	same, err := f.mirrorNamed(ctx, journalName, path+"-journal", maxDatabase)
	if err == nil && !same {
		err = errMoved
	}
	return err
}

// goesOn reports whether a log is the one that it was, or longer. A log that
// begins again has another header.
func goesOn(was, is fileLook) bool {
	const header = 32
	head := func(l fileLook) string { return l.head[:min(len(l.head), header)] }
	return !was.there || is.there && is.size >= was.size && (was.size == 0 || head(is) == head(was))
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

// mirrorNamed is [mirror] for a file of the folder.
func (f *files) mirrorNamed(ctx context.Context, name, path string, size int64) (same bool, err error) {
	file, err := f.open(name)
	if err != nil {
		return false, gone(err)
	}
	defer file.Close()
	return mirror(ctx, file, path, size)
}

// mirror makes a copy of the first size bytes of a file, and reports whether the
// copy had them already. Only blocks that differ are written.
func mirror(ctx context.Context, file *os.File, path string, size int64) (same bool, err error) {
	held, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return false, notWritten(err)
	}
	defer func() {
		if closeErr := held.Close(); closeErr != nil && err == nil {
			err = notWritten(closeErr)
		}
	}()
	same = true
	a, b := make([]byte, copyBlock), make([]byte, copyBlock)
	for at := int64(0); ; at += copyBlock {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		n, err := file.ReadAt(a[:min(size-at, copyBlock)], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return false, unreadable(err)
		}
		m, err := held.ReadAt(b, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return false, notWritten(err)
		}
		if !bytes.Equal(a[:n], b[:m]) {
			same = false
			_, err := held.WriteAt(a[:n], at)
			if err == nil && n < m {
				err = held.Truncate(at + int64(n))
			}
			if err != nil {
				return false, notWritten(err)
			}
		}
		if n < copyBlock {
			return same, nil
		}
	}
}

// notWritten returns the error of a copy that can't be written.
func notWritten(cause error) error {
	return library.Errorf(library.Unavailable, "a copy of Zotero's database can't be written").
		WithHint("free space in the folder of STACKROOM_DATA").WithCause(cause)
}
