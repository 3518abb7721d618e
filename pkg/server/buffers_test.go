package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestCall_AbandonedKeepsArguments has a tool ignore its deadline and read its
// arguments after the response, when the buffer of the request's body is in use
// by other requests.
func TestCall_AbandonedKeepsArguments(t *testing.T) {
	for _, path := range []string{"/mcp", "/tools/echo"} {
		t.Run(path, func(t *testing.T) {
			goOn, read := make(chan struct{}), make(chan string, 1)
			l := newLanes(t, func(o *Options) {
				o.RequestTimeout = 10 * time.Millisecond
				o.Catalog.(*catalog).call = func(_ context.Context, _ string, arguments json.RawMessage) (json.RawMessage, error) {
					if strings.Contains(string(arguments), "first") {
						<-goOn
						read <- string(arguments)
					}
					return json.RawMessage(`{}`), nil
				}
			})
			send := func(text string) {
				m := modernCall("echo", `"arguments":{"q":"`+text+`"},`)
				if path != "/mcp" {
					m = message{nil, `{"q":"` + text + `"}`}
				}
				m.sendTo(t, l.with, path)
			}
			send("first")
			for i := range 100 { // these reuse the buffer
				send(fmt.Sprintf("%05d", i))
			}
			close(goOn)
			if got := <-read; got != `{"q":"first"}` {
				t.Errorf("the abandoned call reads %s", got)
			}
		})
	}
}

// TestStreams_AreNotInFlight opens more streams than calls may run.
func TestStreams_AreNotInFlight(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.LegacySSE, o.Limits = true, Limits{InFlight: 1} })
	for range 3 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.http.URL+"/sse", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := f.http.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("a stream: got %d", res.StatusCode)
		}
	}
	f.rpc(modern, callWith(modern, "echo", `{"text":"x"}`), nil).wantText(t, "x")
}
