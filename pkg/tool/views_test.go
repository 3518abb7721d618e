package tool

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/csl/styles"
	"github.com/stackroom-mcp/stackroom/pkg/view"
)

// showing returns the options of a client with these settings of MCP Apps.
func showing(settings map[string]any) *mcp.ClientOptions {
	caps := &mcp.ClientCapabilities{}
	caps.AddExtension("io.modelcontextprotocol/ui", settings)
	return &mcp.ClientOptions{Capabilities: caps}
}

// listed returns the list of tools that a client gets.
func listedTools(t *testing.T, c *Catalog, opts *mcp.ClientOptions) *mcp.ListToolsResult {
	t.Helper()
	res, err := connectTo(t, c, opts).ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestViews_AreNamedToClientsThatShowThem(t *testing.T) {
	c := catalogOf(t, one(), Options{Writing: &Writing{}})
	res := listedTools(t, c, showing(map[string]any{"mimeTypes": []string{"text/html", "text/html;profile=mcp-app"}}))
	got := map[string]string{}
	for _, tool := range res.Tools {
		if ui, ok := tool.Meta["ui"].(map[string]any); ok {
			got[tool.Name], _ = ui["resourceUri"].(string)
			if len(ui) != 1 {
				t.Errorf("%s: %v", tool.Name, ui)
			}
		}
	}
	want := map[string]string{
		"search": "ui://stackroom/results.html", "fetch": "ui://stackroom/work.html", "read_text": "ui://stackroom/work.html",
		"cite": "ui://stackroom/bibliography.html", "find_duplicates": "ui://stackroom/duplicates.html",
	}
	for _, d := range c.Definitions() {
		if !d.Hints.ReadOnly {
			want[d.Name] = "ui://stackroom/changes.html"
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if res.CacheScope != "private" || res.TTLMs != privateTTL {
		t.Errorf("others may keep the list: %+v", res.Cacheable)
	}
}

// TestViews_CostOtherClientsNothing holds that a client without MCP Apps is listed
// the same bytes as ever, also after one with them.
func TestViews_CostOtherClientsNothing(t *testing.T) {
	c := catalogOf(t, one(), Options{})
	before := string(indented(t, listedTools(t, c, nil)))
	listedTools(t, c, showing(map[string]any{"mimeTypes": []string{view.MIMEType}}))
	for promise, opts := range map[string]*mcp.ClientOptions{
		"no extension": nil, "no types": showing(map[string]any{}), "another type": showing(map[string]any{"mimeTypes": []string{"text/html"}}),
		"types that are no list": showing(map[string]any{"mimeTypes": view.MIMEType}),
	} {
		if got := string(indented(t, listedTools(t, c, opts))); got != before || strings.Contains(got, "ui://") || !strings.Contains(got, `"cacheScope": "public"`) {
			t.Errorf("%s: the list differs", promise)
		}
	}
	with, err := json.Marshal(listedTools(t, c, showing(map[string]any{"mimeTypes": []string{view.MIMEType}})))
	if err != nil || len(with) > 17_500 {
		t.Errorf("with views the list has %d bytes, %v", len(with), err)
	}
}

func TestViews_AreRead(t *testing.T) {
	c := connect(t, one())
	views, err := view.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range views {
		res, err := c.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: v.URI})
		if err != nil {
			t.Fatal(err)
		}
		got := res.Contents[0]
		ui, _ := got.Meta["ui"].(map[string]any)
		if got.URI != v.URI || got.MIMEType != "text/html;profile=mcp-app" || got.Text != v.HTML || ui["prefersBorder"] != true || ui["csp"] != nil || res.CacheScope != "public" {
			t.Errorf("%s: %+v %+v", v.URI, got.Meta, res.Cacheable)
		}
	}
	for _, uri := range []string{"ui://stackroom/none.html", "ui://", "ui://stackroom/results.html?x"} {
		if _, err := c.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: uri}); code(err) != jsonrpc.CodeInvalidParams {
			t.Errorf("%s: %v", uri, err)
		}
	}
	resources, err := c.ListResources(t.Context(), nil)
	if err != nil || slices.ContainsFunc(resources.Resources, func(r *mcp.Resource) bool { return strings.HasPrefix(r.URI, "ui:") }) {
		t.Errorf("views are listed among the resources, or %v", err)
	}
}

// TestViews_KnowTheStylesAndTools holds that what the views call and offer exists.
func TestViews_KnowTheStylesAndTools(t *testing.T) {
	c := catalogOf(t, one(), Options{Writing: &Writing{}})
	known, err := styles.New().Names(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	called, offered := map[string]bool{}, 0
	for _, v := range c.views {
		for _, call := range strings.Split(v.HTML, `host.call("`)[1:] {
			name, _, _ := strings.Cut(call, `"`)
			called[name] = true
			if c.byName[name] == nil {
				t.Errorf("%s calls %s", v.Name, name)
			}
		}
		_, list, _ := strings.Cut(v.HTML, "const styles = {")
		list, _, _ = strings.Cut(list, "};")
		for entry := range strings.SplitSeq(list, ", ") {
			if id, _, ok := strings.Cut(strings.Trim(entry, " \n"), ":"); ok {
				if offered++; !slices.Contains(known, strings.Trim(id, `"`)) {
					t.Errorf("the style %s is not built in: %q", id, known)
				}
			}
		}
	}
	if len(called) != 6 || offered != 10 {
		t.Errorf("the views call %v and offer %d styles", called, offered)
	}
}

func TestWithViews_LeavesTheListAsItIs(t *testing.T) {
	c := catalogOf(t, one(), Options{})
	wire := c.byName["search"].wire
	list := &mcp.ListToolsResult{Tools: []*mcp.Tool{wire}}
	if shown := c.withViews(list); shown.Tools[0].Meta == nil || list.Tools[0] != wire || wire.Meta != nil || list.CacheScope != "" {
		t.Errorf("%+v became %+v", list, shown)
	}
}
