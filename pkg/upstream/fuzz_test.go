package upstream_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

func TestWaits_AreBounded(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "1": time.Second, " 5 ": 5 * time.Second, "-1": 0, "1.5": 0, "1e3": 0, "soon": 0, "3601": time.Hour, "9223372036854775808": time.Hour,
		"Sun, 22 Nov 2026 08:00:10 GMT": 10 * time.Second, "Sun, 22 Nov 2026 07:00:00 GMT": 0, "Sun, 22 Nov 2099 08:00:00 GMT": time.Hour,
	} {
		if got := upstream.RetryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("Retry-After %q is %s, want %s", value, got, want)
		}
	}
	skewed := http.Header{"Retry-After": {"Sun, 22 Nov 2026 09:00:10 GMT"}, "Date": {"Sun, 22 Nov 2026 09:00:00 GMT"}}
	if got := upstream.RetryAfter(skewed, now); got != 10*time.Second {
		t.Errorf("with a clock an hour apart: %s", got)
	}
	if got := upstream.BackOff(http.Header{"Backoff": {"Sun, 22 Nov 2026 08:00:10 GMT"}}); got != 0 {
		t.Errorf("Backoff accepts no date, but gives %s", got)
	}
}

func FuzzWaits(f *testing.F) {
	for _, s := range []string{"5", "-5", "99999999999999999999", "Sun, 22 Nov 2026 08:00:10 GMT", "Sun, 31 Feb 0000 25:61:61 GMT", "\x00"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		h := http.Header{"Retry-After": {value}, "Date": {date}, "Backoff": {value}}
		for _, d := range []time.Duration{upstream.RetryAfter(h, time.Now()), upstream.BackOff(h)} {
			if d < 0 || d > time.Hour {
				t.Errorf("%q at %q is %s", value, date, d)
			}
		}
	})
}

func FuzzCheckLink(f *testing.F) {
	for _, s := range []string{
		"https://api.zotero.org/base/users/1/items?start=25", "/base/x", "//evil/x", "https://api.zotero.org/base/%2e%2e/x",
		"https://api.zotero.org\\@evil/base/", "https://api.zotero.org:443/base/a%2Fb?tag=a%20||%20b", "http://[::1%25en0]/base/", "/base/\x7f",
	} {
		f.Add(s)
	}
	client, err := upstream.New(upstream.Options{BaseURL: "https://api.zotero.org/base"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		path, query, err := client.CheckLink(raw)
		if err != nil {
			return
		}
		// An accepted link is on the host, below the base URL, and a valid link
		// itself.
		if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "?#") {
			t.Errorf("%q leads to %q", raw, path)
		}
		again := "https://api.zotero.org/base" + path + "?" + query.Encode()
		if p, q, err := client.CheckLink(again); err != nil || p != path || q.Encode() != query.Encode() {
			t.Errorf("%q leads to %q, which leads to %q, %v", raw, again, p, err)
		}
	})
}

func FuzzIsPage(f *testing.F) {
	for _, s := range []string{"<html>", "\ufeff <!DOCTYPE HTML>", "{}", "<", "", "<div>", "<HTML"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if upstream.IsPage(body) && !strings.Contains(strings.ToLower(string(body)), "html") {
			t.Errorf("%q counts as a page", body)
		}
	})
}
