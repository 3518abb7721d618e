package ris

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/draft"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/kind"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/markup"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/xmltree"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// EndNote's XML says the same as its RIS: elements are named after the fields
// of its types, and what they mean depends on the type as it does there.

// ReadEndNoteXML reads an XML file that EndNote exported. Errors are those of
// [Read].
func ReadEndNoteXML(ctx context.Context, r io.Reader, name string) (*model.Document, error) {
	e := &endNoteReader{m: newMapping(), kinds: kind.New(), dates: newDates()}
	doc, err := xmltree.Document(ctx, r, name, []string{"record"}, e.entry)
	if err == nil && len(doc.Entries)+len(doc.Problems) == 0 {
		return nil, library.Errorf(library.Invalid, "the file holds no record of EndNote").WithHint("export from EndNote as XML once more, or as RIS")
	}
	return doc, err
}

type endNoteReader struct {
	m     *mapping
	kinds *kind.Kinds
	dates dates
}

// endNoteTags pairs EndNote's elements with the tags of RIS that mean the same.
var endNoteTags = map[string]string{
	"titles/title": "TI", "titles/secondary-title": "T2", "titles/tertiary-title": "T3", "titles/short-title": "ST",
	"pages": "SP", "volume": "VL", "number": "IS", "issue": "IS", "num-vols": "NV", "edition": "ET", "section": "SE", "pub-location": "CY",
	"publisher": "PB", "call-num": "CN", "language": "LA", "work-type": "M3", "electronic-resource-num": "DO",
	"remote-database-name": "DP", "custom1": "C1", "custom2": "C2", "custom3": "C3", "custom4": "C4", "custom5": "C5", "custom6": "C6",
}

// endNoteLabels are what elements without a field are called in "extra".
var endNoteLabels = map[string]string{
	"accession-num": "Accession Number", "label": "Citation Key", "orig-pub": "Original Publication", "reprint-edition": "Reprint Edition",
	"titles/alt-title": "Alternate Title", "titles/translated-title": "Translated Title", "reviewed-item": "Reviewed Item", "auth-address": "Author Address",
	"custom7": "Custom 7", "misc1": "Misc 1", "misc2": "Misc 2", "misc3": "Misc 3", "caption": "Caption", "meeting-place": "Meeting Place",
	"secondary-volume": "Secondary Volume", "secondary-issue": "Secondary Issue", "report-id": "Report ID", "coden": "CODEN", "image": "Image",
	"remote-database-provider": "Database Provider", "availability": "Availability", "reprint-status": "Reprint Status", "size": "Size", "work-extent": "Work Extent", "pack-method": "Pack Method",
}

// people are the elements that hold names, and their tags in RIS.
var endNotePeople = [...]struct{ path, tag string }{
	{"contributors/authors/author", "AU"}, {"contributors/secondary-authors/author", "A2"}, {"contributors/tertiary-authors/author", "A3"},
	{"contributors/subsidiary-authors/author", "A4"}, {"contributors/translated-authors/author", "translator"},
}

