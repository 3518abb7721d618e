package zotero

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// refusedWait is how long a call whose keys are all dead waits for new ones.
const refusedWait = 10 * time.Second

// KeyringOptions are the choices of a [Keyring].
type KeyringOptions struct {
	// Every is how long each of several keys is the current one. Default 1 h.
	Every time.Duration
	// Logger records which key is the current one. A key is named by its position
	// in the list, from 0, and never shown. Default: no log.
	Logger *slog.Logger
	// Refused is called when Zotero no longer accepts a key, so that the keys can
	// be read again and given to [Keyring.Replace] before it returns. A call that
	// no key can make waits for that, at most 10 s, and is then made once more.
	// It is not called again before it has returned. Default: no call.
	Refused func(ctx context.Context)
}

// Keyring provides the libraries of a deployment's own keys. One key is the
// current one for a time, then the next. A request that is refused to one key is
// made with the next one. Keys may be replaced at any time.
type Keyring struct {
	client   *Client
	replicas Replicas
	every    time.Duration
	logger   *slog.Logger
	refused  func(ctx context.Context)
	telling  singleflight.Group

	mu    sync.Mutex
	keys  *keySet
	at    int       // position of the current key
	since time.Time // since when it is the current one
}

// keySet is the keys of a ring between two replacements. It never changes.
type keySet struct {
	credentials []upstream.Credential
	digests     [][sha256.Size]byte // of the keys, to find one again
}

func newKeySet(keys []string) *keySet {
	s := &keySet{}
	for i, key := range keys {
		s.credentials = append(s.credentials, upstream.NewCredential(fmt.Sprintf("zotero:key#%d", i), http.Header{"Zotero-Api-Key": {key}}))
		s.digests = append(s.digests, sha256.Sum256([]byte(key)))
	}
	return s
}

