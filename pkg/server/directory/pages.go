package directory

import (
	_ "embed"
	"net/http"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/page"
)

//go:embed privacy.html
var privacyHTML string

//go:embed support.html
var supportHTML string

// contact is who runs the server, as a link.
type contact struct{ Text, URL string }

// shownContact returns the contact on a page, or nil if there is none.
func (d *Directory) shownContact() *contact {
	c := d.options.Contact
	switch {
	case c == "":
		return nil
	case strings.HasPrefix(c, "https://"):
		return &contact{c, c}
	}
	return &contact{c, "mailto:" + c}
}

// writePrivacy serves the page about what is kept.
func (d *Directory) writePrivacy(w http.ResponseWriter, _ *http.Request) {
	d.writePage(w, d.privacy, "Privacy", struct {
		Privacy
		Contact *contact
	}{d.options.Privacy, d.shownContact()})
}

// writeSupport serves the page about help.
func (d *Directory) writeSupport(w http.ResponseWriter, _ *http.Request) {
	d.writePage(w, d.support, "Support", struct {
		Contact             *contact
		Repository, Version string
	}{d.shownContact(), d.repository(), d.options.Card.Version})
}

// repository returns the address of the source, or "".
func (d *Directory) repository() string {
	if d.options.Card.Repository == nil {
		return ""
	}
	return d.options.Card.Repository.URL
}

func (d *Directory) writePage(w http.ResponseWriter, p *page.Page, title string, data any) {
	if err := p.Write(w, page.Options{Title: title, Data: data}); err != nil {
		http.Error(w, "the page can't be shown", http.StatusInternalServerError)
	}
}
