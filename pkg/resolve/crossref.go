package resolve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
)

// crossrefWork is a work as Crossref describes it (api.crossref.org, works).
type crossrefWork struct {
	DOI             string
	Type            string
	Title           []string
	Subtitle        []string
	Author          []crossrefPerson
	Editor          []crossrefPerson
	ContainerTitle  []string `json:"container-title"`
	ShortContainer  []string `json:"short-container-title"`
	Volume          string
	Issue           string
	Page            string
	ArticleNumber   string `json:"article-number"`
	Publisher       string
	ISSN            []string
	ISBN            []string
	Issued          crossrefDate
	Published       crossrefDate
	PublishedPrint  crossrefDate     `json:"published-print"`
	PublishedOnline crossrefDate     `json:"published-online"`
	PublishedOther  crossrefDate     `json:"published-other"`
	UpdatedBy       []crossrefUpdate `json:"updated-by"`
	UpdateTo        []crossrefUpdate `json:"update-to"`
}

type crossrefPerson struct{ Given, Family, Name string }

type crossrefDate struct {
	Parts [][]json.Number `json:"date-parts"`
}

type crossrefUpdate struct {
	DOI, Type, Label, Source string
	Updated                  crossrefDate
}

// year returns the year of a date, or 0.
func (d crossrefDate) year() int {
	if len(d.Parts) == 0 || len(d.Parts[0]) == 0 {
		return 0
	}
	year, err := strconv.Atoi(string(d.Parts[0][0]))
	if err != nil {
		return 0
	}
	return year
}

// iso returns the date as far as it is known.
func (d crossrefDate) iso() string {
	if d.year() == 0 {
		return ""
	}
	s := []string{strconv.Itoa(d.year())}
	for _, part := range d.Parts[0][1:] {
		n, err := strconv.Atoi(string(part))
		if err != nil {
			break
		}
		s = append(s, fmt.Sprintf("%02d", n))
	}
	return strings.Join(s, "-")
}

// crossrefTypes are the item types of Crossref's types.
var crossrefTypes = map[string]string{
	"journal-article": "journalArticle", "proceedings-article": "conferencePaper", "book": "book", "monograph": "book", "edited-book": "book",
	"reference-book": "book", "book-set": "book", "book-series": "book", "book-chapter": "bookSection", "book-section": "bookSection", "book-part": "bookSection",
	"book-track": "bookSection", "reference-entry": "encyclopediaArticle", "dissertation": "thesis", "report": "report", "report-component": "report", "posted-content": "preprint",
	"dataset": "dataset", "standard": "standard", "proceedings": "book", "peer-review": "document", "journal-issue": "document", "component": "document", "grant": "document",
}

// crossrefList is a list of works, or one work.
type crossrefList struct {
	Message struct {
		Items []crossrefWork
		crossrefWork
	}
}

// crossref asks Crossref for DOIs, in one call.
func (r *Resolver) crossref(ctx context.Context, part []reference.Identifier) (answers, error) {
	if len(part) == 1 && strings.Contains(part[0].Value, ",") {
		return r.single(ctx, Crossref, "/works/", part[0], r.readCrossref)
	}
	filters := make([]string, len(part))
	for i, id := range part {
		filters[i] = "doi:" + id.Value
	}
	body, err := r.services[Crossref].get(ctx, "/works", r.contactQuery(url.Values{"filter": {strings.Join(filters, ",")}, "rows": {strconv.Itoa(len(part))}}, "mailto"), acceptJSON)
	if err != nil {
		return answers{}, err
	}
	works, err := r.readCrossref(body)
	return byID(works, part), err
}

// single asks a service for one DOI. That it doesn't have it is no error.
func (r *Resolver) single(ctx context.Context, s Service, path string, id reference.Identifier, read func([]byte) ([]*Work, error)) (answers, error) {
	body, err := r.services[s].get(ctx, path+url.PathEscape(id.Value), r.contactQuery(url.Values{}, "mailto"), acceptJSON)
	if library.CodeOf(err) == library.NotFound {
		return answers{}, nil
	}
	if err != nil {
		return answers{}, err
	}
	works, err := read(body)
	return byID(works, []reference.Identifier{id}), err
}

// byID returns the works that were asked for.
func byID(works []*Work, part []reference.Identifier) answers {
	out := answers{works: map[reference.Identifier]*Work{}}
	for _, w := range works {
		if !slices.Contains(part, w.ID) {
			out.foreign = true
			continue
		}
		out.works[w.ID] = w
	}
	return out
}

// readCrossref reads an answer of Crossref: a list, or one work.
func (r *Resolver) readCrossref(body []byte) ([]*Work, error) {
	var list crossrefList
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, r.services[Crossref].unreadable(err)
	}
	if list.Message.Items == nil && list.Message.DOI == "" {
		return nil, r.services[Crossref].unreadable(errors.New("no works in the answer"))
	}
	if list.Message.DOI != "" {
		list.Message.Items = append(list.Message.Items, list.Message.crossrefWork)
	}
	var works []*Work
	for i := range list.Message.Items {
		works = append(works, list.Message.Items[i].work())
	}
	return works, nil
}

