package limit

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

func TestClientAddress(t *testing.T) {
	const proxy = "169.254.1.1:4711"
	for _, test := range []struct {
		name, remote string
		forwarded    []string
		hops         int
		want         string // "" for none
	}{
		{"no proxy", "203.0.113.7:1234", nil, 0, "203.0.113.7"},
		{"no proxy: the header is ignored", "203.0.113.7:1234", []string{"198.51.100.1"}, 0, "203.0.113.7"},
		{"Cloud Run", proxy, []string{"203.0.113.7"}, 1, "203.0.113.7"},
		{"Cloud Run: the caller's entry comes first", proxy, []string{"198.51.100.1, 203.0.113.7"}, 1, "203.0.113.7"},
		{"load balancer and Cloud Run", proxy, []string{"198.51.100.1,203.0.113.7,35.191.0.1"}, 2, "203.0.113.7"},
		{"a header each", proxy, []string{"198.51.100.1", "203.0.113.7", "35.191.0.1"}, 2, "203.0.113.7"},
		{"a header of two and one of one", proxy, []string{"198.51.100.1, 203.0.113.7", "35.191.0.1"}, 2, "203.0.113.7"},
		{"spaces", proxy, []string{" \t203.0.113.7\t "}, 1, "203.0.113.7"},
		{"with a port", proxy, []string{"203.0.113.7:8080"}, 1, "203.0.113.7"},
		{"IPv6", proxy, []string{"2001:db8::1"}, 1, "2001:db8::1"},
		{"IPv6 in brackets", proxy, []string{"[2001:db8::1]"}, 1, "2001:db8::1"},
		{"IPv6 with a port", proxy, []string{"[2001:db8::1]:8080"}, 1, "2001:db8::1"},
		{"IPv6 connection", "[2001:db8::1]:8080", nil, 0, "2001:db8::1"},
		{"a zone is dropped", "[fe80::1%eth0]:8080", nil, 0, "fe80::1"},
		{"a zone in the header is dropped", proxy, []string{"fe80::1%anything"}, 1, "fe80::1"},
		{"IPv4 in IPv6", proxy, []string{"::ffff:203.0.113.7"}, 1, "203.0.113.7"},
		{"fewer entries than proxies", proxy, []string{"203.0.113.7"}, 2, "169.254.1.1"},
		{"no header", proxy, nil, 1, "169.254.1.1"},
		{"an empty header", proxy, []string{""}, 1, "169.254.1.1"},
		{"empty entries count", proxy, []string{"203.0.113.7,,"}, 1, "169.254.1.1"},
		{"a name", proxy, []string{"203.0.113.7, localhost"}, 1, "169.254.1.1"},
		{"unknown, as RFC 7239 writes it", proxy, []string{"unknown"}, 1, "169.254.1.1"},
		{"leading zeros", proxy, []string{"203.0.113.007"}, 1, "169.254.1.1"},
		{"unclosed bracket", proxy, []string{"[2001:db8::1"}, 1, "169.254.1.1"},
		{"quoted", proxy, []string{`"203.0.113.7"`}, 1, "169.254.1.1"},
		{"no connection", "", nil, 0, ""},
		{"a socket in the file system", "@", nil, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: test.remote, Header: http.Header{}}
			if test.forwarded != nil {
				r.Header["X-Forwarded-For"] = test.forwarded
			}
			var want netip.Addr
			if test.want != "" {
				want = netip.MustParseAddr(test.want)
			}
			if got := ClientAddress(r, test.hops); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestAddressKey(t *testing.T) {
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"203.0.113.7", "203.0.113.7", true},
		{"203.0.113.7", "203.0.113.8", false},
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true},
		{"2001:db8:1:2::1", "2001:db8:1:3::1", false},
		{"::ffff:203.0.113.7", "::ffff:203.0.113.8", false},
	} {
		a, b := AddressKey(netip.MustParseAddr(test.a)), AddressKey(netip.MustParseAddr(test.b))
		if (a == b) != test.same {
			t.Errorf("%s is %q, %s is %q", test.a, a, test.b, b)
		}
	}
	if AddressKey(netip.Addr{}) == "" {
		t.Error("a caller without an address has no key")
	}
}

// FuzzClientAddress checks that the caller's header never counts: behind a
// proxy that appends, the address is the one that the proxy saw.
func FuzzClientAddress(f *testing.F) {
	for _, seed := range []string{"", "203.0.113.7", "a, b", "[::1]:80, fe80::1%z", ",,,", "\x00,\xff", strings.Repeat("1.2.3.4,", 100), "::ffff:1.2.3.4", "[", "]:", "1.2.3.4:99999"} {
		f.Add(seed, "10.0.0.1:80", uint8(1))
	}
	f.Add("x", "no address", uint8(0))
	f.Fuzz(func(t *testing.T, written, remote string, hops uint8) {
		r := &http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {written}}}
		for _, h := range []int{int(hops), -1, 0} {
			if a := ClientAddress(r, h); a.Zone() != "" || a.Is4In6() {
				t.Errorf("%v is not the only form of an address", a)
			}
		}
		const seen = "203.0.113.7"
		for trusted := 1; trusted <= 3; trusted++ {
			list := written + ", " + seen + strings.Repeat(", 35.191.0.1", trusted-1)
			r.Header["X-Forwarded-For"] = []string{list}
			if got := ClientAddress(r, trusted).String(); got != seen {
				t.Errorf("%q through %d proxies: %s", list, trusted, got)
			}
		}
	})
}

func BenchmarkClientAddress(b *testing.B) {
	r := &http.Request{RemoteAddr: "169.254.1.1:80", Header: http.Header{"X-Forwarded-For": {"198.51.100.1, 203.0.113.7"}}}
	b.ReportAllocs()
	for b.Loop() {
		ClientAddress(r, 1)
	}
}
