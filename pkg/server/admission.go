package server

import (
	"net/http"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/server/limit"
)

// Budget bounds what callers may do in this process. A bound for a service of
// several processes is the platform's, for example Cloud Armor's.
type Budget struct {
	// Max is the number of calls that one caller may make in Window, a tenth
	// of them at once. A caller is a principal; where callers don't sign in, an
	// address. 0 is no limit.
	Max    int
	Window time.Duration
	// InFlight is the number of calls that may run at once; further ones are
	// refused rather than queued. 0 is no limit.
	InFlight int
	// Hops is the number of trusted proxies in front that write
	// X-Forwarded-For. Entries further to the left are the caller's and ignored.
	Hops int
}

// anonymousFactor is how many times more an address may do than a principal
// before its callers have signed in: clients that run in the cloud share a few
// addresses between all of their people.
const anonymousFactor = 10

// anonymousAddresses is the number of addresses whose anonymous calls are
// counted, at 16 bytes each.
const anonymousAddresses = 1 << 16

// The number of requests to the routes of signing in that run at once, in all
// and of one address. They have places of their own: a flood of them takes none
// of a signed-in call's. An address has many: clients that run in the cloud share
// a few addresses between all of their people.
const (
	signInPlaces        = 256
	signInPlacesAddress = 64
)

// admission holds callers to a [Budget].
type admission struct {
	callers   *limit.Limiter
	anonymous *limit.Limiter // by address: those who were refused, and the routes of signing in
	inFlight  *limit.InFlight
	signIn    *limit.Shares // places at the routes of signing in, by address
	filled    func(utilization float64)
	hops      int
	signed    bool // callers sign in
	refused   func(kind string)
}

// newAdmission returns the admission of a server.
func newAdmission(o Options) *admission {
	b := o.Budget
	a := &admission{
		callers:   limit.New(limit.Options{Max: b.Max, Window: b.Window}),
		anonymous: limit.New(limit.Options{Max: b.Max * anonymousFactor, Window: b.Window, Callers: anonymousAddresses}),
		signIn:    limit.NewShares(signInPlaces, signInPlacesAddress),
		filled:    o.Telemetry.InFlight,
		hops:      b.Hops, signed: o.Authenticator != nil, refused: o.Telemetry.Refused,
	}
	if b.InFlight > 0 {
		a.inFlight = limit.NewInFlight(b.InFlight)
	}
	return a
}

// refuseFunc answers a request with a refusal, in the form of its protocol.
type refuseFunc func(http.ResponseWriter, *http.Request, *identity.Challenge)

// admit spends a call of an authenticated caller and reports whether it may be
// made. If not, it has been answered.
func (a *admission) admit(w http.ResponseWriter, r *http.Request, refuse refuseFunc) bool {
	if a.callers == nil {
		return true
	}
	kind := "principal"
	if !a.signed {
		kind = "address"
	}
	return a.spend(w, r, a.callers, a.caller(r), kind, refuse)
}

// caller returns the key of a request's caller: the principal, or without one
// the address.
func (a *admission) caller(r *http.Request) string {
	if p := identity.PrincipalFrom(r.Context()); p != nil {
		return "principal:" + p.Subject
	}
	return a.address(r)
}

// admitAnonymous spends a call of an address without a principal, and reports
// as admit does.
func (a *admission) admitAnonymous(w http.ResponseWriter, r *http.Request, refuse refuseFunc) bool {
	return a.anonymous == nil || a.spend(w, r, a.anonymous, a.address(r), "sign_in", refuse)
}

// spend spends a call that a limiter counts under key. A refusal is counted
// under kind.
func (a *admission) spend(w http.ResponseWriter, r *http.Request, l *limit.Limiter, key, kind string, refuse refuseFunc) bool {
	v := l.Allow(key)
	l.WriteHeader(w.Header(), v)
	if !v.OK {
		a.refused(kind)
		refuse(w, r, &identity.Challenge{Status: http.StatusTooManyRequests, Err: limit.TooOften(v)})
	}
	return v.OK
}

// enter takes one of the places of calls in flight. If there is none, the
// request has been answered and ok is false; otherwise leave must be called
// once, at the end.
func (a *admission) enter(w http.ResponseWriter, r *http.Request, refuse refuseFunc) (leave func(), ok bool) {
	leave, ok = a.inFlight.Enter()
	a.filled(a.inFlight.Utilization())
	if !ok {
		a.refused("in_flight")
		refuse(w, r, &identity.Challenge{Status: http.StatusServiceUnavailable, Err: limit.Busy()})
	}
	return leave, ok
}

// enterSignIn takes one of the places at the routes of signing in, as enter
// does.
func (a *admission) enterSignIn(w http.ResponseWriter, r *http.Request, refuse refuseFunc) (leave func(), ok bool) {
	address := a.address(r)
	if !a.signIn.Take(address, 1) {
		a.refused("in_flight")
		refuse(w, r, &identity.Challenge{Status: http.StatusServiceUnavailable, Err: limit.Busy()})
		return nil, false
	}
	return func() { a.signIn.Give(address, 1) }, true
}

// address returns the key of a request's address.
func (a *admission) address(r *http.Request) string {
	return limit.AddressKey(limit.ClientAddress(r, a.hops))
}
