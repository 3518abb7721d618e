package identity

import (
	"net/http"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Error codes of a challenge (RFC 6750 section 3.1).
const (
	invalidRequest    = "invalid_request"
	invalidToken      = "invalid_token"
	insufficientScope = "insufficient_scope"
)

// challenge returns the answer that asks for a token with scope. The code ""
// is for a request that shows none: it gets no error then (RFC 6750 section
// 3.1), only the way to a token.
func (g *Guard) challenge(status int, code string, scope Scope, err *library.Error) *Challenge {
	var params []string
	add := func(name, value string) {
		if value != "" {
			params = append(params, name+`="`+quotable(value)+`"`)
		}
	}
	add("error", code)
	add("resource_metadata", g.metadataURL)
	if g.ask != "" {
		scope = Scope(g.ask)
	}
	add("scope", string(scope))
	if code != "" {
		add("error_description", err.Message)
	}
	return &Challenge{Status: status, Header: "Bearer " + strings.Join(params, ", "), Err: err}
}

// quotable returns s with every character replaced that RFC 6750 section 3
// does not allow in a quoted value.
func quotable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case r < ' ' || r > '~' || r == '\\':
			return ' '
		}
		return r
	}, s)
}

// refused returns the answer to a request whose token a verifier did not take.
func (g *Guard) refused(err *library.Error) *Challenge {
	switch err.Code {
	case library.Unauthenticated:
		return g.challenge(http.StatusUnauthorized, invalidToken, Read, err)
	case library.Forbidden:
		return g.challenge(http.StatusForbidden, insufficientScope, Read, err)
	case library.Unavailable:
		return &Challenge{Status: http.StatusServiceUnavailable, Err: err}
	}
	return &Challenge{Status: http.StatusInternalServerError, Err: err}
}

// hint says to a person how to get in.
func (g *Guard) hint() string {
	if g.metadataURL == "" {
		return "put the token that you were given into the client's settings, as the header Authorization: Bearer srt_…; " +
			"clients that can only sign in through a browser can't use this server"
	}
	return "connect through an MCP client that can sign in; it finds the way by itself. A Zotero key is not a token"
}
