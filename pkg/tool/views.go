package tool

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/view"
)

// viewsExtension is the extension by which clients show views of answers (MCP
// Apps, 2026-01-26).
const viewsExtension = "io.modelcontextprotocol/ui"

// viewOf returns the name of the view that shows a tool's answers, or "".
func (d *definition) viewOf() string {
	switch d.Name {
	case "search":
		return view.Results
	case "fetch", "read_text":
		return view.Work
	case "cite":
		return view.Bibliography
	case "find_duplicates":
		return view.Duplicates
	}
	if !d.Hints.ReadOnly {
		return view.Changes
	}
	return ""
}

// showViews names the views in the list of tools, for clients that show them alone, and
// answers reads of them. Views are not among the listed resources: no person reads
// one.
func (c *Catalog) showViews(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		if p, ok := req.GetParams().(*mcp.ReadResourceParams); ok && p != nil && strings.HasPrefix(p.URI, view.Scheme) {
			return c.readView(p.URI)
		}
		res, err := next(ctx, method, req)
		if list, ok := res.(*mcp.ListToolsResult); ok && err == nil && list != nil && showsViews(req) {
			return c.withViews(list), nil
		}
		return res, err
	}
}

// showsViews reports whether the client says that it shows views. A client of an
// earlier revision says so once, in its handshake, which HTTP without sessions does
// not remember.
func showsViews(req mcp.Request) bool {
	session, ok := req.GetSession().(*mcp.ServerSession)
	if !ok || session == nil {
		return false
	}
	p := session.InitializeParams()
	if p == nil || p.Capabilities == nil {
		return false
	}
	settings, _ := p.Capabilities.Extensions[viewsExtension].(map[string]any)
	types, _ := settings["mimeTypes"].([]any)
	return slices.Contains(types, any(view.MIMEType))
}

// withViews returns a list of tools with their views. Others are listed the tools
// without, so only the client that asked may keep it.
func (c *Catalog) withViews(list *mcp.ListToolsResult) *mcp.ListToolsResult {
	shown := *list
	shown.CacheScope, shown.TTLMs = "private", privateTTL
	shown.Tools = slices.Clone(list.Tools)
	for i, t := range shown.Tools {
		d := c.byName[t.Name]
		if d == nil || d.viewOf() == "" {
			continue
		}
		shownTool := *t
		shownTool.Meta = mcp.Meta{"ui": map[string]any{"resourceUri": view.URI(d.viewOf())}}
		shown.Tools[i] = &shownTool
	}
	return &shown
}

// readView returns a view. Without a policy of its own it may load nothing.
func (c *Catalog) readView(uri string) (*mcp.ReadResourceResult, error) {
	at := slices.IndexFunc(c.views, func(v view.View) bool { return v.URI == uri })
	if at < 0 {
		return nil, protocolFault(library.Errorf(library.NotFound, "no such view"))
	}
	res := &mcp.ReadResourceResult{}
	// The type of a result can only be set with JSON.
	if err := json.Unmarshal([]byte(`{"resultType":"complete"}`), res); err != nil {
		return nil, err
	}
	res.Cacheable = publicly()
	res.Contents = []*mcp.ResourceContents{{
		URI: uri, MIMEType: view.MIMEType, Text: c.views[at].HTML, Meta: mcp.Meta{"ui": map[string]any{"prefersBorder": true}},
	}}
	return res, nil
}
