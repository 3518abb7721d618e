// Package gcs tests pkg/bucket and what stands on it against fake-gcs-server,
// which is too large to be a dependency of the product.
package gcs

import (
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
)

func TestFakeGCSServer(t *testing.T) { buckettest.Contract(t, newBucket(t)) }
