package client

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
)

// reserved are the addresses, of those that look like any other, behind which
// something private may be (IANA special-purpose address registries). Of IPv6,
// only 2000::/3 is given out at all.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // between providers and customers
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

// public reports whether an address is somebody's in the open Internet.
func public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Zone() != "" {
		return false
	}
	if ip.Is6() && !netip.MustParsePrefix("2000::/3").Contains(ip) { // NAT64 among the others
		return false
	}
	for _, p := range reserved {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

// onlyPublic refuses connections to anything but port 443 of a public address.
// The dialer calls it with the address that it is about to connect to, so no
// name that resolves to something else the second time gets by.
func onlyPublic(network, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" || at.Port() != 443 || !public(at.Addr()) {
		return fmt.Errorf("client: no document is fetched from %s", address)
	}
	return nil
}

// NewPublicTransport returns a transport that reaches the open Internet and
// nothing that is near: no loopback, private or link-local address, no proxy.
func NewPublicTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: fetchTimeout, Control: onlyPublic}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    fetchTimeout,
		MaxResponseHeaderBytes: 32 << 10,
		DisableKeepAlives:      true, // few documents, and none twice in a row
		DisableCompression:     true, // the bound on bytes is one on what is read
		ForceAttemptHTTP2:      true,
	}
}
