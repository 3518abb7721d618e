package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/page"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// searchResults is the number of works on one page of results.
const searchResults = 15

// onlyTexts is the value of the field "text" that limits a search to works with text.
const onlyTexts = "yes"

// criteria are what a person searches for, as the form sends it.
type criteria struct {
	Query, Library, Type, Tag, Collection, Creator, In, From, To, Text, Sort, Cursor string
}

// fields returns the criteria with the names that they have in the form and for the
// tool search.
func (c *criteria) fields() []criterion {
	return []criterion{
		{"q", "", &c.Query}, {"in", "", &c.In}, {"library", "library", &c.Library}, {"type", "item_type", &c.Type}, {"tag", "tags", &c.Tag},
		{"collection", "collection", &c.Collection}, {"creator", "creator", &c.Creator}, {"from", "year_from", &c.From},
		{"to", "year_to", &c.To}, {"text", "", &c.Text}, {"sort", "sort", &c.Sort}, {"cursor", "cursor", &c.Cursor},
	}
}

// criterion is a field of a form.
type criterion struct {
	name     string
	argument string // of search; "" is none of its own
	value    *string
}

func readCriteria(q url.Values) *criteria {
	c := &criteria{}
	for _, f := range c.fields() {
		*f.value = strings.TrimSpace(q.Get(f.name))
	}
	if c.Text != onlyTexts {
		c.Text = ""
	}
	return c
}

// empty reports whether nothing is searched for.
func (c *criteria) empty() bool {
	only := *c
	only.Sort, only.In, only.Cursor = "", "", ""
	return only == criteria{}
}

// filtered reports whether a filter is set.
func (c *criteria) filtered() bool {
	only := *c
	only.Query, only.Cursor = "", ""
	return only != criteria{}
}

// check returns an error if a year is no number.
func (c *criteria) check() error {
	for _, year := range []string{c.From, c.To} {
		if _, err := strconv.Atoi(year); err != nil && year != "" {
			return library.Errorf(library.Invalid, "a year has to be a number, such as 1960").WithHint("go back and correct the years, or leave them empty").WithCause(err)
		}
	}
	return nil
}

// arguments returns the arguments of search, for criteria that are checked.
func (c *criteria) arguments() map[string]any {
	in := c.Query
	if c.In != "" && in != "" {
		in += " in:" + c.In
	}
	if c.Text != "" {
		in = strings.TrimSpace("has:text " + in)
	}
	arguments := map[string]any{"query": in, "limit": searchResults, "counts": c.Cursor == ""}
	for _, f := range c.fields() {
		switch {
		case f.argument == "" || *f.value == "":
		case f.name == "type" || f.name == "tag":
			arguments[f.argument] = []string{*f.value}
		case f.name == "from" || f.name == "to":
			arguments[f.argument], _ = strconv.Atoi(*f.value)
		default:
			arguments[f.argument] = *f.value
		}
	}
	return arguments
}

// url returns the address of the results for the criteria as changed.
func (c *criteria) url(change func(*criteria)) string {
	changed := *c
	changed.Cursor = ""
	change(&changed)
	q := url.Values{}
	for _, f := range changed.fields() {
		if *f.value != "" {
			q.Set(f.name, *f.value)
		}
	}
	return SearchPath + "?" + q.Encode()
}

// searchAnswer is what the page shows of the result of search.
type searchAnswer struct {
	Results []struct {
		ID, Title, Creators, Library, Journal, Snippet, Page string
		Year                                                 int
		ItemType                                             string `json:"item_type"`
		MatchedIn                                            string `json:"matched_in"`
		Partial                                              []string
		Similar                                              bool
	}
	Expanded   string
	Corrected  []string
	Counts     *searchCounts
	Total      int
	Returned   int
	NextCursor string `json:"next_cursor"`
	Notices    []string
}

// searchPage is the data of the page.
type searchPage struct {
	*criteria

	Libraries []libraryLine
	Types     []option
	Parts     []option
	Sorts     []option
	Filtered  bool
	Results   *shownResults // nil before a search
}

// shownResults are the results on the page.
type shownResults struct {
	Works     []shownResult
	Others    []shownResult // works that lack words, or have related ones only
	Summary   string
	Expanded  string
	Corrected []string
	Chart     *chart
	Facets    []facet
	Notices   []string
	First     string // address of the first part, "" on that
	Next      string // address of the part after, "" on the last
}

// shownResult is a work in the list.
type shownResult struct {
	URL, Title, Byline, Where string
	PageURL                   string // of the page of the text that matched, "" if there is none
	Snippet                   []segment
	Lacks                     string
	Similar                   bool
}

// option is a choice in a form.
type option struct {
	Value, Text string
	Chosen      bool
}

