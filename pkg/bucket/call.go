package bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// maxAnswer bounds a response that is not an object's data, in bytes: a page of
// 1,000 names of 1 kB fits.
const maxAnswer = 4 << 20

// maxWait is the longest wait before a retry.
const maxWait = 4 * time.Second

// call is a request to the API.
type call struct {
	method, path string
	query        url.Values
	body         []byte
	kind         string // content type of the body
	limit        int64  // bytes of the response
}

// answer is what came of a call.
type answer struct {
	header   http.Header
	body     []byte
	attempts int
}

// do makes a call, with retries, behind the breaker. The error is a
// [*library.Error]; the answer tells the number of attempts in any case.
func (b *Bucket) do(ctx context.Context, c call) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, b.options.Timeout)
	defer cancel()
	var a answer
	failed := b.breaker.through(func() *fault {
		f := b.retry(ctx, c, &a)
		if f != nil && errors.Is(ctx.Err(), context.Canceled) {
			f.outcome = upstream.OutcomeCancelled
		}
		return f
	})
	if failed == nil {
		return a, nil
	}
	if failed.outcome == upstream.OutcomeHeld {
		b.observe(upstream.OutcomeHeld, 0)
	}
	return a, failed.translate(c)
}

// retry sends a request until it succeeds, cannot succeed, or ctx ends.
func (b *Bucket) retry(ctx context.Context, c call, a *answer) *fault {
	deadline, _ := ctx.Deadline() // do sets one
	waits := &backoff.ExponentialBackOff{InitialInterval: b.options.RetryBase / 2, RandomizationFactor: 1, Multiplier: 2, MaxInterval: maxWait}
	var last *fault
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		a.attempts++
		last = b.traced(ctx, c, a)
		switch {
		case last == nil:
			return struct{}{}, nil
		case !last.again:
			return struct{}{}, backoff.Permanent(last)
		case last.wait > 0:
			return struct{}{}, &backoff.RetryAfterError{Duration: last.wait}
		}
		return struct{}{}, last
	}, backoff.WithBackOff(waits), backoff.WithMaxTries(b.options.Attempts), backoff.WithMaxElapsedTime(time.Until(deadline)),
		backoff.WithNotify(func(error, time.Duration) {
			if b.options.Hooks.Retry != nil {
				b.options.Hooks.Retry(last.outcome, 0)
			}
		}))
	if err == nil {
		return nil
	}
	return last
}

// traced sends a request once, within the span of an HTTP client (OpenTelemetry
// semantic conventions for HTTP). The span has no object name.
func (b *Bucket) traced(ctx context.Context, c call, a *answer) *fault {
	around := trace.SpanFromContext(ctx)
	tracer := around.TracerProvider().Tracer("github.com/stackroom-mcp/stackroom/pkg/bucket")
	ctx, span := tracer.Start(ctx, c.method, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("http.request.method", c.method), attribute.String("server.address", b.host()),
		attribute.String("stackroom.breaker.state", string(b.breaker.state())),
	))
	defer span.End()
	start := time.Now()
	f := b.send(ctx, c, a)
	if f == nil {
		b.observe(upstream.OutcomeOK, time.Since(start))
		return nil
	}
	b.observe(f.outcome, time.Since(start))
	span.SetAttributes(attribute.String("error.type", string(f.outcome)))
	if f.status > 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", f.status))
	}
	if f.broken() {
		span.SetStatus(codes.Error, string(f.outcome))
	}
	return f
}

// observe tells the hooks about an attempt.
func (b *Bucket) observe(outcome upstream.Outcome, took time.Duration) {
	if b.options.Hooks.Request != nil {
		b.options.Hooks.Request(outcome, took)
	}
}

func (b *Bucket) host() string {
	u, err := url.Parse(b.options.Endpoint)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// send sends a request once and reads the response.
func (b *Bucket) send(ctx context.Context, c call, a *answer) *fault {
	req, err := http.NewRequestWithContext(ctx, c.method, b.options.Endpoint+c.path+"?"+c.query.Encode(), bytes.NewReader(c.body))
	if err != nil {
		return &fault{outcome: upstream.OutcomeRejected, cause: err}
	}
	req.Header.Set("User-Agent", "stackroom")
	if c.kind != "" {
		req.Header.Set("Content-Type", c.kind)
	}
	if b.tokens != nil {
		token, err := b.tokens.get(ctx)
		if err != nil {
			return &fault{outcome: outcomeOf(err), cause: err, credentials: true}
		}
		token.SetAuthHeader(req)
	}
	res, err := b.http.Do(req)
	if err != nil {
		if e := (*url.Error)(nil); errors.As(err, &e) {
			err = e.Err // without the URL, which names the object
		}
		return &fault{outcome: outcomeOf(err), cause: err, again: true}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, c.limit+1))
	switch {
	case res.StatusCode < 200 || res.StatusCode > 299:
		return statusFault(res)
	case err != nil:
		return &fault{outcome: outcomeOf(err), cause: err, again: true}
	case int64(len(body)) > c.limit:
		return &fault{outcome: upstream.OutcomeTooLarge, cause: fmt.Errorf("bucket: a response of more than %d bytes", c.limit)}
	}
	a.header, a.body = res.Header, body
	return nil
}

// outcomeOf names why no response came.
func outcomeOf(err error) upstream.Outcome {
	if errors.Is(err, context.DeadlineExceeded) {
		return upstream.OutcomeTimeout
	}
	return upstream.OutcomeNetwork
}

// statusFault returns the fault of a response with an error status. Which
// statuses are worth a retry: https://cloud.google.com/storage/docs/retry-strategy.
func statusFault(res *http.Response) *fault {
	f := &fault{status: res.StatusCode, outcome: upstream.OutcomeRejected, cause: fmt.Errorf("bucket: status %d", res.StatusCode)}
	switch {
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusRequestTimeout:
		f.outcome, f.again = upstream.OutcomeRateLimited, true
	case res.StatusCode >= http.StatusInternalServerError:
		f.outcome, f.again = upstream.OutcomeServerError, true
	}
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 && f.again {
		f.wait = time.Duration(min(seconds, 3600)) * time.Second
	}
	return f
}
