// Package origin accepts or rejects requests by Host and Origin. MCP requires
// the check (2025-11-25, transports, "Security Warning"): without it any web
// page could call a server on its visitor's machine.
package origin

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Policy holds the allowed hosts and origins.
type Policy struct {
	hosts   map[string]bool // lower case, with or without a port
	origins map[string]bool // lower case
}

// NewPolicy returns a policy with these allowlists. Without hosts, every host
// is allowed, but over loopback only loopback names: any other name there is a
// DNS rebinding attack.
func NewPolicy(hosts, origins []string) *Policy {
	p := &Policy{hosts: map[string]bool{}, origins: map[string]bool{}}
	for _, host := range hosts {
		p.hosts[strings.ToLower(host)] = true
	}
	for _, origin := range origins {
		p.origins[strings.ToLower(strings.TrimSuffix(origin, "/"))] = true
	}
	return p
}

// Check returns the reason why r is rejected, or nil. With anyOrigin only the
// host counts.
func (p *Policy) Check(r *http.Request, anyOrigin bool) *library.Error {
	if !p.hostAllowed(r) {
		return library.Errorf(library.Forbidden, "this server does not accept that host name").
			WithHint("use the address that it listens on, or ask its operator to allow the name")
	}
	if !anyOrigin && !p.OriginAllowed(r) {
		return library.Errorf(library.Forbidden, "pages of that web origin may not call this server").
			WithHint("ask the server's operator to allow the origin")
	}
	return nil
}

// hostAllowed reports whether the server accepts r's Host.
func (p *Policy) hostAllowed(r *http.Request) bool {
	if len(p.hosts) == 0 && !OverLoopback(r) {
		return true
	}
	return p.hostKnown(r)
}

// hostKnown reports whether r's Host is certainly a name of the server.
func (p *Policy) hostKnown(r *http.Request) bool {
	host := strings.ToLower(r.Host)
	return OverLoopback(r) && IsLoopback(host) || p.hosts[host] || p.hosts[hostname(host)]
}

// OriginAllowed reports whether r comes from no web page, from an allowed
// origin, from a page on this machine, or from the server's own page. The last
// counts only under a name that is certainly the server's: after DNS rebinding
// the attacker's page has the same origin.
func (p *Policy) OriginAllowed(r *http.Request) bool {
	values := r.Header["Origin"]
	if len(values) == 0 {
		return true
	}
	if len(values) > 1 {
		return false
	}
	origin := strings.ToLower(values[0])
	if p.origins[origin] {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	return OverLoopback(r) && IsLoopback(u.Host) || u.Host == strings.ToLower(r.Host) && p.hostKnown(r)
}

// OwnPage reports whether a browser says that a page of this server sent r: the web
// origin is that of public, the server's URL, or of the requested host if that is
// certainly a name of the server. Browsers name the origin with each POST (Fetch
// standard, "append a request Origin header") unless the page withholds its referrer.
func (p *Policy) OwnPage(r *http.Request, public string) bool {
	if site := r.Header["Sec-Fetch-Site"]; len(site) > 1 || len(site) == 1 && site[0] != "same-origin" {
		return false
	}
	values := r.Header["Origin"]
	if len(values) != 1 {
		return false
	}
	u, err := url.Parse(strings.ToLower(values[0]))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	own, err := url.Parse(strings.ToLower(public))
	return err == nil && u.Host == own.Host && u.Scheme == own.Scheme || u.Host == strings.ToLower(r.Host) && p.hostKnown(r)
}

// OverLoopback reports whether the request reached the server at a loopback
// address.
func OverLoopback(r *http.Request) bool {
	switch addr := r.Context().Value(http.LocalAddrContextKey).(type) {
	case *net.TCPAddr:
		return addr.IP.IsLoopback()
	case net.Addr:
		return IsLoopback(addr.String())
	}
	return false
}

// IsLoopback reports whether a host, with or without a port, is this machine.
func IsLoopback(host string) bool {
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
