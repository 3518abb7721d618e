package tokens

import (
	"context"
	"crypto/subtle"
	"errors"
	"sync/atomic"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
)

// Verifier verifies tokens against records. It is an [identity.Verifier] that
// is never unavailable, and is safe for concurrent use.
type Verifier struct {
	table atomic.Pointer[table]
}

// Why a token is refused, for the log. The caller reads the same words for all.
var (
	errUnknown = errors.New("no record has this token")
	errExpired = errors.New("the token has expired")
)

// New returns a verifier of the tokens that records name: a JSON object a
// line, as stackroom token new prints them, with # before comments, or a JSON
// array. The error has code Invalid and says everything that is wrong with
// them, by line and without values.
func New(records string) (*Verifier, error) {
	v := &Verifier{}
	if err := v.Replace(records); err != nil {
		return nil, err
	}
	return v, nil
}

// Replace takes up changed records: what is no longer there is revoked at
// once. Records that can't be used change nothing, and the error is that of
// [New].
func (v *Verifier) Replace(records string) error {
	t, err := parse(records)
	if err != nil {
		return err
	}
	v.table.Store(&t)
	return nil
}

// Len returns how many records there are, expired ones too.
func (v *Verifier) Len() int { return len(*v.table.Load()) }

// Verify implements [identity.Verifier]. How long it takes says nothing about
// the records: the ID, which is no secret, finds the record, and hashes are
// compared in constant time, one of nobody's where there is no record.
func (v *Verifier) Verify(_ context.Context, token string) (*identity.Principal, error) {
	nobody := entry{}
	e, found := (*v.table.Load())[idOf(token)]
	if !found {
		e = &nobody
	}
	got := digestOf(token)
	same := subtle.ConstantTimeCompare(got[:], e.digest[:]) == 1
	switch {
	case !found || !same:
		return nil, identity.BadToken(errUnknown)
	case !e.principal.Expires.IsZero() && !time.Now().Before(e.principal.Expires):
		return nil, identity.BadToken(errExpired)
	}
	p := e.principal
	return &p, nil
}
