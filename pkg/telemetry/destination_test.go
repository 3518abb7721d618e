package telemetry

import "testing"

func TestDestinations(t *testing.T) {
	for _, test := range []struct {
		name            string
		environ         map[string]string
		traces, metrics Destination
	}{
		{"no variable", nil, Destination{Exporter: "none"}, Destination{Exporter: "none"}},
		{"a collector", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://10.0.0.7:4318"},
			Destination{Exporter: "otlp", Address: "10.0.0.7:4318"}, Destination{Exporter: "otlp", Address: "10.0.0.7:4318"}},
		{"the default of each protocol", map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_METRICS_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "grpc"},
			Destination{Exporter: "otlp", Address: "localhost:4318"}, Destination{Exporter: "otlp", Address: "localhost:4317"}},
		{"Google", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "https://telemetry.googleapis.com", "OTEL_METRICS_EXPORTER": "none"},
			Destination{Exporter: "google", Address: "telemetry.googleapis.com:443"}, Destination{Exporter: "none"}},
		{"a signal's own", map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector/v1/traces"},
			Destination{Exporter: "otlp", Address: "collector:80"}, Destination{Exporter: "none"}},
		{"no URL", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "collector"}, Destination{Exporter: "otlp"}, Destination{Exporter: "otlp"}},
		{"disabled", map[string]string{"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "otlp"}, Destination{Exporter: "none"}, Destination{Exporter: "none"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			quiet(t)
			for name, value := range test.environ {
				t.Setenv(name, value)
			}
			test.traces.Signal, test.metrics.Signal, test.traces.Sampler = "traces", "metrics", "parentbased_always_on"
			got := Destinations()
			if len(got) != 2 || got[0] != test.traces || got[1] != test.metrics {
				t.Errorf("%+v, want %+v and %+v", got, test.traces, test.metrics)
			}
		})
	}
	quiet(t)
	t.Setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
	t.Setenv("OTEL_TRACES_SAMPLER_ARG", "0.1")
	if got := Destinations()[0].Sampler; got != "parentbased_traceidratio 0.1" {
		t.Errorf("sampler %q", got)
	}
}

func TestSecretRead(t *testing.T) {
	x := observe(t, nil)
	for range 3 {
		x.SecretRead("ZOTERO_API_KEY", "unchanged")
	}
	x.SecretRead("ZOTERO_API_KEY", "an unknown outcome")
	family := x.scraped(t)["stackroom_secret_lookups_total"]
	for labels, want := range map[string]float64{"outcome=unchanged,setting=ZOTERO_API_KEY": 3, "outcome=other,setting=ZOTERO_API_KEY": 1} {
		if m := sample(family, labels); m.GetCounter().GetValue() != want {
			t.Errorf("%s: %v", labels, m)
		}
	}
	var none *Telemetry
	none.SecretRead("ZOTERO_API_KEY", "read")
	if none.Tracer() != nil || x.Tracer() == nil {
		t.Error("want a tracer, and none of a nil Telemetry")
	}
}
