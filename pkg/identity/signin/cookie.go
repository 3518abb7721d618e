package signin

import (
	"net/http"
	"time"
)

// The cookies: one identifies a browser, so that no other browser can send its
// consent form; the other holds one sign-in while the person is at Zotero.
const (
	cookieBrowser = "stackroom-browser"
	cookieLogin   = "stackroom-login-"
)

// markSize is the length of a result of [crypto/rand.Text].
const markSize = 26

// loginCookie returns the name of a sign-in's cookie. Each sign-in has its own,
// so that two can run in one browser at once.
func loginCookie(mark string) string { return cookieLogin + mark[:8] }

// cookieName returns the name under which a cookie is set. The prefix __Host-
// prevents other hosts of the domain from setting it and restricts it to https
// (RFC 6265bis, section 4.1.3.2). On http, which only works on this machine,
// the prefix is not available.
func (s *Server) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return name
}

// cookie returns a cookie that scripts can't read and that other sites can send
// only by top-level navigation. It lasts for d; 0 is until the browser ends, a
// negative d deletes it.
func (s *Server) cookie(name, value string, d time.Duration) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure wherever there is https
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: int(d / time.Second),
		Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// browser returns the value of the cookie that identifies the browser.
func (s *Server) browser(r *http.Request) (string, bool) {
	c, err := r.Cookie(s.cookieName(cookieBrowser))
	if err != nil || len(c.Value) != markSize || !isMark(c.Value) {
		return "", false
	}
	return c.Value, true
}

// isMark reports whether s may be a result of [crypto/rand.Text]: base32.
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
