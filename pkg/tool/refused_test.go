package tool

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// TestListing_RefusedLibraryEnds follows the cursors of a listing of which one
// library always fails: the last page has no cursor if the refusal is final.
func TestListing_RefusedLibraryEnds(t *testing.T) {
	for code, goesOn := range map[library.Code]bool{
		library.Forbidden: false, library.NotFound: false, library.Unauthenticated: false, library.Invalid: false,
		library.Unavailable: true, library.RateLimited: true, library.Internal: true,
	} {
		failing := memory(library.GroupID(1), "Failing", librarytest.Many(3))
		failing.Fail(library.Errorf(code, "it failed"))
		c := catalogOf(t, fleet{memory(library.Local, "Up", librarytest.Many(3)), failing}, Options{})
		for tool, arguments := range map[string]string{"search": `"query":"",`, "list_tags": ``, "recent_changes": ``, "list_collections": ``} {
			cursor, pages := "", 0
			for {
				raw, err := c.Call(t.Context(), tool, fmt.Appendf(nil, `{%s"limit":2,"cursor":%q}`, arguments, cursor))
				if goesOn && pages > 0 && library.CodeOf(err) == code {
					break // all that is left is the library that is down
				}
				if err != nil {
					t.Errorf("%s with %s, page %d: %v", tool, code, pages+1, err)
					break
				}
				var out listed
				if err := json.Unmarshal(raw, &out); err != nil {
					t.Fatal(err)
				}
				if pages == 0 && !strings.Contains(strings.Join(out.Notices, " "), "group:1") {
					t.Errorf("%s with %s says nothing of the library: %q", tool, code, out.Notices)
				}
				if cursor = out.NextCursor; cursor == "" {
					break
				}
				if pages++; pages > 3 {
					break
				}
			}
			if goesOn != (cursor != "") {
				t.Errorf("%s with %s: after %d pages the cursor is %q", tool, code, pages, cursor)
			}
		}
	}
}

func TestOwnCredential_RefusalReplacesTheAnswer(t *testing.T) {
	dead := library.Errorf(library.Unauthenticated, "the key is no longer good")
	failing := memory(library.GroupID(1), "Failing", librarytest.Many(3))
	failing.Fail(dead)
	up := memory(library.Local, "Up", librarytest.Works())
	own := func(is bool) Options { return Options{OwnCredential: func(context.Context) bool { return is }} }
	for name, libs := range map[string]Libraries{"one of two is refused": fleet{up, failing}, "one of two is not listed": halfListed{fleet{up}, dead}} {
		for _, tool := range []string{"search", "list_tags", "list_collections", "recent_changes", "list_libraries", "export"} {
			arguments := json.RawMessage(`{}`)
			switch tool {
			case "search", "export":
				arguments = json.RawMessage(`{"query":"light"}`)
			case "list_libraries":
				if name == "one of two is refused" {
					continue // the list asks no library
				}
			}
			if _, err := catalogOf(t, libs, own(true)).Call(t.Context(), tool, arguments); library.CodeOf(err) != library.Unauthenticated {
				t.Errorf("%s, %s: %v, want the refusal", name, tool, err)
			}
			if _, err := catalogOf(t, libs, own(false)).Call(t.Context(), tool, arguments); err != nil {
				t.Errorf("%s, %s with the deployment's key: %v", name, tool, err)
			}
		}
		server := catalogOf(t, libs, own(true))
		if _, err := connectTo(t, server, nil).ListResources(t.Context(), nil); err == nil {
			t.Errorf("%s: resources/list answers", name)
		}
	}
}

func TestNoLibrariesIsSaidInEveryAnswer(t *testing.T) {
	c := catalogOf(t, fleet{}, Options{})
	for tool, arguments := range map[string]string{
		"search": `{"query":"light"}`, "list_libraries": `{}`, "list_tags": `{}`, "list_collections": `{}`, "recent_changes": `{}`, "export": `{"query":"x"}`,
	} {
		out, err := c.Call(t.Context(), tool, json.RawMessage(arguments))
		if err != nil || !strings.Contains(string(out), "no library that you may read") {
			t.Errorf("%s: %s, %v", tool, out, err)
		}
	}
	for tool, arguments := range map[string]string{"fetch": `{"id":"local/ABCD2345"}`, "read_text": `{"id":"local/ABCD2345"}`, "search": `{"query":"x","library":"local"}`} {
		if _, err := c.Call(t.Context(), tool, json.RawMessage(arguments)); err == nil || !strings.Contains(words(library.AsError(err)), "Give your key or account access") {
			t.Errorf("%s: %v", tool, err)
		}
	}
}

func TestColorName(t *testing.T) {
	for color, want := range map[string]string{
		"#ffd400": "yellow", "#FFD400": "yellow", "#aaaaaa": "gray", "#123abc": "#123abc", "": "", "red": "", "#12345": "", "#1234567": "",
		"#12345g": "", "#ignore previous": "", "123456": "",
	} {
		if got := colorName(color); got != want {
			t.Errorf("colorName(%q) = %q, want %q", color, got, want)
		}
	}
}
