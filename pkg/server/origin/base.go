package origin

import (
	"net/http"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// BaseURL returns the URL at which the caller of r reached the server, without a
// trailing slash: public, or the host that the request names if public is "". It
// is shown to that caller only.
func BaseURL(public string, r *http.Request) string {
	if public != "" {
		return strings.TrimSuffix(public, "/")
	}
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	host := r.Host
	if !isHost(host) {
		host = "localhost"
	}
	return scheme + "://" + host
}

// isHost reports whether s can be a host with or without a port. The text
// appears in commands that people copy, so it must not contain characters that
// a shell interprets.
func isHost(s string) bool {
	return plaintext.IsToken(strings.NewReplacer("[", "", "]", "", ":", "").Replace(s), 255)
}
