package snapshot

import (
	"context"
	"errors"
	"io"
	"sync"
	"syscall"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// Restore implements [replica.Store]. A snapshot that can't be used counts as
// none and is logged. The error has the code Unavailable if the bucket does not
// answer, Conflict if another process writes the shelf in dir; or says that dir
// can't be written.
func (s *Store) Restore(ctx context.Context, name replica.Name, dir string) (found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, restoreTime)
	defer cancel()
	h, _, err := s.getHead(ctx, name)
	if h == nil || h.Content == nil {
		return false, err
	}
	var background sync.WaitGroup
	defer background.Wait()
	background.Go(func() { s.use(ctx, name, h.Content) })
	err = s.restore(ctx, name, h.Content, dir)
	if errors.Is(err, errUnusable) {
		// Two savings may have taken place since the head was read.
		newer, _, again := s.getHead(ctx, name)
		if newer != nil && newer.Content != nil && newer.Content.id() != h.Content.id() {
			h, err = newer, s.restore(ctx, name, newer.Content, dir)
		} else if again != nil {
			return false, again
		}
	}
	if errors.Is(err, errUnusable) {
		s.ignored(ctx, err)
		return false, nil
	}
	if err != nil {
		return false, err
	}
	s.log.InfoContext(ctx, "a snapshot was restored", "version", h.Content.Version, "saved", h.Content.Saved.Format(time.RFC3339))
	return true, nil
}

// use moves on the expiry of a snapshot's objects.
func (s *Store) use(ctx context.Context, name replica.Name, c *content) {
	if !s.due(name) {
		return
	}
	objects, err := s.list(ctx, name)
	if err != nil {
		return // the next use does it
	}
	used := map[string]bool{headName: true}
	c.names(used)
	s.refresh(ctx, name, objects, used)
}

// restore makes a snapshot the shelf in dir. The error is errUnusable if the
// snapshot is at fault.
func (s *Store) restore(ctx context.Context, name replica.Name, c *content, dir string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var failed error // of reading a piece
	open := func(file string, pieces []piece) io.ReadCloser {
		return s.reader(ctx, name, file, pieces, &failed)
	}
	log := open(logName, c.Log)
	defer log.Close()
	err := shelf.Restore(ctx, dir, c.manifest, func(file string) (io.ReadCloser, error) {
		for _, f := range c.Files {
			if f.Name == file {
				return open(file, f.Pieces), nil
			}
		}
		return nil, unusable(errors.New("snapshot: a file that the manifest does not name"))
	}, log, shelf.WithLibrary(name.Library))
	switch {
	case err == nil:
		return nil
	case failed != nil:
		return failed
	case library.CodeOf(err) == library.Unavailable && !errors.As(err, new(syscall.Errno)):
		return unusable(err) // the disk is not at fault
	}
	return err
}
