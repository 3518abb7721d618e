package index

import (
	"context"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/latent"
	"github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"
)

// With returns the index with works put in, in place of what was there under
// their keys, and others removed. Put works and the works that they share
// segments with are kept in memory. src is the source of the new index.
func (x *Index) With(ctx context.Context, src Source, put []Document, remove []string) (*Index, error) {
	gone := make(map[string]bool, len(put)+len(remove))
	for _, key := range remove {
		gone[key] = true
	}
	for i := range put {
		gone[put[i].Item.ID.Key] = true
	}
	var segments []*segmentView
	err := guard(func() error {
		for _, s := range x.view.segments {
			kept, err := s.without(gone)
			if err != nil {
				return err
			}
			if kept.file || kept.deleted == nil || int(kept.deleted.GetCardinality()) < kept.Len() {
				segments = append(segments, kept)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	fresh, err := inMemory(ctx, x.view.space, put)
	if err != nil {
		return nil, err
	}
	segments, err = compact(ctx, x.view.space, append(segments, fresh...))
	if err != nil {
		return nil, err
	}
	v := &view{space: x.view.space}
	for _, s := range segments {
		v.add(s)
	}
	return x.with(src, v), nil
}

// inMemory returns segments in memory that hold works, with their points in a
// space, which may be nil.
func inMemory(ctx context.Context, in *space, put []Document) ([]*segmentView, error) {
	var out []*segmentView
	b := newBatch()
	for i := range put {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if full := b.add(&put[i]); !full && i < len(put)-1 {
			continue
		}
		s, err := segment.New(b.take())
		if err != nil {
			return nil, err
		}
		v, err := memoryView(ctx, in, s)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func memoryView(ctx context.Context, in *space, s *segment.Segment) (*segmentView, error) {
	columns, err := readColumns(s)
	if err != nil {
		return nil, err
	}
	v := &segmentView{Segment: s, columns: columns}
	if in != nil {
		v.points, err = foldWorks(ctx, in.model, s, columns)
		v.signs = latent.SignsOf(v.points)
	}
	return v, err
}

// Segments in memory are merged so that searches stay fast after many small
// updates: tierSegments whose documents number between the same two powers of
// tierSegments become one, if they have at most mostMerged documents together,
// which bounds the time that an update takes.
const (
	tierSegments = 8
	mostMerged   = 512
)

// compact merges segments in memory.
func compact(ctx context.Context, in *space, segments []*segmentView) ([]*segmentView, error) {
	for {
		at := fullTier(segments)
		if at == nil {
			return segments, nil
		}
		var docs []*segment.Document
		var next []*segmentView
		for i, s := range segments {
			if !at[i] {
				next = append(next, s)
				continue
			}
			live, err := s.Documents(s.deleted)
			if err != nil {
				return nil, err
			}
			docs = append(docs, live...)
		}
		merged, err := segment.New(docs)
		if err != nil {
			return nil, err
		}
		v, err := memoryView(ctx, in, merged)
		if err != nil {
			return nil, err
		}
		next = append(next, v)
		segments = next
	}
}

// fullTier returns which segments are to be merged, by their place; nil if
// none are.
func fullTier(segments []*segmentView) map[int]bool {
	for tier := 1; tier <= mostMerged; tier *= tierSegments {
		found, docs := map[int]bool{}, 0
		for i, s := range segments {
			if n := s.Len(); !s.file && n >= tier && n < tier*tierSegments {
				found[i] = true
				docs += n
			}
		}
		if len(found) >= tierSegments && docs <= mostMerged {
			return found
		}
	}
	return nil
}
