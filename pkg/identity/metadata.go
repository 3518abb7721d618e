package identity

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// wellKnown is the path of a resource's metadata, before the path of the
// resource (RFC 9728 section 3).
const wellKnown = "/.well-known/oauth-protected-resource"

// metadata tells clients which authorization servers issue tokens (RFC 9728
// section 2).
type metadata struct {
	Resource string   `json:"resource"`
	Servers  []string `json:"authorization_servers"`
	Scopes   []string `json:"scopes_supported"`
	Methods  []string `json:"bearer_methods_supported"`
	Name     string   `json:"resource_name"`
}

// Routes returns the handlers of the metadata: at the path that RFC 9728
// defines and, for clients that don't look there, at the root. They allow
// requests from every origin. Without issuers there are none.
func (a *Authenticator) Routes() []Route {
	if a.metadataURL == "" {
		return nil
	}
	u, uerr := url.Parse(a.metadataURL)
	body, err := json.Marshal(a.metadata)
	if err != nil || uerr != nil {
		return nil // strings marshal, and NewAuthenticator has validated the URL
	}
	var routes []Route
	paths := []string{u.EscapedPath()}
	if paths[0] != wellKnown && !a.readOnly {
		paths = append(paths, wellKnown)
	}
	for _, path := range paths {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
			routes = append(routes, Route{Method: method, Path: path, Handler: document(body)})
		}
	}
	return routes
}

// document serves a public JSON document.
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
			_, _ = w.Write(body) // fails only if the caller is gone
		}
	})
}
