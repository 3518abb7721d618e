package identity

import (
	"context"
	"net/http"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Verifier authenticates the bearer of a token.
type Verifier interface {
	// Verify returns the bearer of token, which is not empty. Its errors are
	// [*library.Error]: Unauthenticated for an invalid token, Forbidden for a
	// valid one that grants nothing here, Unavailable while it cannot be
	// verified. No error contains a part of the token.
	Verify(ctx context.Context, token string) (*Principal, error)
}

// Route is a handler with its method and path.
type Route struct {
	Method, Path string
	Handler      http.Handler
}

// Challenge is the response to a request that authentication or authorization
// rejects.
type Challenge struct {
	Status int
	Header string // value of WWW-Authenticate, or "" for none
	Err    *library.Error
}
