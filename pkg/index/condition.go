package index

import (
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/question"
)

// maxExpansions bounds the terms that a word with "*" stands for in a condition.
const maxExpansions = 1_000

// required returns the works of a segment that meet all conditions and have all
// phrases that are not relaxed.
func (s *search) required(seg int) (set, error) {
	out := set{}
	if s.naming {
		return out.and(s.named[seg].Clone()), nil
	}
	for i := range s.query.phrases {
		if !slices.Contains(s.relaxed, i) {
			out = out.and(s.havingPhrase(i, seg).Clone())
		}
	}
	for _, n := range s.query.conditions {
		works, err := s.meeting(seg, n)
		if err != nil {
			return set{}, err
		}
		out = out.and(works)
	}
	return out, nil
}

// meeting returns the works of a segment that meet a condition.
func (s *search) meeting(seg int, n *question.Node) (*roaring.Bitmap, error) {
	switch n.Kind {
	case question.All, question.Any, question.Not:
		return s.joined(seg, n)
	case question.Phrase:
		return s.quoting(seg, n.Text, n.In)
	case question.Author:
		return s.written(seg, n)
	case question.Tag:
		return s.tagged(seg, n)
	case question.Journal:
		return s.exactWords(seg, exactContainer, n)
	case question.Type:
		return s.typed(seg, n.Text)
	case question.Years:
		return s.dated(seg, n)
	case question.Identifier:
		return s.exactly(seg, exactIdentifier+n.ID.String())
	case question.HasText:
		return s.view.segments[seg].withText(), nil
	}
	return s.wordsIn(seg, n)
}

// joined returns the works that meet what stands below All, Any or Not.
func (s *search) joined(seg int, n *question.Node) (*roaring.Bitmap, error) {
	var out *roaring.Bitmap
	for _, below := range n.Nodes {
		works, err := s.meeting(seg, below)
		switch {
		case err != nil:
			return nil, err
		case out == nil:
			out = works
		case n.Kind == question.All:
			out.And(works)
		default:
			out.Or(works)
		}
	}
	if n.Kind == question.Not {
		return roaring.Flip(out, 0, uint64(len(s.view.segments[seg].root))), nil
	}
	return out, nil
}

// wordsIn returns the works that have all words of a text; stop words count only
// if there are no others.
func (s *search) wordsIn(seg int, n *question.Node) (*roaring.Bitmap, error) {
	out := set{}
	for _, w := range s.wordsOf(n) {
		works, err := s.termsIn(seg, s.alternatives(&w.form), within(n.In))
		if err != nil {
			return nil, err
		}
		if w.prefix != "" {
			more, err := s.termsIn(seg, s.expand(seg, w.prefix), within(n.In))
			if err != nil {
				return nil, err
			}
			works.Or(more)
		}
		out = out.and(works)
	}
	if out.bits == nil {
		return s.every(seg), nil
	}
	return out.bits, nil
}

// every returns all works of a segment, the deleted ones too.
func (s *search) every(seg int) *roaring.Bitmap {
	out := roaring.New()
	out.AddRange(0, uint64(len(s.view.segments[seg].root)))
	return out
}

// wordsOf returns the words of a text.
func (s *search) wordsOf(n *question.Node) []queryWord {
	var words, stop []queryWord
	s.Reset(n.Text)
	for s.Next() {
		w := queryWord{form: s.form()}
		if n.Prefix && s.End == len(n.Text) {
			w.prefix = string(s.Word)
		}
		if s.isStop(string(s.Word)) && w.prefix == "" {
			stop = append(stop, w)
		} else {
			words = append(words, w)
		}
	}
	if len(words) == 0 {
		return stop
	}
	return words
}

// expand returns terms that begin with a word.
func (s *search) expand(seg int, prefix string) []string {
	terms := s.unfinished(prefix)
	for _, field := range []string{wordField, passageField} {
		d, err := s.dictionary(seg, field)
		if err != nil {
			return terms
		}
		for _, l := range s.languages {
			n := 0
			_ = d.Terms(l.Tag()+prefix, func(term string) bool {
				terms = append(terms, term)
				n++
				return n < maxExpansions
			})
		}
	}
	slices.Sort(terms)
	return slices.Compact(terms)
}

// termsIn returns the works of a segment that have one of the terms in one of the
// parts.
func (s *search) termsIn(seg int, terms []string, in question.Part) (*roaring.Bitmap, error) {
	works := roaring.New()
	for _, term := range terms {
		if err := s.addWith(seg, term, in, works); err != nil {
			return nil, err
		}
	}
	return works, nil
}

// addWith adds the works of a segment that have a term in one of the parts.
func (s *search) addWith(seg int, term string, in question.Part, works *roaring.Bitmap) error {
	sv := s.view.segments[seg]
	if in&question.Fulltext != 0 && len(sv.root) < len(sv.work) {
		list, err := s.postings(seg, passageField, term, nil)
		if err != nil {
			return err
		}
		docs := roaring.New()
		list.AddTo(docs)
		addWorks(works, sv, docs)
	}
	list, err := s.postings(seg, wordField, term, nil)
	if err != nil {
		return err
	}
	it := list.Iterator(false, nil)
	for {
		doc, weight, ok, err := it.Next()
		if !ok || err != nil {
			return err
		}
		if partsOfWeight(weight)&in != 0 {
			works.Add(sv.work[doc])
		}
	}
}

// partsOfWeight returns the parts in which a posting's word stands.
func partsOfWeight(weight int) question.Part {
	return question.Part(weight >> levelBits % (1 << kinds))
}

