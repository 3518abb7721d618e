package index

import "github.com/stackroom-mcp/stackroom/pkg/library"

// candidates returns the terms that the query's last word may become, with the
// number of works and passages that have each, the deleted ones too.
func (s *search) candidates() (map[string]library.Frequency, error) {
	prefix := s.query.prefix
	if len(prefix) < 2 {
		return nil, nil
	}
	out := make(map[string]library.Frequency)
	for seg, sv := range s.view.segments {
		err := s.scan(seg, wordField, prefix, func(term string, docs int) {
			f := out[term]
			f.Works += docs
			out[term] = f
		})
		if err != nil {
			return nil, err
		}
		if len(sv.root) == len(sv.work) {
			continue // no passages
		}
		err = s.scan(seg, passageField, prefix, func(term string, docs int) {
			f := out[term]
			f.Passages += docs
			out[term] = f
		})
		if err != nil {
			return nil, err
		}
	}
	for _, term := range s.unfinished(prefix) {
		f, err := s.live(term)
		if err != nil {
			return nil, err
		}
		out[term] = f
	}
	for term, f := range out {
		if f == (library.Frequency{}) {
			delete(out, term)
		}
	}
	delete(out, s.query.words[s.query.prefixWord].term)
	return out, nil
}

// scan calls yield with the first terms of a field that begin with prefix, and
// the number of documents that have each.
func (s *search) scan(seg int, field, prefix string, yield func(term string, docs int)) error {
	d, err := s.dictionary(seg, field)
	if err != nil {
		return err
	}
	scanned := 0
	return d.Terms(prefix, func(term string, docs int) bool {
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
	if !stemmable(prefix) || len(prefix) < 5 {
		return nil
	}
	var stems []string
	for n := len(prefix) - 1; n >= 4 && n >= len(prefix)-6; n-- {
		stem, rest := prefix[:n], prefix[n:]
		for _, e := range endings {
			if len(e) > len(rest) && e[:len(rest)] == rest && s.stem([]byte(stem+e)) == stem {
				stems = append(stems, stem)
				break
			}
		}
	}
	return stems
}
