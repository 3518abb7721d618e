package server

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/server/limit"
)

// Budget is how much callers may do, in this process alone: a service of
// several has as many budgets. What holds for a whole service is the platform's
// to hold to, with Cloud Armor for example.
type Budget struct {
	// Max is how many calls one caller may make in Window, a tenth of them at
	// once. A caller is a principal; where nobody signs in, an address. 0 is
	// no limit.
	Max    int
	Window time.Duration
	// InFlight is how many calls may run at once; more are told to come back
	// rather than wait. 0 is no limit.
	InFlight int
	// Hops is how many proxies in front write X-Forwarded-For. What stands
	// further to the left is the caller's word, and not believed.
	Hops int
}

// strangerFactor is how much more an address may do than a principal before
// somebody has signed in there: the clients that run in the cloud share a few
// addresses between all of their people.
const strangerFactor = 10

// strangerAddresses is of how many addresses it is remembered what strangers
// did there, 17 bytes each.
const strangerAddresses = 1 << 16

// budget holds callers to a [Budget].
type budget struct {
	mcp, rest, stream limit.WrapOptions // of those who were let in
	strangers         limit.WrapOptions // of those who were not, and at the routes of signing in
}

// newBudget returns the budget of a server.
func newBudget(o Options) *budget {
	b := o.Budget
	callers := limit.New(limit.Options{Max: b.Max, Window: b.Window})
	var gate *limit.Gate
	if b.InFlight > 0 {
		gate = limit.NewGate(b.InFlight)
	}
	address := func(r *http.Request) string { return limit.AddressKey(limit.ClientAddress(r, b.Hops)) }
	kind := "address"
	if o.Guard != nil {
		kind = "principal"
	}
	options := limit.WrapOptions{
		Limiter: callers, Gate: gate, Refuse: overrunREST,
		Key: func(r *http.Request) string {
			if p := identity.PrincipalFrom(r.Context()); p != nil {
				return "principal:" + p.Subject
			}
			return address(r)
		},
		Refused: func(why string) {
			if why == limit.TooOften {
				why = kind
			}
			o.Telemetry.Refused(why)
		},
	}
	all := &budget{mcp: options, rest: options, stream: options, strangers: options}
	all.mcp.Refuse = overrunMCP
	all.stream.Gate = nil // a stream lives for hours, and costs next to nothing
	all.strangers.Limiter = limit.New(limit.Options{Max: b.Max * strangerFactor, Window: b.Window, Callers: strangerAddresses})
	all.strangers.Key = address
	all.strangers.Refused = func(string) { o.Telemetry.Refused("sign_in") }
	return all
}

// overrunMCP answers a JSON-RPC request that is too many.
func overrunMCP(w http.ResponseWriter, _ *http.Request, status int, err *library.Error, _ limit.Verdict) {
	writeRefusal(w, nil, &identity.Challenge{Status: status, Err: err})
}

// overrunREST answers any other request that is too many.
func overrunREST(w http.ResponseWriter, r *http.Request, status int, err *library.Error, _ limit.Verdict) {
	writeProblem(w, r, status, err)
}

// behind returns a handler behind the door and a budget: it is known who
// calls, and that they may call now. Whoever is not let in spends of what
// strangers have, so that nobody can try tokens for long.
func (s *Server) behind(next echo.HandlerFunc, b *limit.WrapOptions, refuse func(http.ResponseWriter, *http.Request, *identity.Challenge)) echo.HandlerFunc {
	return func(c echo.Context) error {
		w := c.Response()
		r, refused := s.door.admit(c.Request())
		if refused != nil {
			if leave, ok := s.budget.strangers.Enter(w, r); ok {
				leave()
				refuse(w, r, refused)
			}
			return nil
		}
		leave, ok := b.Enter(w, r)
		if !ok {
			return nil
		}
		defer leave()
		c.SetRequest(r)
		return next(c)
	}
}
