package zotero

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// Keyring is the keys of one deployment. They take turns, and a call that one
// of them is refused goes to the next: a key that dies or is slowed down
// stops nobody while another one works.
type Keyring struct {
	client *Client
	keys   []upstream.Credential
	every  time.Duration
	logger *slog.Logger

	mu    sync.Mutex
	at    int       // whose turn it is
	since time.Time // since when
}

// NewKeyring returns a keyring of at least one key, each of which has its turn
// for so long. No key is ever logged: a key is known by its place, from 0.
func NewKeyring(client *Client, keys []string, every time.Duration, logger *slog.Logger) *Keyring {
	k := &Keyring{client: client, every: every, logger: logger, since: time.Now()}
	for i, key := range keys {
		k.keys = append(k.keys, upstream.NewCredential(fmt.Sprintf("zotero:key#%d", i), http.Header{"Zotero-Api-Key": {key}}))
	}
	return k
}

// Len returns how many keys there are.
func (k *Keyring) Len() int { return len(k.keys) }

// Account returns what one key may see, by its place.
func (k *Keyring) Account(ctx context.Context, place int) (*Account, error) {
	return k.client.Account(ctx, k.keys[place])
}

// Libraries lists what the key whose turn it is may read.
func (k *Keyring) Libraries(ctx context.Context) ([]library.Info, error) {
	return inTurn(ctx, k, func(a *Account) ([]library.Info, error) { return a.Libraries(ctx) })
}

// Open returns a library that the key whose turn it is may read. Its calls go
// on to the next key where one is refused.
func (k *Keyring) Open(ctx context.Context, id library.ID) (library.Reader, error) {
	if len(k.keys) == 1 {
		a, err := k.Account(ctx, 0)
		if err != nil {
			return nil, err
		}
		return a.Open(ctx, id)
	}
	if _, err := inTurn(ctx, k, func(a *Account) (library.Reader, error) { return a.Open(ctx, id) }); err != nil {
		return nil, err
	}
	return &turnReader{ring: k, id: id}, nil
}

// inTurn does something with the key whose turn it is, and with the next ones
// as long as keys are refused.
func inTurn[T any](ctx context.Context, k *Keyring, do func(*Account) (T, error)) (T, error) {
	first := k.turn()
	var refused error
	for n := range k.keys {
		place := (first + n) % len(k.keys)
		a, err := k.Account(ctx, place)
		if err == nil {
			var v T
			if v, err = do(a); err == nil {
				return v, nil
			}
		}
		if refused == nil {
			refused = err
		}
		if !isRefusal(err) {
			break
		}
		k.leave(ctx, place, err)
	}
	var zero T
	return zero, refused
}

// isRefusal reports whether another key may do better: on 403 and 429.
func isRefusal(err error) bool {
	switch library.CodeOf(err) {
	case library.Unauthenticated, library.Forbidden, library.RateLimited:
		return true
	}
	return false
}

// turn returns the place of the key whose turn it is.
func (k *Keyring) turn() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := time.Now(); len(k.keys) > 1 && now.Sub(k.since) >= k.every {
		k.at, k.since = (k.at+1)%len(k.keys), now
		k.logger.Info("the next Zotero key has its turn", "key", k.at)
	}
	return k.at
}

// leave ends the turn of a key that was refused, unless that was done.
func (k *Keyring) leave(ctx context.Context, place int, why error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.at != place || len(k.keys) == 1 {
		return
	}
	k.at, k.since = (k.at+1)%len(k.keys), time.Now()
	k.logger.WarnContext(ctx, "a Zotero key is refused; the next one has its turn", "refused", place, "key", k.at, "code", string(library.CodeOf(why)))
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
