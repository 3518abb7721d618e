package tool

import (
	"net/http"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func TestClientName_OfHTTPWithoutSessions(t *testing.T) {
	for agent, want := range map[string]string{"claude-code/2.1 (cli)": "claude-code", "script": "script", "": ""} {
		header := http.Header{}
		header.Set("User-Agent", agent)
		if got := clientName(&mcp.CallToolRequest{Extra: &mcp.RequestExtra{Header: header}}); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
	if got := clientName(&mcp.CallToolRequest{}); got != "" {
		t.Errorf("a request without a header is of %q", got)
	}
}
