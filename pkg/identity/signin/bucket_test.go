package signin_test

import (
	"fmt"
	"io"
	"testing"

	"cloud.google.com/go/storage"
	"github.com/fsouza/fake-gcs-server/fakestorage"

	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/signintest"
)

// bucketLedgers returns a bucket in this process.
func bucketLedgers(t *testing.T) *storage.BucketHandle {
	t.Helper()
	server, err := fakestorage.NewServerWithOptions(fakestorage.Options{NoListener: true, Writer: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	server.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: "state"})
	return server.Client().Bucket("state")
}

// userNumber returns one of many users.
func userNumber(i int) signintest.User {
	return signintest.User{ID: int64(1000 + i), Name: fmt.Sprintf("member %d", i)}
}
