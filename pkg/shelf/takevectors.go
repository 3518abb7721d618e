package shelf

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/shelf/internal/vector"
)

// takenAtOnce is how many vectors one transaction takes over.
const takenAtOnce = 5_000

// TakeVectors gives works that have no vector those that another shelf with the same
// embedder has of the same text, and returns how many works got one.
func (s *Shelf) TakeVectors(ctx context.Context, from *Shelf) (taken int, err error) {
	todo, err := s.Unembedded(ctx, "", math.MaxInt)
	if err != nil || len(todo) == 0 {
		return 0, err
	}
	st, err := from.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer st.release()
	if st.vectors.Len() == 0 || modelOf(st.embedder) != modelOf(s.opts.embedder) {
		return 0, nil
	}
	known, err := st.entriesOf(todo)
	if err != nil {
		return 0, err
	}
	for part := range slices.Chunk(known, takenAtOnce) {
		n, err := s.putTaken(ctx, part, st.vectors.Dimensions())
		if err != nil {
			return taken, err
		}
		taken += n
	}
	return taken, nil
}

// entriesOf returns the vectors that a state has of the texts of works, as entries of
// these works.
func (s *state) entriesOf(todo []Unembedded) ([]vector.Entry, error) {
	type wanted struct {
		key string
		sum uint64
		at  vector.Slot
	}
	var all []wanted
	works := s.vectors.Works()
	for _, u := range todo {
		sum := sumOf(u.Text)
		if _, at, ok := s.vectors.Find(works[sum]); ok {
			all = append(all, wanted{u.Key, sum, at})
		}
	}
	slices.SortFunc(all, func(a, b wanted) int { return cmp.Compare(a.at, b.at) })
	var row []vector.Entry
	var out []vector.Entry
	for i, w := range all {
		if i == 0 || w.at.Row() != all[i-1].at.Row() {
			var err error
			if row, err = s.vectorRow(w.at.Row()); err != nil {
				return nil, err
			}
		}
		if i := w.at.Index(); i < len(row) && row[i].Sum == w.sum {
			out = append(out, vector.Entry{Work: w.key, Sum: w.sum, Vector: row[i].Vector})
		}
	}
	return out, nil
}

// putTaken stores entries of vectors with so many dimensions, unless the shelf has
// vectors with others.
func (s *Shelf) putTaken(ctx context.Context, entries []vector.Entry, dims int) (int, error) {
	tx, err := s.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	if own := tx.state.vectors.Dimensions(); own != 0 && own != dims {
		return 0, nil
	}
	if err := tx.putEntries(modelOf(s.opts.embedder), entries); err != nil {
		return 0, err
	}
	return len(entries), tx.Commit(ctx, tx.Version())
}
