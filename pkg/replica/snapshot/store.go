package snapshot

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/bucket"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
)

// Prefix begins the names of all objects of this package. A lifecycle rule may
// delete such an object once its custom time is past.
const Prefix = "replicas/"

// keep is how long an object stays after its last use, and refreshAfter how old
// a use may be before the next one counts.
const (
	keep         = 30 * 24 * time.Hour
	refreshAfter = 24 * time.Hour
)

// How long may take: one request for a head, a restoring, a saving.
const (
	headTime    = 5 * time.Second
	restoreTime = 3 * time.Minute
	saveTime    = 15 * time.Minute
)

// Bucket keeps objects, each with a generation that every write changes;
// [bucket.Bucket] is one, and says what the methods do. A Get may return an
// older generation of an object; a write never replaces another generation than
// the one it names.
type Bucket interface {
	Get(ctx context.Context, name string) (bucket.Object, error)
	Put(ctx context.Context, name string, data []byte, expires time.Time, ifGeneration int64) (int64, error)
	Extend(ctx context.Context, name string, expires time.Time, ifGeneration int64) error
	Delete(ctx context.Context, name string, ifGeneration int64) error
	List(ctx context.Context, prefix, page string) (bucket.Page, error)
}

// Sealer encrypts and authenticates objects. Open needs the same bound, which
// says where an object belongs, and may overwrite sealed.
type Sealer interface {
	Seal(plain, bound []byte) ([]byte, error)
	Open(sealed, bound []byte) ([]byte, error)
}

// Options configure a [Store]. Zero values stand for the defaults.
type Options struct {
	Bucket Bucket // required
	Sealer Sealer // nil leaves objects as they are
	// PieceBytes is the size of the largest piece before it is sealed; 4 MiB. A
	// sealed one must fit into the bucket's objects. A few pieces are in memory
	// at a time.
	PieceBytes int64
	// MaxBytes is the size of the largest snapshot, saved or restored; 4 GiB.
	MaxBytes int64
	// Takeover is how long a lease must not have been renewed before another
	// process takes it over; 1 minute. It is renewed four times as often. All
	// processes need the same value.
	Takeover time.Duration
	Logger   *slog.Logger     // nil discards
	Now      func() time.Time // nil is [time.Now]
}

func (o Options) withDefaults() Options {
	o.PieceBytes = cmp.Or(o.PieceBytes, 4<<20)
	o.MaxBytes = cmp.Or(o.MaxBytes, 4<<30)
	o.Takeover = cmp.Or(o.Takeover, time.Minute)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Store keeps snapshots in a bucket. It implements [replica.Store] and is safe
// for concurrent use.
type Store struct {
	options Options
	log     *slog.Logger
	holder  string // this store, in the leases that it holds

	mu    sync.Mutex
	names map[replica.Name]*known
}

var _ replica.Store = (*Store)(nil)

// known is what a store remembers of a name. Its fields are guarded by the
// store's mutex.
type known struct {
	busy      bool     // a lease is being taken, or held
	held      *holding // nil while none is held
	lineage   string   // of the newest head that was seen
	sequence  int64    // of the newest head that was seen
	watched   int64    // the generation at which the head was found held
	since     time.Time
	refreshed time.Time // when the objects' expiry was looked at
}

// New returns a store. It makes no request.
func New(o Options) *Store {
	o = o.withDefaults()
	return &Store{options: o, log: o.Logger, holder: rand.Text(), names: map[replica.Name]*known{}}
}

// of calls use with what is known of a name, under the store's mutex.
func (s *Store) of(name replica.Name, use func(*known)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.names[name]
	if k == nil {
		k = &known{}
		s.names[name] = k
	}
	use(k)
}

// folder begins the names of a snapshot's objects. Library and view can't be
// read from it.
func folder(name replica.Name) string {
	sum := sha256.Sum256([]byte(string(name.Library) + "\x00" + name.View))
	return Prefix + hex.EncodeToString(sum[:16]) + "/"
}

// expires returns when an object that is used now expires.
func (s *Store) expires() time.Time { return s.options.Now().Add(keep) }

// Delete removes the snapshot of a library that is gone, and with it any lease.
// The error has the code Unavailable.
func (s *Store) Delete(ctx context.Context, name replica.Name) error {
	ctx, cancel := context.WithTimeout(ctx, restoreTime)
	defer cancel()
	objects, err := s.list(ctx, name)
	if err != nil {
		return err
	}
	// The head first: without it, there is no snapshot.
	var errs []error
	if head, ok := objects[headName]; ok {
		if err := s.options.Bucket.Delete(ctx, folder(name)+headName, head.Generation); err != nil {
			return err
		}
		delete(objects, headName)
	}
	for object, info := range objects {
		errs = append(errs, s.options.Bucket.Delete(ctx, folder(name)+object, info.Generation))
	}
	return errors.Join(errs...)
}

// maxPages bounds a list, in pages of 1,000 objects.
const maxPages = 50

// list returns the objects of a snapshot by name, without the folder.
func (s *Store) list(ctx context.Context, name replica.Name) (map[string]bucket.Info, error) {
	found := map[string]bucket.Info{}
	next := ""
	for range maxPages {
		page, err := s.options.Bucket.List(ctx, folder(name), next)
		if err != nil {
			return nil, err
		}
		for _, o := range page.Objects {
			found[strings.TrimPrefix(o.Name, folder(name))] = o
		}
		if next = page.Next; next == "" {
			return found, nil
		}
	}
	return nil, library.Errorf(library.Unavailable, "the snapshot has more than %d objects", maxPages*1000)
}
