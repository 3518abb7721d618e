package librarytest

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Search implements [library.Reader]. A work's score is the number of query
// words that it has, a word in the title counting three times.
func (m *Memory) Search(ctx context.Context, q library.Query) (library.Page[library.Hit], error) {
	if err := m.begin(ctx); err != nil {
		return library.Page[library.Hit]{}, err
	}
	within, err := m.subtree(q.Collection)
	if err != nil {
		return library.Page[library.Hit]{}, err
	}
	if err := q.Validate(); err != nil {
		return library.Page[library.Hit]{}, err
	}
	all := parse(q.Text)
	least := 3 // of three words one, in other orders all
	if q.Sort != "" && q.Sort != library.SortRelevance {
		least = 1
	}
	hits, total := []library.Hit{}, 0
	for _, it := range m.items {
		if !inCollections(it, within) || !filtered(it, q) || q.HasText && !m.hasText(it) {
			continue
		}
		score, match, lacks := m.score(it, all)
		if len(all) > 0 && (score == 0 || least*len(lacks) > (least-1)*len(all)) {
			continue
		}
		hit := library.Hit{Item: it, Score: score, Value: value(q, it), Match: match, Lacks: lacks}
		if hits = append(hits, hit); len(hit.Lacks) == 0 {
			total++
		}
	}
	slices.SortFunc(hits, func(a, b library.Hit) int { return compare(q, positionOf(a), positionOf(b)) })
	from := 0
	for q.After != nil && from < len(hits) && compare(q, positionOf(hits[from]), *q.After) <= 0 {
		from++
	}
	out, err := page(hits, from, q.Limit, m.info.Version)
	out.More = from+len(out.Items) < len(hits)
	if out.Total = total; total == 0 && q.Text != "" {
		out.Unmet = "no work has all the words"
	}
	return out, err
}

var _ library.Ranked = (*Memory)(nil)

// Statistics implements [library.Ranked]. Scores do not depend on other works, so
// that they compare anyway.
func (m *Memory) Statistics(ctx context.Context, _ library.Query) (*library.Statistics, error) {
	if err := m.begin(ctx); err != nil {
		return nil, err
	}
	return &library.Statistics{Works: len(m.items)}, nil
}

// Feedback implements [library.Ranked]: words are never added.
func (m *Memory) Feedback(context.Context, library.Query) ([]library.Feedback, error) {
	return nil, nil
}

// value returns what a work is sorted by, "" by relevance.
func value(q library.Query, it *library.Item) string {
	switch {
	case q.Sort == library.SortTitle:
		return fold(it.Title())
	case q.Sort == library.SortDate, q.Sort == library.SortDateAsc:
		return it.ParsedDate
	case q.Sort == library.SortAdded, q.Sort == library.SortAddedAsc, q.Text == "":
		if it.Added.IsZero() {
			return ""
		}
		return it.Added.UTC().Format("2006-01-02T15:04:05.000000000")
	}
	return ""
}

func positionOf(h library.Hit) library.Position {
	return library.Position{Score: h.Score, Value: h.Value, Key: h.Item.ID.Key}
}

// compare is negative if a comes before b.
func compare(q library.Query, a, b library.Position) int {
	byKey := strings.Compare(a.Key, b.Key)
	switch {
	case q.Sort == library.SortTitle:
		return cmp.Or(strings.Compare(a.Value, b.Value), byKey)
	case q.Sort == library.SortDateAsc, q.Sort == library.SortAddedAsc:
		if a.Value == "" || b.Value == "" {
			return cmp.Or(strings.Compare(b.Value, a.Value), byKey) // not known is last
		}
		return cmp.Or(strings.Compare(a.Value, b.Value), byKey)
	case q.Sort == library.SortDate || q.Sort == library.SortAdded || q.Text == "":
		return cmp.Or(strings.Compare(b.Value, a.Value), byKey)
	}
	return cmp.Or(cmp.Compare(b.Score, a.Score), byKey)
}

// filtered reports whether the work passes the query's filters.
func filtered(it *library.Item, q library.Query) bool {
	has := func(tag string) bool {
		return slices.ContainsFunc(it.Tags, func(t string) bool { return strings.EqualFold(t, tag) })
	}
	year, known := it.Year()
	switch {
	case slices.ContainsFunc(q.TagsAll, func(t string) bool { return !has(t) }),
		len(q.TagsAny) > 0 && !slices.ContainsFunc(q.TagsAny, has),
		slices.ContainsFunc(q.TagsNone, has),
		len(q.ItemTypes) > 0 && !slices.Contains(q.ItemTypes, it.Type),
		q.YearFrom != 0 && (!known || year < q.YearFrom),
		q.YearTo != 0 && (!known || year > q.YearTo),
		!q.AddedSince.IsZero() && it.Added.Before(q.AddedSince):
		return false
	}
	return q.Creator == "" || slices.ContainsFunc(it.Creators, func(c library.Creator) bool {
		return hasWords(c.Display(), q.Creator)
	})
}

// hasText reports whether an attachment of the work has a text that is more than white
// space.
func (m *Memory) hasText(it *library.Item) bool {
	written := func(p library.TextPage) bool { return strings.TrimSpace(p.Text) != "" }
	return slices.ContainsFunc(it.Attachments, func(a library.Attachment) bool { return slices.ContainsFunc(m.texts[a.Key], written) })
}

