package question

import (
	"slices"
	"strings"
)

// WithoutHasText returns the text of a query without the "has:text" that limits the
// whole of it, and whether there is one. That limit is a filter beside the query: what
// is left may be words alone, or the name of a work.
func WithoutHasText(text string) (rest string, limited bool) {
	if rest = text; !strings.Contains(text, ":") { // most queries: they are parsed once only
		return rest, false
	}
	for _, n := range slices.Backward(Parse(text).Nodes) {
		if n.Kind == HasText && n.bare {
			rest, limited = rest[:n.start]+rest[n.end:], true
		}
	}
	if limited {
		rest = strings.TrimSpace(rest)
	}
	return rest, limited
}
