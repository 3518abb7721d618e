package public

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestIsPublic(t *testing.T) {
	for s, want := range map[string]bool{
		"8.8.8.8": true, "160.79.104.1": true, "2607:6bc0::1": true, "2a00:1450::1": true, "::ffff:8.8.8.8": true,
		"127.0.0.1": false, "127.8.9.1": false, "::1": false, "0.0.0.0": false, "::": false, "0.1.2.3": false,
		"10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "100.64.0.1": false, "169.254.169.254": false, "fe80::1": false, "fd00:ec2::254": false,
		"192.0.0.8": false, "192.0.2.1": false, "198.18.0.1": false, "198.51.100.1": false, "203.0.113.9": false, "224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::127.0.0.1": false, "64:ff9b::a00:1": false, "2002:7f00:1::": false, "2001::1": false, "2001:db8::1": false, "ff02::1": false, "100::1": false,
	} {
		if got := isPublic(netip.MustParseAddr(s)); got != want {
			t.Errorf("%s: %t", s, got)
		}
	}
}

func TestCheck(t *testing.T) {
	for s, want := range map[string]bool{
		"http://8.8.8.8/x": true, "https://8.8.8.8:443/": true, "https://[2a00:1450::1]/": true, "https://8.8.8.8:80/": true,
		"http://8.8.8.8:8080/": false, "ftp://8.8.8.8/": false, "http://127.0.0.1/": false, "http://localhost/": false, "http://[::1]/": false, "http://[fe80::1%25eth0]/": false,
		"http://169.254.169.254/": false, "http://[::ffff:10.0.0.1]/": false, "http:///": false,
	} {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := Check(t.Context(), u, 80, 443); (err == nil) != want || err != nil && library.CodeOf(err) != library.Invalid {
			t.Errorf("%s: %v", s, err)
		}
	}
}

func TestOnly_ChecksEachAddress(t *testing.T) {
	for _, c := range []struct {
		network, address string
		ok               bool
	}{
		{"tcp4", "8.8.8.8:443", true}, {"tcp6", "[2607:6bc0::1]:443", true}, {"tcp4", "8.8.8.8:80", false}, {"tcp4", "8.8.8.8:6379", false},
		{"udp4", "8.8.8.8:443", false}, {"unix", "/run/x", false}, {"tcp4", "127.0.0.1:443", false}, {"tcp6", "[fe80::1%eth0]:443", false}, {"tcp4", "nonsense", false},
	} {
		if err := only([]uint16{443})(c.network, c.address, nil); (err == nil) != c.ok {
			t.Errorf("%s %s: %v", c.network, c.address, err)
		}
	}
}

// TestA12_RejectsNamesOfLoopback uses a name server that resolves a public name
// to this machine, as after DNS rebinding.
func TestA12_RejectsNamesOfLoopback(t *testing.T) {
	names, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer names.Close()
	go answerWithLoopback(names)
	dialer := &net.Dialer{Control: only([]uint16{443}), Resolver: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", names.LocalAddr().String())
	}}}
	_, err = dialer.DialContext(t.Context(), "tcp", "client.example:443")
	if err == nil || !strings.Contains(err.Error(), "127.0.0.1:443 is not connected to") {
		t.Errorf("%v", err)
	}
}

// answerWithLoopback resolves every name to 127.0.0.1.
func answerWithLoopback(names net.PacketConn) {
	b := make([]byte, 1500)
	for {
		n, from, err := names.ReadFrom(b)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(b[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		m.Response, m.Additionals = true, nil
		if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1},
				Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
			}}
		}
		if packed, err := m.Pack(); err == nil {
			_, _ = names.WriteTo(packed, from)
		}
	}
}