// hasWords reports whether every word of wanted is a word of text.
func hasWords(text, wanted string) bool {
	in := strings.Fields(fold(text))
	return !slices.ContainsFunc(strings.Fields(fold(wanted)), func(w string) bool { return !slices.Contains(in, w) })
}

// part is a text of a work and where it stands.
type part struct {
	library.Passage
	weight float64
}

// parts returns the texts of a work, the weightier first.
func (m *Memory) parts(it *library.Item) []part {
	var all []part
	add := func(weight float64, source library.Source, child, page, text string) {
		if text != "" {
			all = append(all, part{library.Passage{
				Item: it.ID, Source: source, Child: child, Page: page, Text: text, End: len([]rune(text)),
			}, weight})
		}
	}
	add(3, library.SourceTitle, "", "", it.Title())
	for _, c := range it.Creators {
		add(2, library.SourceCreators, "", "", c.Display())
	}
	add(2, library.SourceTags, "", "", strings.Join(it.Tags, ", "))
	add(1, library.SourceAbstract, "", "", it.Abstract())
	for _, n := range it.Notes {
		add(1, library.SourceNote, n.Key, "", n.Text)
	}
	for _, a := range it.Attachments {
		for _, x := range a.Annotations {
			add(1, library.SourceAnnotation, x.Key, x.Page, x.Text+" "+x.Comment)
		}
		for _, p := range m.texts[a.Key] {
			add(0.5, library.SourceFulltext, a.Key, cmp.Or(p.Label, strconv.Itoa(p.Number)), p.Text)
			all[len(all)-1].Start += p.Offset
			all[len(all)-1].End += p.Offset
		}
	}
	for name, text := range it.Fields {
		if name != "title" && name != "abstractNote" {
			add(0.5, library.SourceMetadata, "", "", text)
		}
	}
	return all
}

// score returns how well a work matches, 0 if it does not, its best part, and the
// words and phrases that it lacks.
func (m *Memory) score(it *library.Item, all []asked) (total float64, match *library.Passage, lacks []string) {
	has := make([]bool, len(all))
	best := 0.0
	for _, p := range m.parts(it) {
		text := " " + fold(p.Text) + " "
		var score float64
		for i, a := range all {
			end := " "
			if i == len(all)-1 && !strings.HasPrefix(a.typed, `"`) {
				end = "" // the last word is a prefix too
			}
			if strings.Contains(text, " "+a.folded+end) {
				score += p.weight
				has[i] = true
			}
		}
		if total += score; score > best {
			best = score
			passage := p.Passage
			passage.Score = score
			match = &passage
		}
	}
	for i, a := range all {
		if !has[i] {
			lacks = append(lacks, a.typed)
		}
	}
	return total, match, lacks
}

// Passages implements [library.Reader].
func (m *Memory) Passages(ctx context.Context, key string, q library.PassageQuery) (library.Page[library.Passage], error) {
	var none library.Page[library.Passage]
	if err := m.begin(ctx); err != nil {
		return none, err
	}
	it := m.work(key)
	if it == nil {
		return none, library.Errorf(library.NotFound, "no such item")
	}
	if q.Limit < 1 || q.Limit > 20 {
		return none, library.Errorf(library.Invalid, "limit must be 1 to 20")
	}
	words := strings.Fields(fold(q.Question))
	found := []library.Passage{}
	for _, p := range m.parts(it) {
		switch p.Source {
		case library.SourceAbstract, library.SourceNote, library.SourceAnnotation, library.SourceFulltext:
		default:
			continue
		}
		text := strings.Fields(fold(p.Text))
		for _, w := range words {
			if slices.Contains(text, w) {
				p.Score++
			}
		}
		if p.Score > 0 {
			found = append(found, p.Passage)
		}
	}
	slices.SortStableFunc(found, func(a, b library.Passage) int { return cmp.Compare(b.Score, a.Score) })
	found = found[:min(q.Limit, len(found))]
	return library.Page[library.Passage]{Items: found, Total: len(found), Version: m.info.Version}, nil
}

// asked is a word or a phrase of a query.
type asked struct{ folded, typed string }

// parse splits a query into words and phrases. Stop words are left out.
func parse(text string) []asked {
	var all []asked
	for i, s := range strings.Split(text, `"`) {
		if i%2 == 1 && strings.Count(text, `"`)%2 == 0 {
			if f := fold(s); f != "" {
				all = append(all, asked{f, `"` + s + `"`})
			}
			continue
		}
		for _, word := range strings.FieldsFunc(s, separates) {
			if f := fold(word); !slices.Contains([]string{"a", "is", "of", "the", "what"}, f) {
				all = append(all, asked{f, word})
			}
		}
	}
	return all
}

// separates reports whether a character is no part of a word.
func separates(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }

// folds are the letters with marks that the works of this package use.
var folds = strings.NewReplacer("ä", "a", "ö", "o", "ü", "u", "é", "e", "ß", "ss", "ø", "o")

// fold returns s in lower case without marks, its words separated by single
// spaces.
func fold(s string) string {
	s = folds.Replace(strings.ToLower(s))
	return strings.Join(strings.FieldsFunc(s, separates), " ")
}
