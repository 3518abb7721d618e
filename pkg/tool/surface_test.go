package tool

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

func TestResourcesListTheCallersWorks(t *testing.T) {
	c := connect(t, fleet{memory(library.GroupID(4711), "G", librarytest.Many(60)), memory(library.Local, "L", librarytest.Works())})
	seen := map[string]bool{}
	cursor := ""
	for {
		res, err := c.ListResources(t.Context(), &mcp.ListResourcesParams{Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range worksOf(res) {
			if seen[r.URI] || r.Title == "" || r.Name == "" || !strings.Contains(r.Description, "untrusted") {
				t.Errorf("resource %+v", r)
			}
			seen[r.URI] = true
		}
		if cursor = res.NextCursor; cursor == "" {
			break
		}
	}
	if len(seen) != 66 {
		t.Errorf("%d works", len(seen))
	}
	for uri := range seen {
		if _, err := c.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: uri}); err != nil {
			t.Fatalf("%s is listed, but: %v", uri, err)
		}
	}
	if _, err := c.ListResources(t.Context(), &mcp.ListResourcesParams{Cursor: "forged"}); code(err) != jsonrpc.CodeInvalidParams {
		t.Errorf("a forged cursor: %v", err)
	}
}

func code(err error) int64 {
	if e := (*jsonrpc.Error)(nil); errors.As(err, &e) {
		return e.Code
	}
	return 0
}

func TestResourcesRead(t *testing.T) {
	c := connect(t, fleet{memory(library.GroupID(4711), "G", librarytest.Works())})
	id := c.idOf(t, librarytest.TitleLight)
	key := id[len("group:4711/"):]
	for _, base := range []string{"stackroom://group%3A4711/items/", "stackroom://group:4711/items/"} {
		res, err := c.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: base + key})
		if err != nil {
			t.Fatal(err)
		}
		if r := res.Contents[0]; r.URI != base+key || r.MIMEType != "application/json" || !strings.Contains(r.Text, `"id":"`+id+`"`) {
			t.Errorf("%+v", r)
		}
		res, err = c.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: base + key + "/text"})
		if err != nil {
			t.Fatal(err)
		}
		if r := res.Contents[0]; r.MIMEType != "text/plain" || !strings.HasPrefix(r.Text, "My design") || !strings.Contains(r.Text, "whiteness") || strings.Contains(r.Text, "[The text") {
			t.Errorf("%+v", r)
		}
	}
	none := c.idOf(t, librarytest.TitleEngine)
	res, err := c.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "stackroom://group%3A4711/items/" + none[len("group:4711/"):] + "/text"})
	if err != nil || !strings.HasPrefix(res.Contents[0].Text, "[No text can be read") {
		t.Errorf("a work without text: %+v, %v", res, err)
	}
	for _, uri := range []string{
		"stackroom://group%3A4711/items/NNNNNNNN", "stackroom://user%3A1/items/" + key, "stackroom://group%3A4711/items/NNNNNNNN/text",
		"stackroom://", "stackroom://local/items/" + key, "stackroom://\U000e0041\u202e/items/x", "stackroom:///items/" + key + "/text/text",
	} {
		_, err := c.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: uri})
		if code(err) != jsonrpc.CodeInvalidParams {
			t.Errorf("%q: %v", uri, err)
		}
	}
}

func TestLongTextResourceSaysThatItGoesOn(t *testing.T) {
	lib := memory(library.Local, "L", []librarytest.Work{heavy()})
	c := connect(t, fleet{lib})
	res, err := c.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "stackroom://local/items/" + lib.Keys()[0] + "/text"})
	if err != nil {
		t.Fatal(err)
	}
	if text := res.Contents[0].Text; len(text) > DefaultResultChars || !strings.Contains(text, "use read_text.]") {
		t.Errorf("%d characters, ending %q", len(text), text[len(text)-80:])
	}
}