// NewKeyring returns a keyring of these keys.
func NewKeyring(client *Client, r Replicas, keys []string, o KeyringOptions) *Keyring {
	if o.Every <= 0 {
		o.Every = time.Hour
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Keyring{client: client, replicas: r, every: o.Every, logger: o.Logger, refused: o.Refused, keys: newKeySet(keys), since: time.Now()}
}

// Kinds returns the kinds of library that are provided.
func (*Keyring) Kinds() []library.Kind { return kinds() }

// Writes reports that a library can be changed where a key may.
func (*Keyring) Writes() bool { return true }

// Link returns the web page of an item, or "".
func (k *Keyring) Link(id library.ItemID) string { return k.client.link(id) }

// Replace installs new keys for every call that begins from now on. A call that
// has begun ends with the key that it has, or is made again with a new one if
// that key is refused. The current key stays the current one if it is among the
// new ones.
func (k *Keyring) Replace(keys []string) {
	next := newKeySet(keys)
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
func (k *Keyring) Len() int { return len(k.set().credentials) }

// Account returns what the key at a position may read, from 0.
func (k *Keyring) Account(ctx context.Context, position int) (*Account, error) {
	keys := k.set().credentials
	if position < 0 || position >= len(keys) {
		return nil, noKey()
	}
	return k.client.Account(ctx, keys[position])
}

// noKey is the error of a ring without keys.
func noKey() error {
	return library.Errorf(library.Unauthenticated, "there is no key for Zotero").WithHint("put a key into the configuration")
}

// Libraries lists what the current key may read.
func (k *Keyring) Libraries(ctx context.Context) ([]library.Info, error) {
	return withKey(ctx, k, func(a *Account) ([]library.Info, error) { return a.Libraries(ctx) })
}

// Open opens a library that the current key may read. Its replica is read with
// the key that is the current one at each request.
func (k *Keyring) Open(ctx context.Context, id library.ID) (library.Reader, error) {
	g, err := withKey(ctx, k, func(a *Account) (*grant, error) { return a.grant(ctx, id) })
	if err != nil {
		return nil, err
	}
	return k.client.open(k.replicas, g, caller{k.requester(id, g.view), k.sender(id), k.downloader(id), k.client.up.Upload}), nil
}

// errOtherView says that a key sees other objects of a library than the replica
// has, or none.
var errOtherView = library.Errorf(library.Forbidden, "no key of this server may read the library as it was opened").WithHint("open it again")

// requester returns a requester that makes each request with the current key, or
// the next one that sees the same of the library.
func (k *Keyring) requester(id library.ID, view string) requester {
	return func(ctx context.Context, path string, query url.Values, use caching) (*upstream.Response, error) {
		return withKey(ctx, k, func(a *Account) (*upstream.Response, error) {
			g, err := a.grant(ctx, id)
			if isCode(err, library.NotFound) || err == nil && g.view != view {
				return nil, errOtherView
			}
			if err != nil {
				return nil, err
			}
			return k.client.as(a.cred)(ctx, path, query, use)
		})
	}
}

// errReadOnlyKey says that a key may read a library, but not change it.
var errReadOnlyKey = library.Errorf(library.Forbidden, "no key of this server may change this library").WithCause(errOtherView)

// sender returns a sender that sends each change with the current key, or the next
// one that may change the library. A change is sent with another key only if Zotero
// refused it.
func (k *Keyring) sender(id library.ID) sender {
	return func(ctx context.Context, ch upstream.Change) (*upstream.Response, error) {
		return withKey(ctx, k, func(a *Account) (*upstream.Response, error) {
			g, err := a.grant(ctx, id)
			switch {
			case isCode(err, library.NotFound) || err == nil && !g.about.MayWrite:
				return nil, errReadOnlyKey
			case err != nil:
				return nil, err
			}
			return k.client.sendAs(a.cred)(ctx, ch)
		})
	}
}

// errNoFilesKey says that a key may not read the files of a library.
var errNoFilesKey = library.Errorf(library.Forbidden, "no key of this server may read files of this library").WithCause(errOtherView)

// downloader returns a downloader that uses the current key, or the next one that may
// read the files of the library.
func (k *Keyring) downloader(id library.ID) downloader {
	return func(ctx context.Context, path string, most int64) (*upstream.Response, error) {
		return withKey(ctx, k, func(a *Account) (*upstream.Response, error) {
			g, err := a.grant(ctx, id)
			switch {
			case isCode(err, library.NotFound) || err == nil && !g.files:
				return nil, errNoFilesKey
			case err != nil:
				return nil, err
			}
			return k.client.downloadAs(a.cred)(ctx, path, most)
		})
	}
}

// withKey does something with the current key, with the next ones while keys are
// refused, and if one is dead once more with new keys.
func withKey[T any](ctx context.Context, k *Keyring, do func(*Account) (T, error)) (T, error) {
	keys := k.set()
	v, dead, err := withEach(ctx, k, keys, do)
	switch {
	case dead && err == nil:
		k.tell(ctx) // this call does not wait for it
	case dead && k.renewed(ctx, keys):
		v, _, err = withEach(ctx, k, k.set(), do)
	}
	return v, err
}

// withEach does something with one key after the other until one is not refused.
// Dead says that Zotero does not accept one of the keys.
func withEach[T any](ctx context.Context, k *Keyring, keys *keySet, do func(*Account) (T, error)) (v T, dead bool, err error) {
	if len(keys.credentials) == 0 {
		return v, true, noKey()
	}
	var none T
	var refused error
	first := k.current(keys)
	for n := range keys.credentials {
		position := (first + n) % len(keys.credentials)
		a, err := k.client.Account(ctx, keys.credentials[position])
		if err == nil {
			if v, err = do(a); err == nil {
				return v, dead, nil
			}
		}
		if !isCode(err, library.Unauthenticated, library.Forbidden, library.RateLimited) {
			return none, dead, err
		}
		if refused == nil || errors.Is(refused, errOtherView) {
			refused = err
		}
		dead = dead || library.CodeOf(err) == library.Unauthenticated
		if !errors.Is(err, errOtherView) {
			k.skip(ctx, keys, position, err)
		}
	}
	return none, dead, refused
}

// set returns the keys as they are now.
func (k *Keyring) set() *keySet {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keys
}

// current returns the position of the current key among keys. After its time the
// next one is the current key.
func (k *Keyring) current(keys *keySet) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys != keys {
		return 0 // replaced in between
	}
	if now := time.Now(); len(keys.credentials) > 1 && now.Sub(k.since) >= k.every {
		k.at, k.since = (k.at+1)%len(keys.credentials), now
		k.logger.Info("the next Zotero key is the current one", "key", k.at)
	}
	return k.at
}

// skip makes the key after a refused one the current key, unless it is already.
func (k *Keyring) skip(ctx context.Context, keys *keySet, position int, why error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys != keys || k.at != position || len(keys.credentials) == 1 {
		return
	}
	k.at, k.since = (k.at+1)%len(keys.credentials), time.Now()
	k.logger.WarnContext(ctx, "a Zotero key is refused; the next one is the current key", "refused", position, "key", k.at, "code", string(library.CodeOf(why)))
}

// renewed reports whether there are other keys than these, after the owner of
// the keys was told that one of these is dead.
func (k *Keyring) renewed(ctx context.Context, dead *keySet) bool {
	if k.set() != dead {
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
	return k.set() != dead
}

// tell calls [KeyringOptions.Refused], once for all calls that find a key dead at
// the same time. The channel receives when that has returned; it is nil if there
// is nothing to call.
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
