package resolve

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// Bounds of one call of a service.
const (
	callTimeout  = 20 * time.Second
	callAttempts = 2
	maxAnswer    = 24 << 20 // bytes
	maxWork      = 4 << 20  // bytes of an answer about one work
)

// service is one service: its client and its pace.
type service struct {
	name   Service
	client *upstream.Client
	pace   *rate.Limiter
}

func newService(r row, o Options) (*service, error) {
	base := r.base
	if o.BaseURL != "" {
		base = strings.TrimRight(o.BaseURL, "/") + "/" + r.name
	}
	hooks := upstream.Hooks{}
	if o.Hooks != nil {
		hooks = o.Hooks(r.name)
	}
	client, err := upstream.New(upstream.Options{
		BaseURL: base, Name: string(r.service), Header: http.Header{"User-Agent": {agentOf(o)}}, Hooks: hooks, Transport: o.Transport,
		Timeout: callTimeout, Attempts: callAttempts, MaxBytes: cmp.Or(r.maxBytes, maxAnswer), CacheBytes: 1 << 20, PerCredential: r.burst,
	})
	if err != nil {
		return nil, err
	}
	return &service{name: r.service, client: client, pace: rate.NewLimiter(rate.Every(r.every), r.burst)}, nil
}

// agentOf returns how the program names itself to services.
func agentOf(o Options) string {
	agent := o.Agent
	if agent == "" {
		agent = "stackroom"
	}
	if o.Contact != "" {
		agent += " (mailto:" + o.Contact + ")"
	}
	return agent
}

// The media types that are asked for.
const (
	acceptJSON = "application/json"
	acceptXML  = "application/xml"
)

// get returns the body of an answer. It waits until the service's pace allows
// the call, and fails with [library.Unavailable] at once if that is after ctx
// ends.
func (s *service) get(ctx context.Context, path string, query url.Values, accept string) ([]byte, error) {
	if err := s.wait(ctx); err != nil {
		return nil, err
	}
	res, err := s.client.Get(ctx, upstream.Request{Path: path, Query: query, Header: http.Header{"Accept": {accept}}, NoCache: true})
	if err != nil {
		s.follow(upstream.HeaderOf(err))
		return nil, err
	}
	s.follow(res.Header)
	return res.Body, nil
}

// post returns the body of the answer to a question that is a text. It waits as get
// does.
func (s *service) post(ctx context.Context, path string, query url.Values, text string) ([]byte, error) {
	if err := s.wait(ctx); err != nil {
		return nil, err
	}
	res, err := s.client.Send(ctx, upstream.Change{
		Method: http.MethodPost, Path: path, Query: query, Body: []byte(text), Reads: true,
		Header: http.Header{"Accept": {acceptJSON}, "Content-Type": {"text/plain"}},
	})
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

// wait waits until the service's pace allows a call.
func (s *service) wait(ctx context.Context) error {
	if err := s.pace.Wait(ctx); err != nil {
		return library.Errorf(library.Unavailable, "there was no time left to ask %s at the pace that it allows", s.name).
			WithHint("ask again, for fewer at a time").WithCause(err)
	}
	return nil
}

// follow sets the pace to what the service states: so many calls in so many
// seconds (Crossref's X-Rate-Limit-Limit and X-Rate-Limit-Interval).
func (s *service) follow(h http.Header) {
	calls, err := strconv.Atoi(strings.TrimSpace(h.Get("X-Rate-Limit-Limit")))
	if err != nil || calls < 1 {
		return
	}
	interval, err := time.ParseDuration(strings.TrimSpace(h.Get("X-Rate-Limit-Interval")))
	if err != nil || interval <= 0 {
		return
	}
	if every := rate.Every(interval / time.Duration(calls)); every != s.pace.Limit() {
		s.pace.SetLimit(every)
	}
}

// unreadable is the error for an answer that is not in the service's form.
func (s *service) unreadable(cause error) error {
	return library.Errorf(library.Unavailable, "%s returned something other than the requested data", s.name).
		WithHint("it may be failing; try again later").WithCause(cause)
}
