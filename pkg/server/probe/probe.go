// Package probe serves GET /probe, which runs one search and reports the
// result, for monitors. Unlike /ready it shows that searches work, and unlike a
// tool call it needs no sign-in. The caller of [New] decides what the search
// reads; it should be no member's data.
package probe

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

const (
	// MinTokenLength is the minimal length of a token, in bytes. A random one
	// of 32 letters and digits can't be guessed.
	MinTokenLength = 32
	// timeout bounds one search.
	timeout = 10 * time.Second
	// reuse is the time for which an outcome serves further requests. It bounds
	// the rate of searches for any number of monitors.
	reuse = time.Second
)

// Options configures a probe.
type Options struct {
	// Tokens returns the tokens accepted now: several during a rotation, none
	// to reject every request. A token shorter than [MinTokenLength] is never
	// accepted. Required.
	Tokens func() []string
	// Search runs the search and returns the number of its results. One runs
	// at a time, for at most 10 s. Required.
	Search func(context.Context) (results int, err error)
	// Logger gets a line for each failed search, with the cause. Nil logs
	// nothing.
	Logger *slog.Logger
}

// Probe is the handler of GET /probe. It answers a request with the header
// "Authorization: Bearer TOKEN", or with the token as the password of Basic
// authentication, in JSON, with one of these statuses:
//
//   - 200, {"status":"ok","results":3,"duration_ms":12}
//   - 401, {"status":"unauthorized","reason":"…"}: no token, or a wrong one
//   - 503, {"status":"failing","reason":"…"}: the search failed, found
//     nothing or took too long
//
// An outcome is at most a second old.
type Probe struct {
	options Options
	slot    chan struct{} // held during a search
	last    outcome       // guarded by slot
}

// outcome is the result of a search.
type outcome struct {
	Status   string `json:"status"`
	Results  *int   `json:"results,omitempty"`
	Duration *int64 `json:"duration_ms,omitempty"`
	Reason   string `json:"reason,omitempty"`

	ended time.Time
}

// New returns a probe.
func New(o Options) (*Probe, error) {
	if o.Tokens == nil || o.Search == nil {
		return nil, errors.New("probe: Options.Tokens or Options.Search is missing")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Probe{options: o, slot: make(chan struct{}, 1)}, nil
}

// ServeHTTP implements [http.Handler].
func (p *Probe) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !p.authorized(r) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="probe"`)
		write(w, http.StatusUnauthorized, outcome{Status: "unauthorized", Reason: "send the probe token in the header Authorization: Bearer TOKEN"})
		return
	}
	o, err := p.outcome(r.Context())
	switch {
	case err != nil: // the client has disconnected
		write(w, http.StatusServiceUnavailable, outcome{Status: "failing", Reason: "the request ended before the search"})
	case o.Reason != "":
		write(w, http.StatusServiceUnavailable, o)
	default:
		write(w, http.StatusOK, o)
	}
}

// authorized compares the request's token with the accepted ones in constant
// time: it compares digests, all of them.
func (p *Probe) authorized(r *http.Request) bool {
	headers := r.Header["Authorization"]
	if len(headers) != 1 {
		return false
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	// For Basic, Terraform keeps the password of an uptime check out of its
	// state; it can't for a header.
	if _, password, basic := r.BasicAuth(); basic {
		token = password
	} else if !strings.EqualFold(scheme, "Bearer") {
		return false
	}
	given := sha256.Sum256([]byte(strings.Trim(token, " ")))
	equal := 0
	for _, t := range p.options.Tokens() {
		accepted := sha256.Sum256([]byte(t))
		if len(t) >= MinTokenLength {
			equal |= subtle.ConstantTimeCompare(given[:], accepted[:])
		}
	}
	return equal == 1
}

// outcome returns the outcome of a search that ended at most [reuse] ago, or
// runs one. The error is that of ctx.
func (p *Probe) outcome(ctx context.Context) (outcome, error) {
	select {
	case p.slot <- struct{}{}:
		defer func() { <-p.slot }()
	case <-ctx.Done():
		return outcome{}, ctx.Err()
	}
	if p.last.ended.IsZero() || time.Since(p.last.ended) >= reuse {
		// Others wait for the outcome too, so the search continues if this
		// client disconnects.
		p.last = p.search(context.WithoutCancel(ctx))
	}
	return p.last, nil
}

// search runs one search. A panic counts as a failed search.
func (p *Probe) search(ctx context.Context) (o outcome) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	began := time.Now()
	fail := func(reason string, cause error) {
		o = outcome{Status: "failing", Reason: reason}
		p.options.Logger.WarnContext(ctx, "the probe's search failed", slog.String("reason", reason), slog.Any("cause", cause))
	}
	defer func() {
		if cause := recover(); cause != nil {
			fail("the search failed", fmt.Errorf("panic: %v", cause))
		}
		o.ended = time.Now()
	}()
	results, err := p.options.Search(ctx)
	switch {
	case ctx.Err() != nil:
		fail(fmt.Sprintf("the search took longer than %s", timeout), err)
	case err != nil:
		fail("the search failed", err)
	case results == 0:
		fail("the search found nothing", nil)
	default:
		took := time.Since(began).Milliseconds()
		o = outcome{Status: "ok", Results: &results, Duration: &took}
	}
	return o
}

func write(w http.ResponseWriter, status int, o outcome) {
	body, err := json.Marshal(o)
	if err != nil { // strings and numbers marshal
		status = http.StatusInternalServerError
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have disconnected
}
