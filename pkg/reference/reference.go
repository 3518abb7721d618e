// Package reference reads references out of texts and bibliographies, and
// compares them with what a registry or a library says of a work.
//
// A reference has fields, if a bibliography in one of the formats of package
// biblio holds it, or is free text such as "Watson JD, Crick FHC. Nature
// 1953;171:737". Comparison reports only what differs for certain: other
// spellings, abbreviated journals, missing subtitles and shortened page ranges
// are equal.
package reference

import (
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// Reference is one reference as a text or a bibliography states it.
type Reference struct {
	// Label is the citation key, or the number before the reference; "" if it
	// has neither.
	Label string
	// Text is the reference as written. It is "" for one with fields.
	Text string
	// Item has the fields; nil for free text.
	Item *library.Item
	// IDs are the valid identifiers, those first that name a work best.
	IDs []Identifier
	// Invalid are ISBNs with a wrong check digit, as written.
	Invalid []string
}

// FromItem returns a work as a reference to it.
func FromItem(it *library.Item) Reference {
	r := Reference{Label: it.Field("citationKey"), Item: it}
	r.IDs, r.Invalid = itemIdentifiers(it)
	return r
}

// FromText returns a reference in free text.
func FromText(label, text string) Reference {
	r := Reference{Label: label, Text: strings.Join(strings.Fields(text), " ")}
	r.IDs, r.Invalid = Identifiers(text)
	return r
}

// maxQuery is the most characters of a query.
const maxQuery = 300

// Query returns the words by which a search engine finds the work: title, first
// author and year, or the text without identifiers. It has at most 300
// characters.
func (r *Reference) Query() string {
	query := bare(r.Text)
	if r.Item != nil {
		parts := []string{r.Item.Title()}
		if len(r.Item.Creators) > 0 {
			c := r.Item.Creators[0]
			parts = append(parts, c.Family+c.Name)
		}
		parts = append(parts, r.Item.Field("date"))
		query = strings.Join(parts, " ")
	}
	query, _ = plaintext.Cut(plaintext.Line(plaintext.Shown(query)), maxQuery)
	return query
}

// String returns the reference as one line: its text, or first author, year and
// title.
func (r *Reference) String() string {
	if r.Item == nil {
		return r.Text
	}
	var parts []string
	if len(r.Item.Creators) > 0 {
		parts = append(parts, r.Item.Creators[0].Sortable())
	}
	if date := r.Item.Field("date"); date != "" {
		parts = append(parts, "("+date+")")
	}
	return strings.Join(append(parts, r.Item.Title()), " ")
}

// Same reports whether two references of one list mean the same work: they
// share an identifier, or all that they state of title, first author and year
// is equal.
func (r *Reference) Same(other *Reference) bool {
	for _, id := range r.IDs {
		if id.Kind != ISBN && slices.Contains(other.IDs, id) {
			return true
		}
	}
	if r.Item == nil || other.Item == nil {
		return r.Text != "" && foldAll(bare(r.Text)) == foldAll(bare(other.Text))
	}
	title := r.Item.Title()
	return len(wordsOf(title)) > 2 && sameWords(title, other.Item.Title()) &&
		len(authorDifferences(r.Item, Known{Item: other.Item})) == 0 && sameYear(r.Item, other.Item)
}

func sameYear(a, b *library.Item) bool {
	x, known := YearOf(a)
	y, other := YearOf(b)
	return !known || !other || x == y
}
