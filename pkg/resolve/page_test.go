package resolve

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
	"github.com/stackroom-mcp/stackroom/pkg/resolve/resolvetest"
)

// host answers with one page, and keeps who asked.
type host struct {
	page   string
	agents []string
}

func (h *host) RoundTrip(r *http.Request) (*http.Response, error) {
	h.agents = append(h.agents, r.Header.Get("User-Agent"))
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/html"}}, Body: io.NopCloser(strings.NewReader(h.page)), Request: r}, nil
}

func TestPage(t *testing.T) {
	h := &host{page: `<meta name="citation_title" content="A work"><meta name="citation_doi" content="10.5555/A">`}
	r := resolver(t, resolvetest.New(t), func(o *Options) { o.Pages, o.Contact = h, "ada@example.org" })
	for _, address := range []string{"https://example.org/a#x", " https://example.org/a"} { // the second is kept
		w, err := r.Page(t.Context(), address)
		if err != nil || w.Item.Title() != "A work" || w.ID != (reference.Identifier{Kind: reference.DOI, Value: "10.5555/a"}) || w.Service != WebPage {
			t.Errorf("%s: %+v, %v", address, w, err)
		}
	}
	if len(h.agents) != 1 || !strings.Contains(h.agents[0], "mailto:ada@example.org") {
		t.Errorf("requests by %q", h.agents)
	}
	h.page = ""
	for range 2 { // an error is not kept
		if _, err := r.Page(t.Context(), "https://example.org/b"); library.CodeOf(err) != library.Invalid {
			t.Errorf("an empty page: %v", err)
		}
	}
	if len(h.agents) != 3 {
		t.Errorf("%d requests", len(h.agents))
	}
	if _, err := r.Page(t.Context(), "file:///etc/passwd"); library.CodeOf(err) != library.Invalid {
		t.Errorf("a file: %v", err)
	}
	if !r.Asks(WebPage) || resolver(t, resolvetest.New(t)).Asks(WebPage) || (*Resolver)(nil).Asks(WebPage) {
		t.Error("who asks pages")
	}
}
