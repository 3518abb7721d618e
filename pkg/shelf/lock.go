package shelf

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// What a lock is held for.
const (
	forImport      = "import"
	forCompaction  = "compaction"
	forTransaction = "transaction"
)

// How long a lock is waited for that is only held for a short time, and how
// often it is tried meanwhile.
const (
	lockWait  = 2 * time.Second
	buildWait = time.Minute // until a compaction ends
	lockRetry = 5 * time.Millisecond
)

// takeLock takes a lock of the folder, or fails with [library.Conflict]. What
// holds it longer, an import, is not waited for. The caller ends with unlock.
func takeLock(ctx context.Context, dir, file, purpose string, wait time.Duration) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, unwritable(err)
	}
	path := filepath.Join(dir, file)
	lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR))
	for began := time.Now(); ; {
		got, err := lock.TryLock()
		if err != nil {
			return nil, unwritable(err)
		}
		if got {
			// The file tells others whether to wait. It is empty while the lock is free:
			// the next holder is not taken for this one before it has written its own line.
			_ = os.WriteFile(path, fmt.Appendf(nil, "%d %s\n", os.Getpid(), purpose), 0o600)
			return func() { _ = os.Truncate(path, 0); _ = lock.Close() }, nil
		}
		process, holder := holderOf(path)
		if holder == forImport || time.Since(began) > wait {
			return nil, locked(process, holder)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lockRetry):
		}
	}
}

// holderOf returns the process that holds a lock and what for, as far as the
// lock's file says.
func holderOf(path string) (process int, purpose string) {
	content, _ := os.ReadFile(path)
	number, purpose, _ := strings.Cut(strings.TrimSpace(string(content)), " ")
	process, _ = strconv.Atoi(number)
	return process, purpose
}

// locked says that another one writes.
func locked(process int, purpose string) error {
	what := "another process is writing to the library"
	if purpose == forImport {
		what = "another import is running"
	}
	if process > 0 {
		what += fmt.Sprintf(" (process %d)", process)
	}
	return library.Errorf(library.Conflict, "%s", what).
		WithHint("wait until it has ended, then try again; the library can be read meanwhile").WithRetryAfter(time.Second)
}