// quoting returns the works that have a phrase.
func (s *search) quoting(seg int, text string, in question.Part) (*roaring.Bitmap, error) {
	var words []form
	s.Reset(text)
	for len(words) < maxPhraseWords && s.Next() {
		words = append(words, s.form())
	}
	if len(words) == 0 {
		return s.every(seg), nil
	}
	return s.phraseIn(seg, words, within(in))
}

// folded returns the words of a text, folded but not stemmed.
func (s *search) folded(text string) []string {
	var words []string
	s.Reset(plaintext.Shown(text))
	for len(words) < maxPhraseWords && s.Next() {
		words = append(words, string(s.Word))
	}
	return words
}

// written returns the works that have a creator with all words of a name. With
// "*", the last word may stand in the name of another creator.
func (s *search) written(seg int, n *question.Node) (*roaring.Bitmap, error) {
	names := s.creatorsIn(n.Text)
	sv, out := s.view.segments[seg], set{}
	if words := s.folded(n.Text); n.Prefix && len(words) > 0 {
		last := words[len(words)-1]
		names = s.creatorsIn(strings.Join(words[:len(words)-1], " "))
		docs, err := s.beginning(seg, nameField, last)
		if err != nil {
			return nil, err
		}
		works := roaring.New()
		addWorks(works, sv, docs)
		out = out.and(works)
	}
	for _, name := range names {
		docs, err := s.aligned(seg, nameField, s.spelledNames(name), 0)
		if err != nil {
			return nil, err
		}
		works := roaring.New()
		addWorks(works, sv, docs)
		out = out.and(works)
	}
	if out.bits == nil {
		return roaring.New(), nil
	}
	return out.bits, nil
}

// beginning returns the documents that have a term with a prefix in a field.
func (s *search) beginning(seg int, field, prefix string) (*roaring.Bitmap, error) {
	d, err := s.dictionary(seg, field)
	if err != nil {
		return nil, err
	}
	var terms []string
	err = d.Terms(prefix, func(term string) bool {
		terms = append(terms, term)
		return len(terms) < maxExpansions
	})
	if err != nil {
		return nil, err
	}
	docs := roaring.New()
	for _, term := range terms {
		list, err := s.postings(seg, field, term, nil)
		if err != nil {
			return nil, err
		}
		list.AddTo(docs)
	}
	return docs, nil
}

// tagged returns the works with a tag, and those whose tags have its words.
func (s *search) tagged(seg int, n *question.Node) (*roaring.Bitmap, error) {
	tags, err := s.tagTerms(n.Text)
	if err != nil {
		return nil, err
	}
	out, err := s.exactly(seg, tags...)
	if err != nil || len(s.wordsOf(n)) == 0 {
		return out, err
	}
	words, err := s.wordsIn(seg, &question.Node{Text: n.Text, In: question.Tags, Prefix: n.Prefix})
	if err == nil {
		out.Or(words)
	}
	return out, err
}

// exactly returns the works with one of the terms of the exact field.
func (s *search) exactly(seg int, terms ...string) (*roaring.Bitmap, error) {
	docs, err := s.union(seg, terms)
	if err != nil {
		return nil, err
	}
	works := roaring.New()
	addWorks(works, s.view.segments[seg], docs)
	return works, nil
}

// exactWords returns the works that have all words of a text as exact terms.
func (s *search) exactWords(seg int, prefix string, n *question.Node) (*roaring.Bitmap, error) {
	words := s.folded(n.Text)
	out := set{}
	for i, word := range words {
		if len(words) > 1 && s.isStop(word) {
			continue
		}
		docs, err := s.union(seg, []string{prefix + word})
		if n.Prefix && i == len(words)-1 {
			docs, err = s.beginning(seg, exactField, prefix+word)
		}
		if err != nil {
			return nil, err
		}
		works := roaring.New()
		addWorks(works, s.view.segments[seg], docs)
		out = out.and(works)
	}
	if out.bits == nil {
		return roaring.New(), nil
	}
	return out.bits, nil
}

// typed returns the works of the item types that a name means: the one of that
// name, and those that end in it, as "article" does for journalArticle.
func (s *search) typed(seg int, name string) (*roaring.Bitmap, error) {
	name = strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(name))
	switch name {
	case "chapter":
		name = "booksection"
	case "paper":
		name = "conferencepaper"
	case "website":
		name = "webpage"
	}
	d, err := s.dictionary(seg, exactField)
	if err != nil {
		return nil, err
	}
	var types []string
	err = d.Terms(exactType, func(term string) bool {
		if kind := strings.ToLower(term[len(exactType):]); kind == name || name != "" && strings.HasSuffix(kind, name) {
			types = append(types, term)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	docs, err := s.union(seg, types)
	if err != nil {
		return nil, err
	}
	works := roaring.New()
	addWorks(works, s.view.segments[seg], docs)
	return works, nil
}

// dated returns the works of some years. A range without a field is also met by
// works that have it as words: "1914-1918" stands in titles.
func (s *search) dated(seg int, n *question.Node) (*roaring.Bitmap, error) {
	sv := s.view.segments[seg]
	var works []uint32
	for work := range sv.records {
		date := sv.records[work].date
		if year := sortYear(date); date != undated && year >= n.From && year <= n.To {
			works = append(works, uint32(work))
		}
	}
	out := roaring.New()
	out.AddMany(works)
	if n.Text != "" {
		words, err := s.quoting(seg, n.Text, 0)
		if err != nil {
			return nil, err
		}
		out.Or(words)
	}
	return out, nil
}
