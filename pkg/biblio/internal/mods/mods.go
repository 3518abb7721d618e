// Package mods reads MODS, the Library of Congress's metadata schema
// (https://www.loc.gov/standards/mods/).
package mods

import (
	"context"
	"io"
	"regexp"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/draft"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/kind"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/xmltree"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// Read reads a file. Errors are those of [xmltree.Document], and code Invalid
// for a file without a record.
func Read(ctx context.Context, r io.Reader, name string) (*model.Document, error) {
	kinds := kind.New()
	doc, err := xmltree.Document(ctx, r, name, []string{"mods"}, func(n *xmltree.Node) (model.Entry, []string) {
		return (&record{n: n, kinds: kinds}).entry(), nil
	})
	if err == nil && len(doc.Entries)+len(doc.Problems) == 0 {
		return nil, library.Errorf(library.Invalid, "the file holds no MODS record").WithHint("a record is an element <mods>")
	}
	return doc, err
}

// record is a record that is being read.
type record struct {
	n     *xmltree.Node
	kinds *kind.Kinds
	d     *draft.Draft
}

func (r *record) entry() model.Entry {
	r.d = draft.New(r.itemType())
	d, n := r.d, r.n
	r.government()
	if d.Get("title") == "" {
		d.Set("title", mainTitle(n))
	}
	if short := typed(n, "titleInfo", "abbreviated"); short != nil {
		d.Set("shortTitle", title(short))
	}
	r.people(n, "author")
	hosts, series := related(n, "host"), related(n, "series")
	for _, h := range hosts {
		r.host(h)
		series = append(series, related(h, "series")...)
	}
	for _, s := range series {
		r.series(s)
	}
	parts, origins := n.All("part"), n.All("originInfo")
	for _, h := range hosts {
		parts = append(h.All("part"), parts...)
		origins = append(h.All("originInfo"), origins...)
	}
	r.origin(origins)
	r.parts(parts)
	r.identifiers(n)
	for _, e := range n.All("physicalDescription/extent") {
		r.extent(e.Text())
	}
	r.rest()
	return model.Entry{Item: d.Item()}
}

// lifePattern are the years of a life in brackets.
var lifePattern = regexp.MustCompile(`[[(][^A-Za-z]*[\])]`)

// government takes in the extensions of the US Government Publishing Office. The
// title of a bill is its short one; the long one says what it is about.
func (r *record) government() {
	d, n := r.d, r.n
	if d.Type() != "bill" && d.Type() != "hearing" {
		return
	}
	for field, path := range map[string]string{
		"committee": "extension/congCommittee/name", "session": "extension/congress", "documentNumber": "extension/number", "billNumber": "extension/billNumber",
	} {
		if d.Has(field) {
			d.Set(field, n.TextAt(path))
		}
	}
	chamber := n.TextAt("extension/chamber")
	if chamber == "" {
		chamber = n.TextAt("extension/originChamber")
	}
	if chamber != "" {
		d.Set("legislativeBody", chamber[:1]+strings.ToLower(chamber[1:]))
	}
	if short := n.TextAt("extension/shortTitle"); d.Type() == "bill" && short != "" {
		d.Set("title", short)
		d.Set("abstractNote", mainTitle(n))
	}
}

// typed returns the first child of a name whose attribute "type" is kind.
func typed(n *xmltree.Node, name, kind string) *xmltree.Node {
	for _, c := range n.All(name) {
		if c.Attr("type") == kind {
			return c
		}
	}
	return nil
}

func related(n *xmltree.Node, kind string) []*xmltree.Node {
	var found []*xmltree.Node
	for _, c := range n.All("relatedItem") {
		if c.Attr("type") == kind {
			found = append(found, c)
		}
	}
	return found
}

// mainTitle returns the title of a work: that of no type, or else the first.
func mainTitle(n *xmltree.Node) string {
	infos := n.All("titleInfo")
	for _, info := range infos {
		if info.Attr("type") == "" && info.First("title") != nil {
			return title(info)
		}
	}
	if len(infos) > 0 {
		return title(infos[0])
	}
	return ""
}

// title joins the parts of a title.
func title(info *xmltree.Node) string {
	t := info.TextAt("title")
	if sub := info.TextAt("subTitle"); sub != "" {
		t = strings.TrimSuffix(t, ":") + ": " + sub
	}
	if article := info.TextAt("nonSort"); article != "" {
		t = article + " " + t
	}
	number, name := info.TextAt("partNumber"), info.TextAt("partName")
	if part := strings.Trim(number+": "+name, ": "); part != "" {
		t = strings.TrimSuffix(t, ".") + ". " + part
	}
	return strings.TrimSpace(t)
}

// itemType returns the item type: by the genres, the kind of resource, and
// then by what the record has.
func (r *record) itemType() string {
	if itemType := r.genre(r.n); itemType != "" {
		return itemType
	}
	for _, t := range r.n.All("typeOfResource") {
		if itemType := resourceTypes[strings.ToLower(t.Text())]; itemType != "" {
			return itemType
		}
	}
	hosts := related(r.n, "host")
	for _, h := range hosts {
		if itemType := r.genre(h); itemType != "" {
			return itemType
		}
	}
	for _, t := range r.n.All("physicalDescription/internetMediaType") {
		if t.Text() == "text/html" {
			return "webpage"
		}
	}
	for _, term := range r.n.All("name/role/roleTerm") {
		if term.Text() == "rcp" {
			return "letter"
		}
	}
	switch {
	case len(r.n.All("extension/billNumber")) > 0:
		return "bill"
	case len(r.n.All("extension/congCommittee")) > 0:
		return "hearing"
	case len(hosts) == 0:
		return "document"
	}
	for _, h := range hosts {
		for _, issuance := range h.All("originInfo/issuance") {
			if text := issuance.Text(); text == "continuing" || text == "serial" {
				return "journalArticle"
			}
		}
	}
	return "bookSection"
}

// genres are the item types of MARC's genres and DCMI's types, where one is
// enough to tell.
var genres = map[string]string{
	"art original": "artwork", "art reproduction": "artwork", "article": "journalArticle", "autobiography": "book", "bibliography": "book", "biography": "book",
	"book": "book", "chart": "artwork", "comic": "book", "comic or graphic novel": "book", "graphic novel": "book", "comic strip": "artwork",
	"computer program": "computerProgram", "conference publication": "conferencePaper", "dictionary": "dictionaryEntry", "diorama": "artwork", "drama": "book",
	"encyclopedia": "encyclopediaArticle", "festschrift": "book", "fiction": "book", "filmstrip": "videoRecording", "folktale": "book", "globe": "map",
	"graphic": "artwork", "handbook": "book", "history": "book", "hymnal": "book", "instruction": "", "interactive resource": "webpage", "interview": "interview",
	"issue": "journalArticle", "journal": "journalArticle", "kit": "", "language instruction": "", "laws and legislation": "statute", "legal article": "journalArticle",
	"legal case": "case", "legal case and case notes": "case", "case notes": "case", "legislation": "statute", "letter": "letter", "map": "map", "memoir": "book",
	"microscope slide": "artwork", "model": "artwork", "motion picture": "film", "moving image": "videoRecording", "multivolume monograph": "book",
	"newspaper": "newspaperArticle", "novel": "book", "offprint": "journalArticle", "painting": "artwork", "patent": "patent", "periodical": "journalArticle",
	"picture": "artwork", "poetry": "book", "rehearsal": "audioRecording", "remote sensing image": "map", "reporting": "newspaperArticle", "review": "journalArticle",
	"script": "book", "short story": "book", "slide": "artwork", "software": "computerProgram", "sound": "audioRecording", "speech": "presentation",
	"standard or specification": "standard", "still image": "artwork", "technical drawing": "artwork", "technical report": "report", "thesis": "thesis",
	"transparency": "artwork", "treaty": "statute", "videorecording": "videoRecording", "web site": "webpage", "journal article": "journalArticle",
}

// resourceTypes are what typeOfResource says, where that is enough.
var resourceTypes = map[string]string{
	"cartographic": "map", "sound recording": "audioRecording", "sound recording-musical": "audioRecording",
	"sound recording-nonmusical": "audioRecording", "still image": "artwork", "moving image": "videoRecording",
	"software, multimedia": "computerProgram",
}

// genre returns the item type that the genres of a work mean: a local genre
// that is Zotero's name goes first.
func (r *record) genre(n *xmltree.Node) string {
	all := n.All("genre")
	for _, g := range all {
		if text := g.Text(); g.Attr("authority") == "local" && zschema.KnownType(text) {
			return text
		}
	}
	for _, g := range all {
		if itemType := genres[strings.ToLower(g.Text())]; itemType != "" {
			return itemType
		}
	}
	for _, g := range all {
		if itemType, ok := r.kinds.Of(g.Text()); ok && g.Attr("authority") != "marcgt" && itemType != "document" {
			return itemType
		}
	}
	return ""
}

// people adds the names in a work.
func (r *record) people(n *xmltree.Node, otherwise string) {
	for _, name := range n.All("name") {
		role, publisher := r.role(name)
		if publisher {
			continue
		}
		if role == "" {
			role = otherwise
		}
		if r.d.Type() == "bill" && name.Attr("type") == "corporate" {
			// The Publishing Office names chambers and committees, no sponsors.
			r.d.Keep("Corporate Name", name.TextAt("namePart"))
			continue
		}
		r.person(name, role)
	}
}

func (r *record) person(name *xmltree.Node, role string) {
	var family, given, other []string
	for _, part := range name.All("namePart") {
		switch part.Attr("type") {
		case "family":
			family = append(family, part.Text())
		case "given":
			given = append(given, part.Text())
		case "date", "termsOfAddress":
		default:
			other = append(other, part.Text())
		}
	}
	switch {
	case len(family) > 0:
		r.d.Creator(library.Creator{Role: role, Family: strings.Join(family, " "), Given: strings.Join(given, " ")})
	case name.Attr("type") == "personal":
		text := strings.Join(other, " ")
		text = lifePattern.ReplaceAllString(text, "")
		r.d.Person(role, strings.TrimRight(text, ", "))
	default:
		r.d.Creator(library.Creator{Role: role, Name: strings.Join(other, ": ")})
	}
}

// role returns the role of a name, "" for none that is known, and whether it
// only published the work.
func (r *record) role(name *xmltree.Node) (role string, publisher bool) {
	for _, term := range name.All("role/roleTerm") {
		text := strings.ToLower(term.Text())
		if text == "pbl" || text == "dst" || text == "publisher" || text == "distributor" {
			publisher = true
			continue
		}
		if text == "cre" || text == "creator" {
			text = "author"
		}
		found := kind.Role(r.d.Type(), text)
		if found == "contributor" && text != "ctb" && text != "contributor" {
			found = "" // a role that Zotero doesn't have, for this type
		}
		if role == "" {
			role = found
		}
	}
	return role, publisher && role == ""
}
