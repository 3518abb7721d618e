package index

import (
	"errors"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/language"
	"github.com/stackroom-mcp/stackroom/pkg/index/internal/latent"
	"github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"
)

// view is the segments of one version of an index.
type view struct {
	segments []*segmentView
	space    *space // nil if there is none
	works    int    // live ones
	passages int
	// languages are those of the works, deleted ones too, English first.
	languages []language.Language
}

// inParts reports whether the view has several files.
func (v *view) inParts() bool {
	files := 0
	for _, s := range v.segments {
		if s.file {
			files++
		}
	}
	return files > 1
}

// lacksSpace reports whether the view has a space only once its parts are merged.
func (v *view) lacksSpace() bool { return v.works >= latent.LeastWorks && v.inParts() }

// segmentView is a segment as one version sees it. The passages of a work
// follow it.
type segmentView struct {
	*segment.Segment
	*columns
	points  []latent.Point  // by work, in the view's space; nil if there is none
	signs   []latent.Signs  // of the points
	deleted *roaring.Bitmap // nil if nothing is
	file    bool            // not in memory
}

// columns hold the records of a segment, which never change.
type columns struct {
	work    []uint32 // by document: the place of its work in the slices below
	root    []uint32 // by work: its document; its passages follow it
	keys    []string
	records []record
	// languages are those of the records, each once.
	languages []language.Language
}

// add adds a segment and counts its works.
func (v *view) add(s *segmentView) {
	works, docs := len(s.root), len(s.work)
	if s.deleted != nil {
		docs -= int(s.deleted.GetCardinality())
		for _, doc := range s.root {
			if s.deleted.Contains(doc) {
				works--
			}
		}
	}
	for _, l := range s.languages {
		if !slices.Contains(v.languages, l) {
			v.languages = append(v.languages, l)
		}
	}
	slices.Sort(v.languages)
	v.works += works
	v.passages += docs - works
	v.segments = append(v.segments, s)
}

// readColumns reads the records of a segment's works.
func readColumns(seg *segment.Segment) (c *columns, err error) {
	err = guard(func() error {
		n := seg.Len()
		c = &columns{work: make([]uint32, n)}
		for doc := range uint32(n) {
			id, err := seg.ID(doc)
			if err != nil {
				return err
			}
			if id == "" && len(c.root) > 0 { // a passage
				c.work[doc] = uint32(len(c.root) - 1)
				continue
			}
			_, stored, err := seg.Stored(doc)
			if err != nil {
				return err
			}
			r, ok := decodeRecord(stored)
			if !ok {
				return errors.New("record of a work")
			}
			c.work[doc] = uint32(len(c.root))
			c.root = append(c.root, doc)
			c.keys = append(c.keys, id)
			c.records = append(c.records, r)
			if !slices.Contains(c.languages, r.language) {
				c.languages = append(c.languages, r.language)
			}
		}
		return nil
	})
	return c, err
}

// place returns where a passage stands.
func (s *segmentView) place(doc uint32) (place, bool) {
	_, stored, err := s.Stored(doc)
	if err != nil {
		return place{}, false
	}
	return decodePlace(stored)
}

// passageDocs returns the documents of a work's passages, from first up to
// but not including end.
func (s *segmentView) passageDocs(work uint32) (first, end uint32) {
	if int(work)+1 < len(s.root) {
		return s.root[work] + 1, s.root[work+1]
	}
	return s.root[work] + 1, uint32(len(s.columns.work))
}

// hasText reports whether a work has a passage, as it has if a text of it is more than
// white space.
func (s *segmentView) hasText(work uint32) bool {
	first, end := s.passageDocs(work)
	return first < end
}

// withText returns the works that have text, the deleted ones too.
func (s *segmentView) withText() *roaring.Bitmap {
	var works []uint32
	for work := range uint32(len(s.root)) {
		if s.hasText(work) {
			works = append(works, work)
		}
	}
	out := roaring.New()
	out.AddMany(works)
	return out
}

// live reports whether a document is not deleted.
func (s *segmentView) live(doc uint32) bool { return s.deleted == nil || !s.deleted.Contains(doc) }

// locate returns the live work of a key.
func (s *segmentView) locate(key string) (work uint32, ok bool, err error) {
	docs, err := s.Find(key)
	if err != nil {
		return 0, false, err
	}
	for _, doc := range docs {
		if s.live(doc) {
			return s.columns.work[doc], true, nil
		}
	}
	return 0, false, nil
}

// without returns the segment without the works of some keys: itself if it has
// none of them.
func (s *segmentView) without(keys map[string]bool) (*segmentView, error) {
	var deleted *roaring.Bitmap
	for key := range keys {
		work, ok, err := s.locate(key)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if deleted == nil {
			deleted = roaring.New()
			if s.deleted != nil {
				deleted = s.deleted.Clone()
			}
		}
		_, end := s.passageDocs(work)
		deleted.AddRange(uint64(s.root[work]), uint64(end))
	}
	if deleted == nil {
		return s, nil
	}
	return &segmentView{Segment: s.Segment, columns: s.columns, points: s.points, signs: s.signs, deleted: deleted, file: s.file}, nil
}
