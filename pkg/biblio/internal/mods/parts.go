package mods

import (
	"regexp"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/xmltree"
)

// host takes in what the work appeared in.
func (r *record) host(h *xmltree.Node) {
	if r.d.Get("publicationTitle") == "" {
		r.d.Set("publicationTitle", mainTitle(h))
	}
	if short := typed(h, "titleInfo", "abbreviated"); short != nil && r.d.Has("journalAbbreviation") {
		r.d.Set("journalAbbreviation", title(short))
	}
	r.people(h, "contributor")
	r.identifiers(h)
}

func (r *record) series(s *xmltree.Node) {
	field := "series"
	if !r.d.Has(field) {
		field = "seriesTitle"
	}
	r.d.Set(field, s.TextAt("titleInfo/title"))
	if text := s.TextAt("titleInfo/subTitle"); text != "" {
		r.d.Set("seriesText", text)
	}
	number := detail(s.First("part"), "volume")
	if number == "" {
		number = s.TextAt("titleInfo/partNumber")
	}
	r.d.Set("seriesNumber", number)
	r.people(s, "seriesEditor")
}

// detail returns the number of a detail of a part, or its text.
func detail(part *xmltree.Node, kind string) string {
	d := typed(part, "detail", kind)
	if number := d.TextAt("number"); number != "" {
		return number
	}
	return d.Text()
}

func (r *record) parts(parts []*xmltree.Node) {
	for _, p := range parts {
		for _, name := range []string{"volume", "issue", "section"} {
			if r.d.Get(name) == "" {
				r.d.Set(name, detail(p, name))
			}
		}
		for _, e := range p.All("extent") {
			if unit := e.Attr("unit"); unit != "pages" && unit != "page" {
				r.extent(e.Text())
				continue
			}
			first, last := e.TextAt("start"), e.TextAt("end")
			if first == "" || last == "" || first == last {
				last, first = "", first+strings.TrimPrefix(last, first)
			}
			if r.d.Get("pages") == "" {
				r.d.Set("pages", strings.TrimSuffix(first+"-"+last, "-"))
			}
		}
		if r.d.Get("date") == "" {
			r.d.Set("date", firstDate(p, "date"))
		}
	}
}

// firstDate returns the first date of the names below n: one that is encoded
// goes first, the end of a range last.
func firstDate(n *xmltree.Node, names ...string) string {
	for _, name := range names {
		best := ""
		for _, d := range n.All(name) {
			text := d.Text()
			switch {
			case text == "" || d.Attr("point") == "end" && best != "":
			case d.Attr("encoding") != "" && d.Attr("point") != "end":
				return text
			case best == "":
				best = text
			}
		}
		if best != "" {
			return best
		}
	}
	return ""
}

func (r *record) origin(origins []*xmltree.Node) {
	set := func(field, value string) {
		if r.d.Get(field) == "" {
			r.d.Set(field, value)
		}
	}
	date := ""
	for _, o := range origins {
		set("edition", o.TextAt("edition"))
		for _, term := range o.All("place/placeTerm") {
			if term.Attr("type") != "code" {
				set("place", term.Text())
			}
		}
		set("publisher", o.TextAt("publisher"))
		if accessed := firstDate(o, "dateCaptured"); accessed != "" {
			set("accessDate", accessed)
		}
		if date == "" {
			date = firstDate(o, "copyrightDate", "dateIssued", "dateCreated")
		}
	}
	r.d.Set("date", date)
	if r.d.Type() == "webpage" && r.d.Get("publicationTitle") == "" {
		r.d.Set("publicationTitle", r.d.Get("publisher"))
	}
}

var (
	isbnPattern   = regexp.MustCompile(`(?i)\d{9}[\dX](?:\d{3})?`)
	issnPattern   = regexp.MustCompile(`(?i)\b\d{4}\s*-?\s*\d{3}[\dX]\b`)
	pagesPattern  = regexp.MustCompile(`(?i)\bp(?:ages?)?\.?\s+([a-z]?\d+\s*-\s*[a-z]?\d+)`)
	countPattern  = regexp.MustCompile(`(?i)(\d+)\s*p(?:ages?)?\b`)
	volumePattern = regexp.MustCompile(`(?i)\bv(?:ol(?:ume)?)?\.?\s+(\d+)`)
	setPattern    = regexp.MustCompile(`(?i)(\d+)\s+(?:v(?:olumes?)?|scores?|sound|video)\b`)
	timePattern   = regexp.MustCompile(`\b(\d{0,3}:\d{1,2}:\d{2})\b`)
	sizePattern   = regexp.MustCompile(`(?i)(?:\d+\s*x\s*)?\d+\s*(?:cm|mm|in|ft)\b\.?`)
)

