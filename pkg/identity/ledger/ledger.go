// Package ledger keeps what sign-in must not forget: one family for each
// sign-in and each personal access token, the families that ended, and the keys
// that are still to be deleted at the upstream. It holds digests, times and
// sealed texts, nothing that could be used or read without the master key.
//
// Two stores keep the same promises: [OpenFile], in a file for one process, and
// [OpenBucket], in Cloud Storage for any number of processes. A store that is
// full or fails makes calls fail with the code Unavailable; nothing is
// forgotten before its time.
package ledger

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Options configure a [Ledger]. Zero values stand for the defaults.
type Options struct {
	// AccessTTL is how long an access token of a sign-in is good: so long the
	// end of the sign-in is remembered. 24 h.
	AccessTTL time.Duration
	Now       func() time.Time // nil: [time.Now]
	Logger    *slog.Logger     // nil: no log
}

// Grace is how long a replaced refresh token gives the same successor again,
// for clients whose parts refresh at the same time.
const Grace = 2 * time.Minute

// clockSkew is how far the clocks of two processes may be apart.
const clockSkew = 2 * time.Minute

// Ledger is safe for concurrent use.
type Ledger struct {
	store     store
	accessTTL time.Duration
	now       func() time.Time
	log       *slog.Logger
	ended     *endedSet
}

