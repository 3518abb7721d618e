package secret_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/stackroom-mcp/stackroom/pkg/secret"
	"github.com/stackroom-mcp/stackroom/pkg/secret/secrettest"
)

func TestStatus(t *testing.T) {
	service := secrettest.New(t)
	service.AllowMetadata()
	created := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	service.AddAt(key, "one-value", created.Add(-time.Hour))
	service.AddAt(key, "two-value", created)
	before := time.Now()
	store := mustOpen(t, service, func(o *secret.Options) {
		o.Overlap = 100 * 365 * 24 * time.Hour
		o.Settings = map[string]string{"B": "sm://key", "A": "plain-value", "C": ""}
	})
	all := store.Status()
	if len(all) != 2 {
		t.Fatalf("lists %d settings", len(all))
	}
	for i := range all {
		if all[i].Since.Before(before) || all[i].Checked.Before(all[i].Since) || all[i].Checked.After(time.Now()) {
			t.Errorf("%s: since %v, checked %v", all[i].Variable, all[i].Since, all[i].Checked)
		}
		if age := all[i].Age(all[i].Since.Add(time.Hour)); i == 0 && age != time.Hour || i == 1 && age != all[1].Since.Add(time.Hour).Sub(created) {
			t.Errorf("%s is %v old", all[i].Variable, age)
		}
		all[i].Since, all[i].Checked = time.Time{}, time.Time{}
	}
	want := []secret.Status{
		{Variable: "A", Kind: secret.Plain},
		{Variable: "B", Kind: secret.SecretManager, Reference: "sm://" + key + "/versions/latest", Version: "2", Former: 1, Created: created},
	}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

func TestRejected_LookupJoinsCallersTrace(t *testing.T) {
	service := secrettest.New(t)
	service.Add(key, "one-value")
	spans := tracetest.NewInMemoryExporter()
	provider := trace.NewTracerProvider(trace.WithSyncer(spans))
	tracer := provider.Tracer("test")
	source := mustOpen(t, service, func(o *secret.Options) { o.Tracer = tracer }).Source(variable)
	spans.Reset()
	ctx, span := tracer.Start(t.Context(), "call")
	service.Deny(key, true)
	source.Rejected(ctx)
	span.End()
	stubs := spans.GetSpans()
	if len(stubs) != 2 || stubs[0].Name != "secret.refresh" || stubs[0].Parent.SpanID() != span.SpanContext().SpanID() {
		t.Fatalf("spans: %+v", stubs)
	}
	if stubs[0].Status.Description != string(secret.Denied) || len(stubs[0].Events) != 1 {
		t.Errorf("the span is %+v", stubs[0].Status)
	}
	for _, s := range stubs {
		for _, a := range s.Attributes {
			if strings.Contains(a.Value.String(), "-value") {
				t.Errorf("the span contains %s", a.Value.String())
			}
		}
	}
}

func TestHooks_ReportEveryLookup(t *testing.T) {
	service := secrettest.New(t)
	service.Add(key, "one")
	var mu sync.Mutex
	var told []string
	source := mustOpen(t, service, func(o *secret.Options) {
		o.Hooks.Refreshed = func(variable, outcome string) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, variable+" "+outcome)
		}
	}).Source(variable)
	service.Add(key, "two")
	source.Rejected(t.Context())
	mu.Lock()
	defer mu.Unlock()
	if diff := cmp.Diff([]string{variable + " read", variable + " changed"}, told); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}
