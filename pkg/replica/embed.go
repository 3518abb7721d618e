package replica

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// embed has works embedded that have no vector. What was embedded goes into a
// snapshot at once, and another process takes it from there.
func (r *replica) embed(ctx context.Context) (again time.Duration, err error) {
	s := r.current()
	if s == nil {
		return untilPoked, nil // adopting a shelf pokes
	}
	stored, again := r.filler.Fill(ctx, s, func(ctx context.Context) (release func(), held bool) {
		end, held := r.leaseForJob(ctx)
		store := r.replicas.opts.Store
		if !held || store == nil {
			return end, held
		}
		r.takeVectors(ctx, store, s)
		return func() { r.saveWith(ctx, store); end() }, true
	})
	if stored > 0 {
		r.noteChange()
	}
	return again, nil
}

// Vectors are taken from a snapshot if more than fewVectors works have none, at most
// once in takeEvery.
const (
	fewVectors = 64
	takeEvery  = time.Hour
)

// vectorsDir is where in a replica's folder a snapshot is restored for its vectors.
const vectorsDir = "vectors"

// takeVectors takes vectors over that another process has had made. A failure costs
// no more than that they are made again.
func (r *replica) takeVectors(ctx context.Context, store Store, s *shelf.Shelf) {
	todo, err := s.Unembedded(ctx, "", fewVectors+1)
	if err != nil || len(todo) <= fewVectors || time.Since(r.took) < takeEvery {
		return
	}
	r.took = time.Now()
	dir := filepath.Join(r.dir, vectorsDir)
	_ = os.RemoveAll(dir) // of a process that was killed
	defer func() { _ = os.RemoveAll(dir) }()
	found, err := store.Restore(ctx, r.name, dir)
	if err != nil || !found {
		return
	}
	other, err := shelf.Open(ctx, dir, r.options()...)
	if err != nil {
		return
	}
	defer other.Close()
	if taken, err := s.TakeVectors(ctx, other); err != nil {
		r.log("vectors could not be taken from a snapshot", err)
	} else if taken > 0 {
		r.noteChange()
	}
}
