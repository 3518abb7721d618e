package pages

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/page"
)

func TestProblem_IsNoPageOfTheHeader(t *testing.T) {
	nav := []page.Link{{Text: "Search", URL: "/search"}, {Text: "Connect", URL: "/connect", Current: true}}
	p, err := NewProblem(nav)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := p.NotFound(w); err != nil || w.Code != 404 || strings.Contains(w.Body.String(), `aria-current="page"`) || !strings.Contains(w.Body.String(), `<a href="/connect">Connect</a>`) {
		t.Errorf("%v %d %s", err, w.Code, w.Body)
	}
	if !nav[1].Current {
		t.Error("the links of the other pages were changed")
	}
}
