// Package ledger is a small set with expiry that several processes may share:
// what is spent, and what is revoked. It holds digests of names and times,
// nothing that could be used or read.
//
// Two stores keep the same promises: [Memory] for one process and [Bucket],
// in Cloud Storage, for many.
package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Entry is what the ledger knows of a name.
type Entry struct {
	At    time.Time // when it was entered
	First bool      // whether by the call that returns this
}

// retryAfter is when those who met an unusable ledger may come back.
const retryAfter = 5 * time.Second

// unavailable is the error of a ledger that can't answer.
func unavailable(cause error) error {
	return library.Errorf(library.Unavailable, "the sign-in service can't tell now what is already used").
		WithHint("try again in a few seconds; calls with a token that you have go on").
		WithRetryAfter(retryAfter).WithCause(cause)
}

// digest returns what stands for a name.
func digest(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}
