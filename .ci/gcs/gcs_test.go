// Package gcs tests pkg/bucket against fake-gcs-server, which is too large to
// be a dependency of the product.
package gcs

import (
	"io"
	"net/http/httptest"
	"testing"

	"github.com/fsouza/fake-gcs-server/fakestorage"

	"github.com/stackroom-mcp/stackroom/pkg/bucket"
	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
)

func TestFakeGCSServer(t *testing.T) {
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
	buckettest.Contract(t, b)
}
