package index

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// feedbackBytes is how much text of a work is read for its terms.
const feedbackBytes = 4_000

// Feedback returns the best works for a query by the statistics that it has, as
// [library.Ranked] has it.
func (x *Index) Feedback(ctx context.Context, q library.Query) ([]library.Feedback, error) {
	return ask(ctx, x, x.begin(), "index feedback", func(ctx context.Context, s *search) ([]library.Feedback, error) {
		s.exact = q.Mode == library.ModeExact
		if err := s.count(q.Text); err != nil {
			return nil, err
		}
		if s.query.empty() {
			return nil, nil
		}
		if err := s.prepare(q.Statistics); err != nil {
			return nil, err
		}
		return s.feedback(ctx, q.Mode)
	}, func(works []library.Feedback) int { return len(works) })
}

// feedback returns the best works of the whole index for the query's words, with
// the terms that they propose: none if the mode does not add to such a query.
func (s *search) feedback(ctx context.Context, mode library.Mode) ([]library.Feedback, error) {
	if len(s.query.words) == 0 || mode != library.ModeBroad && !s.plain() {
		return nil, nil
	}
	t := &top{view: s.view, order: library.SortRelevance, limit: min(library.FeedbackWorks, s.view.works), heap: s.heap[:0]}
	for i := range s.view.segments {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := s.rankSegment(i, &filter{}, t); err != nil {
			return nil, err
		}
	}
	s.heap = t.heap
	works := make([]library.Feedback, len(t.heap))
	for i, c := range t.sorted() {
		works[i] = library.Feedback{Key: s.view.segments[c.segment].keys[c.work], Score: float64(c.score), Covered: float64(s.demand.needs.share(c.has & s.demand.counted))}
	}
	for i := range works {
		if it, ok := s.source.Item(works[i].Key); ok && it != nil {
			s.describe(it, &works[i])
		}
	}
	return works, nil
}

// plain reports whether the query is words alone, which name no work, or phrases
// that no work has.
func (s *search) plain() bool {
	return len(s.query.phrases) == len(s.relaxed) && len(s.query.conditions)+len(s.query.identifiers) == 0
}

// feeder reads the terms of a work for feedback.
type feeder struct {
	analysis
	written []string // by entry: the word as the work writes it, "" if it proposes nothing
}

// read reads the beginning of a work's texts.
func (f *feeder) read(it *library.Item) {
	f.begin()
	f.language = f.languageOf(it)
	f.written = f.written[:0]
	left := feedbackBytes
	parts(it, func(p part) bool {
		text := cutText(p.text, left)
		left -= len(text)
		f.addWords(p.kind, text)
		return true
	})
}

// addWords adds the words of a text as [analysis.addText] does, and notes how
// they are written.
func (f *feeder) addWords(k kind, text string) {
	f.Reset(text)
	for f.Next() {
		f.forms = f.appendForms(f.forms[:0], f.language)
		for i, term := range f.forms {
			f.addTerm(k, term)
			if len(f.entries) > len(f.written) {
				word := ""
				if i == 0 && !f.isStop(string(f.Word)) {
					word = proposable(text[f.Start:f.End])
				}
				f.written = append(f.written, word)
			}
		}
		f.next++
		f.words[k]++
	}
	f.next += partGap
}

// proposable returns a word as it is proposed: in lower case if only its first
// letter is in upper case, which may be for its place in a sentence. Words
// without letters, single letters of an alphabet and what is too long are "".
func proposable(word string) string {
	if len(word) > library.MaxCompletionBytes || len(word) < 2 || strings.IndexFunc(word, unicode.IsLetter) < 0 {
		return ""
	}
	_, size := utf8.DecodeRuneInString(word)
	if strings.IndexFunc(word[size:], unicode.IsUpper) < 0 {
		return strings.ToLower(word)
	}
	return word
}

// topical are the parts whose words say what a work is about.
var topical = [...]kind{kindTitle, kindTags, kindAbstract, kindNote, kindAnnotation}

// describe says how a work is named by the query, and which terms it proposes.
func (s *search) describe(it *library.Item, w *library.Feedback) {
	if s.feeder == nil {
		s.feeder = &feeder{analysis: analysis{analyzer: s.analyzer, terms: make(map[string]int)}}
	}
	f := s.feeder
	f.read(it)
	w.Named, w.Authored = f.names(&s.query, it)
	for i := range f.entries {
		e := &f.entries[i]
		about := 0
		for _, k := range topical {
			about += e.counts[k]
		}
		if about == 0 || f.written[i] == "" || len(e.term) > library.MaxCompletionBytes {
			continue
		}
		p := library.Proposal{Term: e.term, Word: f.written[i], Weight: float64(saturations[f.workImpact(e)%impactLevels])}
		if s.query.has(e.term) {
			p.Word = ""
		}
		w.Terms = append(w.Terms, p)
	}
}

// has reports whether a term is one of the query's words.
func (p *parsed) has(term string) bool {
	return slices.ContainsFunc(p.words, func(w queryWord) bool { return slices.Contains(w.terms, term) || slices.Contains(w.spelled, term) })
}

// names reports whether all words of a query stand in the work's title, creators
// or year, and whether they are its year and names of its creators.
func (f *feeder) names(q *parsed, it *library.Item) (named, authored bool) {
	year := ""
	if y, ok := it.Year(); ok {
		year = yearTerm(y)
	}
	dated, creators := false, 0
	for _, w := range q.words {
		if w.term == year {
			dated = true
			continue
		}
		i, ok := f.entryOf(&w)
		if !ok || f.entries[i].counts[kindCreators]+f.entries[i].counts[kindTitle] == 0 {
			return false, false
		}
		if f.entries[i].counts[kindCreators] > 0 {
			creators++
		}
	}
	return true, dated && creators > 0 && creators == len(q.words)-1
}

// entryOf returns the place of a word of the query in the entries.
func (f *feeder) entryOf(w *queryWord) (int, bool) {
	for _, terms := range [...][]string{w.terms, w.also, w.spelled} {
		for _, term := range terms {
			if i, ok := f.analysis.terms[term]; ok {
				return i, true
			}
		}
	}
	return 0, false
}
