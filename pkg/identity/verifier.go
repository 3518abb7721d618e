package identity

import (
	"context"
	"net/http"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Verifier tells from a token who bears it.
type Verifier interface {
	// Verify returns who bears token, which is not empty. Its errors are
	// [*library.Error]: Unauthenticated for a token that is not good,
	// Forbidden for a good one that opens nothing here, Unavailable while that
	// can't be told. None of them holds any part of the token.
	Verify(ctx context.Context, token string) (*Principal, error)
}

// Route is a handler with the method and the path that it answers.
type Route struct {
	Method, Path string
	Handler      http.Handler
}

// Challenge is the answer to a request that may not go on.
type Challenge struct {
	Status int
	Header string // value of WWW-Authenticate, or "" for none
	Err    *library.Error
}