// Search serves the page on which people search their libraries.
func (l *Library) Search(w http.ResponseWriter, r *http.Request) error {
	c := readCriteria(r.URL.Query())
	data := searchPage{
		criteria: c, Filtered: c.filtered(), Types: options(c.Type, typeNames()...),
		Parts: options(c.In, option{Text: "everything"}, option{Value: "title", Text: "titles"}, option{Value: "abstract", Text: "abstracts"},
			option{Value: "notes", Text: "notes"}, option{Value: "annotations", Text: "annotations"}, option{Value: "fulltext", Text: "full texts"}),
		Sorts: options(c.Sort, option{Text: "best first"}, option{Value: "date", Text: "newest first"}, option{Value: "date_asc", Text: "oldest first"},
			option{Value: "title", Text: "by title"}, option{Value: "date_added", Text: "last added first"}),
	}
	err := c.check()
	if err == nil {
		data.Libraries, err = l.choices(r, c.Library)
	}
	if err != nil {
		return l.Fail(w, r, err)
	}
	o := page.Options{Title: "Search your libraries", Data: &data}
	if c.empty() {
		return l.write(w, r, l.search, o)
	}
	answer := searchAnswer{}
	if err := l.ask(r, "search", c.arguments(), &answer); err != nil {
		return l.Fail(w, r, err)
	}
	data.Results = shown(c, &answer)
	if c.Query != "" {
		o.Title = "Search: " + c.Query
	}
	return l.write(w, r, l.search, o)
}

// shown returns the results for the page.
func shown(c *criteria, a *searchAnswer) *shownResults {
	out := &shownResults{
		Summary: summary(c, a), Expanded: a.Expanded, Corrected: a.Corrected, Notices: forPeople(withoutUnmet(a)),
		Chart: newChart(a.Counts), Facets: facets(c, a.Counts),
	}
	words := queryWords(c.Query)
	for _, x := range a.Results {
		list := &out.Works
		if len(x.Partial) > 0 || x.Similar {
			list = &out.Others
		}
		*list = append(*list, shownResult{
			URL: resultURL(c, x.ID, x.MatchedIn), Title: x.Title, Byline: byline(x.Creators, x.Year, x.Journal, typeName(x.ItemType), x.Library),
			Where: where(x.MatchedIn, x.Page), PageURL: matchedPageURL(c, x.ID, x.MatchedIn, x.Page), Snippet: marked(x.Snippet, words), Lacks: strings.Join(x.Partial, ", "), Similar: x.Similar,
		})
	}
	if a.NextCursor != "" {
		out.Next = c.url(func(c *criteria) { c.Cursor = a.NextCursor })
	}
	if c.Cursor != "" {
		out.First = c.url(func(*criteria) {})
	}
	return out
}

// resultURL returns the address of a work's page, with the passages that answer the
// query.
func resultURL(c *criteria, id, matched string) string {
	if c.Query == "" || matched == "" || matched == "identifier" {
		return WorkPath(id)
	}
	return WorkPath(id) + "?" + url.Values{"q": {c.Query}}.Encode()
}

// matchedPageURL returns the address of the page of a work's text that answers the
// query, "" if something else does.
func matchedPageURL(c *criteria, id, matched, number string) string {
	if matched != "fulltext" || !isNumber(number) {
		return ""
	}
	return WorkPath(id) + "?" + url.Values{"q": {c.Query}, "page": {number}}.Encode() + "#text"
}

// withoutUnmet returns the notices without the one that no work has the words, which
// the summary says.
func withoutUnmet(a *searchAnswer) []string {
	return slices.DeleteFunc(a.Notices, func(notice string) bool { return a.Total == 0 && strings.HasPrefix(notice, "no work has ") })
}

// summary returns how many works were found, in words.
func summary(c *criteria, a *searchAnswer) string {
	switch {
	case a.Total == 0 && len(a.Results) == 0:
		return "No work was found."
	case a.Total == 0:
		return "No work has all the words; those below have some of them."
	case c.Cursor != "":
		return works(a.Total) + "; these are " + strconv.Itoa(a.Returned) + " more."
	}
	return works(a.Total) + "."
}

// byline joins the known parts of a work's description.
func byline(creators string, year int, parts ...string) string {
	if year != 0 {
		parts = append([]string{strconv.Itoa(year)}, parts...)
	}
	var known []string
	for _, part := range append([]string{creators}, parts...) {
		if part != "" {
			known = append(known, part)
		}
	}
	return strings.Join(known, " · ")
}

// sourceNames are the parts of a work in which a search finds something.
var sourceNames = map[string]string{
	"title": "in the title", "creators": "in the creators", "tags": "in the tags", "abstract": "in the abstract", "note": "in a note",
	"annotation": "in an annotation", "metadata": "in the fields", "fulltext": "in the full text", "identifier": "by its identifier",
}

// where says where a passage stands.
func where(source, page string) string {
	s := sourceNames[source]
	if s == "" && source != "" {
		s = "in " + source
	}
	if page != "" {
		s += ", page " + page
	}
	return s
}

// options returns the choices with the chosen one marked.
func options(chosen string, all ...option) []option {
	for i := range all {
		all[i].Chosen = all[i].Value == chosen
	}
	return all
}

// typeNames returns the types of works as choices.
func typeNames() []option {
	all := []option{{Text: "any"}}
	for _, t := range tool.ItemTypes() {
		all = append(all, option{Value: t, Text: typeName(t)})
	}
	return all
}

// typeName returns a name of Zotero's schema in words: journalArticle is "journal
// article".
func typeName(t string) string {
	if t == strings.ToUpper(t) { // DOI, ISBN
		return t
	}
	var b strings.Builder
	for i, r := range t {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}
