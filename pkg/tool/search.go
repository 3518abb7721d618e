package tool

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// searchInput is the arguments of search.
type searchInput struct {
	filter
	Sort   string
	Limit  int
	Cursor string
}

// searchOutput is the answer of search. Its results, each with id, title and
// url, are the shape that ChatGPT asks of a tool of this name.
type searchOutput struct {
	Results []result `json:"results" jsonschema:"title, creators, library, snippet: untrusted third-party text"`
	listed
}

// result is a work that search found.
type result struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	URL       string `json:"url"`
	Creators  string `json:"creators,omitempty"`
	Year      int    `json:"year,omitempty"`
	ItemType  string `json:"item_type"`
	Library   string `json:"library"`
	Snippet   string `json:"snippet,omitempty"`
	MatchedIn string `json:"matched_in,omitempty"`
	Page      string `json:"page,omitempty"`
}

func searchTool(c *Catalog) (*definition, error) {
	return readTool(c, about{"search", "Search libraries",
		"Find works by words and filters, best first, with the passage that matched. " +
			"Start here for any question about the literature. " +
			"Not for reading a work: use fetch or read_text."},
		[]field[searchInput]{
			text("query", `words, "exact phrases"; empty lists by the filters`, maxQueryChars, func(in *searchInput) *string { return &in.Query }).must(),
			name(libraryName, "ID or name; default all", func(in *searchInput) *string { return &in.Library }),
			name(collectionName, "key, name or path A/B", func(in *searchInput) *string { return &in.Collection }),
			tags("tags", "has all of these", func(in *searchInput) *[]string { return &in.Tags }),
			tags("tags_any", "", func(in *searchInput) *[]string { return &in.TagsAny }),
			tags("tags_none", "", func(in *searchInput) *[]string { return &in.TagsNone }),
			tags("item_type", "as journalArticle, book", func(in *searchInput) *[]string { return &in.ItemType }),
			name("creator", "", func(in *searchInput) *string { return &in.Creator }),
			year("year_from", func(in *searchInput) *int { return &in.YearFrom }),
			year("year_to", func(in *searchInput) *int { return &in.YearTo }),
			choice("sort", "", func(in *searchInput) *string { return &in.Sort },
				string(library.SortRelevance), string(library.SortDate), string(library.SortTitle), string(library.SortAdded)),
			limitField(10, library.MaxLimit, func(in *searchInput) *int { return &in.Limit }),
			cursorField(func(in *searchInput) *string { return &in.Cursor }),
		}, search)
}

func search(ctx context.Context, c *call, in searchInput) (answer[searchOutput], error) {
	l, err := c.search(ctx, in)
	if err != nil {
		return answer[searchOutput]{}, err
	}
	out, err := fit(c.budget, len(l.entries), func(n int) searchOutput {
		t := &tidy{}
		out := searchOutput{Results: make([]result, n), listed: l.listed(c, n)}
		for i, e := range l.entries[:n] {
			out.Results[i] = c.result(t, e.value.Hit, e.lib)
		}
		out.note(t.notice())
		return out
	})
	c.touch(ctx, out.kept, func(i int) library.ItemID { return l.entries[i].value.Item.ID })
	return out, err
}

// hit is a work that a library found and how many of the query's words it
// shows, which unlike its score compares between libraries.
type hit struct {
	library.Hit
	coverage int
}

// search asks the libraries that the arguments choose, all at the same time.
func (c *call) search(ctx context.Context, in searchInput) (*listing[hit], error) {
	if _, err := in.query(""); err != nil {
		return nil, err
	}
	at, _, notices, err := c.places(ctx, in.Library, in.Collection, in.Cursor)
	if err != nil {
		return nil, err
	}
	at, key, err := c.narrow(ctx, at, in.Collection)
	if err != nil {
		return nil, err
	}
	q, err := in.query(key)
	if err != nil {
		return nil, err
	}
	q.Sort = library.Sort(in.Sort)
	words := queryWords(q.Text)
	l, err := gather(ctx, c, at, in.Limit, func(ctx context.Context, r library.Reader, _ library.Info, offset, limit int) (library.Page[hit], error) {
		q := q
		q.Offset, q.Limit = offset, limit
		page, err := r.Search(ctx, q)
		return mapped(page, func(h library.Hit) hit {
			if len(at) == 1 {
				return hit{Hit: h}
			}
			return hit{h, coverage(h, words)}
		}), err
	}, hitOrder(q))
	if err != nil {
		return nil, err
	}
	l.notices = append(notices, l.notices...)
	return l, nil
}

func (c *call) result(t *tidy, h library.Hit, lib library.Info) result {
	it := h.Item
	r := result{
		ID: it.ID.String(), Title: t.title(it), URL: c.itemURL(it), Creators: t.summary(it.Creators),
		Year: yearOf(it), ItemType: token(it.Type), Library: t.line(lib.Name, maxName),
	}
	if m := h.Match; m != nil {
		r.MatchedIn = token(string(m.Source))
		r.Page = new(tidy).line(m.Page, 20)
		if m.Source != library.SourceTitle { // the title is there already
			r.Snippet = new(tidy).line(m.Text, maxSnippet)
		}
	}
	return r
}

// hitOrder returns how the heads of several libraries' results compare.
//
// Scores can't: each library's are its own. By relevance, the work with more
// of the query's words in what is seen of it comes first, then the one that
// stands higher in its library. The other orders compare what they sort by.
func hitOrder(q library.Query) func(a, b entry[hit]) int {
	switch {
	case q.Sort == library.SortDate:
		return func(a, b entry[hit]) int {
			return compareDates(b.value.Item.ParsedDate, a.value.Item.ParsedDate)
		}
	case q.Sort == library.SortTitle:
		return func(a, b entry[hit]) int {
			return strings.Compare(strings.ToLower(a.value.Item.Title()), strings.ToLower(b.value.Item.Title()))
		}
	case q.Sort == library.SortAdded || q.Text == "":
		return func(a, b entry[hit]) int { return b.value.Item.Added.Compare(a.value.Item.Added) }
	}
	return func(a, b entry[hit]) int { return cmp.Or(b.value.coverage-a.value.coverage, a.rank-b.rank) }
}

// queryWords returns the different words of a query, folded.
func queryWords(text string) []string {
	words := strings.Fields(strings.ToLower(strings.ReplaceAll(text, `"`, " ")))
	slices.Sort(words)
	return slices.Compact(words)
}

// coverage returns how many of the words the hit shows.
func coverage(h library.Hit, words []string) int {
	shown := []string{h.Item.Title(), h.Item.Abstract()}
	for _, c := range h.Item.Creators {
		shown = append(shown, c.Family, c.Name)
	}
	if h.Match != nil {
		shown = append(shown, h.Match.Text)
	}
	text := strings.ToLower(strings.Join(append(shown, h.Item.Tags...), " "))
	n := 0
	for _, w := range words {
		if strings.Contains(text, w) {
			n++
		}
	}
	return n
}

// compareDates compares two dates as [library.Item].ParsedDate has them; an
// unknown one is before all others, years before our era before those of ours.
func compareDates(a, b string) int {
	return cmp.Or(cmp.Compare(era(a), era(b)), strings.Compare(a, b)*max(era(a), era(b)))
}

func era(date string) int {
	switch {
	case date == "":
		return -2
	case date[0] == '-':
		return -1
	}
	return 1
}

// note adds a notice to the answer; "" adds none.
func (l *listed) note(notice string) {
	if notice != "" {
		l.Notices = append(l.Notices, notice)
	}
}
