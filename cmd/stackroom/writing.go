package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/bucket"
	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/pdf/quote"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// openWriting returns what the tools that change libraries work with; nil if the
// deployment lets no library be changed, or has none that can be.
func openWriting(ctx context.Context, a *app, keyring *seal.Keyring, logger *slog.Logger) (*tool.Writing, error) {
	c := a.config
	if !writingTools(c, a.libs) {
		return nil, nil
	}
	store, err := openJournal(ctx, a, logger)
	if err != nil {
		return nil, err
	}
	a.quotes = quote.New()
	w := &tool.Writing{Confirm: tool.Confirm(c.Confirm), Quotes: a.quotes, Subject: subject, Wrote: a.observing.Wrote}
	if keyring != nil {
		w.Journal = change.NewJournal(store, keyring.Sealer("journal"), nil)
		w.Plans = change.NewPlans(keyring.Sealer("plan"), store, c.MCPURL(), nil)
		return w, nil
	}
	// Without a master key a plan is good for the process that made it.
	secret := make([]byte, seal.MasterSize)
	_, _ = rand.Read(secret) // crypto/rand never fails
	own, err := seal.New(secret)
	if err != nil {
		return nil, err
	}
	w.Journal = change.NewJournal(store, nil, nil)
	w.Plans = change.NewPlans(own.Sealer("plan"), store, c.MCPURL(), nil)
	return w, nil
}

// forPages returns what the tools work with behind the pages: a person sees each change
// before it is made. writing may be nil.
func forPages(writing *tool.Writing) *tool.Writing {
	if writing == nil {
		return nil
	}
	w := *writing
	w.Confirm, w.Client = tool.ConfirmAlways, "the pages of this server"
	return &w
}

// cloudRunFile is the most bytes of a file that a person can send to Cloud Run, which
// refuses requests of more than 32 MiB over HTTP/1.1
// (https://docs.cloud.google.com/run/quotas). The form around the file is less than a MiB.
const cloudRunFile = 31 << 20

// maxFileBytes returns the most bytes of a file that a person adds on the page of a
// work, 0 for the server's own bound.
func maxFileBytes(c *config.Config) int64 {
	if c.Service != "" {
		return cloudRunFile
	}
	return 0
}

// subject identifies the caller of ctx.
func subject(ctx context.Context) string {
	if p := identity.PrincipalFrom(ctx); p != nil {
		return p.Subject
	}
	return ""
}

// openJournal returns where receipts and long plans are kept: the state bucket, or a
// folder of the data folder.
func openJournal(ctx context.Context, a *app, logger *slog.Logger) (change.Store, error) {
	if a.config.StateBucket == "" {
		return change.NewFolder(filepath.Join(a.config.Data, "changes"), nil), nil
	}
	b, err := openBucket(ctx, a.config, a.observing.upstreamHooks("journal", logger))
	if err != nil {
		return nil, err
	}
	return bucketStore{b}, nil
}

// bucketStore is a [change.Store] in a bucket. Lifecycle rules delete what expired.
type bucketStore struct{ bucket *bucket.Bucket }

// Create implements [change.Store].
func (s bucketStore) Create(ctx context.Context, name string, data []byte, expires time.Time) error {
	_, err := s.bucket.Put(ctx, name, data, expires, 0)
	return err
}

// Get implements [change.Store].
func (s bucketStore) Get(ctx context.Context, name string) ([]byte, error) {
	o, err := s.bucket.Get(ctx, name)
	return o.Data, err
}

// List implements [change.Store].
func (s bucketStore) List(ctx context.Context, prefix, page string) (names []string, next string, err error) {
	found, err := s.bucket.List(ctx, prefix, page)
	for _, o := range found.Objects {
		names = append(names, o.Name)
	}
	return names, found.Next, err
}

// writingTools reports whether tools that change libraries can be served: a token may
// then have the scope for them.
func writingTools(c *config.Config, libs *libraries) bool { return c.WritesAny() && libs.Writes() }
