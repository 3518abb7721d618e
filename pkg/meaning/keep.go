package meaning

import (
	"context"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// lockFile is the file in a library's folder whose lock the process holds that
// embeds its works.
const lockFile = "embeddings.lock"

// look is how often [Embeddings.Keep] looks whether the library has changed.
const look = 5 * time.Second

// Keep has the works of a library on this machine embedded until ctx ends. open
// returns the library in folder dir, nil if there is none yet. Several processes may
// call it: one of them embeds at a time.
func (e *Embeddings) Keep(ctx context.Context, id library.ID, dir string, open func(context.Context) (*shelf.Shelf, error)) {
	f := e.Filler(id)
	if f == nil {
		return
	}
	lease := func(context.Context) (release func(), held bool) {
		lock := flock.New(filepath.Join(dir, lockFile))
		if held, err := lock.TryLock(); err != nil || !held {
			return nil, false
		}
		return func() { _ = lock.Close() }, true
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		wait := look
		if s, err := open(ctx); err == nil && s != nil {
			_, again := f.Fill(ctx, s, lease)
			wait = min(again, look)
		}
		timer.Reset(wait)
	}
}
