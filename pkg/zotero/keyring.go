package zotero

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// refusedWait is how long a call that found no living key waits for new ones.
const refusedWait = 10 * time.Second

// KeyringOptions are the choices of a [Keyring].
type KeyringOptions struct {
	// Every is how long each of several keys has its turn. Default 1 h.
	Every time.Duration
	// Logger is told whose turn it is; nil is nobody. A key is known by its
	// place in the list, from 0, and never shown.
	Logger *slog.Logger
	// Refused is called when Zotero doesn't take a key any more, so that the
	// keys can be read anew and given to [Keyring.Replace] before it returns.
	// A call that no key answers waits for that, at most 10 s, and is then
	// made once more. It is not called again before it has returned. nil is
	// nobody.
	Refused func(ctx context.Context)
}

// Keyring is the keys of one deployment. They take turns, and a call that one
// of them is refused goes to the next: a key that dies or is slowed down
// stops nobody while another one works. Keys may be replaced at any time.
type Keyring struct {
	client  *Client
	every   time.Duration
	logger  *slog.Logger
	refused func(ctx context.Context)
	telling singleflight.Group

	mu    sync.Mutex
	keys  *bunch
	at    int       // whose turn it is
	since time.Time // since when
}

// bunch is the keys of a ring between two replacements; never changed.
type bunch struct {
	credentials []upstream.Credential
	digests     [][sha256.Size]byte // of the keys, to find one again
}

func newBunch(keys []string) *bunch {
	b := &bunch{}
	for i, key := range keys {
		b.credentials = append(b.credentials, upstream.NewCredential(fmt.Sprintf("zotero:key#%d", i), http.Header{"Zotero-Api-Key": {key}}))
		b.digests = append(b.digests, sha256.Sum256([]byte(key)))
	}
	return b
}

// NewKeyring returns a keyring of these keys.
func NewKeyring(client *Client, keys []string, o KeyringOptions) *Keyring {
	if o.Every <= 0 {
		o.Every = time.Hour
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Keyring{client: client, every: o.Every, logger: o.Logger, refused: o.Refused, keys: newBunch(keys), since: time.Now()}
}

// Replace takes up new keys for every call that begins from now on; calls
// under way end with the key that they have, or are made again with a new one
// if that is refused. A key that was there before keeps its turn, and what was
// read with it stays read.
func (k *Keyring) Replace(keys []string) {
	next := newBunch(keys)
	k.mu.Lock()
	defer k.mu.Unlock()
	at := -1
	if k.at < len(k.keys.digests) {
		at = slices.Index(next.digests, k.keys.digests[k.at])
	}
	if at < 0 {
		at, k.since = 0, time.Now()
	}
	k.keys, k.at = next, at
	k.logger.Info("the Zotero keys were replaced", "keys", len(keys), "key", at)
}

// Len returns how many keys there are.
func (k *Keyring) Len() int { return len(k.current().credentials) }

// Account returns what one key may see, by its place, from 0.
func (k *Keyring) Account(ctx context.Context, place int) (*Account, error) {
	keys := k.current().credentials
	if place < 0 || place >= len(keys) {
		return nil, noKey()
	}
	return k.client.Account(ctx, keys[place])
}

// noKey is the error of a ring without keys.
func noKey() error {
	return library.Errorf(library.Unauthenticated, "there is no key for Zotero").WithHint("put a key into the configuration")
}

// Libraries lists what the key whose turn it is may read.
func (k *Keyring) Libraries(ctx context.Context) ([]library.Info, error) {
	return inTurn(ctx, k, func(a *Account) ([]library.Info, error) { return a.Libraries(ctx) })
}

// Open returns a library that the key whose turn it is may read. Its calls go
// on to the next key where one is refused.
func (k *Keyring) Open(ctx context.Context, id library.ID) (library.Reader, error) {
	if _, err := inTurn(ctx, k, func(a *Account) (library.Reader, error) { return a.Open(ctx, id) }); err != nil {
		return nil, err
	}
	return &turnReader{ring: k, id: id}, nil
}

// inTurn does something with the key whose turn it is, with the next ones as
// long as keys are refused, and if a key is dead once more with new ones.
func inTurn[T any](ctx context.Context, k *Keyring, do func(*Account) (T, error)) (T, error) {
	keys := k.current()
	v, dead, err := withEach(ctx, k, keys, do)
	switch {
	case dead && err == nil:
		k.tell(ctx) // the others don't wait for it
	case dead && k.renewed(ctx, keys):
		v, _, err = withEach(ctx, k, k.current(), do)
	}
	return v, err
}

// withEach does something with one key after the other until one isn't
// refused. Dead says that a key was found to be no good, and had its turn.
func withEach[T any](ctx context.Context, k *Keyring, keys *bunch, do func(*Account) (T, error)) (v T, dead bool, err error) {
	if len(keys.credentials) == 0 {
		return v, true, noKey()
	}
	var refused error
	var first *Account // that was asked to wait
	begin := k.turn(keys)
	for n := range keys.credentials {
		place := (begin + n) % len(keys.credentials)
		a, err := k.client.Account(ctx, keys.credentials[place])
		if err == nil {
			a.others = n < len(keys.credentials)-1
			if v, err = do(a); err == nil {
				return v, dead, nil
			}
		}
		if refused == nil {
			refused = err
		}
		if !isRefusal(err) {
			break
		}
		dead = dead || library.CodeOf(err) == library.Unauthenticated
		if first == nil && a != nil && library.CodeOf(err) == library.RateLimited {
			first = a
		}
		k.leave(ctx, keys, place, err)
	}
	if first != nil && first.others {
		first.others = false // what it may say without what it has to wait for
		if v, err = do(first); err == nil {
			return v, dead, nil
		}
	}
	var none T
	return none, dead, refused
}

// isRefusal reports whether another key may do better: on 403 and 429.
func isRefusal(err error) bool {
	switch library.CodeOf(err) {
	case library.Unauthenticated, library.Forbidden, library.RateLimited:
		return true
	}
	return false
}

func (k *Keyring) current() *bunch {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keys
}

// turn returns the place, among keys, of the one whose turn it is.
func (k *Keyring) turn(keys *bunch) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys != keys {
		return 0 // replaced meanwhile
	}
	if now := time.Now(); len(keys.credentials) > 1 && now.Sub(k.since) >= k.every {
		k.at, k.since = (k.at+1)%len(keys.credentials), now
		k.logger.Info("the next Zotero key has its turn", "key", k.at)
	}
	return k.at
}

