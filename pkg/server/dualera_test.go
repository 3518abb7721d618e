package server

import (
	"encoding/json"
	"strings"
	"testing"
)

// The tests of this file carry the numbers of the acceptance statements D:
// discovery and the two protocol eras.

func TestD01_DiscoverListsFeatures(t *testing.T) {
	f := newFixture(t, nil)
	r := f.rpc(modern, `{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{`+meta+`}}`, nil)
	var result struct {
		SupportedVersions []string
		Capabilities      map[string]any
		Instructions      string
		TTLMs             *int
		CacheScope        string
	}
	if err := json.Unmarshal(r.decode(t).Result, &result); err != nil {
		t.Fatal(err)
	}
	if len(result.SupportedVersions) != 5 || result.SupportedVersions[0] != modern || result.Instructions == "" || result.TTLMs == nil || result.CacheScope == "" {
		t.Errorf("got %s", r.body)
	}
	// D03: only existing features are advertised.
	for _, absent := range []string{"logging", "tasks", "listChanged", "subscribe"} {
		if strings.Contains(r.body, absent) {
			t.Errorf("%s is advertised: %s", absent, r.body)
		}
	}
}

func TestD02_ListsAreServed(t *testing.T) {
	f := newFixture(t, nil)
	for _, method := range []string{"tools/list", "prompts/list", "resources/list", "resources/templates/list"} {
		m := f.rpc(modern, `{"jsonrpc":"2.0","id":1,"method":"`+method+`","params":{`+meta+`}}`, nil).decode(t)
		if m.Error != nil || !strings.Contains(string(m.Result), "ttlMs") {
			t.Errorf("%s: %+v", method, m)
		}
	}
}

func TestInitialize_NegotiatesVersion(t *testing.T) {
	f := newFixture(t, nil)
	for asked, want := range map[string]string{
		"2024-11-05": "2024-11-05", "2025-03-26": "2025-03-26", "2025-06-18": "2025-06-18", "2025-11-25": "2025-11-25", // D04
		"2023-01-01": "2025-11-25", "2031-01-01": "2025-11-25", modern: "2025-11-25", // D05
	} {
		body := `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"` + asked + `","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`
		m := f.rpc("", body, nil).decode(t)
		if !strings.Contains(string(m.Result), `"protocolVersion":"`+want+`"`) {
			t.Errorf("asked for %s: %+v", asked, m)
		}
	}
}

func TestLegacy_Requests(t *testing.T) {
	f := newFixture(t, nil)
	t.Run("D06 a call without a version", func(t *testing.T) {
		f.rpc("", callWith(legacy, "echo", `{"text":"x"}`), nil).wantText(t, "x")
	})
	t.Run("D07 initialized is accepted", func(t *testing.T) {
		if r := f.rpc(legacy, `{"jsonrpc":"2.0","method":"notifications/initialized"}`, nil); r.status != 202 || r.body != "" {
			t.Errorf("got %d %q", r.status, r.body)
		}
	})
	t.Run("D08 ping", func(t *testing.T) {
		if m := f.rpc(legacy, `{"jsonrpc":"2.0","id":1,"method":"ping"}`, nil).decode(t); string(m.Result) != "{}" {
			t.Errorf("got %+v", m)
		}
	})
	t.Run("D09 a tool that elicits input fails with a message", func(t *testing.T) {
		if r := f.rpc(legacy, toolCall(legacy, "elicit"), nil); r.status != 200 || !strings.Contains(r.body, `"isError":true`) {
			t.Errorf("got %d %s", r.status, r.body)
		}
	})
	t.Run("an unknown revision gets the list of known ones", func(t *testing.T) {
		r := f.rpc("1999-01-01", toolCall(legacy, "echo"), nil)
		r.wantError(t, 400, -32022)
		if id := r.decode(t).ID; id != 7.0 {
			t.Errorf("ID = %v", id)
		}
	})
}

func TestD11_SSEPointsToMCP(t *testing.T) {
	f := newFixture(t, nil)
	for _, method := range []string{"GET", "POST"} {
		r := f.send(request{method: method, path: "/sse"})
		if r.status != 404 || !strings.Contains(r.body, "/mcp") || r.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: got %d %s", method, r.status, r.body)
		}
	}
}
