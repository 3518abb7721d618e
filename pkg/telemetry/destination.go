package telemetry

import (
	"cmp"
	"net"
	"net/url"
	"os"
	"strings"
)

// Destination is where a signal goes; the command doctor shows it.
type Destination struct {
	Signal   string // "traces" or "metrics"
	Exporter string // "none", "otlp", "google", "console", or as the variable says
	// Address is the host and port to which OTLP connects, "" if the exporter
	// connects to none or the endpoint can't be read.
	Address string
	// Sampler is OTEL_TRACES_SAMPLER with its argument. "" for metrics.
	Sampler string
}

// Destinations returns where [Start] would send traces and metrics in the
// process's environment.
func Destinations() []Destination {
	traces, metrics := destination("traces"), destination("metrics")
	// The SDK's own default (OpenTelemetry, "General SDK Configuration").
	traces.Sampler = strings.TrimSpace(cmp.Or(os.Getenv("OTEL_TRACES_SAMPLER"), "parentbased_always_on") + " " + os.Getenv("OTEL_TRACES_SAMPLER_ARG"))
	return []Destination{traces, metrics}
}

func destination(signal string) Destination {
	d := Destination{Signal: signal, Exporter: exporterOf(strings.ToUpper(signal))}
	if d.Exporter == exportOTLP || d.Exporter == exportGoogle {
		d.Address = otlpAddress(strings.ToUpper(signal))
	}
	return d
}

// otlpAddress returns the host and port of a signal's OTLP. Without an endpoint
// it is this machine, at the port of the protocol
// (https://opentelemetry.io/docs/specs/otel/protocol/exporter/).
func otlpAddress(signal string) string {
	endpoint := cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_"+signal+"_ENDPOINT"), os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT"))
	if endpoint == "" {
		if protocolOf(signal) == protocolGRPC {
			return "localhost:4317"
		}
		return "localhost:4318"
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	port := "80"
	if u.Scheme == "https" {
		port = "443"
	}
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port))
}
