// Package directory serves what directories of MCP servers read and ask for: the
// server's card and catalog (SEP-2127), the proof of a domain, the icon, and the
// pages about privacy and support.
package directory

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/page"
)

// The paths that this package serves.
const (
	cardPath      = "/mcp/server-card"
	catalogPath   = "/.well-known/ai-catalog.json"
	challengePath = "/.well-known/openai-apps-challenge"
	iconPath      = "/icon.png"
	privacyPath   = "/privacy"
	supportPath   = "/support"
)

// Options says what there is to tell.
type Options struct {
	Card Card // without its URLs, which depend on the request
	// PublicURL is the URL at which callers reach the server. If it is "", each
	// request determines it.
	PublicURL string
	// Token reports whether a client sends a token that its user was given.
	Token bool
	// Challenge proves to OpenAI that the domain is the operator's. "" serves none.
	Challenge string
	// Icon is a square PNG of IconSize.
	Icon     []byte
	IconSize string // such as "512x512"
	// Contact is an e-mail address or an https URL of who runs the server, or "".
	Contact string
	Privacy Privacy
}

// Privacy says what the server keeps, and what it sends to others.
type Privacy struct {
	Kept []Kept
	Sent []Sent
}

// Kept is something that the server keeps. What says more than the name, or is "".
type Kept struct{ Name, What, Where, HowLong, End string }

// Sent is something that the server sends to others.
type Sent struct{ To, What, When string }

// Directory is the handlers. Create it with [New].
type Directory struct {
	options          Options
	privacy, support *page.Page
}

// New returns the handlers. It fails if a page's template does.
func New(o Options) (*Directory, error) {
	d := &Directory{options: o}
	var err error
	if d.privacy, err = page.New("privacy", privacyHTML); err != nil {
		return nil, err
	}
	d.support, err = page.New("support", supportHTML)
	return d, err
}

// Routes returns the routes. They need no authentication.
func (d *Directory) Routes() []identity.Route {
	routes := []identity.Route{
		{Method: http.MethodOptions, Path: cardPath, Handler: http.HandlerFunc(preflight)},
		{Method: http.MethodOptions, Path: catalogPath, Handler: http.HandlerFunc(preflight)},
	}
	for path, handler := range map[string]http.HandlerFunc{
		cardPath: d.writeCard, catalogPath: d.writeCatalog, iconPath: d.writeIcon, privacyPath: d.writePrivacy, supportPath: d.writeSupport,
	} {
		routes = append(routes, readable(path, handler)...)
	}
	if d.options.Challenge != "" {
		routes = append(routes, readable(challengePath, d.writeChallenge)...)
	}
	return routes
}

// readable returns the routes of a path that can be read.
func readable(path string, handler http.HandlerFunc) []identity.Route {
	return []identity.Route{{Method: http.MethodGet, Path: path, Handler: handler}, {Method: http.MethodHead, Path: path, Handler: handler}}
}

// publish writes a document that everyone may read and keep for an hour, unless
// the answer says otherwise, and compare with an ETag after that.
func publish(w http.ResponseWriter, r *http.Request, kind string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "public, max-age=3600")
	}
	sum := sha256.Sum256(body)
	h.Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// share lets pages of every origin read the answer, as discovery documents have
// to be.
func share(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "GET")
	h.Set("Access-Control-Allow-Headers", "Content-Type, If-None-Match")
	h.Set("Access-Control-Expose-Headers", "ETag")
}

// preflight answers a browser that asks whether a page may read a document.
func preflight(w http.ResponseWriter, _ *http.Request) {
	share(w.Header())
	w.Header().Set("Access-Control-Max-Age", "3600")
	w.WriteHeader(http.StatusNoContent)
}

// writeIcon serves the icon.
func (d *Directory) writeIcon(w http.ResponseWriter, r *http.Request) {
	publish(w, r, "image/png", d.options.Icon)
}

// writeChallenge serves the text by which OpenAI knows the domain's owner.
func (d *Directory) writeChallenge(w http.ResponseWriter, r *http.Request) {
	publish(w, r, "text/plain; charset=utf-8", []byte(d.options.Challenge))
}