func newLedger(s store, o Options) *Ledger {
	if o.AccessTTL <= 0 {
		o.AccessTTL = 24 * time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	l := &Ledger{store: s, accessTTL: o.AccessTTL, now: o.Now, log: o.Logger}
	l.ended = newEndedSet(l)
	return l
}

// Close releases the store.
func (l *Ledger) Close() error { return l.store.close() }

// Kind tells what a family is.
type Kind string

// The kinds.
const (
	SignIn Kind = "signin" // a sign-in of a client, with refresh tokens that replace each other
	Token  Kind = "token"  // a personal access token
)

// Bounds of families.
const (
	// MaxFamilies is how many families of one kind a member may have.
	MaxFamilies = 50
	// MaxRotations is how many times the refresh token of a family may be
	// replaced within [Grace].
	MaxRotations = 20
	// maxListed is how many families of one kind a member may have with those
	// that ended in the last AccessTTL.
	maxListed = 1000
)

// Family is a sign-in or a personal access token.
type Family struct {
	Kind    Kind
	Subject string // whose it is, such as "zotero:475425"; not kept, only a digest
	ID      string // names the family in tokens; not kept, only a digest
	Note    []byte // what the caller wants to know of it later; sealed by the caller
	Created time.Time
	Expires time.Time // when the newest token of the family expires
}

// Listed is a family in a list.
type Listed struct {
	Key     string // names the family in [Ledger.EndListed]
	Note    []byte
	Created time.Time
	Expires time.Time
}

// entry is what the store keeps of a family.
type entry struct {
	Created    int64   `json:"c"`           // seconds since 1970, as is Expires
	Expires    int64   `json:"x"`           //
	Ended      bool    `json:"e,omitempty"` // its tokens are refused
	Generation int     `json:"g,omitempty"` // of the newest refresh token
	Rotations  []int64 `json:"r,omitempty"` // when the newest generations were made, oldest first, in ns since 1970
	Note       []byte  `json:"n,omitempty"`
}

var (
	// ErrEnded says that a family has ended, expired or never began.
	ErrEnded = errors.New("ledger: the family has ended")
	// ErrReplaced says that a refresh token was replaced longer ago than the
	// grace.
	ErrReplaced = errors.New("ledger: the refresh token was replaced before")
)

// Begin enters a family and reports whether it was the first to do so: a family
// begins once. The member's least recently used sign-in ends if there are
// [MaxFamilies]; of tokens no further one begins then, with the code Conflict.
// A member with 1,000 sign-ins in an AccessTTL gets the code RateLimited.
func (l *Ledger) Begin(ctx context.Context, f Family) (first bool, err error) {
	if err := l.makeSpace(ctx, f); err != nil {
		return false, err
	}
	e := entry{Created: f.Created.Unix(), Expires: f.Expires.Unix(), Note: f.Note}
	_, err = l.put(ctx, familyName(f.Kind, digest(f.Subject), digest(f.ID)), e, f.Expires, 0)
	if errors.Is(err, errChanged) {
		return false, nil
	}
	return err == nil, err
}

// makeSpace ends the sign-ins of a member that are too many.
func (l *Ledger) makeSpace(ctx context.Context, f Family) error {
	names, err := l.names(ctx, f.Kind, f.Subject)
	switch {
	case err != nil || len(names) < MaxFamilies:
		return err
	case len(names) >= maxListed:
		return library.Errorf(library.RateLimited, "there were too many sign-ins to this account").
			WithHint("try again in a few hours").WithRetryAfter(time.Hour)
	}
	live := make([]named, 0, len(names))
	for _, n := range names {
		e, _, err := l.get(ctx, n.name)
		switch {
		case errors.Is(err, errAbsent):
		case err != nil:
			return err
		case !e.Ended:
			live = append(live, named{n.name, e.Expires})
		}
	}
	if len(live) < MaxFamilies {
		return nil
	}
	if f.Kind != SignIn {
		return library.Errorf(library.Conflict, "you have %d tokens, which is the most", MaxFamilies).WithHint("revoke one first")
	}
	slices.SortFunc(live, func(a, b named) int { return cmp.Compare(a.expires, b.expires) })
	for _, n := range live[:len(live)-MaxFamilies+1] {
		if err := l.end(ctx, n.name, l.accessEnd()); err != nil {
			return err
		}
	}
	return nil
}

// named is a family's name in the store and its expiry in seconds since 1970.
type named struct {
	name    string
	expires int64
}

// Rotate replaces the refresh token of a generation and returns when that was
// first done: within the grace a second call returns the same. The family then
// expires life later. The error is [ErrEnded], [ErrReplaced], or has the code
// RateLimited or Unavailable.
func (l *Ledger) Rotate(ctx context.Context, subject, id string, generation int, life time.Duration) (time.Time, error) {
	name := familyName(SignIn, digest(subject), digest(id))
	for range maxTries {
		e, version, err := l.get(ctx, name)
		switch {
		case errors.Is(err, errAbsent):
			return time.Time{}, ErrEnded
		case err != nil:
			return time.Time{}, err
		}
		now := l.now()
		if e.Ended || now.Unix() >= e.Expires {
			return time.Time{}, ErrEnded
		}
		if generation != e.Generation {
			return e.replaced(generation, now)
		}
		e.forget(now.Add(-Grace))
		if len(e.Rotations) >= MaxRotations {
			return time.Time{}, library.Errorf(library.RateLimited, "the sign-in is refreshed too often").
				WithHint("use the token that the last refresh gave").WithRetryAfter(time.Unix(0, e.Rotations[0]).Add(Grace).Sub(now))
		}
		e.Generation++
		e.Rotations = append(e.Rotations, now.UnixNano())
		e.Expires = now.Add(life).Unix()
		if _, err = l.put(ctx, name, e, now.Add(life), version); err == nil {
			return now, nil
		}
		if !errors.Is(err, errChanged) {
			return time.Time{}, err
		}
	}
	return time.Time{}, unavailable(errors.New("ledger: an entry keeps changing"))
}

// maxTries is how often a change is tried that another process gets ahead of.
const maxTries = 5

// replaced returns when a former generation was replaced.
func (e *entry) replaced(generation int, now time.Time) (time.Time, error) {
	// The last element belongs to the newest generation, which replaced the one before.
	i := len(e.Rotations) - (e.Generation - generation)
	if generation > e.Generation || i < 0 {
		return time.Time{}, ErrReplaced
	}
	at := time.Unix(0, e.Rotations[i])
	if now.Sub(at) > Grace {
		return time.Time{}, ErrReplaced
	}
	return at, nil
}

// forget drops the rotations before a time.
func (e *entry) forget(before time.Time) {
	e.Rotations = slices.DeleteFunc(e.Rotations, func(at int64) bool { return at < before.UnixNano() })
}

// End ends a family, whether or not it has begun: its tokens are refused by
// this process at once, even if the store fails, and by others within a minute.
// What remains of the family is dropped when the last of its tokens expires:
// for a personal access token that is f.Expires.
func (l *Ledger) End(ctx context.Context, f Family) error {
	until := f.Expires
	if f.Kind == SignIn {
		until = l.accessEnd()
	}
	return l.end(ctx, familyName(f.Kind, digest(f.Subject), digest(f.ID)), until)
}

// accessEnd is when the last access token of a sign-in that ends now expires.
func (l *Ledger) accessEnd() time.Time { return l.now().Add(l.accessTTL + clockSkew) }

// EndListed ends a family of a list. It returns [ErrEnded] if the member has no
// such family.
func (l *Ledger) EndListed(ctx context.Context, kind Kind, subject, key string) error {
	if len(key) != digestLength || strings.Trim(key, "0123456789abcdef") != "" {
		return ErrEnded
	}
	name := familyName(kind, digest(subject), key)
	e, _, err := l.get(ctx, name)
	switch {
	case errors.Is(err, errAbsent):
		return ErrEnded
	case err != nil:
		return err
	case kind == SignIn:
		return l.end(ctx, name, l.accessEnd())
	}
	return l.end(ctx, name, time.Unix(e.Expires, 0))
}

// end ends the family with a name in the store.
func (l *Ledger) end(ctx context.Context, name string, until time.Time) error {
	key := name[strings.LastIndexByte(name, '/')+1:]
	l.ended.add(key, until)
	for range maxTries {
		e, version, err := l.get(ctx, name)
		if err != nil && !errors.Is(err, errAbsent) {
			return err
		}
		if !e.Ended {
			_, err = l.put(ctx, name, entry{Created: e.Created, Expires: until.Unix(), Ended: true}, until, version)
		}
		switch {
		case err == nil || e.Ended:
			return l.markEnded(ctx, key, until)
		case !errors.Is(err, errChanged):
			return err
		}
	}
	return unavailable(errors.New("ledger: an entry keeps changing"))
}

// markEnded enters a family into the list that other processes read.
func (l *Ledger) markEnded(ctx context.Context, key string, until time.Time) error {
	_, err := l.store.put(ctx, endedPrefix+key, nil, until, 0)
	if err != nil && !errors.Is(err, errChanged) {
		return unavailable(err)
	}
	return nil
}

// List returns the families of a member that have neither ended nor expired,
// oldest first.
func (l *Ledger) List(ctx context.Context, kind Kind, subject string) ([]Listed, error) {
	names, err := l.names(ctx, kind, subject)
	if err != nil {
		return nil, err
	}
	var all []Listed
	for _, n := range names {
		e, _, err := l.get(ctx, n.name)
		switch {
		case errors.Is(err, errAbsent):
			continue
		case err != nil:
			return nil, err
		}
		if !e.Ended && l.now().Unix() < e.Expires {
			all = append(all, Listed{Key: n.key(), Note: e.Note, Created: time.Unix(e.Created, 0), Expires: time.Unix(e.Expires, 0)})
		}
	}
	slices.SortStableFunc(all, func(a, b Listed) int { return a.Created.Compare(b.Created) })
	return all, nil
}

// names lists the names of a member's families, also of those that ended, and
// removes what has expired.
func (l *Ledger) names(ctx context.Context, kind Kind, subject string) ([]item, error) {
	var all, over []item
	err := l.store.list(ctx, familyName(kind, digest(subject), ""), func(i item) bool {
		if l.now().Before(i.expires) {
			all = append(all, i)
		} else if len(over) < maxDropped {
			over = append(over, i)
		}
		return len(all) < maxListed
	})
	if err != nil {
		return nil, unavailable(err)
	}
	l.drop(ctx, over)
	return all, nil
}

// drop removes entries that have expired, as far as that succeeds: they do no
// harm.
func (l *Ledger) drop(ctx context.Context, over []item) {
	for _, i := range over {
		if err := l.store.remove(ctx, i.name, i.version); err != nil && !errors.Is(err, errChanged) {
			l.log.WarnContext(ctx, "an expired sign-in record can't be removed", "error", err)
			return
		}
	}
}

// Check reports whether the store can be written and read: it writes an entry
// and removes it.
func (l *Ledger) Check(ctx context.Context) error {
	name := "check/" + digest(rand.Text())
	version, err := l.store.put(ctx, name, nil, l.now().Add(time.Minute), 0)
	if err == nil {
		_, _, err = l.store.get(ctx, name)
	}
	if err == nil {
		err = l.store.remove(ctx, name, version)
	}
	return failed(err)
}

func (l *Ledger) get(ctx context.Context, name string) (entry, int64, error) {
	value, version, err := l.store.get(ctx, name)
	if errors.Is(err, errAbsent) {
		return entry{}, 0, err
	}
	if err != nil {
		return entry{}, 0, unavailable(err)
	}
	var e entry
	if err := json.Unmarshal(value, &e); err != nil {
		return entry{}, 0, unavailable(err)
	}
	return e, version, nil
}

func (l *Ledger) put(ctx context.Context, name string, e entry, expires time.Time, ifVersion int64) (int64, error) {
	value, err := json.Marshal(e)
	if err != nil {
		return 0, err
	}
	version, err := l.store.put(ctx, name, value, expires, ifVersion)
	if err != nil && !errors.Is(err, errChanged) {
		return 0, unavailable(err)
	}
	return version, err
}

// familyName returns the name of a family in the store.
func familyName(kind Kind, subject, id string) string { return string(kind) + "/" + subject + "/" + id }

// retryAfter is when a caller may try again after the store failed.
const retryAfter = 5 * time.Second

// unavailable is the error of a store that failed.
func unavailable(cause error) error {
	return library.Errorf(library.Unavailable, "the sign-in service can't reach its records now").
		WithHint("try again in a few seconds; calls with a token that you have go on").
		WithRetryAfter(retryAfter).WithCause(cause)
}

// digestLength is the length of a digest in characters: 128 bits.
const digestLength = 32

// digest returns what stands for a name in the store.
func digest(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:digestLength/2])
}
