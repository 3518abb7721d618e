package main

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// TestZoteroKnownItems asks for known works of the personal library, which has works of
// Better BibTeX's performance test, as [TestKnownItems] asks the embedded library.
func TestZoteroKnownItems(t *testing.T) {
	seed := zoteroServer(t)
	up, err := upstream.New(upstream.Options{BaseURL: seed.URL, Name: "Zotero"})
	if err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse(seed.URL)
	if err != nil {
		t.Fatal(err)
	}
	replicas := replica.New(replica.Options{Dir: t.TempDir()})
	t.Cleanup(func() { _ = replicas.Close(context.WithoutCancel(t.Context())) })
	ring := zotero.NewKeyring(zotero.NewClient(up, zotero.Options{Host: base.Host}), replicas, []string{seed.Keys["personal"]}, zotero.KeyringOptions{})
	libraries, err := ring.Libraries(t.Context())
	if err != nil || len(libraries) != 1 {
		t.Fatalf("%d libraries, %v", len(libraries), err)
	}
	reader, err := ring.Open(t.Context(), libraries[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	until(t, 5*time.Minute, "the whole library", func() bool {
		page, err := reader.Search(t.Context(), library.Query{Limit: 1})
		return err == nil && page.Notice == ""
	})
	testKnownItems(t, reader)
}
