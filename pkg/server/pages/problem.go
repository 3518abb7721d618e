package pages

import (
	_ "embed"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/page"
)

//go:embed problem.html
var problemHTML string

// Problem is the page of an error.
type Problem struct {
	page *page.Page
	nav  []page.Link
}

// NewProblem returns the page with the links of its header, none of which is the page
// itself.
func NewProblem(nav []page.Link) (*Problem, error) {
	nav = slices.Clone(nav)
	for i := range nav {
		nav[i].Current = false
	}
	p, err := page.New("problem", problemHTML)
	return &Problem{p, nav}, err
}

// problemData is the data of the page.
type problemData struct{ Message, Hint string }

// Write serves the page with a status. On an error nothing has been written.
func (p *Problem) Write(w http.ResponseWriter, status int, title string, e *library.Error) error {
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(e.RetryAfter.Seconds())+1))
	}
	return p.page.Write(w, page.Options{Status: status, Title: title, Nav: p.nav, Data: problemData{sentence(e.Message), sentence(e.Hint)}})
}

// NotFound serves the page for an address at which there is nothing.
func (p *Problem) NotFound(w http.ResponseWriter) error {
	return p.Write(w, http.StatusNotFound, "There is nothing at this address",
		library.Errorf(library.NotFound, "no page of this server has this address").WithHint("check the address, or go to the front page"))
}

// sentence returns s with a capital and a full stop.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(s)
	return strings.TrimRight(string(unicode.ToUpper(first))+s[size:], ".") + "."
}
