package signin

import (
	"context"
	"crypto/rand"
	mathrand "math/rand/v2"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
)

// end ends a sign-in: it revokes its tokens and deletes its key at Zotero. It
// returns the ledger's error, but only if neither the ledger nor Zotero
// recorded the end.
func (s *Server) end(ctx context.Context, g grant) error {
	ctx = context.WithoutCancel(ctx) // continues if the client disconnects
	err := s.options.Ledger.End(ctx, s.family(g))
	if s.discard(ctx, g.Key) {
		return nil
	}
	return err
}

// discard deletes a key at Zotero, at once or, if that fails, later. It reports
// whether the key is deleted or scheduled for deletion.
func (s *Server) discard(ctx context.Context, key string) bool {
	ctx = context.WithoutCancel(ctx)
	err := s.deleteKey(ctx, key)
	if err == nil {
		return true
	}
	s.options.Logger.WarnContext(ctx, "a key can't be deleted at Zotero now", "error", err)
	if err := s.Owe(ctx, rand.Text(), key, s.options.Now()); err != nil {
		s.options.Logger.ErrorContext(ctx, "the deletion of a key can't be scheduled: its owner must delete it at zotero.org", "error", err)
		return false
	}
	return true
}

// deleteKey deletes a key at Zotero, within [askTimeout].
func (s *Server) deleteKey(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return s.zotero.Revoke(ctx, key)
}

// Owe implements [account.Keys]. [Server.Run] deletes the key at Zotero when it
// is due.
func (s *Server) Owe(ctx context.Context, id, key string, due time.Time) error {
	text, err := s.boxes.owed.Seal([]byte(key))
	if err != nil {
		return err
	}
	return s.options.Ledger.Owe(ctx, ledger.Debt{ID: id, Sealed: []byte(text), Due: due})
}

// Settle implements [account.Keys].
func (s *Server) Settle(ctx context.Context, id string) error {
	return s.options.Ledger.Settle(ctx, id)
}

// Hasten implements [account.Keys].
func (s *Server) Hasten(ctx context.Context, id string) error {
	return s.options.Ledger.Hasten(ctx, id)
}

// Retries of deletions at Zotero.
const (
	owedEvery = time.Minute
	owedTime  = 50 * time.Second // bound of one round
	owedMost  = 100              // keys in a round
)

// Run retries failed deletions of keys at Zotero once a minute until ctx ends.
// Several processes may run it at once.
func (s *Server) Run(ctx context.Context) {
	ticker := time.NewTicker(owedEvery)
	defer ticker.Stop()
	for {
		s.deleteOwed(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// deleteOwed tries to delete each due key once, in random order, so that a key
// whose deletion always fails does not delay the others.
func (s *Server) deleteOwed(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, owedTime)
	defer cancel()
	due, err := s.options.Ledger.Owed(ctx, owedMost)
	if err != nil {
		s.options.Logger.WarnContext(ctx, "the list of keys to delete at Zotero can't be read", "error", err)
	}
	mathrand.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] })
	for _, d := range due {
		if ctx.Err() != nil {
			return
		}
		if err := s.deleteOne(ctx, d); err != nil {
			s.options.Logger.WarnContext(ctx, "a key still can't be deleted at Zotero", "error", err)
			continue
		}
		s.options.Logger.InfoContext(ctx, "a key was deleted at Zotero by a retry")
	}
}

func (s *Server) deleteOne(ctx context.Context, d ledger.Debt) error {
	key, err := s.open(ctx, s.boxes.owed, string(d.Sealed))
	if err != nil {
		return err
	}
	if err := s.deleteKey(ctx, string(key)); err != nil {
		return err
	}
	return s.options.Ledger.Settle(ctx, d.ID)
}
