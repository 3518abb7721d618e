package server

import (
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	servermcp "github.com/stackroom-mcp/stackroom/pkg/server/mcp"
)

// withoutWriting is the catalogue of the fixture without the tool that writes.
func withoutWriting(c servermcp.Catalog) servermcp.Catalog {
	all := c.(*catalog)
	r := &catalog{options: all.options, call: all.call, register: func(s *mcp.Server) {
		all.register(s)
		s.RemoveTools("add")
	}}
	for _, d := range all.tools {
		if d.Hints.ReadOnly {
			r.tools = append(r.tools, d)
		}
	}
	return r
}

func TestReadOnlyEndpoint(t *testing.T) {
	for _, express := range []bool{true, false} {
		h := newAuthFixture(t, express, func(o *Options) { o.Reading = withoutWriting(o.Catalog) })
		send := func(token string, m message) reply { return h.send(t, "POST", "/mcp/readonly", token, m) }
		send("", modernCall("whoami", "")).wantRejected(t, "without a token", 401, `scope="library:read"`, `/.well-known/oauth-protected-resource/mcp/readonly"`)
		for _, token := range []string{"token-of-ada", "token-of-bob", "token-for-readonly"} {
			if r := send(token, modernCall("whoami", "")); r.status != 200 {
				t.Errorf("%s: %d %s", token, r.status, r.body)
			}
			for _, m := range []message{modernRequest("tools/list"), legacyCall("2025-06-18", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)} {
				if r := send(token, m); r.status != 200 || !strings.Contains(r.body, "whoami") || strings.Contains(r.body, `"add"`) {
					t.Errorf("%s: %d %s", token, r.status, r.body)
				}
			}
			for _, m := range []message{modernCall("add", ""), oldCall("add")} {
				if r := send(token, m); !strings.Contains(r.body, "unknown tool") {
					t.Errorf("%s calls a tool that writes: %d %s", token, r.status, r.body)
				}
			}
		}
		h.mcp(t, "token-for-readonly", modernCall("whoami", "")).wantRejected(t, "a token for reading at /mcp", 401, `error="invalid_token"`, pointer)
		h.send(t, "POST", "/tools/whoami", "token-for-readonly", message{}).wantRejected(t, "a token for reading at REST", 401)
		for _, ran := range h.ran {
			if strings.HasSuffix(ran, " add") {
				t.Errorf("ran %q", ran)
			}
		}
		r := h.send(t, "GET", "/.well-known/oauth-protected-resource/mcp/readonly", "", message{})
		if r.status != 200 || !strings.Contains(r.body, `"resource":"https://mcp.example.org/mcp/readonly"`) || strings.Contains(r.body, "library:write") {
			t.Errorf("%d %s", r.status, r.body)
		}
		for _, path := range []string{"", "/mcp"} {
			r := h.send(t, "GET", "/.well-known/oauth-protected-resource"+path, "", message{})
			if r.status != 200 || !strings.Contains(r.body, `"resource":"https://mcp.example.org/mcp"`) || !strings.Contains(r.body, "library:write") {
				t.Errorf("%d %s", r.status, r.body)
			}
		}
	}
}
