package datafolder

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"unicode"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// Bounds of a search, which answers only until the replica is complete.
const (
	maxTerms = 64   // words and phrases of a query that count
	maxTried = 1000 // works whose conditions are tried, or that are sorted
)

// What a search lacks.
const (
	looked    = "until then only titles, creators, dates and tags are searched"
	someTerms = "no work has all the words; these have some"
	termsCut  = "the end of the query was left out, since it is too long"
)

// termsOf returns the folded words of a query, and its phrases in quotes.
func termsOf(text string) (terms []string, cut bool) {
	for i, part := range strings.Split(text, `"`) {
		folded := strings.FieldsFunc(plaintext.Fold(part), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
		if i%2 == 1 && len(folded) > 0 {
			folded = []string{strings.Join(folded, " ")}
		}
		for _, term := range folded {
			if !slices.Contains(terms, term) {
				terms = append(terms, term)
			}
		}
	}
	if len(terms) > maxTerms {
		return terms[:maxTerms], true
	}
	return terms, false
}

// searching is a search for terms among the works of a library.
type searching struct {
	*reading
	terms []string
	found map[int64]*match
}

// match is how well a work matches.
type match struct {
	terms  uint64 // a bit for each term that it has
	weight int
}

// Search implements [replica.Source].
func (s source) Search(ctx context.Context, q library.Query) (replica.Found, error) {
	var none replica.Found
	if err := q.Validate(); err != nil {
		return none, err
	}
	r, release, err := s.begin(ctx, false)
	if err != nil {
		return none, err
	}
	defer release()
	var found replica.Found
	if found.Head, err = r.head(); err != nil {
		return none, err
	}
	terms, cut := termsOf(q.Text)
	search := &searching{reading: r, terms: terms, found: map[int64]*match{}}
	if err := search.find(ctx); err != nil {
		return none, err
	}
	rows, relaxed := search.best(q)
	if q.Collection != "" {
		if rows, err = r.within(ctx, q.Collection, rows); err != nil {
			return none, err
		}
	}
	var tried bool
	if found.Works, found.Total, tried, err = r.page(ctx, q, rows); err != nil {
		return none, err
	}
	found.Notice = joined(
		when(len(terms) > 0, looked), when(relaxed && len(found.Works) > 0, someTerms), when(cut, termsCut),
		when(tried, fmt.Sprintf("of the %d works that match, only the first %d were looked at", len(rows), maxTried)),
	)
	return found, nil
}

// joined joins the sentences that are not empty.
func joined(all ...string) string {
	return strings.Join(slices.DeleteFunc(all, func(s string) bool { return s == "" }), "; ")
}

// when returns a sentence if it holds, else "".
func when(holds bool, sentence string) string {
	if holds {
		return sentence
	}
	return ""
}

// find looks for the terms in the titles, dates, creators and tags of the works. Many
// works share a text, so it looks at the texts first, then for the works that have
// those that match.
func (s *searching) find(ctx context.Context) error {
	if len(s.terms) == 0 {
		return nil
	}
	const (
		title, other = 3, 1
		values       = `SELECT valueID, CAST(value AS TEXT) FROM itemDataValues WHERE valueID IN (SELECT valueID FROM itemData JOIN fieldsCombined USING (fieldID) WHERE fieldName IN `
		items        = `SELECT itemID, valueID FROM itemData JOIN fieldsCombined USING (fieldID) WHERE valueID` + chosen + ` AND fieldName IN `
		titles       = `('title', 'caseName', 'nameOfAct', 'subject')`
		others       = `('date', 'shortTitle', 'publicationTitle')`
	)
	for _, look := range []struct {
		weight       int
		texts, works string
	}{
		{title, values + titles + `)`, items + titles},
		{other, values + others + `)`, items + others},
		{other, `SELECT creatorID, IFNULL(firstName, '') || ' ' || IFNULL(lastName, '') FROM creators`, `SELECT itemID, creatorID FROM itemCreators WHERE creatorID` + chosen},
		{other, `SELECT tagID, CAST(name AS TEXT) FROM tags`, `SELECT itemID, tagID FROM itemTags WHERE tagID` + chosen},
	} {
		texts, err := s.matching(ctx, look.texts)
		if err == nil {
			err = s.weigh(ctx, texts, look.weight, look.works)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// matching returns which terms the texts of a query have, a bit for each, by the rows of
// the texts. Texts without any are left out.
func (s *searching) matching(ctx context.Context, query string) (map[int64]uint64, error) {
	terms := map[int64]uint64{}
	err := s.db.each(ctx, func(scan scanner) error {
		var row int64
		var text sql.NullString
		if err := scan(&row, &text); err != nil {
			return err
		}
		folded := plaintext.Fold(text.String)
		for i, term := range s.terms {
			if strings.Contains(folded, term) {
				terms[row] |= 1 << i
			}
		}
		return nil
	}, query)
	return terms, err
}

// weigh notes the terms of texts for the works of the library that a query says have
// them.
func (s *searching) weigh(ctx context.Context, terms map[int64]uint64, weight int, query string) error {
	rows, err := json.Marshal(slices.Sorted(maps.Keys(terms)))
	if err != nil || len(terms) == 0 {
		return err
	}
	return s.db.each(ctx, func(scan scanner) error {
		var row, text int64
		if err := scan(&row, &text); err != nil {
			return err
		}
		at, ok := s.census.byRow[row]
		if !ok || s.census.members[at].parent != 0 {
			return nil
		}
		m := s.found[row]
		if m == nil {
			m = &match{}
			s.found[row] = m
		}
		m.terms |= terms[text]
		m.weight += weight * bits.OnesCount64(terms[text])
		return nil
	}, query, string(rows))
}

// best returns the works that have all terms, or those that have some if none has all,
// without those that were added too early. Without terms it returns all others.
func (s *searching) best(q library.Query) (rows []int64, relaxed bool) {
	var works []member
	most := 0
	for _, m := range s.census.members {
		if m.parent != 0 || m.added.Before(q.AddedSince) || len(s.terms) > 0 && s.found[m.row] == nil {
			continue
		}
		works = append(works, m)
		most = max(most, s.count(m.row))
	}
	relaxed = most < len(s.terms)
	slices.SortFunc(works, s.order(q.Sort))
	for _, m := range works {
		if relaxed || s.count(m.row) == len(s.terms) {
			rows = append(rows, m.row)
		}
	}
	return rows, relaxed
}

// order returns the order of works as far as the census tells it: best first, for the
// orders by date and by title too.
func (s *searching) order(by library.Sort) func(a, b member) int {
	switch {
	case by == library.SortAddedAsc:
		return func(a, b member) int { return cmp.Or(knownFirst(a, b), a.added.Compare(b.added), newest(a, b)) }
	case by == library.SortAdded, len(s.terms) == 0:
		return func(a, b member) int { return cmp.Or(b.added.Compare(a.added), newest(a, b)) }
	}
	return func(a, b member) int {
		return cmp.Or(cmp.Compare(s.count(b.row), s.count(a.row)), cmp.Compare(s.weight(b.row), s.weight(a.row)), newest(a, b))
	}
}

// knownFirst puts works of which the time of addition is not known last.
func knownFirst(a, b member) int {
	switch {
	case a.added.IsZero() == b.added.IsZero():
		return 0
	case b.added.IsZero():
		return -1
	}
	return 1
}

// count returns how many terms a work has.
func (s *searching) count(row int64) int {
	if m := s.found[row]; m != nil {
		return bits.OnesCount64(m.terms)
	}
	return 0
}

func (s *searching) weight(row int64) int {
	if m := s.found[row]; m != nil {
		return m.weight
	}
	return 0
}

// within returns the rows of works in a collection or one below it.
func (r *reading) within(ctx context.Context, collection string, rows []int64) ([]int64, error) {
	wanted := map[string]bool{collection: true}
	known := false
	for range r.census.collections { // each round finds one level more
		before := len(wanted)
		for _, c := range r.census.collections {
			known = known || c.Key == collection
			if wanted[c.Parent] {
				wanted[c.Key] = true
			}
		}
		if len(wanted) == before {
			break
		}
	}
	if !known {
		return nil, library.Errorf(library.NotFound, "no such collection").WithHint("list_collections names those that there are")
	}
	in := map[int64]bool{}
	err := r.db.each(ctx, func(scan scanner) error {
		var row, c int64
		if err := scan(&row, &c); err != nil {
			return err
		}
		in[row] = in[row] || wanted[r.names.collections[c]]
		return nil
	}, `SELECT itemID, collectionID FROM collectionItems`)
	return slices.DeleteFunc(rows, func(row int64) bool { return !in[row] }), err
}

// page returns the first works that meet the conditions of a query, in its order,
// and how many there are. Where works must be read to know, at most maxTried are;
// tried says that there are more.
func (r *reading) page(ctx context.Context, q library.Query, rows []int64) (works []replica.Object, total int, tried bool, err error) {
	sorted := q.Sort == library.SortDate || q.Sort == library.SortDateAsc || q.Sort == library.SortTitle
	free := len(q.TagsAll)+len(q.TagsAny)+len(q.TagsNone)+len(q.ItemTypes) == 0 && q.Creator == "" && q.YearFrom == 0 && q.YearTo == 0
	if free && !sorted {
		works, err = r.objects(ctx, rows[:min(q.Limit, len(rows))])
		return works, len(rows), false, err
	}
	works, err = r.objects(ctx, rows[:min(maxTried, len(rows))])
	if err != nil {
		return nil, 0, false, err
	}
	works = slices.DeleteFunc(works, func(o replica.Object) bool { return o.Work == nil || !zotero.Meets(o.Work, q) })
	if sorted {
		slices.SortStableFunc(works, func(a, b replica.Object) int { return compare(q.Sort, a.Work, b.Work) })
	}
	return works[:min(q.Limit, len(works))], len(works), len(rows) > maxTried, nil
}

// compare orders two works by date or title, those without a date last.
func compare(by library.Sort, a, b *library.Item) int {
	dated := cmp.Compare(min(len(b.ParsedDate), 1), min(len(a.ParsedDate), 1))
	switch by {
	case library.SortDate:
		return cmp.Or(dated, strings.Compare(b.ParsedDate, a.ParsedDate))
	case library.SortDateAsc:
		return cmp.Or(dated, strings.Compare(a.ParsedDate, b.ParsedDate))
	}
	return strings.Compare(plaintext.Fold(a.Title()), plaintext.Fold(b.Title()))
}
