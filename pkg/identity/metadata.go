package identity

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// wellKnown is where a resource's metadata is found, before the path of the
// resource (RFC 9728 section 3).
const wellKnown = "/.well-known/oauth-protected-resource"

// metadata tells clients where to get tokens (RFC 9728 section 2).
type metadata struct {
	Resource string   `json:"resource"`
	Servers  []string `json:"authorization_servers"`
	Scopes   []string `json:"scopes_supported"`
	Methods  []string `json:"bearer_methods_supported"`
	Name     string   `json:"resource_name"`
}

// Routes returns the handlers of the metadata: where RFC 9728 has it and, for
// clients that don't look there, without the resource's path. It is for pages
// of every origin. There are none without issuers.
func (g *Guard) Routes() []Route {
	if g.metadataURL == "" {
		return nil
	}
	u, uerr := url.Parse(g.metadataURL)
	body, err := json.Marshal(g.metadata)
	if err != nil || uerr != nil {
		return nil // strings marshal, and NewGuard has made the URL
	}
	var routes []Route
	paths := []string{wellKnown}
	if path := u.EscapedPath(); path != wellKnown {
		paths = append(paths, path)
	}
	for _, path := range paths {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
			routes = append(routes, Route{Method: method, Path: path, Handler: document(body)})
		}
	}
	return routes
}

// document answers with a JSON text that is for everybody.
func document(body []byte) http.Handler {
	methods := strings.Join([]string{http.MethodGet, http.MethodHead, http.MethodOptions}, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		if r.Method == http.MethodOptions {
			h.Set("Allow", methods)
			h.Set("Access-Control-Allow-Methods", methods)
			h.Set("Access-Control-Allow-Headers", "*") // clients send MCP-Protocol-Version here too
			h.Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		h.Set("Content-Type", "application/json")
		h.Set("Content-Length", strconv.Itoa(len(body)))
		h.Set("Cache-Control", "public, max-age=300")
		w.WriteHeader(http.StatusOK)
		if r.Method != http.MethodHead {
			_, _ = w.Write(body) // the caller is gone if this fails; there is nobody to tell
		}
	})
}
