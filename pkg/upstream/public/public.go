// Package public connects to hosts that callers name: to public addresses only, so
// that no caller reaches what stands beside the server.
package public

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// reserved are the address ranges that may lead to private hosts (IANA
// special-purpose address registries), beside those that package netip
// classifies. Of IPv6, only 2000::/3 is allocated.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // carrier-grade NAT
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001::/23"), // Teredo carries IPv4
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), // 6to4 carries IPv4
	netip.MustParsePrefix("3fff::/20"),
}

// isPublic reports whether an address is a public one.
func isPublic(ip netip.Addr) bool {
	ip = ip.Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Zone() != "" {
		return false
	}
	if ip.Is6() && !netip.MustParsePrefix("2000::/3").Contains(ip) { // includes NAT64
		return false
	}
	for _, p := range reserved {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

// only returns a control function for dialers that rejects connections to anything
// but these ports of public addresses. The dialer calls it with the resolved
// address, so DNS rebinding can't bypass it.
func only(ports []uint16) func(network, address string, _ syscall.RawConn) error {
	return func(network, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || network != "tcp4" && network != "tcp6" || !slices.Contains(ports, at.Port()) || !isPublic(at.Addr()) {
			return fmt.Errorf("public: %s is not connected to", address)
		}
		return nil
	}
}

// Check fails with [library.Invalid] unless a URL has one of these ports, and its
// host has public addresses only. It is for a URL that another program fetches: that
// program resolves the host again, and may get another address, so it should reach
// public hosts only by itself.
func Check(ctx context.Context, u *url.URL, ports ...uint16) error {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err == nil && (len(addresses) == 0 || slices.ContainsFunc(addresses, func(ip netip.Addr) bool { return !isPublic(ip) })) {
		err = errors.New("public: the host has an address that is not public")
	}
	if !slices.ContainsFunc(ports, func(p uint16) bool { return port == strconv.Itoa(int(p)) }) {
		err = errors.New("public: the port is not asked for")
	}
	if err != nil {
		return library.Errorf(library.Invalid, "the address is not on a public host").WithCause(err)
	}
	return nil
}

// NewTransport returns a transport that connects to these ports of public addresses
// only: to no loopback, private or link-local address, and through no proxy.
// Connecting and the TLS handshake may take timeout each. It asks for no
// compression, so that a bound on bytes read is a bound on bytes decoded.
func NewTransport(timeout time.Duration, ports ...uint16) *http.Transport {
	dialer := &net.Dialer{Timeout: timeout, Control: only(ports)}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    timeout,
		ResponseHeaderTimeout:  timeout,
		MaxResponseHeaderBytes: 32 << 10,
		DisableKeepAlives:      true, // few requests, rarely two to one host
		DisableCompression:     true,
		ForceAttemptHTTP2:      true,
	}
}
