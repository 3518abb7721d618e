package index

import (
	"slices"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/question"
)

// maxCited bounds the works of a segment whose journal is compared with a
// citation's, for a volume and page.
const maxCited = 64

// noticeKey says that a word was taken for a key.
const noticeKey = "the query is the key of a work; in quotation marks it is searched as a word"

// countNamed finds the works that the query names as a whole.
func (s *search) countNamed() error {
	s.named, s.naming = s.named[:0], false
	if s.query.named == nil {
		return nil
	}
	for seg := range s.view.segments {
		works, err := s.namedIn(seg, s.query.named)
		if err != nil {
			return err
		}
		s.named = append(s.named, works)
	}
	return nil
}

// namedWorks returns the number of works that the query names.
func (s *search) namedWorks() int {
	n := 0
	for _, works := range s.named {
		n += int(works.GetCardinality())
	}
	return n
}

// namedIn returns the live works of a segment that are named.
func (s *search) namedIn(seg int, n *question.Naming) (*roaring.Bitmap, error) {
	var terms []string
	for _, id := range n.IDs {
		terms = append(terms, exactIdentifier+id.String())
	}
	if n.Citation != nil {
		terms = append(terms, exactPage+n.Citation.Volume+":"+n.Citation.Page)
	}
	docs, err := s.union(seg, terms)
	if err != nil {
		return nil, err
	}
	sv, works := s.view.segments[seg], roaring.New()
	if sv.deleted != nil {
		docs.AndNot(sv.deleted)
	}
	if n.Citation == nil {
		addWorks(works, sv, docs)
		return works, nil
	}
	looked := 0
	for it := docs.Iterator(); it.HasNext() && looked < maxCited; looked++ {
		if work := sv.work[it.Next()]; s.appearedIn(sv.keys[work], n.Citation.Journal) {
			works.Add(work)
		}
	}
	return works, nil
}

// appearedIn reports whether a journal is that of a work.
func (s *search) appearedIn(key, journal string) bool {
	it, ok := s.source.Item(key)
	if !ok || it == nil {
		return false
	}
	words := s.folded(journal)
	for _, name := range containerFields {
		if question.Abbreviates(words, s.folded(it.Field(name))) {
			return true
		}
	}
	return false
}

// name makes the search one for the works that the query names, if it can be
// nothing else or if a work has the name.
func (s *search) name(given *library.Statistics) {
	if s.query.named == nil {
		return
	}
	n := s.namedWorks()
	if given != nil {
		n = max(n, given.Named)
	}
	if s.naming = n > 0 || s.query.named.Sure; !s.naming {
		return
	}
	named := s.query.named
	s.query = parsed{named: named}
	if !named.Sure && named.Citation == nil && named.IDs[0].Kind == question.Key {
		s.query.note(noticeKey)
	}
	s.lookups, s.relaxed = s.lookups[:0], s.relaxed[:0]
}

// matchNamed returns how a work has what the query names.
func (s *search) matchNamed(key string) *library.Passage {
	it, ok := s.source.Item(key)
	if !ok || it == nil {
		return nil
	}
	text := s.namedAs(it)
	return &library.Passage{Item: it.ID, Source: library.SourceIdentifier, Text: text, End: utf8.RuneCountInString(text), Score: identifierScore}
}

// namedAs returns the identifier of a work that the query has.
func (s *search) namedAs(it *library.Item) string {
	n := s.query.named
	if n.Citation != nil {
		return plaintext.Shown(it.Container()) + " " + n.Citation.Volume + ":" + n.Citation.Page
	}
	for _, id := range identifiersOf(it) {
		if slices.Contains(n.IDs, id) {
			return id.Value
		}
	}
	return n.IDs[0].Value
}
