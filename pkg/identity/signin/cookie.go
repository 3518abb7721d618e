package signin

import (
	"net/http"
	"time"
)

// The cookies: one that knows a browser again, so that no other may send its
// consent, and one for each person on the way to Zotero and back.
const (
	cookieBrowser = "stackroom-browser"
	cookieLogin   = "stackroom-login-"
)

// markSize is the length of what [crypto/rand.Text] makes.
const markSize = 26

// loginCookie returns the name of the cookie of a sign-in. Each has its own,
// so that two may go on in one browser at once.
func loginCookie(mark string) string { return cookieLogin + mark[:8] }

// cookieName returns the name under which a cookie is set. With the prefix
// __Host- no other host of the domain can set it, and it goes over https only
// (RFC 6265bis, section 4.1.3.2). On http, which is for this machine alone,
// there is no such thing.
func (s *Server) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return name
}

// cookie returns a cookie that scripts don't see and that other sites can't
// send, except by leading the person here. It lasts for d, with 0 as long as
// the browser runs; with less it is deleted.
func (s *Server) cookie(name, value string, d time.Duration) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure wherever there is https
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: int(d / time.Second),
		Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// browser returns the value of the cookie that knows a browser again.
func (s *Server) browser(r *http.Request) (string, bool) {
	c, err := r.Cookie(s.cookieName(cookieBrowser))
	if err != nil || len(c.Value) != markSize || !isMark(c.Value) {
		return "", false
	}
	return c.Value, true
}

// isMark reports whether s may come from [crypto/rand.Text]: base32.
func isMark(s string) bool {
	if len(s) != markSize {
		return false
	}
	for _, r := range s {
		if (r < 'A' || r > 'Z') && (r < '2' || r > '7') {
			return false
		}
	}
	return true
}
