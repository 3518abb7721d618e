package index

import (
	"cmp"
	"context"
	"slices"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// maxPassageLimit is the most passages that one call returns.
const maxPassageLimit = 20

// Passages returns the passages of a work's abstract, notes, annotations and
// texts that best match a question, best first, no two of them overlapping;
// none if nothing matches. A work that the index or its source doesn't have
// is [library.NotFound]; a limit out of bounds is [library.Invalid].
func (x *Index) Passages(ctx context.Context, key string, q library.PassageQuery) ([]library.Passage, error) {
	if q.Limit < 1 || q.Limit > maxPassageLimit {
		return nil, library.Errorf(library.Invalid, "limit must be from 1 to %d", maxPassageLimit)
	}
	return ask(ctx, x, x.begin(), "index passages", func(ctx context.Context, s *search) ([]library.Passage, error) {
		return s.answer(ctx, key, q)
	}, func(p []library.Passage) int { return len(p) })
}

// excerpt is a stretch of a work that may answer a question.
type excerpt struct {
	part   part      // of a text of the item itself
	where  chunk     // in that text
	doc    uint32    // or the passage of an attachment, if not 0
	weight []float32 // of each word of the question in it
	score  float32
}

// answer finds the passages of one work.
func (s *search) answer(ctx context.Context, key string, q library.PassageQuery) ([]library.Passage, error) {
	seg, work, ok := s.locate(key)
	it, known := s.source.Item(key)
	if !ok || !known {
		return nil, library.Errorf(library.NotFound, "no such work")
	}
	s.query = parse(s.analyzer, q.Question)
	s.query.words = s.query.words[:min(len(s.query.words), maxScored)]
	for i := range s.query.words {
		s.query.words[i].prefix = ""
	}
	if len(s.query.words) == 0 {
		return nil, nil
	}
	s.finder.begin(s.analyzer, &s.query, nil)
	s.finder.language = s.view.segments[seg].records[work].language
	excerpts := s.itemExcerpts(it)
	texts, err := s.textExcerpts(seg, work)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	_, end := s.view.segments[seg].passageDocs(work)
	total := len(excerpts) + int(end-s.view.segments[seg].root[work]) - 1
	excerpts = append(excerpts, texts...)
	s.judge(excerpts, total)
	var out []library.Passage
	for i := range excerpts {
		if len(out) == q.Limit {
			break
		}
		if p := s.quote(seg, it, &excerpts[i]); p != nil {
			out = append(out, *p)
		}
	}
	return out, nil
}

// locate returns the segment of a work and its place there.
func (s *search) locate(key string) (seg int, work uint32, ok bool) {
	for i, sv := range s.view.segments {
		if work, ok, err := sv.locate(key); ok && err == nil {
			return i, work, true
		}
	}
	return 0, 0, false
}

// itemExcerpts returns the stretches of abstract, notes and annotations that
// have a word of the question.
func (s *search) itemExcerpts(it *library.Item) []excerpt {
	f := &s.finder
	var out []excerpt
	parts(it, func(p part) bool {
		if p.kind != kindAbstract && p.kind != kindNote && p.kind != kindAnnotation {
			return true
		}
		for c := range func(yield func(chunk) bool) { chunks(p.text, yield) } {
			out = append(out, excerpt{part: p, where: c, weight: s.weighText(f, p.text[c.start:c.end])})
		}
		return true
	})
	return out
}

// weighText returns the weight of each word of the question in a text.
func (s *search) weighText(f *finder, text string) []float32 {
	counts := make([]int, len(s.query.words))
	words := 0
	f.Reset(text)
	for f.Next() {
		words++
		if word, ok := f.match(); ok {
			counts[word]++
		}
	}
	weight := make([]float32, len(counts))
	for i, n := range counts {
		if n > 0 {
			weight[i] = saturations[level(passageWeight.impact(n, words))]
		}
	}
	return weight
}

// textExcerpts returns the passages of a work's attachments that have a word
// of the question.
func (s *search) textExcerpts(seg int, work uint32) ([]excerpt, error) {
	first, end := s.view.segments[seg].passageDocs(work)
	if first == end {
		return nil, nil
	}
	found := make(map[uint32]int)
	var out []excerpt
	for i, w := range s.query.words {
		for _, term := range w.terms {
			list, err := s.postings(seg, passageField, term, nil)
			if err != nil {
				return nil, err
			}
			it := list.Iterator(false, nil)
			doc, weight, more, err := it.Advance(first)
			for ; err == nil && more && doc < end; doc, weight, more, err = it.Next() {
				at, ok := found[doc]
				if !ok {
					at = len(out)
					found[doc] = at
					out = append(out, excerpt{doc: doc, weight: make([]float32, len(s.query.words))})
				}
				out[at].weight[i] = max(out[at].weight[i], saturations[weight%impactLevels])
			}
			if err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(out, func(a, b excerpt) int { return cmp.Compare(a.doc, b.doc) })
	return out, nil
}

// judge scores excerpts and puts the best first. A word counts by how few of
// the work's excerpts have it.
func (s *search) judge(excerpts []excerpt, total int) {
	s.covers.reset(len(s.query.words))
	frequency := make([]float32, len(s.query.words))
	for i, w := range s.query.words {
		n := 0
		for j := range excerpts {
			if excerpts[j].weight[i] > 0 {
				n++
			}
		}
		if n > 0 {
			frequency[i] = repetition(w.count) * inverseFrequency(total, n)
			s.covers.weigh(i, frequency[i])
		}
	}
	s.covers.finish()
	for j := range excerpts {
		e := &excerpts[j]
		mask := uint64(0)
		for i, weight := range e.weight {
			if weight > 0 {
				mask |= 1 << i
				e.score += frequency[i] * weight
			}
		}
		e.score *= coverageFactor(s.covers.share(mask))
	}
	slices.SortStableFunc(excerpts, func(a, b excerpt) int { return cmp.Compare(b.score, a.score) })
}

// quote returns an excerpt as a passage; nil if it has no word of the
// question, or if its text is no longer there.
func (s *search) quote(seg int, it *library.Item, e *excerpt) *library.Passage {
	if e.score == 0 {
		return nil
	}
	var p *library.Passage
	if e.doc != 0 {
		p = s.quoteText(seg, it, e.doc)
	} else {
		start, end := trimmed(e.part.text, e.where.start, e.where.end)
		runes := e.where.rune + utf8.RuneCountInString(e.part.text[e.where.start:start])
		p = &library.Passage{
			Item: it.ID, Source: sources[e.part.kind], Child: e.part.child, Page: e.part.page, Text: e.part.text[start:end],
			Start: runes, End: runes + utf8.RuneCountInString(e.part.text[start:end]),
		}
	}
	if p != nil {
		p.Score = float64(e.score)
	}
	return p
}

func (s *search) quoteText(seg int, it *library.Item, doc uint32) *library.Passage {
	at, ok := s.view.segments[seg].place(doc)
	if !ok {
		return nil
	}
	pages, err := s.source.Pages(it.ID.Key, at.attachment)
	if err != nil || !at.in(pages) {
		return nil
	}
	page := &pages[at.page]
	start, end := trimmed(page.Text, at.start, at.end)
	return at.passage(it, page, start, end)
}
