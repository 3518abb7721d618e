package tokens

import (
	"context"
	"crypto/subtle"
	"errors"
	"sync/atomic"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
)

// Verifier verifies tokens against records. It implements [identity.Verifier],
// is never unavailable, and is safe for concurrent use.
type Verifier struct {
	table atomic.Pointer[table]
}

// Reasons for rejecting a token, for the log. The caller gets the same message
// for all.
var (
	errUnknown = errors.New("the token has no record")
	errExpired = errors.New("the token has expired")
)

// New returns a verifier of the tokens in records: a JSON object a line, as
// printed by stackroom token new, with # comments, or a JSON array. The error
// has code Invalid and lists every fault by line, without values.
func New(records string) (*Verifier, error) {
	v := &Verifier{}
	if err := v.Replace(records); err != nil {
		return nil, err
	}
	return v, nil
}

// Replace replaces the records; tokens without a record are revoked at once.
// Invalid records change nothing, and the error is that of [New].
func (v *Verifier) Replace(records string) error {
	t, err := parse(records)
	if err != nil {
		return err
	}
	v.table.Store(&t)
	return nil
}

// Len returns the number of records, including expired ones.
func (v *Verifier) Len() int { return len(*v.table.Load()) }

// Verify implements [identity.Verifier]. Its duration reveals nothing about the
// records: the ID, which is not secret, finds the record, and hashes are
// compared in constant time, against a dummy hash if there is no record.
func (v *Verifier) Verify(_ context.Context, token string) (*identity.Principal, error) {
	dummy := entry{}
	e, found := (*v.table.Load())[idOf(token)]
	if !found {
		e = &dummy
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
