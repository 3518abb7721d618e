package library

import "context"

// Whole is a [Reader] that gives all its works in one pass.
type Whole interface {
	Reader
	// Each calls yield with every work of one version of the library, in the order
	// of their keys, until yield fails, whose error it returns. Memory does not grow
	// with the library. The page that it returns has no items.
	Each(ctx context.Context, yield func(*Item) error) (Page[*Item], error)
}
