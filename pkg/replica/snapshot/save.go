package snapshot

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/bucket"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// Save implements [replica.Store]. It needs the lease: without it, or if it was
// lost meanwhile, the error has the code Conflict, and the snapshot is as it was.
// TooLarge means that the shelf is larger than Options.MaxBytes, Unavailable that
// the bucket does not answer.
func (s *Store) Save(ctx context.Context, name replica.Name, from *shelf.Shelf) error {
	var h *holding
	s.of(name, func(k *known) { h = k.held })
	if h == nil {
		return errLost()
	}
	ctx, cancel := context.WithTimeout(ctx, saveTime)
	defer cancel()
	if err := h.saving.lock(ctx); err != nil {
		return err
	}
	defer h.saving.unlock()
	snap, err := from.Snapshot(ctx)
	if library.CodeOf(err) == library.Conflict { // a new base was just published
		snap, err = from.Snapshot(ctx)
	}
	if err != nil {
		return err
	}
	err = s.save(ctx, name, h, snap)
	return errors.Join(err, snap.Close())
}

func (s *Store) save(ctx context.Context, name replica.Name, h *holding, snap *shelf.Snapshot) error {
	former, err := h.content(ctx)
	if err != nil {
		return err
	}
	next, done, err := reuse(former, snap)
	if err != nil {
		return err
	}
	if done == snap.LogSize {
		if !s.due(name) {
			return nil
		}
		next = former
	}
	// Listed before the head is written: what this process may delete later, it
	// must have seen while it held the lease.
	objects, err := s.list(ctx, name)
	if err != nil {
		return err
	}
	if !complete(next, objects) {
		next, done = newContent(snap), 0
	}
	if size(snap) > s.options.MaxBytes {
		return library.Errorf(library.TooLarge, "the library has more than %d bytes, too many for a snapshot", s.options.MaxBytes)
	}
	if done < snap.LogSize {
		if err := s.upload(ctx, name, next, snap, done); err != nil {
			return err
		}
		next.Saved = s.options.Now().UTC()
		if err := s.commit(ctx, name, h, next); err != nil {
			return err
		}
		s.log.InfoContext(ctx, "a snapshot was saved", "bytes", size(snap), "version", next.Version)
	}
	s.tidy(ctx, name, objects, former, next)
	return nil
}

// content returns the snapshot that the head names, or an error if the lease is
// lost.
func (h *holding) content(ctx context.Context) (*content, error) {
	if err := h.mu.lock(ctx); err != nil {
		return nil, err
	}
	defer h.mu.unlock()
	if h.lost {
		return nil, errLost()
	}
	return h.head.Content, nil
}

// size returns the bytes of a snapshot.
func size(snap *shelf.Snapshot) int64 {
	n := snap.LogSize
	for _, f := range snap.Manifest.Files {
		n += f.Size
	}
	return n
}

// newContent returns the snapshot's description without its pieces.
func newContent(snap *shelf.Snapshot) *content {
	c := &content{Manifest: snap.Manifest.Encode(), Version: snap.Version, manifest: &snap.Manifest}
	for _, f := range snap.Manifest.Files {
		c.Files = append(c.Files, file{Name: f.Name})
	}
	return c
}

// reuse returns a description of a snapshot with the pieces of the former one
// that are the same: those of the base, if it is the same base, and of the log
// those that say what this log says. Two processes with the same base write logs
// of their own. done is how much of the log is there.
func reuse(former *content, snap *shelf.Snapshot) (next *content, done int64, err error) {
	next = newContent(snap)
	if former == nil || former.manifest.ID != snap.Manifest.ID {
		return next, 0, nil
	}
	next.Files = slices.Clone(former.Files)
	for _, p := range former.Log {
		if done+p.Size > snap.LogSize {
			break
		}
		part := make([]byte, p.Size)
		if _, err := io.ReadFull(snap.Log(done), part); err != nil {
			return nil, 0, err
		}
		if sumOf(part) != p.SHA256 {
			break
		}
		next.Log = append(next.Log, p)
		done += p.Size
	}
	return next, done, nil
}