// entry makes an entry of a record.
func (e *endNoteReader) entry(n *xmltree.Node) (entry model.Entry, reasons []string) {
	itemType, reasons := e.itemType(n)
	d := draft.New(itemType)
	for _, path := range slices.Sorted(maps.Keys(endNoteTags)) {
		if value := n.First(path); value != nil {
			e.field(d, endNoteTags[path], rich(value))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(endNoteLabels)) {
		d.Keep(endNoteLabels[path], n.TextAt(path))
	}
	e.people(d, n)
	e.date(d, n)
	d.SetText("abstractNote", markup.Note(n.First("abstract").Raw()))
	for _, path := range []string{"notes", "research-notes"} {
		for _, note := range n.All(path) {
			d.Note(markup.Note(note.Raw()))
		}
	}
	for _, keyword := range n.All("keywords/keyword") {
		d.Tag(strings.FieldsFunc(keyword.Raw(), func(r rune) bool { return r == '\n' || r == '\r' || r == ';' })...)
	}
	if serials := n.First("isbn"); serials != nil {
		for serial := range strings.FieldsFuncSeq(serials.Raw(), func(r rune) bool { return r == '\n' || r == '\r' }) {
			e.serial(d, serial)
		}
	}
	journal(d, n)
	entry.Files = e.links(d, n)
	entry.Item = d.Item()
	return entry, reasons
}

// itemType returns the item type of a record: by the name of its type or,
// where that isn't known (people rename types), by its number.
func (e *endNoteReader) itemType(n *xmltree.Node) (string, []string) {
	ref := n.First("ref-type")
	name := ref.Attr("name")
	switch name {
	case "Generic":
		return "document", nil
	case "Conference Paper":
		return "conferencePaper", nil
	case "Government Document":
		return "report", nil
	}
	if itemType, ok := e.kinds.Of(name); ok && name != "" {
		return itemType, nil
	}
	if itemType := numbered(ref.Text()); itemType != "" {
		return itemType, nil
	}
	return "document", []string{"its reference type is not known and was taken for a document"}
}

// numberedTypes are EndNote's numbers for reference types.
const numberedTypes = " 2=artwork 3=videoRecording 4=bill 5=bookSection 6=book 7=case 8=book 9=computerProgram 10=conferencePaper 12=webpage 13=document 14=hearing " +
	"17=journalArticle 19=magazineArticle 20=map 21=film 23=newspaperArticle 24=manuscript 25=patent 26=letter 27=report 28=book 31=statute 32=thesis 34=manuscript " +
	"36=manuscript 37=artwork 38=artwork 39=document 43=journalArticle 44=book 45=webpage 46=report 47=conferencePaper 48=webpage 49=book 50=statute 51=book " +
	"52=dictionaryEntry 53=encyclopediaArticle 54=document 55=dataset 56=blogPost 57=book 58=standard 59=dataset 60=bookSection 61=audioRecording 62=podcast " +
	"63=report 64=tvBroadcast 65=forumPost "

// numbered returns the item type of EndNote's number for a reference type, ""
// for an unknown one.
func numbered(number string) string {
	_, after, ok := strings.Cut(numberedTypes, " "+strings.TrimSpace(number)+"=")
	if !ok {
		return ""
	}
	itemType, _, _ := strings.Cut(after, " ")
	return itemType
}

// rich returns the text of an element with the styles that Zotero has.
func rich(n *xmltree.Node) string {
	styles := n.All("style")
	if len(styles) == 0 {
		return n.Text()
	}
	var b strings.Builder
	for _, s := range styles {
		open, end := "", ""
		for face := range strings.FieldsSeq(s.Attr("face")) {
			if tag := map[string]string{"bold": "b", "italic": "i", "superscript": "sup", "subscript": "sub"}[face]; tag != "" {
				open, end = open+"<"+tag+">", "</"+tag+">"+end
			}
		}
		b.WriteString(open + s.Raw() + end)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// field sets the field that a tag of RIS stands for.
func (e *endNoteReader) field(d *draft.Draft, tag, value string) {
	kind, name, _ := strings.Cut(e.m.field(d.Type(), tag), "/")
	switch {
	case kind == "creators":
		d.Names(name, value)
	case kind == "named" || kind == "":
		if tag == "T2" || tag == "T3" {
			name = map[string]string{"T2": "Secondary Title", "T3": "Tertiary Title"}[tag]
		}
		d.Keep(name, value)
	case kind == "backupTitle":
		d.Set("publicationTitle", value)
	case kind == "DOI":
		d.DOIOr("Electronic Resource Number", value)
	case kind == "extra":
		d.Line(value)
	default:
		d.Set(kind, value)
	}
}

func (e *endNoteReader) people(d *draft.Draft, n *xmltree.Node) {
	for _, p := range endNotePeople {
		role := "translator"
		if field, ok := strings.CutPrefix(e.m.field(d.Type(), p.tag), "creators/"); ok {
			role = field
		} else if p.tag != "translator" {
			role = "contributor"
		}
		for _, author := range n.All(p.path) {
			name := author.Text()
			if corporate, ok := strings.CutSuffix(name, ","); ok || author.Attr("role") == "corp" {
				d.Creator(library.Creator{Role: role, Name: corporate})
				continue
			}
			d.Names(role, name)
		}
	}
}

// date joins year and date, as in RIS.
func (e *endNoteReader) date(d *draft.Draft, n *xmltree.Node) {
	year, date := n.TextAt("dates/year"), n.TextAt("dates/pub-dates/date")
	published, lost := e.dates.published(date)
	if date == "" {
		published, _ = e.dates.published(year)
	} else if rest, ok := strings.CutPrefix(published, "0000 "); ok && year != "" {
		published = year + " " + rest
	} else if !strings.Contains(published, year) {
		published, lost = strings.TrimSpace(published+" "+year), ""
	}
	d.Set("date", published)
	d.Keep("Date", lost)
	if accessed := n.TextAt("access-date"); accessed != "" {
		if day, ok := e.dates.accessed(accessed); ok {
			d.Set("accessDate", day)
		} else {
			d.Keep("Access Date", accessed)
		}
	}
}

// journal takes the titles of the periodical where the work's own don't name
// it.
func journal(d *draft.Draft, n *xmltree.Node) {
	for _, periodical := range []string{"periodical", "alt-periodical"} {
		if full := n.TextAt(periodical + "/full-title"); full != "" && d.Has("publicationTitle") && d.Get("publicationTitle") == "" {
			d.Set("publicationTitle", full)
		}
		if short := n.TextAt(periodical + "/abbr-1"); short != "" && d.Has("journalAbbreviation") && d.Get("journalAbbreviation") == "" {
			d.Set("journalAbbreviation", short)
		}
	}
}

func (e *endNoteReader) serial(d *draft.Draft, value string) {
	field, _, _ := strings.Cut(e.m.field(d.Type(), "SN"), "/")
	if field == "patentNumber" || field == "reportNumber" && d.Get("reportNumber") == "" {
		d.Set(field, value)
		return
	}
	d.Serial(strings.TrimSpace(value))
}

// links takes addresses and files.
func (e *endNoteReader) links(d *draft.Draft, n *xmltree.Node) []model.File {
	for _, path := range []string{"urls/related-urls/url", "urls/web-urls/url"} {
		for _, url := range n.All(path) {
			d.Set("url", url.Text())
		}
	}
	b := &builder{reader: &reader{m: e.m}, item: &library.Item{}}
	for _, path := range []string{"urls/pdf-urls/url", "urls/text-urls/url", "urls/image-urls/url"} {
		for _, url := range n.All(path) {
			b.files("", url.Text())
		}
	}
	for _, a := range b.item.Attachments {
		d.Link(a.Title, a.URL, a.ContentType)
	}
	return b.entry.Files
}
