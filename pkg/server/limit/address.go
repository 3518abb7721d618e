package limit

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ClientAddress returns the address of whoever called: that of the connection,
// or behind hops proxies that the deployment trusts, what the outermost of
// them wrote into X-Forwarded-For. Each proxy adds, at the end, the address
// that it was called from, so that address is the hops-th from the end;
// whatever stands before it is the caller's own word. A list that is shorter,
// or has something else in that place, did not come through those proxies: then
// it is the connection's address again. Whoever can reach the server past one
// of them chooses the address, so behind a load balancer before Cloud Run the
// service must let in the load balancer only.
//
// The address has no zone, and an IPv4 address in IPv6 form is the IPv4
// address, so that a caller has one only. It is the zero Addr for a connection
// that has none.
func ClientAddress(r *http.Request, hops int) netip.Addr {
	if hops > 0 {
		if a := parseAddress(forwarded(r.Header["X-Forwarded-For"], hops)); a.IsValid() {
			return a
		}
	}
	if a, err := netip.ParseAddrPort(r.RemoteAddr); err == nil { // as net/http has it
		return plainAddress(a.Addr())
	}
	return parseAddress(r.RemoteAddr)
}

// forwarded returns the n-th entry from the end of the lists, which in this
// order are one list (RFC 9110, section 5.2), or "".
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

// parseAddress reads an address with or without a port, an IPv6 one in
// brackets or, without a port, not. It returns the zero Addr for anything
// else.
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

// networkBits is how much of an IPv6 address belongs to the network: whoever
// has one address has the whole /64 (RFC 4291, section 2.5.1).
const networkBits = 64

// AddressKey returns the key by which a caller without a principal is limited:
// the address, for IPv6 its network. Callers without an address share a key.
func AddressKey(a netip.Addr) string {
	if a.Is6() && !a.Is4In6() {
		if network, err := a.Prefix(networkBits); err == nil {
			a = network.Addr()
		}
	}
	return string(a.AppendTo(append(make([]byte, 0, 64), "address:"...)))
}
