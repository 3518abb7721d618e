package index

import (
	"math"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// filter is what a query demands of a work beside its words.
type filter struct {
	all            [][]string   // of each group, one exact term
	none           []string     // none of these
	creators       [][][]string // names, by the terms of their words
	from, to       int          // years; 0 is no bound
	nothing, dated bool
	texts          bool  // only works with text
	recent         bool  // added since
	since          int64 // this time, in Unix nanoseconds
}

// filter reads the conditions of a query.
func (s *search) filter(q *library.Query, collections []string) (*filter, error) {
	f := &filter{from: q.YearFrom, to: q.YearTo, dated: q.YearFrom != 0 || q.YearTo != 0, texts: q.HasText}
	if !q.AddedSince.IsZero() {
		f.recent, f.since = true, nanoseconds(q.AddedSince)
	}
	if collections != nil {
		f.any(exactCollection, collections)
	}
	for _, tag := range q.TagsAll {
		terms, err := s.tagTerms(tag)
		if err != nil {
			return nil, err
		}
		f.all = append(f.all, terms)
	}
	if len(q.TagsAny) > 0 {
		var group []string
		for _, tag := range q.TagsAny {
			terms, err := s.tagTerms(tag)
			if err != nil {
				return nil, err
			}
			group = append(group, terms...)
		}
		f.all = append(f.all, group)
	}
	for _, tag := range q.TagsNone {
		terms, err := s.tagTerms(tag)
		if err != nil {
			return nil, err
		}
		f.none = append(f.none, terms...)
	}
	if len(q.ItemTypes) > 0 {
		f.any(exactType, q.ItemTypes)
	}
	if q.Creator != "" {
		f.creators = s.creatorsIn(q.Creator)
		f.nothing = f.nothing || len(f.creators) == 0
	}
	return f, nil
}

// any demands one of several terms.
func (f *filter) any(prefix string, values []string) {
	group := make([]string, len(values))
	for i, v := range values {
		group[i] = prefix + v
	}
	f.all = append(f.all, group)
	f.nothing = f.nothing || len(values) == 0
}

// tagForms returns the forms by which a tag is compared, itself first: "Gödel" is
// also "godel" and "goedel".
func tagForms(tag string) []string { return plaintext.NameForms(plaintext.FoldName(tag)) }

// tagTerms returns the terms of the works that have a tag: exactly that tag if a
// work has it, else those that are written with other diacritics.
func (s *search) tagTerms(tag string) ([]string, error) {
	forms := tagForms(tag)
	terms := []string{exactTag + forms[0]}
	if has, err := s.has(exactField, terms[0]); err != nil || has {
		return terms, err
	}
	for _, form := range forms {
		terms = append(terms, exactTagForm+form, exactTag+form)
	}
	return terms, nil
}

// passes reports whether a work of a segment has text, if it must, and whether its date
// and the time it was added are in the range.
func (f *filter) passes(seg *segmentView, work uint32) bool {
	r := &seg.records[work]
	if f.texts && !seg.hasText(work) {
		return false
	}
	if f.recent && (r.added == 0 || r.added < f.since) {
		return false
	}
	if !f.dated {
		return true
	}
	year := sortYear(r.date)
	return r.date != undated && (f.from == 0 || year >= f.from) && (f.to == 0 || year <= f.to)
}

// nanoseconds returns the time in Unix nanoseconds, or the nearest that there is.
func nanoseconds(t time.Time) int64 {
	switch first, last := time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64); {
	case t.Before(first):
		return math.MinInt64
	case t.After(last):
		return math.MaxInt64
	}
	return t.UnixNano()
}

// set is a set of documents or works; without a bitmap it holds them all.
type set struct{ bits *roaring.Bitmap }

func (s set) has(n uint32) bool { return s.bits == nil || s.bits.Contains(n) }

// and returns what is in both.
func (s set) and(bits *roaring.Bitmap) set {
	if s.bits != nil {
		bits.And(s.bits)
	}
	return set{bits}
}

// allowed returns the documents of a segment that pass the filter, but for what
// [filter.passes] compares.
func (s *search) allowed(seg int, f *filter) (set, error) {
	out := set{}
	if f.nothing {
		return set{roaring.New()}, nil
	}
	for _, group := range f.all {
		bits, err := s.union(seg, group)
		if err != nil {
			return set{}, err
		}
		out = out.and(bits)
	}
	for _, name := range f.creators {
		bits, err := s.aligned(seg, nameField, name, 0)
		if err != nil {
			return set{}, err
		}
		out = out.and(bits)
	}
	if len(f.none) > 0 {
		bits, err := s.union(seg, f.none)
		if err != nil {
			return set{}, err
		}
		out = out.and(roaring.Flip(bits, 0, uint64(len(s.view.segments[seg].work))))
	}
	return out, nil
}

// union returns the documents that have one of the exact terms.
func (s *search) union(seg int, terms []string) (*roaring.Bitmap, error) {
	out := roaring.New()
	for _, term := range terms {
		list, err := s.postings(seg, exactField, term, nil)
		if err != nil {
			return nil, err
		}
		list.AddTo(out)
	}
	return out, nil
}
