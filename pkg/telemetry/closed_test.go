package telemetry

import "testing"

func TestClosed(t *testing.T) {
	for name, want := range map[string]string{
		"": "", "tools/call": "tools/call", "skills/list": "skills/list", "skills/get": "skills/get", "skills/delete": other,
	} {
		if got := closed(knownMethods, name); got != want {
			t.Errorf("%q is counted as %q, want %q", name, got, want)
		}
	}
}
