package shelf

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/shelf/internal/vector"
)

// vectorKey returns the key of a row of vectors.
func vectorKey(row uint32) string { return string(binary.BigEndian.AppendUint32(nil, row)) }

// vectorRow returns the entries of a row of vectors; none of one that is damaged,
// which holds nothing that can't be made again.
func (c *content) vectorRow(row uint32) ([]vector.Entry, error) {
	value, err := c.rows.get(vectorTable, vectorKey(row))
	if err != nil {
		return nil, err
	}
	_, entries, _ := vector.DecodeRow(value)
	return entries, nil
}

// readVectors returns what memory has of the vectors of a model.
func readVectors(r *rows, model uint64) (*vector.Set, error) {
	return vector.New(func(yield func(vector.Placed)) error {
		return eachVectorRow(r, func(row uint32, of uint64, entries []vector.Entry) {
			for i, e := range entries {
				if of == model {
					yield(vector.Placed{Entry: e, Slot: vector.At(row, i)})
				}
			}
		})
	})
}

// eachVectorRow calls yield with the rows of vectors, the oldest first. One that is
// damaged has no entries.
func eachVectorRow(r *rows, yield func(row uint32, model uint64, entries []vector.Entry)) error {
	return r.scan(vectorTable, "", func(key string, value []byte) error {
		if row, ok := vectorRowOf(string(vectorTable) + key); ok {
			model, entries, _ := vector.DecodeRow(value)
			yield(row, model, entries)
		}
		return nil
	})
}

// isVector reports whether a key, with its table, is that of a row of vectors.
func isVector(key string) bool { return strings.HasPrefix(key, string(vectorTable)) }

// vectorRowOf returns the number of the row of vectors that has a key.
func vectorRowOf(key string) (row uint32, ok bool) {
	number, ok := strings.CutPrefix(key, string(vectorTable))
	if !ok || len(number) != 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32([]byte(number)), true
}

// fillVectors sets the vectors of a state, if searches use them: those of the state
// before with the rows that were written since, or all.
func (s *state) fillVectors(before *state, written []row) error {
	if s.base.embedder == nil || s.meta.VectorModel != modelOf(s.base.embedder) {
		return nil
	}
	if before == nil || before.meta.VectorModel != s.meta.VectorModel {
		return s.readVectors()
	}
	s.vectors = before.vectors
	fresh := slices.DeleteFunc(slices.Clone(written), func(x row) bool { return !isVector(x.key) })
	if len(fresh) == 0 {
		return nil
	}
	if s.vectors.Len() < vector.Settled {
		return s.readVectors()
	}
	var placed []vector.Placed
	for _, x := range fresh {
		row, ok := vectorRowOf(x.key)
		if !ok {
			continue
		}
		entries, err := s.vectorRow(row)
		if err != nil {
			return err
		}
		for i, e := range entries {
			placed = append(placed, vector.Placed{Entry: e, Slot: vector.At(row, i)})
		}
	}
	s.vectors = s.vectors.With(placed)
	return nil
}

func (s *state) readVectors() (err error) {
	s.vectors, err = readVectors(s.rows, s.meta.VectorModel)
	return err
}

// liveVectors tells which vectors a new base keeps: of the model, the last of each
// work, of works that are still there.
type liveVectors struct {
	model  uint64
	latest map[string]vector.Slot // of the last vector of each work
	works  map[string]bool        // of these the works that are there
}

func findLiveVectors(r *rows, model uint64) (*liveVectors, error) {
	l := &liveVectors{model: model, latest: map[string]vector.Slot{}, works: map[string]bool{}}
	err := eachVectorRow(r, func(row uint32, of uint64, entries []vector.Entry) {
		for i, e := range entries {
			if of == model {
				l.latest[e.Work] = vector.At(row, i)
			}
		}
	})
	return l, err
}

// passes returns the value of a row as the new base has it, nil for none. It is
// called in the order of the keys: those of works come before those of vectors.
func (l *liveVectors) passes(key string, value []byte) []byte {
	if work, ok := strings.CutPrefix(key, string(itemTable)); ok && value != nil {
		if _, ok := l.latest[work]; ok {
			l.works[work] = true
		}
	}
	if value == nil || !isVector(key) {
		return value
	}
	return l.keep(key, value)
}

// keep returns a row of vectors without those that no longer count; nil if none
// does. An entry of a row may get another slot in it.
func (l *liveVectors) keep(key string, value []byte) []byte {
	row, ok := vectorRowOf(key)
	model, entries, err := vector.DecodeRow(value)
	if !ok || err != nil || model != l.model {
		return nil
	}
	kept := make([]vector.Entry, 0, len(entries))
	for i, e := range entries {
		if l.works[e.Work] && l.latest[e.Work] == vector.At(row, i) {
			kept = append(kept, e)
		}
	}
	switch len(kept) {
	case 0:
		return nil
	case len(entries):
		return value
	}
	return vector.EncodeRow(model, kept)
}
