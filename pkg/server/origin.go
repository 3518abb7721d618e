package server

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// gate decides by Host and Origin whether a request may come in. MCP requires
// the check (2025-11-25, transports, "Security Warning"): without it any web
// page could talk to a server on its visitor's machine.
type gate struct {
	hosts   map[string]bool // lower case, with or without a port
	origins map[string]bool // lower case
}

// newGate returns a gate with these allow-lists.
func newGate(hosts, origins []string) *gate {
	g := &gate{hosts: map[string]bool{}, origins: map[string]bool{}}
	for _, host := range hosts {
		g.hosts[strings.ToLower(host)] = true
	}
	for _, origin := range origins {
		g.origins[strings.ToLower(strings.TrimSuffix(origin, "/"))] = true
	}
	return g
}

// check returns why r may not come in, or nil. Where any origin may call, only
// the host counts.
func (g *gate) check(r *http.Request, anyOrigin bool) *library.Error {
	if !g.hostAllowed(r) {
		return library.Errorf(library.Forbidden, "this server does not answer under that host name").
			WithHint("call it by the address it listens on, or have its operator allow the name")
	}
	if !anyOrigin && !g.originAllowed(r) {
		return library.Errorf(library.Forbidden, "pages of that web origin may not call this server").
			WithHint("have the server's operator allow the origin")
	}
	return nil
}

// hostAllowed reports whether the server answers under r's Host.
func (g *gate) hostAllowed(r *http.Request) bool {
	if len(g.hosts) == 0 && !overLoopback(r) {
		return true
	}
	return g.hostKnown(r)
}

// hostKnown reports whether r's Host is a name that the server surely has.
func (g *gate) hostKnown(r *http.Request) bool {
	host := strings.ToLower(r.Host)
	return overLoopback(r) && isLoopback(host) || g.hosts[host] || g.hosts[hostname(host)]
}

// originAllowed reports whether r comes from no web page, from one that is
// allowed, from one on this machine, or from the server's own. The last
// counts only under a name that is surely the server's: after DNS rebinding
// the attacker's page has the same origin, too.
func (g *gate) originAllowed(r *http.Request) bool {
	values := r.Header["Origin"]
	if len(values) == 0 {
		return true
	}
	if len(values) > 1 {
		return false
	}
	origin := strings.ToLower(values[0])
	if g.origins[origin] {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	return overLoopback(r) && isLoopback(u.Host) || u.Host == strings.ToLower(r.Host) && g.hostKnown(r)
}

// overLoopback reports whether the request reached the server at a loopback
// address.
func overLoopback(r *http.Request) bool {
	switch addr := r.Context().Value(http.LocalAddrContextKey).(type) {
	case *net.TCPAddr:
		return addr.IP.IsLoopback()
	case net.Addr:
		return isLoopback(addr.String())
	}
	return false
}

// isLoopback reports whether a host, with or without a port, is this machine.
func isLoopback(host string) bool {
	name := hostname(host)
	if name == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.IsLoopback()
}

// hostname returns a host without its port and brackets.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}