// Search returns the works that Crossref finds for the words of a reference, the
// best first, at most five. It is one call, unless the answer is kept. [Resolver.Works] then
// has them without a call of Crossref.
func (r *Resolver) Search(ctx context.Context, words string) ([]*Work, error) {
	if works, ok := r.kept.get(Crossref, "search:"+words); ok {
		return works, nil
	}
	query := r.contactQuery(url.Values{"query.bibliographic": {words}, "rows": {"5"}}, "mailto")
	body, err := r.services[Crossref].get(ctx, "/works", query, acceptJSON)
	if err != nil {
		return nil, err
	}
	works, err := r.readCrossref(body)
	if err != nil {
		return nil, err
	}
	r.kept.put(Crossref, "search:"+words, works...)
	for _, w := range works {
		r.kept.put(Crossref, w.ID.String(), w)
	}
	return works, nil
}

// work returns a work of Crossref as an item, with its notices.
func (c *crossrefWork) work() *Work {
	it := &library.Item{Type: crossrefTypes[c.Type], Fields: map[string]string{}}
	if it.Type == "" {
		it.Type = "document"
	}
	set := func(name, value string) {
		if value != "" {
			it.Fields[name] = value
		}
	}
	w := &Work{Known: reference.Known{Item: it, Journals: slices.Concat(c.ShortContainer, c.ContainerTitle)}, Service: Crossref, ID: reference.Identifier{Kind: reference.DOI, Value: strings.ToLower(c.DOI)}}
	title, struck := strike(strings.Join(c.Title[:min(len(c.Title), 1)], ""))
	if len(c.Subtitle) > 0 && c.Subtitle[0] != "" && !strings.Contains(title, c.Subtitle[0]) {
		title += ": " + c.Subtitle[0]
	}
	set("title", title)
	set("DOI", c.DOI)
	set(containerField(it.Type), strings.Join(c.ContainerTitle[:min(len(c.ContainerTitle), 1)], ""))
	set("volume", c.Volume)
	set("issue", c.Issue)
	set("pages", c.Page)
	if c.Page == "" {
		set("pages", c.ArticleNumber)
	}
	set("publisher", c.Publisher)
	set("ISSN", strings.Join(c.ISSN, ", "))
	set("ISBN", strings.Join(c.ISBN, " "))
	set("date", c.Issued.iso())
	addPeople(it, "author", c.Author)
	addPeople(it, "editor", c.Editor)
	for _, d := range []crossrefDate{c.Issued, c.Published, c.PublishedPrint, c.PublishedOnline, c.PublishedOther} {
		if year := d.year(); year != 0 && !slices.Contains(w.Years, year) {
			w.Years = append(w.Years, year)
		}
	}
	w.Notices = c.notices(struck)
	return w
}

// containerField returns the field of what a work appeared in, as Zotero names
// it for the item type.
func containerField(itemType string) string {
	switch itemType {
	case "conferencePaper":
		return "proceedingsTitle"
	case "bookSection":
		return "bookTitle"
	case "encyclopediaArticle":
		return "encyclopediaTitle"
	case "preprint":
		return "repository"
	case "book":
		return "series"
	}
	return "publicationTitle"
}

func addPeople(it *library.Item, role string, people []crossrefPerson) {
	for _, p := range people {
		c := library.Creator{Role: role, Given: p.Given, Family: p.Family}
		if p.Family == "" {
			c = library.Creator{Role: role, Name: strings.TrimSpace(p.Name + " " + p.Given)}
		}
		if c.Display() != "" {
			it.Creators = append(it.Creators, c)
		}
	}
}

// struckTitle is how publishers mark the title of a retracted work.
var struckTitle = regexp.MustCompile(`^\s*\[?(RETRACTED|WITHDRAWN|Retracted|Withdrawn|REMOVED)(?i:\s+(?:article|paper|chapter|publication))?\]?\s*[:\-–—]\s*|\s*[(\[](RETRACTED|Retracted|retracted)(?i:\s+article)?[)\]]\s*\.?$`)

// strike returns a title without the mark of a retracted work, and the kind of
// notice that the mark stands for.
func strike(title string) (string, string) {
	m := struckTitle.FindStringSubmatch(title)
	if m == nil {
		return title, ""
	}
	kind := "retraction"
	if !strings.EqualFold(m[1]+m[2], "retracted") {
		kind = "withdrawal"
	}
	return strings.TrimSpace(strings.Replace(title, m[0], "", 1)), kind
}

// notices returns what Crossref says became of the work.
func (c *crossrefWork) notices(struck string) []Notice {
	var all []Notice
	for _, u := range c.UpdatedBy {
		all = mergeNotices(all, []Notice{u.notice("")})
	}
	for _, u := range c.UpdateTo {
		all = mergeNotices(all, []Notice{u.notice("notice_of_")})
	}
	if struck != "" && !slices.ContainsFunc(all, func(n Notice) bool { return n.Kind == struck }) {
		all = append(all, Notice{Kind: struck, By: Crossref, Source: "the title"})
	}
	return all
}

func (u crossrefUpdate) notice(prefix string) Notice {
	n := Notice{Kind: prefix + noticeKind(u.Type), By: Crossref, ID: strings.ToLower(u.DOI), Date: u.Updated.iso()}
	switch strings.ToLower(u.Source) {
	case "retraction-watch":
		n.Source = "Retraction Watch"
	case "publisher":
		n.Source = "the publisher"
	}
	return n
}

// noticeKind returns a type of notice in the form of [Notice].Kind; "notice" for
// one in another form.
func noticeKind(s string) string {
	s = strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(strings.TrimSpace(s)))
	if s == "" || len(s) > 40 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "notice"
	}
	return s
}
