// Package ledger stores what sign-in must remember: one family for each sign-in
// and each personal access token, the families that have ended, and the keys to
// be deleted at the upstream. It stores digests, times and sealed texts, which
// are useless without the master key.
//
// There are two stores: [OpenFile], a file for one process, and [OpenBucket],
// Cloud Storage for any number of processes. If a store is full or fails, calls
// fail with the code Unavailable; no entry is dropped before it expires.
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

// Options configures a [Ledger]. Zero values stand for the defaults.
type Options struct {
	// AccessTTL is the lifetime of a sign-in's access tokens: the end of a
	// sign-in is remembered for as long. Default 24 h.
	AccessTTL time.Duration
	Now       func() time.Time // nil: [time.Now]
	Logger    *slog.Logger     // nil: no log
}

// Grace is the time for which a replaced refresh token still returns the same
// successor, for clients that refresh in several processes at once.
const Grace = 2 * time.Minute

// clockSkew is the largest expected difference between the clocks of two
// processes.
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

// Close closes the store.
func (l *Ledger) Close() error { return l.store.close() }

// Kind is the kind of a family.
type Kind string

// The kinds of families.
const (
	SignIn Kind = "signin" // a client's sign-in, whose refresh tokens replace each other
	Token  Kind = "token"  // a personal access token
)

// Bounds of families.
const (
	// MaxFamilies is the most families of one kind that a member may have.
	MaxFamilies = 50
	// MaxRotations is the most replacements of a family's refresh token within
	// [Grace].
	MaxRotations = 20
	// maxListed is the most families of one kind that a member may have,
	// including those that ended within the last AccessTTL.
	maxListed = 1000
)

// Family is a sign-in or a personal access token.
type Family struct {
	Kind    Kind
	Subject string // the owner, such as "zotero:475425"; only a digest is stored
	ID      string // ID of the family in tokens; only a digest is stored
	Note    []byte // data for the caller, which must seal it
	Created time.Time
	Expires time.Time // expiry of the family's newest token
}

// Listed is a family in a list.
type Listed struct {
	Key     string // ID for [Ledger.EndListed]
	Note    []byte
	Created time.Time
	Expires time.Time
}

// entry is the stored form of a family.
type entry struct {
	Created    int64   `json:"c"`           // seconds since 1970, as is Expires
	Expires    int64   `json:"x"`           //
	Ended      bool    `json:"e,omitempty"` // its tokens are rejected
	Generation int     `json:"g,omitempty"` // generation of the newest refresh token
	Rotations  []int64 `json:"r,omitempty"` // creation of the newest generations, oldest first, in ns since 1970
	Note       []byte  `json:"n,omitempty"`
}

var (
	// ErrEnded reports that a family has ended, has expired or never began.
	ErrEnded = errors.New("ledger: the family has ended")
	// ErrReplaced reports that a refresh token was replaced longer than [Grace]
	// ago.
	ErrReplaced = errors.New("ledger: the refresh token has been replaced")
)

// Begin adds a family and reports whether it is new: a family begins once. If
// the member already has [MaxFamilies] sign-ins, the least recently used one
// ends; if they are tokens, the error has the code Conflict. After 1,000
// sign-ins within an AccessTTL, a member's error has the code RateLimited.
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

// makeSpace ends sign-ins of a member that exceed the bound.
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
		return library.Errorf(library.Conflict, "you have %d tokens, which is the maximum", MaxFamilies).WithHint("revoke one first")
	}
	slices.SortFunc(live, func(a, b named) int { return cmp.Compare(a.expires, b.expires) })
	for _, n := range live[:len(live)-MaxFamilies+1] {
		if err := l.end(ctx, n.name, l.accessEnd()); err != nil {
			return err
		}
	}
	return nil
}

// named is a family's name in the store, with its expiry in seconds since 1970.
type named struct {
	name    string
	expires int64
}

// Rotate replaces the refresh token of a generation and returns when it was
// first replaced: within [Grace] a second call returns the same time. It
// extends the family's expiry to life from now. The error is [ErrEnded] or
// [ErrReplaced], or has the code RateLimited or Unavailable.
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

// maxTries is the number of attempts at a change that conflicts with another
// process.
const maxTries = 5

// replaced returns when a former generation was replaced.
func (e *entry) replaced(generation int, now time.Time) (time.Time, error) {
	// The last element belongs to the newest generation, which replaced the one
	// before it.
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

// End ends a family, even one that has not begun. This process rejects its
// tokens at once, even if the store fails; others within a minute. The end is
// remembered until the last of the family's tokens expires: for a personal
// access token, until f.Expires.
func (l *Ledger) End(ctx context.Context, f Family) error {
	until := f.Expires
	if f.Kind == SignIn {
		until = l.accessEnd()
	}
	return l.end(ctx, familyName(f.Kind, digest(f.Subject), digest(f.ID)), until)
}

// accessEnd returns the expiry of the last access token of a sign-in that ends
// now.
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

// markEnded adds a family to the list that other processes read.
func (l *Ledger) markEnded(ctx context.Context, key string, until time.Time) error {
	_, err := l.store.put(ctx, endedPrefix+key, nil, until, 0)
	if err != nil && !errors.Is(err, errChanged) {
		return unavailable(err)
	}
	return nil
}

// List returns a member's families that have neither ended nor expired, oldest
// first.
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

// names lists the names of a member's families, including ended ones, and
// removes expired ones.
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

// drop removes expired entries. Failures are logged only: such entries are
// harmless.
func (l *Ledger) drop(ctx context.Context, over []item) {
	for _, i := range over {
		if err := l.store.remove(ctx, i.name, i.version); err != nil && !errors.Is(err, errChanged) {
			l.log.WarnContext(ctx, "an expired sign-in record can't be removed", "error", err)
			return
		}
	}
}

// Check reports whether the store is readable and writable: it writes an entry
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

// retryAfter is the time after which a caller may retry when the store failed.
const retryAfter = 5 * time.Second

// unavailable returns the error for a failed store.
func unavailable(cause error) error {
	return library.Errorf(library.Unavailable, "the sign-in service can't reach its records").
		WithHint("try again in a few seconds; existing tokens continue to work").
		WithRetryAfter(retryAfter).WithCause(cause)
}

// digestLength is the length of a digest in characters: 128 bits.
const digestLength = 32

// digest returns the digest of a name, for the store.
func digest(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:digestLength/2])
}
