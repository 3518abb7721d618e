package zotero

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/sync/errgroup"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
)

// Bounds of a quick search.
const (
	maxAsked     = 200 // characters that are sent to Zotero
	maxWord      = 64  // characters of a word
	rankedPage   = 50  // works that are ranked together
	relaxedWords = 3   // words that are searched one by one if no work has all
)

// What a quick search lacks.
const (
	zoteroLooked   = "Zotero looked for the words, in titles, creators, years and full texts, not in abstracts, tags, notes and annotations"
	zoteroIndexes  = "Zotero is rebuilding its index, so full texts were not searched"
	someWords      = "no work has all the words; these have one of the longest"
	collectionOnly = "works in subcollections were not searched"
	wordsLeftOut   = "the end of the query was left out, since it is too long for Zotero"
)

// asked is a query's text in the form of Zotero's quick search, which requires
// every word.
type asked struct {
	parts []string // words, and phrases in quotes
	cut   bool     // parts at the end were left out
}

func (a *asked) String() string { return strings.Join(a.parts, " ") }

// filler reports whether a word says nothing of what is looked for.
func filler(word string) bool {
	switch word {
	case "a", "an", "and", "are", "as", "at", "by", "does", "for", "from", "how", "in", "is", "it", "of", "on", "or", "that",
		"the", "to", "was", "were", "what", "when", "which", "who", "why", "with":
		return true
	}
	return false
}

// askedOf reads what a person types: words, and phrases in quotes. Filler words
// are left out unless there are no others.
func askedOf(text string) asked {
	var all, words []string
	parts := strings.Split(text, `"`)
	for i, part := range parts {
		if phrase := strings.Join(splitWords(part), " "); i%2 == 1 && i < len(parts)-1 {
			if phrase != "" {
				all, words = append(all, `"`+phrase+`"`), append(words, `"`+phrase+`"`)
			}
			continue
		}
		for _, word := range splitWords(part) {
			word, _ = plaintext.Cut(word, maxWord)
			if all = append(all, word); !filler(strings.ToLower(word)) {
				words = append(words, word)
			}
		}
	}
	if len(words) == 0 {
		words = all[:min(len(all), 4)]
	}
	var a asked
	length := 0
	for _, part := range words {
		if slices.Contains(a.parts, part) {
			continue
		}
		if length += len([]rune(part)) + 1; length > maxAsked {
			a.cut = true
			break
		}
		a.parts = append(a.parts, part)
	}
	return a
}

// splitWords returns the words of s as they are written.
func splitWords(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
}

// Search implements [replica.Source] with Zotero's quick search. It costs one
// request, or a few more if no work has all the words.
func (s *source) Search(ctx context.Context, q library.Query) (replica.Found, error) {
	if err := q.Validate(); err != nil {
		return replica.Found{}, err
	}
	a := askedOf(q.Text)
	p, lacks, err := s.find(ctx, q, &a)
	if err != nil {
		return replica.Found{}, err
	}
	relaxed := ""
	if p.known() == 0 && len(a.parts) > 1 && !strings.Contains(q.Text, `"`) {
		if p, err = s.relax(ctx, q, a.parts); err != nil {
			return replica.Found{}, err
		}
		relaxed = someWords
	}
	items := p.items
	if ranked(q, &a) {
		rank(items, a.parts)
	}
	found := replica.Found{Works: objectsOf(s.id, items[:min(q.Limit, len(items))]), Total: p.known(), Head: headOf(p)}
	found.Head.Items, found.Head.Objects, found.Head.Notice = -1, -1, staleness(p)
	found.Notice = notices(
		when(len(a.parts) > 0, zoteroLooked), when(len(found.Works) > 0, relaxed), when(a.cut, wordsLeftOut), lacks,
		when(q.Collection != "", collectionOnly), when(p.res.Header.Get("Zotero-Full-Text-Reindexing") != "", zoteroIndexes),
		when(ranked(q, &a) && found.Total > rankedPage, fmt.Sprintf("of the %d works that match, only the last %d added are ordered by relevance", found.Total, rankedPage)),
	)
	return found, nil
}

