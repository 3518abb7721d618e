package zotero

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// Upstream is what a [Client] needs of an HTTP client: cached reads, streamed
// downloads, and a check that a link stays on the host. [*upstream.Client] is
// one.
type Upstream interface {
	Get(ctx context.Context, r upstream.Request) (*upstream.Response, error)
	Download(ctx context.Context, r upstream.Request) (io.ReadCloser, http.Header, error)
	CheckLink(raw string) (path string, query url.Values, err error)
}

// Options are the choices of a [Client]. The zero value suits api.zotero.org.
type Options struct {
	// Local says that the upstream is the desktop app's API: no key, the
	// user is 0, nothing is told of deleted items.
	Local bool
	// CacheBytes bounds the memory that libraries read whole may take; those
	// not asked for longest leave first. Default 256 MiB.
	CacheBytes uint64
	// LibraryBytes bounds the memory that one library may take to be read
	// whole: 3 to 4 kB an item, children included, so that the default, three
	// quarters of CacheBytes, holds about 50,000 items. It is never more.
	LibraryBytes uint64
	// Patience is how long a question waits for a library that is being read
	// before Zotero's own search answers it. Default 10 s.
	Patience time.Duration
	// ScanLimit is how many works of a library that isn't read whole a filter
	// looks at that Zotero doesn't have. Default 5,000.
	ScanLimit int
	// GatherDelay is how long a fetch of one item waits for others to join
	// it in one call. Default 3 ms.
	GatherDelay time.Duration
	// GatherMax is how many items one call fetches, 1 to 50, Zotero's
	// documented bound. Default 50.
	GatherMax int
	// Batched, if set, is called for each fetch that joined the call of
	// another. It returns promptly.
	Batched func()
	// Parallel is how many calls one question makes at a time. Default 4,
	// the number that Zotero's documentation allows.
	Parallel int
	// LocalFresh is for how long a library of the desktop app, whose versions
	// don't tell of every change, is taken as read. Default 30 s.
	LocalFresh time.Duration
}

// withDefaults returns o with every choice made.
func (o Options) withDefaults() Options {
	set := func(n *int, otherwise int) {
		if *n <= 0 {
			*n = otherwise
		}
	}
	if o.Batched == nil {
		o.Batched = func() {}
	}
	set(&o.ScanLimit, 5000)
	set(&o.GatherMax, maxKeys)
	set(&o.Parallel, 4)
	o.GatherMax = min(o.GatherMax, maxKeys)
	if o.CacheBytes == 0 {
		o.CacheBytes = 256 << 20
	}
	// A library must leave room for another, and the cache weighs in 32 bits.
	most := min(o.CacheBytes/4*3, 1<<31)
	if o.LibraryBytes == 0 || o.LibraryBytes > most {
		o.LibraryBytes = most
	}
	wait := func(d *time.Duration, otherwise time.Duration) {
		if *d <= 0 {
			*d = otherwise
		}
	}
	wait(&o.Patience, 10*time.Second)
	wait(&o.GatherDelay, 3*time.Millisecond)
	wait(&o.LocalFresh, 30*time.Second)
	return o
}