func (r *record) identifiers(n *xmltree.Node) {
	var isbns, issns []string
	for _, id := range n.All("identifier") {
		switch text := id.Text(); id.Attr("type") {
		case "isbn":
			isbns = append(isbns, isbnPattern.FindString(strings.ReplaceAll(text, "-", "")))
		case "issn":
			issns = append(issns, issnPattern.FindString(text))
		case "doi":
			r.d.DOIOr("Identifier", text)
		case "uri":
			if strings.HasPrefix(text, "http") && r.d.Get("url") == "" {
				r.d.Set("url", text)
			}
		}
	}
	r.d.Set("ISBN", strings.Join(strings.Fields(strings.Join(isbns, " ")), ", "))
	r.d.Set("ISSN", strings.Join(strings.Fields(strings.Join(issns, " ")), ", "))
}

// extent takes a description like "xii, 233 p. : ill. ; 24 cm." apart.
func (r *record) extent(text string) {
	measure, size, _ := strings.Cut(text, ";")
	measure, _, _ = strings.Cut(measure, "+")
	for _, m := range []struct {
		field   string
		pattern *regexp.Regexp
	}{
		{"pages", pagesPattern}, {"volume", volumePattern}, {"numPages", countPattern}, {"numberOfVolumes", setPattern}, {"runningTime", timePattern},
	} {
		if found := m.pattern.FindStringSubmatch(measure); found != nil && r.d.Has(m.field) && r.d.Get(m.field) == "" {
			r.d.Set(m.field, found[1])
		}
	}
	if r.d.Has("artworkSize") && r.d.Get("artworkSize") == "" {
		r.d.Set("artworkSize", sizePattern.FindString(size))
	}
}

// rest takes in what stands directly in the record.
func (r *record) rest() {
	d, n := r.d, r.n
	d.Set("libraryCatalog", n.TextAt("recordInfo/recordContentSource"))
	if id := n.TextAt("recordInfo/recordIdentifier"); id != "" {
		d.Keep("Accession Number", id)
	}
	d.Set("rights", n.TextAt("accessCondition"))
	d.Set("callNumber", n.TextAt("classification"))
	var places, abstracts []string
	for _, p := range n.All("location/physicalLocation") {
		places = append(places, p.Text())
	}
	d.Set("archiveLocation", strings.Join(places, "; "))
	r.addresses()
	for _, a := range n.All("abstract") {
		abstracts = append(abstracts, a.Text())
	}
	d.SetText("abstractNote", strings.Join(abstracts, "\n\n"))
	for _, note := range n.All("note") {
		text := note.Text()
		if kind := note.Attr("type"); kind != "" {
			text = kind + ": " + text
		}
		d.Note(text)
	}
	if contents := n.TextAt("tableOfContents"); contents != "" {
		d.Note("Table of Contents: " + contents)
	}
	for _, topic := range n.All("subject/topic") {
		d.Tag(topic.Text())
	}
	for _, term := range n.All("language/languageTerm") {
		if d.Get("language") == "" {
			d.Set("language", term.Text())
		}
	}
	if scale := n.TextAt("subject/cartographics/scale"); scale != "" {
		d.Set("scale", scale)
	}
}

// addresses takes URLs: the primary one, or else the first.
func (r *record) addresses() {
	best := ""
	for _, u := range r.n.All("location/url") {
		switch {
		case u.Attr("access") == "raw object":
			title := u.Attr("displayLabel")
			if title == "" {
				title = "Attachment"
			}
			r.d.Link(title, u.Text(), "")
		case u.Attr("access") == "preview":
		case best == "" || strings.HasPrefix(u.Attr("usage"), "primary"):
			best = u.Text()
		}
	}
	r.d.Set("url", best)
}
