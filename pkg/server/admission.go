package server

import (
	"net/http"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/server/limit"
)

// Limits bounds the calls of callers in this process. A service of several
// processes needs a limit of the platform too, for example in Cloud Armor.
type Limits struct {
	// Max is the number of calls that one caller may make in Window; a tenth of
	// them may come in a burst. A caller is a principal, or an address if
	// callers don't sign in. 0 is no limit.
	Max    int
	Window time.Duration
	// InFlight is the number of concurrent calls; further ones are rejected,
	// not queued. 0 is no limit.
	InFlight int
	// Hops is the number of trusted proxies in front of the server that write
	// X-Forwarded-For. Entries further to the left come from the caller and are
	// ignored.
	Hops int
}

// anonymousFactor is the limit of an address before its callers have signed in,
// as a multiple of a principal's: clients that run in the cloud share a few
// addresses between all of their users.
const anonymousFactor = 10

// anonymousAddresses bounds the addresses whose anonymous calls are counted, at
// 16 bytes each.
const anonymousAddresses = 1 << 16

// Bounds of concurrent requests to the routes of sign-in, in total and per
// address. They are separate from the calls in flight, so a flood of such
// requests does not block signed-in calls. An address may have many: clients
// that run in the cloud share a few addresses between all of their users.
const (
	signInPlaces        = 256
	signInPlacesAddress = 64
)

// admission enforces [Limits].
type admission struct {
	callers   *limit.Limiter
	anonymous *limit.Limiter // by address: for rejected requests and the routes of sign-in
	inFlight  *limit.InFlight
	signIn    *limit.Shares // concurrent requests to the routes of sign-in, by address
	filled    func(utilization float64)
	hops      int
	signed    bool // callers sign in
	rejected  func(kind string)
}

// newAdmission returns the admission control of a server.
func newAdmission(o Options) *admission {
	l := o.Limits
	a := &admission{
		callers:   limit.New(limit.Options{Max: l.Max, Window: l.Window}),
		anonymous: limit.New(limit.Options{Max: l.Max * anonymousFactor, Window: l.Window, Callers: anonymousAddresses}),
		signIn:    limit.NewShares(signInPlaces, signInPlacesAddress),
		filled:    o.Telemetry.InFlight,
		hops:      l.Hops, signed: o.Authenticator != nil, rejected: o.Telemetry.Refused,
	}
	if l.InFlight > 0 {
		a.inFlight = limit.NewInFlight(l.InFlight)
	}
	return a
}

// rejectFunc writes a rejection in the form of a protocol.
type rejectFunc func(http.ResponseWriter, *http.Request, *identity.Challenge)

// admit counts a call of an authenticated caller and reports whether it is
// allowed. If not, admit has written the response.
func (a *admission) admit(w http.ResponseWriter, r *http.Request, reject rejectFunc) bool {
	if a.callers == nil {
		return true
	}
	kind := "principal"
	if !a.signed {
		kind = "address"
	}
	return a.spend(w, r, a.callers, a.caller(r), kind, reject)
}

// caller returns the key of a request's caller: the principal or, without one,
// the address.
func (a *admission) caller(r *http.Request) string {
	if p := identity.PrincipalFrom(r.Context()); p != nil {
		return "principal:" + p.Subject
	}
	return a.address(r)
}

// admitAnonymous counts a call of an address without a principal, and reports
// as admit does.
func (a *admission) admitAnonymous(w http.ResponseWriter, r *http.Request, reject rejectFunc) bool {
	return a.anonymous == nil || a.spend(w, r, a.anonymous, a.address(r), "sign_in", reject)
}

// spend counts a call in a limiter under key. A rejection is counted in the
// metrics under kind.
func (a *admission) spend(w http.ResponseWriter, r *http.Request, l *limit.Limiter, key, kind string, reject rejectFunc) bool {
	v := l.Allow(key)
	l.WriteHeader(w.Header(), v)
	if !v.OK {
		a.rejected(kind)
		reject(w, r, &identity.Challenge{Status: http.StatusTooManyRequests, Err: limit.RateExceeded(v)})
	}
	return v.OK
}

// enter starts a call in flight. If too many run, enter has written the
// response and ok is false; otherwise the caller must call leave once at the
// end.
func (a *admission) enter(w http.ResponseWriter, r *http.Request, reject rejectFunc) (leave func(), ok bool) {
	leave, ok = a.inFlight.Enter()
	a.filled(a.inFlight.Utilization())
	if !ok {
		a.rejected("in_flight")
		reject(w, r, &identity.Challenge{Status: http.StatusServiceUnavailable, Err: limit.Busy()})
	}
	return leave, ok
}

// enterSignIn starts a request to a route of sign-in, as enter does for calls.
func (a *admission) enterSignIn(w http.ResponseWriter, r *http.Request, reject rejectFunc) (leave func(), ok bool) {
	address := a.address(r)
	if !a.signIn.Acquire(address, 1) {
		a.rejected("in_flight")
		reject(w, r, &identity.Challenge{Status: http.StatusServiceUnavailable, Err: limit.Busy()})
		return nil, false
	}
	return func() { a.signIn.Release(address, 1) }, true
}

// address returns the key of a request's address.
func (a *admission) address(r *http.Request) string {
	return limit.AddressKey(limit.ClientAddress(r, a.hops))
}
