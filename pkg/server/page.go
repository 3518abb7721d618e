package server

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// page is the page at /: what this is and how to connect a client. It has no
// script, and its policy allows none.
type page struct {
	options  Options
	template *template.Template
	policy   string // Content-Security-Policy
}

// newPage returns the page of a server.
func newPage(o Options) (*page, error) {
	t, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(pageCSS))
	return &page{
		options:  o,
		template: t,
		policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	}, nil
}

// pageData is what the page shows.
type pageData struct {
	Name, Version, URL string
	Style              template.CSS
	Clients            []client
	Tools              []Tool
	REST, Legacy       bool
}

// client is how one client is connected.
type client struct {
	Name, How, Code string
}

// serve answers with the page.
func (p *page) serve(c echo.Context) error {
	w := c.Response()
	url := p.baseURL(c.Request()) + "/mcp"
	var body bytes.Buffer
	err := p.template.Execute(&body, pageData{
		Name: p.options.Name, Version: p.options.Version, URL: url, Style: template.CSS(pageCSS), //nolint:gosec // our own file, the same for everybody
		Clients: clients(url), Tools: p.options.Tools, REST: p.options.Call != nil, Legacy: p.options.LegacySSE,
	})
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", p.policy)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body.Bytes())
	return nil
}

// baseURL returns where the caller reached the server, without a slash at the
// end. It is shown to that caller only.
func (p *page) baseURL(r *http.Request) string {
	if p.options.PublicURL != "" {
		return strings.TrimSuffix(p.options.PublicURL, "/")
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
// ends up in commands that people copy, so it has nothing that a shell acts on.
func isHost(s string) bool {
	return isToken(strings.NewReplacer("[", "", "]", "", ":", "").Replace(s), 255)
}

// clients says how to connect each of the common clients to url.
func clients(url string) []client {
	server := func(key string, value any) string {
		text, err := json.MarshalIndent(map[string]any{key: map[string]any{"stackroom": value}}, "", "  ")
		if err != nil {
			return ""
		}
		return string(text)
	}
	return []client{
		{"Claude Code", "In a terminal:", "claude mcp add --transport http stackroom " + url},
		{"Claude (web and desktop)", "Settings → Connectors → Add custom connector, with this address. It has to be reachable from the internet over HTTPS:", url},
		{"Claude Desktop, same computer", "In claude_desktop_config.json, with stackroom on the PATH:",
			server("mcpServers", map[string]any{"command": "stackroom", "args": []string{"stdio"}})},
		{"ChatGPT", "Settings → Connectors → Create (developer mode), with this address. It has to be reachable from the internet over HTTPS:", url},
		{"Cursor", "In ~/.cursor/mcp.json:", server("mcpServers", map[string]string{"url": url})},
		{"VS Code", "In .vscode/mcp.json:", server("servers", map[string]string{"type": "http", "url": url})},
		{"Gemini CLI", "In a terminal:", "gemini mcp add --transport http stackroom " + url},
	}
}
