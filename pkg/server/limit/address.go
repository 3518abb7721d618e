package limit

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ClientAddress returns the address of the caller. Without proxies it is the
// address of the connection. Behind hops trusted proxies it is the hops-th
// entry from the end of X-Forwarded-For: each proxy appends the address that it
// was called from, and entries further to the left come from the caller. If the
// list is shorter, or that entry is not an address, the request did not come
// through those proxies, and the result is the address of the connection. A
// caller that can bypass a proxy can choose its address, so behind a load
// balancer in front of Cloud Run the service must accept requests from the load
// balancer only.
//
// The address has no zone, and an IPv4 address in IPv6 form becomes the IPv4
// address, so that each caller has one address. It is the zero Addr for a
// connection without one.
func ClientAddress(r *http.Request, hops int) netip.Addr {
	if hops > 0 {
		if a := parseAddress(forwarded(r.Header["X-Forwarded-For"], hops)); a.IsValid() {
			return a
		}
	}
	if a, err := netip.ParseAddrPort(r.RemoteAddr); err == nil { // in the form of net/http
		return plainAddress(a.Addr())
	}
	return parseAddress(r.RemoteAddr)
}

// forwarded returns the n-th entry from the end of the lists, which are one
// list in this order (RFC 9110, section 5.2), or "".
func forwarded(lists []string, n int) string {
	for _, list := range slices.Backward(lists) {
		for more := true; more; n-- {
			var entry string
			if comma := strings.LastIndexByte(list, ','); comma >= 0 {
				list, entry = list[:comma], list[comma+1:]
			} else {
				entry, more = list, false
			}
			if n == 1 {
				return strings.Trim(entry, " \t")
			}
		}
	}
	return ""
}

// parseAddress parses an address with or without a port; brackets around an
// IPv6 address are optional without a port. It returns the zero Addr for
// anything else.
func parseAddress(s string) netip.Addr {
	a, err := netip.ParseAddr(s)
	if err != nil {
		if inside, ok := strings.CutPrefix(s, "["); ok && strings.HasSuffix(s, "]") {
			a, err = netip.ParseAddr(inside[:len(inside)-1])
		} else {
			var withPort netip.AddrPort
			withPort, err = netip.ParseAddrPort(s)
			a = withPort.Addr()
		}
	}
	if err != nil {
		return netip.Addr{}
	}
	return plainAddress(a)
}

func plainAddress(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// networkBits is the length of an IPv6 network: the owner of one address has
// the whole /64 (RFC 4291, section 2.5.1).
const networkBits = 64

// AddressKey returns the key that identifies a caller without a principal in
// limits: the address or, for IPv6, its network. Callers without an address
// share a key.
func AddressKey(a netip.Addr) string {
	if a.Is6() && !a.Is4In6() {
		if network, err := a.Prefix(networkBits); err == nil {
			a = network.Addr()
		}
	}
	return string(a.AppendTo(append(make([]byte, 0, 64), "address:"...)))
}
