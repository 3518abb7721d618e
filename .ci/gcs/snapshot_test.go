package gcs

import (
	"io"
	"net/http/httptest"
	"testing"

	"github.com/fsouza/fake-gcs-server/fakestorage"

	"github.com/stackroom-mcp/stackroom/pkg/bucket"
	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/replica/snapshot"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// newBucket returns an empty bucket of a fake-gcs-server.
func newBucket(t *testing.T) *bucket.Bucket {
	t.Helper()
	fake, err := fakestorage.NewServerWithOptions(fakestorage.Options{NoListener: true, Writer: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fake.Stop)
	fake.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: buckettest.Bucket})
	server := httptest.NewServer(fake.HTTPHandler())
	t.Cleanup(server.Close)
	b, err := bucket.Open(t.Context(), bucket.Options{Name: buckettest.Bucket, Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSnapshot_OverFakeGCSServer(t *testing.T) {
	b := newBucket(t)
	name := replica.Name{Library: "group:4711", View: "notes,files"}
	dir := t.TempDir()
	err := shelf.Rebuild(t.Context(), dir, func(r *shelf.Rebuilding) (int64, error) {
		return 1, r.Put(&library.Item{
			ID: library.ItemID{Key: "HARVEST2"}, Type: "book", Version: 1, Fields: map[string]string{"title": "The harvest"},
		})
	}, shelf.WithLibrary(name.Library))
	if err != nil {
		t.Fatal(err)
	}
	s, err := shelf.Open(t.Context(), dir, shelf.WithLibrary(name.Library))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	first := snapshot.New(snapshot.Options{Bucket: b, PieceBytes: 100})
	second := snapshot.New(snapshot.Options{Bucket: b, PieceBytes: 100})
	release, held, err := first.Lease(t.Context(), name)
	if err != nil || !held {
		t.Fatalf("lease: %v, %v", held, err)
	}
	if _, held, err := second.Lease(t.Context(), name); err != nil || held {
		t.Errorf("a second lease: %v, %v", held, err)
	}
	if err := first.Save(t.Context(), name, s); err != nil {
		t.Fatal(err)
	}
	release()
	to := t.TempDir()
	if found, err := second.Restore(t.Context(), name, to); err != nil || !found {
		t.Fatalf("restore: %v, %v", found, err)
	}
	restored, err := shelf.Open(t.Context(), to, shelf.WithLibrary(name.Library))
	if err != nil {
		t.Fatal(err)
	}
	defer restored.Close()
	if page, err := restored.Search(t.Context(), library.Query{Text: "harvest", Limit: 10}); err != nil || len(page.Items) != 1 {
		t.Errorf("search: %+v, %v", page, err)
	}
	if err := second.Delete(t.Context(), name); err != nil {
		t.Error(err)
	}
	if page, err := b.List(t.Context(), snapshot.Prefix, ""); err != nil || len(page.Objects) != 0 {
		t.Errorf("after delete: %+v, %v", page, err)
	}
}
