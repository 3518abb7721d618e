package limit

import (
	"net/http"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// What a refusal was for, as [WrapOptions].Refused is told. The set is closed.
const (
	TooOften = "rate"      // the caller is past its budget
	TooMany  = "in_flight" // the instance has all the calls that it can do
)

// busyFor is how long callers are asked to stay away from a full instance:
// most calls take far less, so a place will be free by then.
const busyFor = time.Second

// WrapOptions say what [Wrap] holds to, and how it says so.
type WrapOptions struct {
	Limiter *Limiter // nil lets everything pass
	Gate    *Gate    // nil lets everything pass

	// Key names the caller of a request. "" is nobody's, such as a probe's: it
	// has no budget. Required with a Limiter.
	Key func(*http.Request) string

	// Refuse answers with err under a status, 429 or 503. The headers are set
	// already. Required.
	Refuse func(w http.ResponseWriter, r *http.Request, status int, err *library.Error, v Verdict)

	// Refused, if set, counts refusals: kind is TooOften or TooMany.
	Refused func(kind string)
}

// Wrap returns next behind a limiter and a gate, as [WrapOptions.Enter] has it.
func Wrap(next http.Handler, o WrapOptions) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if leave, ok := o.Enter(w, r); ok {
			defer leave()
			next.ServeHTTP(w, r)
		}
	})
}

// Enter spends a call of a request's caller and takes a place, and reports
// whether the call may go on; if not, it has been answered. If so, leave must
// be called once, at the end. An answer to a caller with a budget says what is
// left of it once that is little. The limiter comes first: a caller who hammers
// at a full gate spends its budget on it, and leaves the next free place to
// others.
func (o *WrapOptions) Enter(w http.ResponseWriter, r *http.Request) (leave func(), ok bool) {
	v := o.allow(r)
	o.Limiter.WriteHeader(w.Header(), v)
	if !v.OK {
		o.refused(TooOften)
		o.Refuse(w, r, http.StatusTooManyRequests, tooOften(v), v)
		return nil, false
	}
	leave, ok = o.Gate.Enter()
	if !ok {
		o.refused(TooMany)
		w.Header().Set("Retry-After", "1")
		o.Refuse(w, r, http.StatusServiceUnavailable, tooMany(), v)
	}
	return leave, ok
}

func (o *WrapOptions) refused(kind string) {
	if o.Refused != nil {
		o.Refused(kind)
	}
}

// allow spends a call of the request's caller.
func (o *WrapOptions) allow(r *http.Request) Verdict {
	if o.Limiter == nil {
		return Verdict{OK: true}
	}
	key := o.Key(r)
	if key == "" {
		return Verdict{OK: true}
	}
	return o.Limiter.Allow(key)
}

// tooOften says that a caller's budget is spent, and for how long. The wait is
// that of the header.
func tooOften(v Verdict) *library.Error {
	wait := seconds(v.RetryAfter)
	return library.Errorf(library.RateLimited, "too many calls in a short time").
		WithHint("wait %d s before the next one; ask for more in fewer calls", wait).
		WithRetryAfter(time.Duration(wait) * time.Second)
}

// tooMany says that the instance is full.
func tooMany() *library.Error {
	return library.Errorf(library.Unavailable, "the server has as many calls in hand as it can do at once").
		WithHint("try again in a second").WithRetryAfter(busyFor)
}