// complete reports whether the bucket has the objects of a snapshot.
func complete(c *content, objects map[string]bucket.Info) bool {
	for _, p := range c.pieces {
		if o, ok := objects[p.Object]; !ok || o.Size < p.Size {
			return false
		}
	}
	return true
}

// upload writes the pieces that a description lacks.
func (s *Store) upload(ctx context.Context, name replica.Name, next *content, snap *shelf.Snapshot, done int64) error {
	for i, f := range next.Files {
		if len(f.Pieces) > 0 {
			continue
		}
		from, err := snap.File(f.Name)
		if err != nil {
			return err
		}
		if next.Files[i].Pieces, err = s.putFile(ctx, name, f.Name, 0, from); err != nil {
			return err
		}
	}
	// Small pieces at the end of the log are written again together with what is
	// new, so that a log of n bytes has only about log n pieces.
	kept := next.Log
	for last := len(kept) - 1; last >= 0 && kept[last].Size <= min(snap.LogSize-done, s.options.PieceBytes-1); last-- {
		done -= kept[last].Size
		kept = kept[:last]
	}
	pieces, err := s.putFile(ctx, name, logName, done, snap.Log(done))
	next.Log = slices.Concat(kept, pieces)
	return err
}

// putFile writes a file, from an offset on, as pieces.
func (s *Store) putFile(ctx context.Context, name replica.Name, file string, offset int64, from io.Reader) ([]piece, error) {
	var pieces []piece
	buffer := make([]byte, s.options.PieceBytes)
	for {
		n, err := io.ReadFull(from, buffer)
		if n > 0 {
			p, err := s.putPiece(ctx, name, file, offset, buffer[:n])
			if err != nil {
				return nil, err
			}
			pieces = append(pieces, p)
			offset += int64(n)
		}
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return pieces, nil
		case err != nil:
			return nil, err
		}
	}
}

// commit writes the head that names a snapshot. Where the error leaves open
// whether it was written, the next renewal finds out, and may lose the lease.
func (s *Store) commit(ctx context.Context, name replica.Name, h *holding, c *content) error {
	if err := h.mu.lock(ctx); err != nil {
		return err
	}
	defer h.mu.unlock()
	if h.lost {
		return errLost()
	}
	next := h.head.next()
	next.Content = c
	err := s.write(ctx, name, h, next)
	if h.lost {
		return errLost()
	}
	return err
}

// due reports whether the objects' expiry was not looked at for a day.
func (s *Store) due(name replica.Name) (due bool) {
	s.of(name, func(k *known) { due = s.options.Now().Sub(k.refreshed) >= refreshAfter })
	return due
}

// tidy deletes the listed objects that neither the snapshot nor the former one,
// which may still be read, names; and moves on the expiry of those of the
// snapshot. What fails is done by a later saving. A piece's name is never used
// again, so an object that is deleted late is not one that is needed.
func (s *Store) tidy(ctx context.Context, name replica.Name, objects map[string]bucket.Info, former, present *content) {
	needed := map[string]bool{headName: true}
	present.names(needed)
	s.refresh(ctx, name, objects, needed)
	former.names(needed)
	for object, info := range objects {
		if !needed[object] {
			_ = s.options.Bucket.Delete(ctx, folder(name)+object, info.Generation)
		}
	}
}

// refresh moves on the expiry of objects that are in use, at most once a day.
func (s *Store) refresh(ctx context.Context, name replica.Name, objects map[string]bucket.Info, used map[string]bool) {
	failed := false
	for object, info := range objects {
		if used[object] && info.Expires.Sub(s.options.Now()) < keep-refreshAfter {
			err := s.options.Bucket.Extend(ctx, folder(name)+object, s.expires(), info.Generation)
			// A head of another generation was just written.
			failed = failed || err != nil && library.CodeOf(err) != library.Conflict
		}
	}
	if !failed {
		s.of(name, func(k *known) { k.refreshed = s.options.Now() })
	}
}
