package tool

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// searchInput is the arguments of search.
type searchInput struct {
	filter
	Mode   string
	Sort   string
	Counts bool
	Limit  int
	Cursor string
}

// searchOutput is the answer of search. Its results, each with id, title and
// url, are the shape that ChatGPT asks of a tool of this name.
type searchOutput struct {
	Results  []result `json:"results" jsonschema:"all below but id, url: untrusted third-party text"`
	Expanded string   `json:"expanded,omitempty"`
	Counts   *counts  `json:"counts,omitempty"`
	// Corrected are words of the query and what was searched in their place, as
	// "enigne → engine".
	Corrected []string `json:"corrected,omitempty"`
	listed
}

// result is a work that search found.
type result struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	URL      string `json:"url"`
	Creators string `json:"creators,omitempty"`
	Year     int    `json:"year,omitempty"`
	ItemType string `json:"item_type"`
	Library  string `json:"library"`
	identified
	Snippet   string `json:"snippet,omitempty"`
	MatchedIn string `json:"matched_in,omitempty"`
	Page      string `json:"page,omitempty"`
	// Partial are the words of the query that the work lacks. It is not counted
	// in the total.
	Partial []string `json:"partial,omitempty" jsonschema:"words it lacks; not in total"`
	Similar bool     `json:"similar,omitempty" jsonschema:"has only added words; not in total"`
}

func searchTool(c *Catalog) (*definition, error) {
	return readTool(c, about{"search", "Search libraries",
		"Find works by words and filters, best first, with the passage that matched. " +
			"Start here for any question about the literature. " +
			"Not for reading a work: use fetch or read_text."},
		slices.Concat([]field[searchInput]{
			text("query", `words, "phrases", -word, word*, AND OR NOT (), author: title: tag: journal: type: year:1990-2000 in:notes has:text; or a DOI, ISBN, arXiv ID, PMID, URL, citation key; "Nature 171 737"; empty lists by filters`, maxQueryChars, func(in *searchInput) *string { return &in.Query }).must(),
		}, filterFields(true, func(in *searchInput) *filter { return &in.filter }), []field[searchInput]{
			choice("mode", "exact: no words added or corrected", func(in *searchInput) *string { return &in.Mode },
				string(library.ModeAuto), string(library.ModeExact), string(library.ModeBroad)),
			choice("sort", "", func(in *searchInput) *string { return &in.Sort },
				sorts()...),
			boolean("counts", "by year, tag …", func(in *searchInput) *bool { return &in.Counts }).ofPaging(),
			limitField(10, library.MaxLimit, func(in *searchInput) *int { return &in.Limit }),
			cursorField(func(in *searchInput) *string { return &in.Cursor }),
		}), search)
}

// sorts returns the values of the argument "sort", the default first.
func sorts() []string {
	var names []string
	for _, s := range library.Sorts() {
		names = append(names, string(s))
	}
	return names
}

func search(ctx context.Context, c *call, in searchInput) (answer[searchOutput], error) {
	l, err := c.search(ctx, in)
	if err != nil {
		return answer[searchOutput]{}, err
	}
	var counted *counts
	if in.Counts {
		var notices []string
		counted, notices = c.counts(ctx, l.portions(), l.query)
		l.notices = append(l.notices, notices...)
	}
	out, err := fit(c.budget, len(l.entries), func(n int) searchOutput {
		t := &tidy{}
		out := searchOutput{Results: make([]result, n), Counts: counted, listed: l.listed(c, n)}
		if in.Cursor == "" { // words in a cursor may be those of another caller
			out.Expanded, out.Corrected = expanded(l.branches), corrected(l)
		}
		var guessed []string
		for i, e := range l.entries[:n] {
			out.Results[i] = c.result(t, e.value, e.lib)
			if e.value.Item.IsUnconfirmed() {
				guessed = append(guessed, out.Results[i].ID)
			}
		}
		if len(guessed) > 0 {
			out.note("title, creators and date are guessed from the work's file, unconfirmed: " + strings.Join(guessed, ", "))
		}
		out.note(t.notice())
		return out
	})
	c.touch(ctx, out.kept, func(i int) library.ItemID { return l.entries[i].value.Item.ID })
	return out, err
}

