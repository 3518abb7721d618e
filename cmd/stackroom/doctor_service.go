package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// limits prints the limits of callers.
func (d *doctor) limits(c *config.Config) {
	each := "no limit for each caller"
	if c.RateLimitMax > 0 {
		each = fmt.Sprintf("%d calls in %s for each caller, %d of them at once", c.RateLimitMax, c.RateLimitWindow, max(1, c.RateLimitMax/10))
	}
	d.pass("limits", fmt.Sprintf("%s, %d calls under way in all; each instance counts for itself", each, c.MaxInFlight))
	switch hops := c.Hops(); {
	case hops > 0:
		d.pass("addresses", fmt.Sprintf("of callers are read behind %d of the proxies that write X-Forwarded-For", hops))
	case c.LocalOnly():
		d.pass("addresses", "of callers are those of the connections, on this machine")
	default:
		d.pass("addresses", "of callers are those of the connections; behind a proxy set STACKROOM_TRUSTED_HOPS")
	}
}

// reachTime bounds one connection.
const reachTime = 2 * time.Second

// metrics checks that the address of the metrics is free, or that a Stackroom
// server serves them there.
func (d *doctor) metrics(ctx context.Context, c *config.Config) {
	if c.MetricsAddr == "" {
		d.pass("metrics", "not served; set STACKROOM_METRICS_ADDR for Prometheus")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	var lc net.ListenConfig
	l, taken := lc.Listen(ctx, "tcp", c.MetricsAddr)
	if taken == nil {
		_ = l.Close() // it was only a try
		d.pass("metrics", "would be served at http://"+c.MetricsAddr+"/metrics")
		return
	}
	if !servesMetrics(ctx, c.MetricsAddr) {
		d.fail("metrics", library.Errorf(library.Unavailable, "nothing can listen on %s", c.MetricsAddr).
			WithHint("another program has it: set STACKROOM_METRICS_ADDR to another port").WithCause(taken))
		return
	}
	d.pass("metrics", "are served at http://"+c.MetricsAddr+"/metrics")
}

// servesMetrics reports whether an address serves metrics.
func servesMetrics(ctx context.Context, addr string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/metrics", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	return res.Body.Close() == nil && res.StatusCode == http.StatusOK
}

// exporters checks that the receivers of traces and metrics accept a connection.
// Only the names of variables are shown: headers are secret.
func (d *doctor) exporters(ctx context.Context, environ []string) {
	var set []string
	for _, v := range environ {
		if name, value, _ := strings.Cut(v, "="); strings.HasPrefix(name, "OTEL_") && value != "" {
			set = append(set, name)
		}
	}
	slices.Sort(set)
	for _, to := range telemetry.Destinations() {
		d.exporter(ctx, to)
	}
	if len(set) > 0 {
		d.pass("otel", "is set by "+strings.Join(set, ", "))
	}
}

func (d *doctor) exporter(ctx context.Context, to telemetry.Destination) {
	check, sampled := "otel "+to.Signal, ""
	if to.Sampler != "" {
		sampled = ", sampled by " + to.Sampler
	}
	switch {
	case to.Exporter == "none":
		d.pass(check, "not exported; OTEL_EXPORTER_OTLP_ENDPOINT says where to")
	case to.Address != "":
		if err := reach(ctx, to.Address); err != nil {
			d.fail(check, library.Errorf(library.Unavailable, "the collector at %s can't be reached", to.Address).
				WithHint("start it, or set OTEL_EXPORTER_OTLP_ENDPOINT to where it is").WithCause(err))
			return
		}
		d.pass(check, fmt.Sprintf("exported by %s to %s, which can be reached%s", to.Exporter, to.Address, sampled))
	case to.Exporter == "otlp":
		d.fail(check, library.Errorf(library.Invalid, "the endpoint of OTLP is no URL").WithHint("set OTEL_EXPORTER_OTLP_ENDPOINT to one such as http://localhost:4318"))
	default:
		d.pass(check, fmt.Sprintf("exported by %q%s", to.Exporter, sampled))
	}
}

// reach connects to an address and closes the connection.
func reach(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return conn.Close()
}
