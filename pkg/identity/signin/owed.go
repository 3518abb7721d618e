package signin

import (
	"context"
	"crypto/rand"
	mathrand "math/rand/v2"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
)

// end ends a sign-in: its tokens, and its key at Zotero. The error is that of
// the ledger, and only if neither the ledger nor Zotero recorded the end.
func (s *Server) end(ctx context.Context, g grant) error {
	ctx = context.WithoutCancel(ctx) // also for a client that does not wait
	err := s.options.Ledger.End(ctx, s.family(g))
	if s.discard(ctx, g.Key) {
		return nil
	}
	return err
}

// discard deletes a key at Zotero, now or, if that fails, later. It reports
// whether one of the two is certain.
func (s *Server) discard(ctx context.Context, key string) bool {
	ctx = context.WithoutCancel(ctx)
	err := s.deleteKey(ctx, key)
	if err == nil {
		return true
	}
	s.options.Logger.WarnContext(ctx, "a key can't be deleted at Zotero now", "error", err)
	if err := s.Owe(ctx, rand.Text(), key, s.options.Now()); err != nil {
		s.options.Logger.ErrorContext(ctx, "nor can it be kept for later: its owner has to delete it", "error", err)
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

// Owe implements [account.Keys]: [Server.Run] deletes the key at Zotero.
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

// How keys that are to be deleted at Zotero are tried again.
const (
	owedEvery = time.Minute
	owedTime  = 50 * time.Second // for one round
	owedMost  = 100              // keys in a round
)

// Run deletes the keys at Zotero that could not be deleted before, once a
// minute until ctx ends. Several processes may do so at once.
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

// deleteOwed tries each key that is due once, in any order, so that one that
// always fails holds up no other.
func (s *Server) deleteOwed(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, owedTime)
	defer cancel()
	due, err := s.options.Ledger.Owed(ctx, owedMost)
	if err != nil {
		s.options.Logger.WarnContext(ctx, "the keys to be deleted at Zotero can't be read", "error", err)
	}
	mathrand.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] })
	for _, d := range due {
		if ctx.Err() != nil {
			return
		}
		if err := s.deleteOne(ctx, d); err != nil {
			s.options.Logger.WarnContext(ctx, "a key can't be deleted at Zotero yet", "error", err)
			continue
		}
		s.options.Logger.InfoContext(ctx, "a key was deleted at Zotero after all")
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
