package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/bucket"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Prefix begins the names of a ledger's objects in a bucket. A lifecycle rule
// may delete an object a day after its custom time, or 100 days after it was
// written.
const Prefix = "ledger/"

// callTime bounds one call to the bucket.
const callTime = 5 * time.Second

// maxPages bounds a list, in pages of 1,000 objects.
const maxPages = 200

// OpenBucket returns the ledger in a bucket. It reads the list of ended
// families; if that fails, the next call that needs the list retries.
func OpenBucket(ctx context.Context, b *bucket.Bucket, o Options) *Ledger {
	l := newLedger(&bucketStore{b}, o)
	if err := l.ended.load(ctx); err != nil {
		l.log.WarnContext(ctx, "the list of ended sign-ins can't be read yet", "error", err)
	}
	return l
}

// bucketStore is a store in a bucket. Versions are generations.
type bucketStore struct{ bucket *bucket.Bucket }

func (s *bucketStore) get(ctx context.Context, name string) ([]byte, int64, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	o, err := s.bucket.Get(ctx, Prefix+name)
	if library.CodeOf(err) == library.NotFound {
		return nil, 0, errAbsent
	}
	return o.Data, o.Generation, err
}

func (s *bucketStore) put(ctx context.Context, name string, value []byte, expires time.Time, ifVersion int64) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	generation, err := s.bucket.Put(ctx, Prefix+name, value, expires, ifVersion)
	if library.CodeOf(err) == library.Conflict {
		return 0, errChanged
	}
	return generation, err
}

func (s *bucketStore) remove(ctx context.Context, name string, ifVersion int64) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	err := s.bucket.Delete(ctx, Prefix+name, ifVersion)
	if library.CodeOf(err) == library.Conflict {
		return errChanged
	}
	return err
}

func (s *bucketStore) list(ctx context.Context, prefix string, visit func(item) bool) error {
	next := ""
	for range maxPages {
		page, err := s.page(ctx, prefix, next)
		if err != nil {
			return err
		}
		for _, o := range page.Objects {
			if !visit(item{name: strings.TrimPrefix(o.Name, Prefix), version: o.Generation, expires: o.Expires}) {
				return nil
			}
		}
		if next = page.Next; next == "" {
			return nil
		}
	}
	return fmt.Errorf("ledger: more than %d pages: %w", maxPages, errors.ErrUnsupported)
}

func (s *bucketStore) page(ctx context.Context, prefix, page string) (bucket.Page, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	return s.bucket.List(ctx, Prefix+prefix, page)
}

func (*bucketStore) shared() bool { return true }
func (*bucketStore) close() error { return nil }
