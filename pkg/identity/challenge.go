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

// challenge returns the challenge that asks for a token with scope. An empty
// code is for a request without a token: its challenge names no error (RFC 6750
// section 3.1).
func (a *Authenticator) challenge(status int, code string, scope Scope, err *library.Error) *Challenge {
	var params []string
	add := func(name, value string) {
		if value != "" {
			params = append(params, name+`="`+quotable(value)+`"`)
		}
	}
	add("error", code)
	add("resource_metadata", a.metadataURL)
	switch {
	case a.ask != "":
		scope = Scope(a.ask)
	case status == http.StatusUnauthorized:
		scope = Scope(a.offered) // a client asks for what the challenge names
	}
	add("scope", string(scope))
	if code != "" {
		add("error_description", err.Message)
	}
	return &Challenge{Status: status, Header: "Bearer " + strings.Join(params, ", "), Err: err}
}

// quotable replaces the characters of s that RFC 6750 section 3 does not allow
// in a quoted value.
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

// rejected returns the challenge for a token that the verifier rejected with
// err.
func (a *Authenticator) rejected(err *library.Error) *Challenge {
	switch err.Code {
	case library.Unauthenticated:
		return a.challenge(http.StatusUnauthorized, invalidToken, Read, err)
	case library.Forbidden:
		return a.challenge(http.StatusForbidden, insufficientScope, Read, err)
	case library.Unavailable:
		return &Challenge{Status: http.StatusServiceUnavailable, Err: err}
	}
	return &Challenge{Status: http.StatusInternalServerError, Err: err}
}

// hint tells a person how to authenticate.
func (a *Authenticator) hint() string {
	if a.metadataURL == "" {
		return "put the token that your admin gave you into the client's settings, as the header Authorization: Bearer srt_…; " +
			"clients that can only sign in through a browser do not work with this server"
	}
	return "connect with an MCP client that supports OAuth sign-in; it finds the sign-in page by itself. A Zotero key is not a token"
}
