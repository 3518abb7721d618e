package server

import (
	"net/http"
	"testing"
	"time"
)

// TestAdmission_AnonymousBudget holds how much an address may do before its callers
// have signed in: ten times a principal's budget, in bursts too.
func TestAdmission_AnonymousBudget(t *testing.T) {
	h := newHouse(t, true, func(o *Options) { o.Budget = Budget{Max: 40, Window: 240 * time.Hour} })
	refused := map[int]int{}
	for range 60 {
		refused[h.send(t, "POST", "/mcp", "token-of-mallory", modernCall("whoami", "")).status]++
	}
	if refused[http.StatusUnauthorized] != 40 || refused[http.StatusTooManyRequests] != 20 {
		t.Errorf("60 bad tokens at a budget of 40: %v, want 40 answered as such", refused)
	}
}

// TestAdmission_SignInPlaces holds the places at the routes of signing in: 64 of
// an address, 256 in all.
func TestAdmission_SignInPlaces(t *testing.T) {
	a := newAdmission(Options{})
	request := func(address string) *http.Request { return &http.Request{RemoteAddr: address + ":1"} }
	took := 0
	for n, address := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"} {
		of := 0
		for range 100 {
			if a.signIn.Take(a.address(request(address)), 1) {
				of++
			}
		}
		if want := 64; n < 4 && of != want || n == 4 && of != 0 {
			t.Errorf("address %d has %d places", n+1, of)
		}
		took += of
	}
	if took != 256 {
		t.Errorf("%d places in all, want 256", took)
	}
}