func TestPrompts(t *testing.T) {
	c := connect(t, one())
	res, err := c.ListPrompts(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range res.Prompts {
		names = append(names, p.Name)
		arguments := map[string]string{}
		for _, a := range p.Arguments {
			if a.Required {
				arguments[a.Name] = "first \"value\"\nsecond line {library}\u202e"
			}
		}
		got, err := c.GetPrompt(t.Context(), &mcp.GetPromptParams{Name: p.Name, Arguments: arguments})
		if err != nil {
			t.Fatal(err)
		}
		text := got.Messages[0].Content.(*mcp.TextContent).Text
		if len(arguments) > 0 && !strings.Contains(text, `"first \"value\" second line {library}"`) || strings.Contains(text, "Keep to") || strings.Contains(strings.ReplaceAll(text, "{library}\"", ""), "{") {
			t.Errorf("%s: %s", p.Name, text)
		}
		if _, err := c.GetPrompt(t.Context(), &mcp.GetPromptParams{Name: p.Name, Arguments: map[string]string{"colour": "red"}}); code(err) != jsonrpc.CodeInvalidParams || !strings.Contains(err.Error(), "colour") {
			t.Errorf("%s with an unknown argument: %v", p.Name, err)
		}
		if _, err := c.GetPrompt(t.Context(), &mcp.GetPromptParams{Name: p.Name}); (len(arguments) > 0) != (code(err) == jsonrpc.CodeInvalidParams) {
			t.Errorf("%s without arguments: %v", p.Name, err)
		}
	}
	if want := []string{"compare_works", "find_gaps", "literature_review", "summarize_work", "weekly_digest"}; !slices.Equal(names, want) {
		t.Errorf("prompts %q", names)
	}
	got, err := c.GetPrompt(t.Context(), &mcp.GetPromptParams{Name: "literature_review", Arguments: map[string]string{"topic": "light", "library": "Home", "tag": "physics"}})
	if err != nil {
		t.Fatal(err)
	}
	text := got.Messages[0].Content.(*mcp.TextContent).Text
	if !strings.Contains(text, `Keep to the library "Home".`) || !strings.Contains(text, `tagged "physics"`) || strings.Contains(text, "collection") {
		t.Errorf("%s", text)
	}
}

func TestCompletion(t *testing.T) {
	c := connect(t, fleet{
		memory(library.Local, "Home", librarytest.Works()), memory(library.GroupID(4711), "Causal Lab", librarytest.Works()), memory(library.GroupID(5), "History", librarytest.Many(60)),
	})
	prompt := &mcp.CompleteReference{Type: "ref/prompt", Name: "literature_review"}
	template := &mcp.CompleteReference{Type: "ref/resource", URI: "stackroom://{library}/items/{key}"}
	for _, k := range []struct {
		ref                 *mcp.CompleteReference
		name, value, chosen string
		want                []string
	}{
		{prompt, "library", "", "", []string{"local", "group:4711", "group:5"}},
		{prompt, "library", "causal", "", []string{"group:4711"}},
		{prompt, "library", "GROUP:4", "", []string{"group:4711"}},
		{template, "library", "lo", "", []string{"local"}},
		{template, "key", "A", "", []string{}},
		{prompt, "collection", "rea", "Home", []string{"Reading", "Reading/Machines"}},
		{prompt, "collection", "mach", "", []string{"Reading/Machines"}},
		{prompt, "tag", "ph", "", []string{"physics"}},
		{prompt, "tag", "tag-0", "group:5", []string{"tag-00", "tag-01", "tag-02", "tag-03", "tag-04", "tag-05", "tag-06", "tag-07", "tag-08", "tag-09"}},
		{prompt, "topic", "x", "", []string{}},
	} {
		params := &mcp.CompleteParams{Ref: k.ref, Argument: mcp.CompleteParamsArgument{Name: k.name, Value: k.value}}
		if k.chosen != "" {
			params.Context = &mcp.CompleteContext{Arguments: map[string]string{"library": k.chosen}}
		}
		res, err := c.Complete(t.Context(), params)
		if err != nil {
			t.Fatalf("%s %q: %v", k.name, k.value, err)
		}
		if !slices.Equal(res.Completion.Values, k.want) || res.Completion.HasMore {
			t.Errorf("%s %q: %+v, want %q", k.name, k.value, res.Completion, k.want)
		}
	}
	for _, ref := range []*mcp.CompleteReference{{Type: "ref/prompt", Name: "nothing"}, {Type: "ref/resource", URI: "stackroom://x"}} {
		if _, err := c.Complete(t.Context(), &mcp.CompleteParams{Ref: ref, Argument: mcp.CompleteParamsArgument{Name: "library"}}); code(err) != jsonrpc.CodeInvalidParams {
			t.Errorf("%+v: %v", ref, err)
		}
	}
}

func TestProgressGrowsAndEndsBeforeTheResult(t *testing.T) {
	libs := fleet{}
	for i := range 12 {
		libs = append(libs, memory(library.GroupID(int64(i+1)), "", librarytest.Many(5)))
	}
	var mu sync.Mutex
	var seen []float64
	done := make(chan struct{}, 100)
	cl := connectTo(t, catalogOf(t, libs, Options{}), &mcp.ClientOptions{
		ProgressNotificationHandler: func(_ context.Context, req *mcp.ProgressNotificationClientRequest) {
			mu.Lock()
			seen = append(seen, req.Params.Progress)
			mu.Unlock()
			if req.Params.ProgressToken != "p1" || req.Params.Total != 12 || req.Params.Message == "" {
				t.Errorf("progress %+v", req.Params)
			}
			done <- struct{}{}
		},
	})
	params := &mcp.CallToolParams{Name: "search", Arguments: map[string]any{"query": "study"}}
	if _, err := cl.CallTool(t.Context(), params); err != nil {
		t.Fatal(err)
	}
	params.SetProgressToken("p1")
	if _, err := cl.CallTool(t.Context(), params); err != nil {
		t.Fatal(err)
	}
	for range 12 {
		<-done
	}
	mu.Lock()
	defer mu.Unlock()
	if len(seen) != 12 || !slices.IsSorted(seen) || len(slices.Compact(slices.Clone(seen))) != 12 || seen[11] != 12 {
		t.Errorf("progress %v", seen)
	}
}

// faulty is a library whose searches end as fn says.
type faulty struct {
	*librarytest.Memory
	fn func(context.Context) error
}

func (f faulty) Search(ctx context.Context, _ library.Query) (library.Page[library.Hit], error) {
	return library.Page[library.Hit]{}, f.fn(ctx)
}

func TestFailuresSayWhatToDoAndHideTheirCause(t *testing.T) {
	secret := errors.New("dial tcp 10.0.0.7:443: key=s3cret")
	for promise, k := range map[string]struct {
		err   error
		code  library.Code
		words string
	}{
		"a library's error":      {library.Errorf(library.RateLimited, "too many requests").WithHint("ask for less").WithRetryAfter(1500 * time.Millisecond).WithCause(secret), library.RateLimited, "Too many requests. Ask for less. Try again in 2 seconds."},
		"an error of no library": {secret, library.Internal, "Something went wrong inside the server."},
		"a passed deadline":      {fmt.Errorf("searching: %w", context.DeadlineExceeded), library.Unavailable, "The call took longer than it may."},
		"a wrapped error":        {fmt.Errorf("x: %w", library.Errorf(library.Forbidden, "this key may not read")), library.Forbidden, "This key may not read."},
		"a hostile message":      {library.Errorf(library.Unavailable, "a\x1b[31m\u202e%s", strings.Repeat("b", 9_000)), library.Unavailable, "Abbb"},
		"a lost credential":      {library.Errorf(library.Unauthenticated, "the key is no longer good"), library.Unauthenticated, "The key is no longer good."},
	} {
		t.Run(promise, func(t *testing.T) {
			libs := fleet{faulty{memory(library.Local, "L", librarytest.Works()), func(context.Context) error { return k.err }}}
			cat := catalogOf(t, libs, Options{})
			c := connectTo(t, cat, nil)
			if got := c.refuse(t, "search", `{"query":"a"}`, k.code); !strings.HasPrefix(got, k.words) || strings.Contains(got, "s3cret") || strings.Contains(got, "10.0.0.7") {
				t.Errorf("%q, want %q", got, k.words)
			}
			res, err := cat.byName["search"].handle(t.Context(), &mcp.CallToolRequest{Params: &mcp.CallToolParamsRaw{Arguments: []byte(`{"query":"a"}`)}})
			if err != nil || !errors.Is(res.GetError(), k.err) {
				t.Errorf("the log gets %v, want %v", res.GetError(), k.err)
			}
			if _, err := cat.Call(t.Context(), "search", []byte(`{"query":"a"}`)); library.CodeOf(err) != k.code {
				t.Errorf("Call: %v", err)
			}
			if _, err := c.ListResources(t.Context(), nil); err == nil || strings.Contains(err.Error(), "s3cret") || code(err) == 0 {
				t.Errorf("resources/list: %v, code %d", err, code(err))
			}
		})
	}
}

func TestPanicsReachTheCallersRecovery(t *testing.T) {
	for _, n := range []int{1, 3} {
		libs := fleet{}
		for i := range n {
			libs = append(libs, faulty{memory(library.GroupID(int64(i+1)), "", nil), func(context.Context) error { panic("bang") }})
		}
		func() {
			defer func() {
				if r := recover(); r != "bang" {
					t.Errorf("%d libraries: recovered %v", n, r)
				}
			}()
			_, _ = catalogOf(t, libs, Options{}).Call(t.Context(), "search", []byte(`{"query":"a"}`))
			t.Errorf("%d libraries: no panic", n)
		}()
	}
}

func TestAnswersKeepTheirBudgetAndLoseNothing(t *testing.T) {
	works := librarytest.Many(120)
	for i := range works {
		works[i].Item.Fields["title"] = fmt.Sprintf("Study %d ", i) + strings.Repeat("long \"title\" ", 36)
		works[i].Item.Tags = []string{fmt.Sprintf("tag %d ", i) + strings.Repeat("x", 250)}
	}
	for i := range works {
		works[i].Collections = [][]string{{fmt.Sprintf("collection %d ", i) + strings.Repeat("y", 300)}}
	}
	cat := catalogOf(t, fleet{memory(library.Local, "L", works)}, Options{ResultChars: MinResultChars})
	c := connectTo(t, cat, nil)
	for tool, arguments := range map[string]string{
		"search": `"query":"study"`, "list_tags": `"prefix":""`, "list_collections": `"library":""`, "recent_changes": `"since":""`,
	} {
		total, pages, cursor := 0, 0, ""
		for {
			var out struct {
				Returned   int
				Total      int
				Truncated  bool
				NextCursor string `json:"next_cursor"`
				Notices    []string
			}
			c.ask(t, tool, fmt.Sprintf(`{%s,"limit":100,"cursor":%q}`, arguments, cursor), &out)
			total += out.Returned
			pages++
			if out.Truncated && !strings.Contains(strings.Join(out.Notices, " "), "did not fit") {
				t.Errorf("%s: truncated, but not said: %q", tool, out.Notices)
			}
			if cursor = out.NextCursor; cursor == "" {
				break
			}
		}
		if total != 120 || pages < 4 {
			t.Errorf("%s: %d entries on %d pages", tool, total, pages)
		}
	}
}

// textless is a library that has lost its texts and collections.
type textless struct{ *librarytest.Memory }

func (textless) Text(context.Context, string, library.TextQuery) (library.Text, error) {
	return library.Text{}, library.Errorf(library.Unavailable, "the text store does not answer")
}

func (textless) Collections(context.Context) (library.Page[library.Collection], error) {
	return library.Page[library.Collection]{}, library.Errorf(library.Unavailable, "the tree does not answer")
}

func TestFetchGivesWhatCanBeRead(t *testing.T) {
	c := connect(t, fleet{textless{memory(library.Local, "L", librarytest.Works())}})
	var out fetchOutput
	c.ask(t, "fetch", fmt.Sprintf(`{"id":%q}`, c.idOf(t, librarytest.TitleLight)), &out)
	if !out.Truncated || len(out.Notices) != 2 || !strings.Contains(out.Text, "prisms") || len(out.Annotations) != 1 {
		t.Errorf("%+v", out)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.catalog.Call(ctx, "fetch", []byte(`{"id":"local/ITM22222"}`)); library.CodeOf(err) != library.Unavailable {
		t.Errorf("after the call has ended: %v", err)
	}
}

func TestACollectionIsPagedWithinItsLibrary(t *testing.T) {
	works := librarytest.Many(12)
	for i := range works {
		works[i].Collections = [][]string{{"Only here"}}
	}
	c := connect(t, fleet{memory(library.Local, "A", librarytest.Many(5)), memory(library.GroupID(1), "B", works)})
	for _, tool := range []string{"search", "list_tags"} {
		total, cursor := 0, ""
		for {
			arguments := `{"collection":"only here","limit":5,"cursor":"` + cursor + `"}`
			if tool == "search" {
				arguments = `{"query":"",` + arguments[1:]
			}
			var out listed
			c.ask(t, tool, arguments, &out)
			if total += out.Returned; len(out.Notices) > 0 || out.Total != 12 {
				t.Fatalf("%s: %+v", tool, out)
			}
			if cursor = out.NextCursor; cursor == "" {
				break
			}
		}
		if total != 12 {
			t.Errorf("%s: %d entries", tool, total)
		}
	}
}
