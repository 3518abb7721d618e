package index

import (
	"errors"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	bleveindex "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// view is a snapshot with what searches need of it in memory. It holds no
// reference to the snapshot: whoever uses it does.
type view struct {
	snap     *scorch.IndexSnapshot
	segments []*segmentView
	works    int // live ones
	passages int
}

// segmentView is a segment as one snapshot sees it.
type segmentView struct {
	segment.Segment
	*columns
	id      uint64
	deleted *roaring.Bitmap // nil if nothing is
}

// columns hold the records of a segment, which never change.
type columns struct {
	work    []uint32 // by document: the place of its work in the slices below
	root    []uint32 // by work: its document; its passages follow it
	keys    []string
	records []record
}

// acquire returns the view of the index as it is now. The caller closes the
// view's snapshot.
func (x *Index) acquire() (*view, error) {
	snap, err := x.store.snapshot()
	if err != nil {
		return nil, err
	}
	old := x.view.Load()
	if old != nil && old.snap == snap {
		return old, nil
	}
	var v *view
	err = guard(func() (err error) {
		v, err = newView(snap, old)
		return err
	})
	if err != nil {
		_ = snap.Close()
		return nil, err
	}
	x.view.Store(v)
	return v, nil
}

// newView reads what is new in a snapshot; columns of known segments are
// taken from the view before.
func newView(snap *scorch.IndexSnapshot, old *view) (*view, error) {
	v := &view{snap: snap}
	for _, s := range snap.Segments() {
		sv := &segmentView{Segment: s.Segment(), id: s.Id(), deleted: s.Deleted()}
		if old != nil {
			if i := slices.IndexFunc(old.segments, func(o *segmentView) bool { return o.id == sv.id }); i >= 0 {
				sv.columns = old.segments[i].columns
			}
		}
		if sv.columns == nil {
			c, err := readColumns(sv.Segment)
			if err != nil {
				return nil, err
			}
			sv.columns = c
		}
		works := len(sv.root)
		if sv.deleted != nil {
			for _, doc := range sv.root {
				if sv.deleted.Contains(doc) {
					works--
				}
			}
		}
		v.works += works
		v.passages += int(s.Count()) - works
		v.segments = append(v.segments, sv)
	}
	return v, nil
}

// readColumns reads the records of a segment's works.
func readColumns(seg segment.Segment) (*columns, error) {
	n := seg.Count()
	c := &columns{work: make([]uint32, n)}
	nested, _ := seg.(segment.NestedSegment)
	var ancestors []bleveindex.AncestorID
	for doc := range n {
		if nested != nil {
			if ancestors = nested.Ancestors(doc, ancestors[:0]); len(ancestors) > 1 && len(c.root) > 0 {
				// Passages follow their work.
				c.work[doc] = uint32(len(c.root) - 1)
				continue
			}
		}
		id, err := seg.DocID(doc)
		if err != nil {
			return nil, damaged(err)
		}
		r, ok := decodeRecord(storedRecord(seg, doc))
		if !ok {
			return nil, damaged(errors.New("record of a work"))
		}
		c.work[doc] = uint32(len(c.root))
		c.root = append(c.root, uint32(doc))
		c.keys = append(c.keys, string(id))
		c.records = append(c.records, r)
	}
	return c, nil
}

// storedRecord returns what is stored of a document, or nil.
func storedRecord(seg segment.Segment, doc uint64) []byte {
	var b []byte
	err := seg.VisitStoredFields(doc, func(name string, _ byte, value []byte, _ []uint64) bool {
		if name == recordField {
			b = append(b, value...)
			return false
		}
		return true
	})
	if err != nil {
		return nil
	}
	return b
}

// place returns where a passage stands.
func (s *segmentView) place(doc uint32) (place, bool) {
	return decodePlace(storedRecord(s.Segment, uint64(doc)))
}

// passageDocs returns the documents of a work's passages, from first up to
// but not including end.
func (s *segmentView) passageDocs(work uint32) (first, end uint32) {
	if int(work)+1 < len(s.root) {
		return s.root[work] + 1, s.root[work+1]
	}
	return s.root[work] + 1, uint32(len(s.columns.work))
}

// live reports whether a document is not deleted.
func (s *segmentView) live(doc uint32) bool { return s.deleted == nil || !s.deleted.Contains(doc) }
