package activity

import (
	"context"
	"time"
)

// Store keeps small immutable objects under names: segments of A-Z, a-z, 0-9 and
// . _ ~ % -, with "/" between them. Its methods may be called at the same time.
type Store interface {
	// Create keeps an object until expires. The error has the code Conflict if there
	// is one of that name.
	Create(ctx context.Context, name string, data []byte, expires time.Time) error
	// Get returns an object. The error has the code NotFound if there is none.
	Get(ctx context.Context, name string) ([]byte, error)
	// List returns the names that begin with prefix, in order, a page at a time: the
	// first for page "", else the one that next named; next is "" after the last.
	List(ctx context.Context, prefix, page string) (names []string, next string, err error)
}

// Sealer encrypts and authenticates data, bound to a text that is not part of the
// result. Open may overwrite sealed.
type Sealer interface {
	Seal(plain, bound []byte) ([]byte, error)
	Open(sealed, bound []byte) ([]byte, error)
}
