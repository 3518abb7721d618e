package tool

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

func TestEach_RunsEightAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int64
		each(20, func(int) {
			most.Store(max(most.Load(), running.Add(1)))
			time.Sleep(time.Second)
			running.Add(-1)
		})
		if most.Load() != 8 {
			t.Errorf("%d at a time, want 8", most.Load())
		}
	})
}

func TestNote_LongOnesComeInParts(t *testing.T) {
	tidy := &tidy{}
	for chars, parts := range map[int]int{0: 1, 3_000: 1, 3_001: 2, 7_000: 3} {
		text := strings.Repeat("é", chars)
		lines := tidy.note(library.Note{Key: "ABCD2345", Text: text})
		var joined strings.Builder
		for _, l := range lines {
			joined.WriteString(l.Text)
		}
		if len(lines) != parts || joined.String() != text || parts > 1 && lines[1].Part != "2/"+string(rune('0'+parts)) {
			t.Errorf("a note of %d characters has %d parts, want %d", chars, len(lines), parts)
		}
	}
}

func TestAnnotation_LongTextIsCutWithANotice(t *testing.T) {
	for chars, cut := range map[int]bool{2_000: false, 2_001: true} {
		text := strings.Repeat("x", chars)
		for what, x := range map[string]library.Annotation{"text": {Text: text}, "comment": {Comment: text}} {
			tidy := &tidy{}
			line := tidy.annotation("ABCD2345", x)
			if got := len([]rune(line.Text + line.Comment)); got > 2_000 || (tidy.notice() != "") != cut {
				t.Errorf("%s of %d characters: %d are shown, notice %q", what, chars, got, tidy.notice())
			}
		}
	}
}

func TestReadingOrder_FrontMatterComesFirst(t *testing.T) {
	var all []library.Annotation
	for _, page := range []string{"10", "2", "ix", "iv", "1", "xii"} {
		all = append(all, library.Annotation{Page: page})
	}
	var got []string
	for _, a := range readingOrder(all) {
		got = append(got, a.Page)
	}
	if want := []string{"iv", "ix", "xii", "1", "2", "10"}; !slices.Equal(got, want) {
		t.Errorf("order %q, want %q", got, want)
	}
	all = append(all, library.Annotation{Page: "cover"})
	if got := readingOrder(all); got[0].Page != "10" || got[6].Page != "cover" {
		t.Errorf("with a page that has no place, the order changes: %v", got)
	}
}

func TestReadingOrder_FollowsPositions(t *testing.T) {
	got := readingOrder([]library.Annotation{{Page: "1", Position: "00003"}, {Page: "12", Position: "00001"}, {Page: "iv", Position: "00002"}})
	if got[0].Page != "12" || got[1].Page != "iv" || got[2].Page != "1" {
		t.Errorf("%+v", got)
	}
}

func TestEnumerate_NamesTen(t *testing.T) {
	names := strings.Fields("a b c d e f g h i j k l")
	if got := enumerate(names); got != "a, b, c, d, e, f, g, h, i, j, 2 more" {
		t.Errorf("twelve names: %s", got)
	}
	if got := enumerate(names[:10]); got != "a, b, c, d, e, f, g, h, i, j" {
		t.Errorf("ten names: %s", got)
	}
}

func TestSetCacheable_LibrariesArePrivate(t *testing.T) {
	for _, c := range []struct {
		req   mcp.Request
		scope string
		ttl   int
	}{
		{&mcp.ListResourcesRequest{Params: &mcp.ListResourcesParams{}}, "private", 60_000},
		{&mcp.ReadResourceRequest{Params: &mcp.ReadResourceParams{}}, "private", 60_000},
		{&mcp.ListToolsRequest{Params: &mcp.ListToolsParams{}}, "public", 3_600_000},
	} {
		var hint mcp.Cacheable
		new(Catalog).setCacheable(t.Context(), c.req, &hint)
		if hint.CacheScope != c.scope || hint.TTLMs != c.ttl {
			t.Errorf("%T: %+v, want %s for %d ms", c.req, hint, c.scope, c.ttl)
		}
	}
}

func TestProgress_TotalNeverFallsBehind(t *testing.T) {
	var got [][2]int
	p := &progress{notify: func(done, total int, _ string) { got = append(got, [2]int{done, total}) }}
	for range 3 {
		p.step(2, "")
	}
	if want := [][2]int{{1, 2}, {2, 2}, {3, 3}}; !slices.Equal(got, want) {
		t.Errorf("progress %v, want %v", got, want)
	}
}

// TestCatalog_TellsProgress calls a tool outside MCP.
func TestCatalog_TellsProgress(t *testing.T) {
	var got []int
	arguments := json.RawMessage(`{"text":"Doe, J. (2001). One result. doi:10.1000/one\nDoe, J. (2002). Another result. doi:10.1000/two\nRoe, A. (2003). A third result. doi:10.1000/three"}`)
	_, err := catalogOf(t, one(), Options{}).CallWithProgress(t.Context(), "check_references", arguments, func(done, total int, message string) {
		if total < done || message == "" {
			t.Errorf("%d of %d: %q", done, total, message)
		}
		got = append(got, done)
	})
	if err != nil || len(got) < 3 || !slices.IsSorted(got) {
		t.Errorf("steps %v, %v", got, err)
	}
}

func TestToken_Bounds(t *testing.T) {
	for s, want := range map[string]string{
		"journalArticle": "journalArticle", strings.Repeat("a", 40): strings.Repeat("a", 40), strings.Repeat("a", 41): "other",
		"": "other", "9lives": "other", "a b": "other",
	} {
		if got := token(s); got != want {
			t.Errorf("token(%q) = %q, want %q", s, got, want)
		}
	}
}

// promising is a library that says it has more tags than it gives.
type promising struct{ *librarytest.Memory }

func (promising) Tags(context.Context, library.TagQuery) (library.Page[library.Tag], error) {
	return library.Page[library.Tag]{Total: 10, Version: 1}, nil
}

func TestListing_EmptyPageEnds(t *testing.T) {
	c := catalogOf(t, fleet{promising{memory(library.Local, "Home", nil)}}, Options{})
	raw, err := c.Call(t.Context(), "list_tags", []byte(`{}`))
	if err != nil || strings.Contains(string(raw), "next_cursor") || !strings.Contains(string(raw), `"total":0`) {
		t.Errorf("a library that gives nothing: %s, %v", raw, err)
	}
}
