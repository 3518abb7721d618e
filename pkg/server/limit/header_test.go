package limit

import (
	"maps"
	"net/http"
	"testing"
	"time"
)

func TestWriteHeader(t *testing.T) {
	l := New(Options{Max: 600, Window: 15 * time.Minute})
	policy := `"caller";q=600;w=900;stackroom-burst=60`
	for _, test := range []struct {
		name                    string
		verdict                 Decision
		rateLimit, after, names string
	}{
		{"plenty is left", Decision{OK: true, Limit: 600, Remaining: 30, Reset: 45 * time.Second}, "", "", ""},
		{"less than half is left", Decision{OK: true, Limit: 600, Remaining: 29, Reset: 46500 * time.Millisecond}, `"caller";r=29;t=47`, "", policy},
		{"rejected: both name one time", Decision{Limit: 600, Reset: 90 * time.Second, RetryAfter: 1001 * time.Millisecond}, `"caller";r=0;t=2`, "2", policy},
		{"rejected for a moment", Decision{Limit: 600, RetryAfter: 1}, `"caller";r=0;t=1`, "1", policy},
		{"no limit", Decision{OK: true}, "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := http.Header{}
			l.WriteHeader(h, test.verdict)
			want := http.Header{}
			for name, value := range map[string]string{"RateLimit": test.rateLimit, "RateLimit-Policy": test.names, "Retry-After": test.after} {
				if value != "" {
					want.Set(name, value)
				}
			}
			if !maps.EqualFunc(h, want, func(a, b []string) bool { return len(a) == 1 && a[0] == b[0] }) {
				t.Errorf("got %v, want %v", h, want)
			}
		})
	}
}
