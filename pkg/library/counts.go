package library

import "context"

// Counted is a [Reader] that counts the works that a query finds by what they have.
type Counted interface {
	Reader
	// Counts counts the works that meet a query, which are those of the total of
	// [Reader.Search]. Order, position, limit and statistics of the query do not
	// matter, but the limit must be valid. It fails as Search does.
	Counts(ctx context.Context, q Query) (Counts, error)
}

// Counts are the numbers of works of a query's answer that have each year, item type,
// creator and tag. A work counts once for each value.
type Counts struct {
	Works int // that meet the query
	// Years are complete, the most recent first.
	Years []YearCount
	// Types, Creators (as [Creator.Display] gives them) and Tags, those of children
	// among them, have the values with the most works.
	Types, Creators, Tags Facet
	Version               int64
	Notice                string // as in [Page]
}

// YearCount is the number of works of a year.
type YearCount struct{ Year, Works int }

// Facet is the values of one kind.
type Facet struct {
	Values []Count // at most MaxCounts, most works first, then by value
	More   int     // number of further values
}

// Count is the number of works that have a value.
type Count struct {
	Value string // untrusted
	Works int
}

// MaxCounts is the most values of a [Facet].
const MaxCounts = 50
