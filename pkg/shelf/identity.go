package shelf

import (
	"fmt"
	"iter"
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
	byFile    kind = "file"    // an attachment of the same name and text, of an unconfirmed work
	byTitle   kind = "title"   // title and year, of an unconfirmed work
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
	return append(ids, likenesses(it, it.IsUnconfirmed())...)
}

// minPageChars is how many characters a page of a text must have on average for its
// length to tell it from others.
const minPageChars = 40

// likenesses returns by what a work is recognised if it, or the work that it is
// compared with, is unconfirmed: names and lengths of its files, and its title.
// Those of works that are unconfirmed differ from those of others.
func likenesses(it *library.Item, unconfirmed bool) []identity {
	mark := ""
	if unconfirmed {
		mark = "?"
	}
	var ids []identity
	for i := range it.Attachments {
		if a := &it.Attachments[i]; a.Filename != "" && a.Text.Available && a.Text.Chars >= minPageChars*max(1, a.Text.Pages) {
			ids = append(ids, identity{byFile, fmt.Sprintf("%s%s\x00%d\x00%d", mark, a.Filename, a.Text.Chars, a.Text.Pages)})
		}
	}
	if title := plaintext.Fold(it.Title()); title != "" {
		ids = append(ids, identity{byTitle, mark + title})
	}
	return ids
}

// sought returns the identities by which a work with identities ids is looked for. A
// likeness counts only where one of the two works is unconfirmed, and comes last.
func sought(work *library.Item, ids []identity) iter.Seq[identity] {
	return func(yield func(identity) bool) {
		for _, id := range ids {
			if id.kind != byFile && id.kind != byTitle && !yield(id) {
				return
			}
		}
		for _, unconfirmed := range []bool{false, true} {
			if !unconfirmed && !work.IsUnconfirmed() {
				continue
			}
			for _, id := range likenesses(work, unconfirmed) {
				if !yield(id) {
					return
				}
			}
		}
	}
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

// distinct reports whether a folded title is long enough for only one work of a year
// to have it.
func distinct(title string) bool { return strings.Count(title, " ") >= 3 }

// haveCreator reports whether two works have the same first creator.
func haveCreator(a, b *library.Item) bool {
	name := firstCreator(a)
	return name != "" && name == firstCreator(b)
}

// same reports whether a work that shares identity id with another one is
// that work.
func same(id identity, a, b *library.Item) bool {
	switch id.kind {
	case byEntry:
		return true
	case byFile:
		return !differ(a, b, doi)
	}
	ta, tb := plaintext.Fold(a.Title()), plaintext.Fold(b.Title())
	if duplicate.About(ta) != duplicate.About(tb) {
		return false // an erratum or a reply is not the work that it is about
	}
	guess := a.IsUnconfirmed() != b.IsUnconfirmed() // its title says less than its identifier
	switch id.kind {
	case byDOI:
		return guess || alike(ta, tb, 0.5)
	case byArXiv, byPMID:
		return (guess || alike(ta, tb, 0.5)) && !differ(a, b, doi)
	case byISBN:
		return duplicate.NamedByISBN(a.Type) && duplicate.NamedByISBN(b.Type) && alike(ta, tb, 0.6) && duplicate.Numbers(ta) == duplicate.Numbers(tb) &&
			!differ(a, b, doi) && !differ(a, b, volume)
	case byKey:
		return ta != "" && tb != "" && alike(ta, tb, 0.85) && duplicate.Numbers(ta) == duplicate.Numbers(tb) && yearsApart(a, b) <= 1 &&
			!differ(a, b, doi) && !differ(a, b, volume) && (ta == tb || !differ(a, b, firstCreator) && !differ(a, b, pages))
	case byContent:
		return !differ(a, b, doi) && !differ(a, b, citationKey)
	case byTitle:
		return ta == tb && yearsApart(a, b) <= 1 && !differ(a, b, doi) && (distinct(ta) && !(a.IsUnconfirmed() && b.IsUnconfirmed()) || haveCreator(a, b))
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
