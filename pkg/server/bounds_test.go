package server

import (
	"net/http"
	"testing"
	"time"
)

// TestAdmission_AnonymousLimit checks the limit of an address before its
// callers have signed in: ten times a principal's, also for bursts.
func TestAdmission_AnonymousLimit(t *testing.T) {
	h := newAuthFixture(t, true, func(o *Options) { o.Limits = Limits{Max: 40, Window: 240 * time.Hour} })
	rejected := map[int]int{}
	for range 60 {
		rejected[h.send(t, "POST", "/mcp", "token-of-mallory", modernCall("whoami", "")).status]++
	}
	if rejected[http.StatusUnauthorized] != 40 || rejected[http.StatusTooManyRequests] != 20 {
		t.Errorf("60 bad tokens at a limit of 40: %v, want 40 times 401", rejected)
	}
}

// TestAdmission_SignInLimits checks the concurrent requests at the routes of
// sign-in: 64 per address, 256 in total.
func TestAdmission_SignInLimits(t *testing.T) {
	a := newAdmission(Options{})
	request := func(address string) *http.Request { return &http.Request{RemoteAddr: address + ":1"} }
	took := 0
	for n, address := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"} {
		of := 0
		for range 100 {
			if a.signIn.Acquire(a.address(request(address)), 1) {
				of++
			}
		}
		if want := 64; n < 4 && of != want || n == 4 && of != 0 {
			t.Errorf("address %d has %d requests", n+1, of)
		}
		took += of
	}
	if took != 256 {
		t.Errorf("%d requests in total, want 256", took)
	}
}
