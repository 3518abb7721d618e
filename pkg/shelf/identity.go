package shelf

import (
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/duplicate"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// kind says by what a work is recognised, the surest first.
type kind string

const (
	byEntry   kind = "entry" // the very same entry was taken in before
	byDOI     kind = "doi"
	byArXiv   kind = "arxiv"
	byPMID    kind = "pmid"
	byISBN    kind = "isbn"    // works that are a book, not parts of one
	byKey     kind = "citekey" // citation keys repeat between files
	byContent kind = "content" // title, creators, year and place of publication
	bySource  kind = "source"  // its place in a source, where it was edited
)

// identity is one of the ways by which a work is recognised.
type identity struct {
	kind  kind
	value string
}

// row returns the key of the identity's row.
func (id identity) row() string {
	sum := digest(string(id.kind), id.value)
	return string(sum[:16])
}

// identities returns by what the work is recognised, the surest first.
func identities(it *library.Item) []identity {
	var ids []identity
	add := func(k kind, values ...string) {
		for _, v := range values {
			if id := (identity{k, v}); v != "" && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	add(byDOI, it.DOI())
	add(byArXiv, it.ArXiv())
	add(byPMID, it.PMID())
	if duplicate.NamedByISBN(it.Type) {
		add(byISBN, it.ISBNs()...)
	}
	add(byKey, it.Field("citationKey"))
	add(byKey, former(it)...)
	add(byContent, contentOf(it))
	return ids
}

// entryIdentity recognises an entry that says exactly the same, whether or not
// the files that it names can be read this time.
func entryIdentity(it *library.Item) identity {
	c := *it
	c.Attachments = slices.Clone(it.Attachments)
	for i := range c.Attachments {
		c.Attachments[i].Text = library.TextStatus{}
	}
	sum := digest(string(encode(&c)))
	return identity{byEntry, string(sum[:])}
}

// contentOf returns the parts of a work that no other work has all together,
// or "" if too little is known of it to say so.
func contentOf(it *library.Item) string {
	title := plaintext.Fold(it.Title())
	year, _, _ := strings.Cut(strings.TrimPrefix(it.ParsedDate, "-"), "-")
	if title == "" || len(it.Creators) == 0 || year == "" && it.Container() == "" {
		return ""
	}
	parts := []string{
		it.Type, title, year, plaintext.Fold(it.Container()), it.Field("volume"), it.Field("issue"), it.Field("number"),
		it.Field("pages"), it.Field("edition"),
	}
	for _, c := range it.Creators {
		parts = append(parts, c.Role, plaintext.Fold(c.Sortable()))
	}
	return strings.Join(parts, "\x00")
}

// same reports whether a work that shares identity id with another one is
// that work.
func same(id identity, a, b *library.Item) bool {
	if id.kind == byEntry {
		return true
	}
	ta, tb := plaintext.Fold(a.Title()), plaintext.Fold(b.Title())
	if duplicate.About(ta) != duplicate.About(tb) {
		return false // an erratum or a reply is not the work that it is about
	}
	switch id.kind {
	case byDOI:
		return alike(ta, tb, 0.5)
	case byArXiv, byPMID:
		return alike(ta, tb, 0.5) && !differ(a, b, doi)
	case byISBN:
		return duplicate.NamedByISBN(a.Type) && duplicate.NamedByISBN(b.Type) && alike(ta, tb, 0.6) && duplicate.Numbers(ta) == duplicate.Numbers(tb) &&
			!differ(a, b, doi) && !differ(a, b, volume)
	case byKey:
		return ta != "" && tb != "" && alike(ta, tb, 0.85) && duplicate.Numbers(ta) == duplicate.Numbers(tb) && yearsApart(a, b) <= 1 &&
			!differ(a, b, doi) && !differ(a, b, volume) && (ta == tb || !differ(a, b, firstCreator) && !differ(a, b, pages))
	case byContent:
		return !differ(a, b, doi) && !differ(a, b, citationKey)
	}
	return false
}

// alike reports whether two folded titles may be the same title: equal, one
// missing, one the beginning of the other (a subtitle left out), or at least
// as similar as asked.
func alike(a, b string, least float64) bool {
	if a == "" || b == "" || a == b {
		return true
	}
	short, long := a, b
	if len(short) > len(long) {
		short, long = long, short
	}
	if strings.HasPrefix(long, short+" ") && strings.Contains(short, " ") {
		return true
	}
	return similarity(a, b) >= least
}

func doi(it *library.Item) string         { return it.DOI() }
func volume(it *library.Item) string      { return it.Field("volume") }
func pages(it *library.Item) string       { return it.Field("pages") }
func citationKey(it *library.Item) string { return it.Field("citationKey") }

func firstCreator(it *library.Item) string {
	if len(it.Creators) == 0 {
		return ""
	}
	return plaintext.Fold(it.Creators[0].Family + it.Creators[0].Name)
}

// differ reports whether both works have what of returns, and not the same.
func differ(a, b *library.Item, of func(*library.Item) string) bool {
	x, y := of(a), of(b)
	return x != "" && y != "" && x != y
}

// yearsApart returns how many years lie between two works, 0 if that is not
// known.
func yearsApart(a, b *library.Item) int {
	x, known := a.Year()
	y, also := b.Year()
	if !known || !also {
		return 0
	}
	return max(x-y, y-x)
}
