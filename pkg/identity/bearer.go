package identity

import (
	"errors"
	"net/http"
	"strings"
)

// maxToken is the longest accepted token, in bytes.
const maxToken = 8 << 10

// Reasons why an Authorization header has no usable token.
var (
	errNoToken = errors.New("no bearer token")
	errSeveral = errors.New("more than one Authorization header")
	errForm    = errors.New("the token is malformed")
)

// bearer returns the token in the Authorization header. It ignores tokens in
// the query and in the body, which would end up in logs and browser histories
// (MCP 2026-07-28, authorization, access token usage). Another scheme and an
// empty token count as no token (RFC 6750 section 3.1): clients send an empty
// token when a variable in their settings is empty.
func bearer(h http.Header) (string, error) {
	values := h["Authorization"]
	switch len(values) {
	case 0:
		return "", errNoToken
	case 1:
	default:
		return "", errSeveral
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	token = strings.Trim(token, " ")
	switch {
	case !strings.EqualFold(scheme, "Bearer") || token == "":
		return "", errNoToken
	case len(token) > maxToken || !validToken(token):
		return "", errForm
	}
	return token, nil
}

// validToken reports whether s is a b64token (RFC 6750 section 2.1).
func validToken(s string) bool {
	body := strings.TrimRight(s, "=")
	for i := range len(body) {
		c := body[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte("-._~+/", c) < 0 {
			return false
		}
	}
	return body != ""
}