// notices joins sentences, without empty ones.
func notices(all ...string) string {
	return strings.Join(slices.DeleteFunc(all, func(s string) bool { return s == "" }), "; ")
}

// when returns a notice if it holds, else "".
func when(holds bool, notice string) string {
	if holds {
		return notice
	}
	return ""
}

// ranked reports whether the works are put in order here, which is done for a
// whole page: Zotero has no order by relevance.
func ranked(q library.Query, a *asked) bool {
	return (q.Sort == "" || q.Sort == library.SortRelevance) && len(a.parts) > 0
}

// find requests one page of the works that have all parts and meet the query's
// conditions. Those that Zotero does not know are applied to the page, which the
// notice says.
func (s *source) find(ctx context.Context, q library.Query, a *asked) (p *page[item], notice string, err error) {
	f := filterOf(q)
	query := f.query
	if len(a.parts) > 0 {
		query.Set("q", a.String())
		query.Set("qmode", "everything")
	}
	limit := q.Limit
	if ranked(q, a) {
		limit = rankedPage
	}
	path := s.path + "/items/top"
	if q.Collection != "" {
		if !validKey(q.Collection) {
			return nil, "", noCollection()
		}
		path = s.path + "/collections/" + q.Collection + "/items/top"
	}
	p, err = getPage[item](ctx, s.ask, path, paged(query, 0, limit), cached)
	if isCode(err, library.Invalid) && query.Has("itemType") {
		// Zotero does not know one of the types; works may be of another one.
		query.Del("itemType")
		f.types = q.ItemTypes
		p, err = getPage[item](ctx, s.ask, path, paged(query, 0, limit), cached)
	}
	switch {
	case isCode(err, library.NotFound) && q.Collection != "":
		if err := s.verify(ctx); err != nil {
			return nil, "", err
		}
		return nil, "", noCollection()
	case err != nil:
		return nil, "", lost(err)
	}
	p.items = slices.DeleteFunc(p.items, func(it item) bool {
		return it.data.deleted || it.data.parent != "" || !f.pass(workOf(s.id, &it))
	})
	return p, f.notice(), nil
}

func noCollection() error {
	return library.Errorf(library.NotFound, "no such collection").WithHint("list_collections names those that there are")
}

// relax requests the works that have one of the longest words, and returns them
// as one page: those that have several of them first.
func (s *source) relax(ctx context.Context, q library.Query, words []string) (*page[item], error) {
	words = slices.Clone(words)
	slices.SortStableFunc(words, func(a, b string) int { return len(b) - len(a) })
	words = words[:min(relaxedWords, len(words))]
	pages := make([]*page[item], len(words))
	g, inner := errgroup.WithContext(ctx)
	for i, word := range words {
		g.Go(func() (err error) {
			pages[i], _, err = s.find(inner, q, &asked{parts: []string{word}})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	count := map[string]int{}
	var merged []item
	out := *pages[0]
	for _, p := range pages {
		for _, it := range p.items {
			if count[it.key]++; count[it.key] == 1 {
				merged = append(merged, it)
			}
		}
		out.total = max(out.total, p.known())
	}
	slices.SortStableFunc(merged, func(a, b item) int { return count[b.key] - count[a.key] })
	out.items, out.total = merged, max(out.total, len(merged))
	return &out, nil
}

// rank puts works in order by where they have the parts of a query. Works in
// which only a text has them come last.
func rank(items []item, parts []string) {
	folded := make([]string, len(parts))
	for i, part := range parts {
		folded[i] = plaintext.Fold(part)
	}
	score := make(map[string]int, len(items))
	for i := range items {
		it := &items[i]
		var names []string
		for _, c := range it.data.creators {
			names = append(names, c.first, c.last, c.name)
		}
		for weight, text := range []string{it.data.fields["abstractNote"], strings.Join(it.data.tags, " "), strings.Join(names, " "), it.data.fields["title"]} {
			text = plaintext.Fold(text)
			for _, part := range folded {
				if strings.Contains(text, part) {
					score[it.key] += weight + 1
				}
			}
		}
	}
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(score[b.key], score[a.key]) })
}
