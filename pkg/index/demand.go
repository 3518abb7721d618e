package index

import "math/bits"

// A question of up to strictWords words is met by a work that has all of them,
// and a longer one by a work that has wholeShare of their weight.
const (
	strictWords = 12
	wholeShare  = 0.75
)

// A work that lacks words of the question is listed if those that it has weigh as
// much as an average one, mostLeast of all at most; of a question of more than
// shortWords words, longLeast of that. A single common word is
// less; the figures on Cranfield are the same without the bound.
const (
	mostLeast  = 0.4
	shortWords = 4
	longLeast  = 0.75
)

// demand says which works meet a query, and which come close.
type demand struct {
	loose        uint64 // words that a work may lack and still come close
	counted      uint64 // those and the words of phrases
	whole, least float32
	needs        cover
}

// set computes the demand of words with these weights. A word that no library
// has weighs absent.
func (d *demand) set(words []queryWord, weights []float32, absent float32) {
	d.loose, d.counted = 0, 0
	d.needs.reset(len(words))
	for i, w := range words {
		if !w.loose && !w.quoted {
			continue
		}
		d.counted |= 1 << i
		if w.loose {
			d.loose |= 1 << i
		}
		weight := weights[i]
		if weight == 0 {
			weight = absent
		}
		d.needs.weigh(i, weight)
	}
	d.needs.finish()
	n := bits.OnesCount64(d.counted)
	d.whole, d.least = 1, min(mostLeast, 1/float32(max(n, 1)))
	if n > shortWords {
		d.least *= longLeast
	}
	if n > strictWords {
		d.whole = wholeShare
	}
}

// grade says how a work answers a query.
type grade uint8

const (
	unrelated grade = iota // it shares only a common word
	similar                // it does, and has words that were added to the query
	partial                // it lacks words
	complete
)

// grade returns how a work with these words answers.
func (d *demand) grade(has uint64) grade {
	switch {
	case has&d.loose == d.loose:
		return complete
	case d.whole == 1 && d.needs.share(has&d.counted) < d.least:
		return unrelated
	case d.whole == 1:
		return partial
	}
	switch share := d.needs.share(has & d.counted); {
	case share >= d.whole:
		return complete
	case share >= d.least:
		return partial
	}
	return unrelated
}

// lacks returns what a listed work lacks of the query, as typed; nil if it meets
// the query or is only similar.
func (s *search) lacks(c *candidate) []string {
	if c.grade != partial {
		return nil
	}
	var out []string
	for i, w := range s.query.words {
		if bit := uint64(1) << i; s.demand.loose&bit != 0 && c.has&bit == 0 {
			out = append(out, w.typed)
		}
	}
	if s.preferred {
		return out
	}
	for _, i := range s.relaxed {
		out = append(out, `"`+cutText(s.query.phrases[i].text, maxTypedBytes)+`"`)
	}
	return out
}

// Notices of a query that no work meets.
const (
	unmetWord  = "no work has the word"
	unmetWords = "no work has all the words"
	unmetQuery = "no work meets the whole query"
)

// unmet says what no work is.
func (s *search) unmet(t *top) string {
	switch {
	case t.total > 0:
		return ""
	case s.naming:
		return "no work has this " + s.query.named.Kind()
	case len(s.query.conditions) > 0:
		return unmetQuery
	case len(s.query.words) == 1 && len(s.query.phrases) == 0:
		return unmetWord
	}
	return unmetWords
}
