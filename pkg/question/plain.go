package question

import "strings"

// Plain returns the words and phrases that a query asks for, for a search that
// knows nothing else. Exact says that they are all of the query.
func (q *Query) Plain() (text string, exact bool) {
	exact = true
	var parts []string
	for _, n := range q.Nodes {
		parts = n.plain(parts, &exact)
	}
	return strings.Join(parts, " "), exact
}

// plain appends the words of a node to parts.
func (n *Node) plain(parts []string, exact *bool) []string {
	if n.Kind != Text && n.Kind != Phrase || n.In != 0 || n.Prefix {
		*exact = false
	}
	switch n.Kind {
	case Text, Author, Tag, Journal:
		return append(parts, n.Text)
	case Phrase:
		return append(parts, `"`+n.Text+`"`)
	case Identifier:
		return append(parts, n.ID.Value)
	case All, Any:
		for _, below := range n.Nodes {
			parts = below.plain(parts, exact)
		}
	}
	return parts
}
