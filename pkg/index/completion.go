package index

import (
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/language"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// candidates returns the terms that the query's unfinished words may become, with
// the number of works and passages that have each, the deleted ones too.
func (s *search) candidates() (map[library.Candidate]library.Frequency, error) {
	out := make(map[library.Candidate]library.Frequency)
	for i := range s.query.words {
		if err := s.complete(i, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// complete adds the candidates of a word.
func (s *search) complete(word int, out map[library.Candidate]library.Frequency) error {
	w := &s.query.words[word]
	if len(w.prefix) < 2 || s.exact && !w.open {
		return nil
	}
	add := func(term string, f library.Frequency) {
		if c := (library.Candidate{Word: word, Term: term}); !slices.Contains(w.terms, term) {
			out[c] = sum(out[c], f)
		}
	}
	for _, l := range s.languages {
		if err := s.scanAll(l.Tag()+w.prefix, add); err != nil {
			return err
		}
	}
	for _, term := range s.unfinished(w.prefix) {
		f, err := s.live(term)
		if err != nil {
			return err
		}
		if c := (library.Candidate{Word: word, Term: term}); f != (library.Frequency{}) && !slices.Contains(w.terms, term) {
			out[c] = f
		}
	}
	return nil
}

// scanAll calls add with the first terms that begin with prefix in each segment.
func (s *search) scanAll(prefix string, add func(term string, f library.Frequency)) error {
	for seg, sv := range s.view.segments {
		err := s.scan(seg, wordField, prefix, func(term string, docs int) { add(term, library.Frequency{Works: docs}) })
		if err != nil {
			return err
		}
		if len(sv.root) == len(sv.work) {
			continue // no passages
		}
		err = s.scan(seg, passageField, prefix, func(term string, docs int) { add(term, library.Frequency{Passages: docs}) })
		if err != nil {
			return err
		}
	}
	return nil
}

// scan calls yield with the first terms of a field that begin with prefix, and
// the number of documents that have each.
func (s *search) scan(seg int, field, prefix string, yield func(term string, docs int)) error {
	d, err := s.dictionary(seg, field)
	if err != nil {
		return err
	}
	scanned := 0
	return d.Counts(prefix, func(term string, docs int) bool {
		if len(term) <= library.MaxCompletionBytes {
			yield(term, docs)
			scanned++
		}
		return scanned <= library.MaxCandidates // one of them may be the word itself
	})
}

// live returns the number of works and passages that have a term, without the
// deleted ones.
func (s *search) live(term string) (f library.Frequency, err error) {
	for seg, sv := range s.view.segments {
		list, err := s.postings(seg, wordField, term, nil)
		if err != nil {
			return f, err
		}
		f.Works += list.Len()
		if len(sv.root) == len(sv.work) {
			continue // no passages
		}
		if list, err = s.postings(seg, passageField, term, list); err != nil {
			return f, err
		}
		f.Passages += list.Len()
	}
	return f, nil
}

// endings are English endings that the stemmer takes off.
var endings = []string{
	"ation", "ations", "ational", "ization", "izations", "izing", "ized", "izer", "izes", "ize", "ing", "ings", "ingly",
	"ed", "edly", "es", "er", "ers", "ment", "ments", "ness", "ities", "ity", "ive", "ively", "iveness", "ible", "able", "ably",
	"ance", "ances", "ence", "ences", "ional", "ionally", "ion", "ions", "ical", "ically", "ally", "al", "ous", "ously", "ful", "fulness", "ly", "ate", "ates", "ated", "ating",
}

// unfinished returns the stems of English words that an unfinished word may
// become: "computati" will be "computation", whose stem is "comput" and so
// does not begin with what was typed.
func (s *search) unfinished(prefix string) []string {
	if len(prefix) < 5 || strings.IndexFunc(prefix, func(r rune) bool { return r < 'a' || r > 'z' }) >= 0 {
		return nil
	}
	var stems []string
	for n := len(prefix) - 1; n >= 4 && n >= len(prefix)-6; n-- {
		stem, rest := prefix[:n], prefix[n:]
		for _, e := range endings {
			if len(e) > len(rest) && e[:len(rest)] == rest && s.stemmer(language.English).Term([]byte(stem+e)) == stem {
				stems = append(stems, stem)
				break
			}
		}
	}
	return stems
}
