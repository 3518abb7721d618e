package index

import "strings"

// stopWords are the English words that a question has and an answer needs
// not. They are indexed, for phrases, and left out of a query that has other
// words.
var stopWords = stopSet(`a about above after again against all am an and any are as at be because been
	before being below between both but by can could d did do does doing down during each few for from
	further had has have having he her here hers herself him himself his how i if in into is it its itself
	just ll m me more most my myself no nor not now of off on once only or other our ours ourselves out
	over own re s same she should so some such t than that the their theirs them themselves then there
	these they this those through to too under until up ve very was we were what when where which while
	who whom why will with would you your yours yourself yourselves`)

func stopSet(words string) map[string]bool {
	set := make(map[string]bool)
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}
