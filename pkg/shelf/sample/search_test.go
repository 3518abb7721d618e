package sample

import (
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// opened returns the sample library on a shelf.
func opened(t *testing.T) *shelf.Shelf {
	t.Helper()
	s, err := shelf.FromWorks(t.Context(), Name, works(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestSearch_ShownExamples asks what the README and its picture ask: all works
// that they show meet the query.
func TestSearch_ShownExamples(t *testing.T) {
	s := opened(t)
	asked := regexp.MustCompile(`\{"query": "([^"]+)", "limit": ([0-9]+)\}`)
	for _, name := range []string{"README.md", ".github/answer.svg", "docs/clients.md"} {
		content, err := os.ReadFile(filepath.Join("..", "..", "..", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		m := asked.FindStringSubmatch(html.UnescapeString(string(content)))
		if m == nil {
			t.Fatalf("%s asks nothing", name)
		}
		limit, _ := strconv.Atoi(m[2])
		page, err := s.Search(t.Context(), library.Query{Text: m[1], Limit: limit})
		if err != nil || len(page.Items) != limit || page.Total < limit {
			t.Errorf("%s: %q finds %d works of %d, %v", name, m[1], len(page.Items), page.Total, err)
		}
		for _, h := range page.Items {
			if len(h.Lacks) > 0 || h.Similar {
				t.Errorf("%s: %q shows %q, which lacks %q", name, m[1], h.Item.Title(), h.Lacks)
			}
		}
	}
}

// TestSearch_OneCommonWordIsNoFinding has questions of which the library knows
// only common words.
func TestSearch_OneCommonWordIsNoFinding(t *testing.T) {
	s := opened(t)
	for text, absent := range map[string]string{
		"reinforcement learning with human feedback": "Universal Declaration of Human Rights",
		"greenhouse effect":                          "Causal diagrams for empirical research",
	} {
		page, err := s.Search(t.Context(), library.Query{Text: text, Limit: 100})
		if err != nil || page.Total != 0 || page.Unmet == "" {
			t.Errorf("%q: total %d, %q, %v", text, page.Total, page.Unmet, err)
		}
		similar := 0
		for _, h := range page.Items {
			if h.Similar {
				similar++
			}
			if h.Item.Title() == absent || len(h.Lacks) == 0 && !h.Similar {
				t.Errorf("%q finds %q, which lacks %q", text, h.Item.Title(), h.Lacks)
			}
		}
		if similar > 3 {
			t.Errorf("%q: %d works are similar", text, similar)
		}
	}
}