// search asks the libraries that the arguments choose, all at the same time.
func (c *call) search(ctx context.Context, in searchInput) (*listing[library.Hit], error) {
	now := time.Now()
	if _, err := in.query("", now); err != nil {
		return nil, err
	}
	all, own, notices, err := c.portions(ctx, in.Library, in.Collection, in.Cursor)
	if err != nil {
		return nil, err
	}
	all, key, err := c.narrow(ctx, all, in.Collection)
	if err != nil {
		return nil, err
	}
	q, err := in.query(key, now)
	if err != nil {
		return nil, err
	}
	if q.AddedSince, own, err = carriedSince(q.AddedSince, own); err != nil {
		return nil, err
	}
	q.Sort, q.Mode = library.Sort(in.Sort), library.Mode(in.Mode)
	statistics, err := c.statistics(ctx, all, q, own)
	if err != nil {
		return nil, err
	}
	l, err := gather(ctx, c, all, in.Limit, func(ctx context.Context, r library.Reader, p portion, limit int) (library.Page[library.Hit], error) {
		q := q
		q.After, q.Limit = p.after, limit
		if p.ranked {
			q.Statistics = statistics
		}
		return r.Search(ctx, q)
	}, hitOrder(q))
	if err != nil {
		return nil, err
	}
	if b := &l.branches; statistics == nil && len(*b) == 1 && (*b)[0].page.Statistics != nil {
		statistics, (*b)[0].ranked = (*b)[0].page.Statistics, true
	}
	l.extra = sinceMarks(q.AddedSince)
	if statistics != nil {
		l.extra = append(l.extra, mark{name: statisticsMark, texts: []string{string(statistics.AppendBinary(nil))}})
	}
	l.position, l.query = positionOf, q
	var filters emptiness
	if len(l.entries) == 0 && in.Cursor == "" {
		filters = c.emptied(ctx, all, q)
	}
	l.notices = slices.Concat(notices, queryNotices(l, q, filters.met), l.notices, filters.notices)
	return l, nil
}

// noticeOtherOrder says why works that lack words are not listed.
const noticeOtherOrder = "; sorted by relevance, works that have some of them are listed"

// queryNotices returns what the libraries say of the query, the same of several
// once, and what no work of any of them is, unless works meet the query without its
// filters.
func queryNotices(l *listing[library.Hit], q library.Query, met bool) []string {
	var out []string
	add := func(notice string) {
		if notice = ours(notice); notice != "" && !slices.Contains(out, notice) {
			out = append(out, notice)
		}
	}
	for i := range l.branches {
		for _, n := range l.branches[i].page.QueryNotices {
			add(n)
		}
	}
	if l.total() > 0 || met {
		return out
	}
	for i := range l.branches {
		switch unmet := l.branches[i].page.Unmet; {
		case unmet != "" && len(l.entries) > 0:
			add(unmet + "; those listed lack the words in partial")
		case unmet != "" && !byRelevance(q.Sort):
			add(unmet + noticeOtherOrder)
		default:
			add(unmet)
		}
	}
	return out
}

// corrected returns the words that were searched in place of others. Libraries that
// rank by the same statistics have the same ones.
func corrected(l *listing[library.Hit]) []string {
	var out []string
	for i := range l.branches {
		for _, w := range l.branches[i].page.Corrections {
			c := new(tidy).line(w.From, maxWordChars) + " → " + new(tidy).line(w.To, maxWordChars)
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

func (c *call) result(t *tidy, h library.Hit, lib library.Info) result {
	it := h.Item
	r := result{
		ID: it.ID.String(), Title: t.title(it), URL: c.itemURL(it), Creators: t.summary(it.Creators),
		Year: yearOf(it), ItemType: token(it.Type), Library: t.line(lib.Name, maxName), identified: t.identified(it),
		Similar: h.Similar,
	}
	for _, word := range h.Lacks {
		r.Partial = append(r.Partial, new(tidy).line(word, maxWordChars))
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

// maxWordChars bounds a word of the query that a work lacks.
const maxWordChars = 70

// maxExpanded bounds the line of words that a search added, in characters.
const maxExpanded = 400

// expanded returns the words that the search added in one line. All libraries
// add the same.
func expanded(branches []branch[library.Hit]) string {
	for i := range branches {
		if words := branches[i].page.Expanded; len(words) > 0 {
			return new(tidy).line(strings.Join(words, ", "), maxExpanded)
		}
	}
	return ""
}

// note adds a notice to the answer; "" adds none.
func (l *listed) note(notice string) {
	if notice != "" {
		l.Notices = append(l.Notices, notice)
	}
}