// leave ends the turn of a key that was refused, unless that was done.
func (k *Keyring) leave(ctx context.Context, keys *bunch, place int, why error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys != keys || k.at != place || len(keys.credentials) == 1 {
		return
	}
	k.at, k.since = (k.at+1)%len(keys.credentials), time.Now()
	k.logger.WarnContext(ctx, "a Zotero key is refused; the next one has its turn", "refused", place, "key", k.at, "code", string(library.CodeOf(why)))
}

// renewed reports whether there are other keys than these, after whoever gives
// them has heard that one of these is dead.
func (k *Keyring) renewed(ctx context.Context, dead *bunch) bool {
	if k.current() != dead {
		return true
	}
	if told := k.tell(ctx); told != nil {
		wait := time.NewTimer(refusedWait)
		defer wait.Stop()
		select {
		case <-told:
		case <-wait.C:
		case <-ctx.Done():
		}
	}
	return k.current() != dead
}

// tell says that a key is refused, once for all who find that at the same
// time. The channel says when that has been heard; it is nil if nobody listens.
func (k *Keyring) tell(ctx context.Context) <-chan singleflight.Result {
	if k.refused == nil {
		return nil
	}
	return k.telling.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refusedWait)
		defer cancel()
		k.refused(ctx)
		return nil, nil
	})
}

// turnReader reads a library with the key whose turn it is.
type turnReader struct {
	ring *Keyring
	id   library.ID
}

var _ library.Reader = (*turnReader)(nil)

// read reads the library in turn.
func read[T any](ctx context.Context, r *turnReader, do func(library.Reader) (T, error)) (T, error) {
	return inTurn(ctx, r.ring, func(a *Account) (T, error) {
		lib, err := a.Open(ctx, r.id)
		if err != nil {
			var zero T
			return zero, err
		}
		return do(lib)
	})
}

// Info implements [library.Reader].
func (r *turnReader) Info(ctx context.Context) (library.Info, error) {
	return read(ctx, r, func(lib library.Reader) (library.Info, error) { return lib.Info(ctx) })
}

// Search implements [library.Reader].
func (r *turnReader) Search(ctx context.Context, q library.Query) (library.Page[library.Hit], error) {
	return read(ctx, r, func(lib library.Reader) (library.Page[library.Hit], error) { return lib.Search(ctx, q) })
}

// Items implements [library.Reader].
func (r *turnReader) Items(ctx context.Context, keys []string) ([]*library.Item, error) {
	return read(ctx, r, func(lib library.Reader) ([]*library.Item, error) { return lib.Items(ctx, keys) })
}

// Text implements [library.Reader].
func (r *turnReader) Text(ctx context.Context, key string, q library.TextQuery) (library.Text, error) {
	return read(ctx, r, func(lib library.Reader) (library.Text, error) { return lib.Text(ctx, key, q) })
}

// Passages implements [library.Reader].
func (r *turnReader) Passages(ctx context.Context, key string, q library.PassageQuery) ([]library.Passage, error) {
	return read(ctx, r, func(lib library.Reader) ([]library.Passage, error) { return lib.Passages(ctx, key, q) })
}

// Collections implements [library.Reader].
func (r *turnReader) Collections(ctx context.Context) (library.Page[library.Collection], error) {
	return read(ctx, r, func(lib library.Reader) (library.Page[library.Collection], error) { return lib.Collections(ctx) })
}

// Tags implements [library.Reader].
func (r *turnReader) Tags(ctx context.Context, q library.TagQuery) (library.Page[library.Tag], error) {
	return read(ctx, r, func(lib library.Reader) (library.Page[library.Tag], error) { return lib.Tags(ctx, q) })
}

// Changes implements [library.Reader].
func (r *turnReader) Changes(ctx context.Context, q library.ChangeQuery) (library.Page[library.Change], error) {
	return read(ctx, r, func(lib library.Reader) (library.Page[library.Change], error) { return lib.Changes(ctx, q) })
}
