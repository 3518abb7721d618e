package identity

import (
	"errors"
	"net/http"
	"strings"
)

// maxToken is the longest token in bytes that anybody looks at.
const maxToken = 8 << 10

// What can be wrong with an Authorization header.
var (
	errNoToken = errors.New("no bearer token")
	errSeveral = errors.New("several Authorization headers")
	errForm    = errors.New("not the form of a token")
)

// bearer returns the token in the Authorization header. Tokens elsewhere, in
// the query or in the body, are not looked for: they would end in logs and
// histories (MCP 2026-07-28, authorization, access token usage). A scheme
// other than Bearer and one without a token count as no token (RFC 6750
// section 3.1): a client with an empty variable in its settings means that.
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
	case len(token) > maxToken || !tokenForm(token):
		return "", errForm
	}
	return token, nil
}

// tokenForm reports whether s is a b64token (RFC 6750 section 2.1).
func tokenForm(s string) bool {
	body := strings.TrimRight(s, "=")
	for i := range len(body) {
		c := body[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte("-._~+/", c) < 0 {
			return false
		}
	}
	return body != ""
}
