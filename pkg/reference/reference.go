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
	"strconv"
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

// URL returns the address of the page that the reference names, or "". A free text
// names the first that is in it.
func (r *Reference) URL() string {
	if r.Item != nil {
		return r.Item.Field("url")
	}
	return strings.TrimRight(addressPattern.FindString(r.Text), ".,;:!?)]>'\"")
}

// Keys returns what two references of one list have in common that mean the same
// work: identifiers other than ISBNs, the words of free text, or title, first
// author and year.
func (r *Reference) Keys() []string {
	var keys []string
	for _, id := range r.IDs {
		if id.Kind != ISBN {
			keys = append(keys, id.String())
		}
	}
	if r.Item == nil {
		if words := wordsOf(bare(r.Text)); len(words) > 2 {
			keys = append(keys, strings.Join(words, ""))
		}
		return keys
	}
	list := authors(r.Item)
	words := wordsOf(r.Item.Title())
	if len(words) < 3 || len(list) == 0 {
		return keys
	}
	family := personOf(list[0]).family
	if year, ok := YearOf(r.Item); ok && len(family) > 0 {
		keys = append(keys, strings.Join(words, "")+"|"+family[len(family)-1]+"|"+strconv.Itoa(year))
	}
	return keys
}
