package call

import (
	"context"
	"net/http"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
)

// The transports of calls, by their OpenTelemetry names (network.transport).
const (
	OverNetwork = "tcp"
	OverPipe    = "pipe"
)

// Browser is the name of every browser as a calling program.
const Browser = "browser"

// Product returns the name of the calling program: the first product of
// User-Agent (RFC 9110, section 10.1.5), or "". All browsers name Mozilla there; they
// are [Browser].
func Product(h http.Header) string {
	name, _, _ := strings.Cut(h.Get("User-Agent"), "/")
	if name == "Mozilla" {
		return Browser
	}
	return name
}

// Subject returns the subject of ctx's principal, or "" without one.
func Subject(ctx context.Context) string {
	if p := identity.PrincipalFrom(ctx); p != nil {
		return p.Subject
	}
	return ""
}
