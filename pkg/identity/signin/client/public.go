package client

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
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

// public reports whether an address is a public one.
func public(ip netip.Addr) bool {
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

// onlyPublic rejects connections to anything but port 443 of a public address.
// The dialer calls it with the resolved address, so DNS rebinding can't bypass
// it.
func onlyPublic(network, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" || at.Port() != 443 || !public(at.Addr()) {
		return fmt.Errorf("client: no document is fetched from %s", address)
	}
	return nil
}

// NewPublicTransport returns a transport that connects to public addresses
// only: no loopback, private or link-local address, no proxy.
func NewPublicTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: fetchTimeout, Control: onlyPublic}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    fetchTimeout,
		MaxResponseHeaderBytes: 32 << 10,
		DisableKeepAlives:      true, // few requests, rarely two to one host
		DisableCompression:     true, // the bound on bytes applies to decoded bytes
		ForceAttemptHTTP2:      true,
	}
}
