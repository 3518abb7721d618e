package main

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// knownItems returns the rows of [TestKnownItems].
func knownItems() []known {
	return append([]known{
		{"a DOI in any spelling", 1, queryDOI, alone},
		{"a DOI of no work", 1, queryAbsentDOI, nothing},
		{"an ISBN of no work", 1, queryAbsentISBN, nothing},
		{"the citation key", 1, queryCitationKey, alone},
		{"the item's URL", 0.95, queryURL, sameAddress},
		{"three words of the title", 0.95, queryTitleWords, within(5)},
		{"an author and the year", 0.95, queryAuthorYear, within(5)},
		{"journal, volume, page", 0.8, queryPage, first},
		{"umlauts without marks", 0.9, queryUmlauts(strings.NewReplacer("ä", "a", "ö", "o", "ü", "u", "å", "a", "ø", "o", "æ", "ae")), within(5)},
	}, misspeltItems()...)
}

// alone reports whether the work, or its duplicates, are all that was found.
func alone(page *library.Page[library.Hit], it *library.Item) bool {
	return page.Total == len(page.Items) && page.Total > 0 && page.Total < 4 && within(4)(page, it)
}

func nothing(page *library.Page[library.Hit], _ *library.Item) bool {
	return page.Total == 0 && len(page.Items) == 0 && page.Unmet != ""
}

// sameAddress reports whether the work is found, and only works with its URL.
// Chapters have that of their book.
func sameAddress(page *library.Page[library.Hit], it *library.Item) bool {
	return page.Total == len(page.Items) && within(10)(page, it)
}

func first(page *library.Page[library.Hit], it *library.Item) bool { return within(1)(page, it) }

// within returns whether the work is among the first n, or a work with the same
// title and authors.
func within(n int) func(*library.Page[library.Hit], *library.Item) bool {
	return func(page *library.Page[library.Hit], it *library.Item) bool {
		for _, h := range page.Items[:min(n, len(page.Items))] {
			if h.Item.ID == it.ID || h.Item.Title() == it.Title() && fmt.Sprint(h.Item.Creators) == fmt.Sprint(it.Creators) {
				return true
			}
		}
		return false
	}
}

func pick(r *rand.Rand, forms ...string) string { return forms[r.IntN(len(forms))] }

var plainDOI = regexp.MustCompile(`^10\.[0-9]{4,9}/\S+$`)

func queryDOI(r *rand.Rand, it *library.Item) (library.Query, bool) {
	doi := it.Field("DOI")
	form := pick(r, "%s", "doi:%s", "DOI: %s", "https://doi.org/%s", "http://dx.doi.org/%s", " %s. ", "doi.org/%s")
	if r.IntN(2) == 0 {
		doi = strings.ToUpper(doi)
	}
	return library.Query{Text: fmt.Sprintf(form, doi)}, plainDOI.MatchString(doi)
}

func queryAbsentDOI(r *rand.Rand, it *library.Item) (library.Query, bool) {
	doi := it.Field("DOI")
	if !plainDOI.MatchString(doi) {
		return library.Query{}, false
	}
	form := pick(r, "%s9", "doi:%s.x", "https://doi.org/%sZ")
	return library.Query{Text: fmt.Sprintf(form, doi)}, true
}

// queryAbsentISBN makes an ISBN of a prefix that no publisher of the works has.
func queryAbsentISBN(r *rand.Rand, _ *library.Item) (library.Query, bool) {
	digits := fmt.Sprintf("979199%06d", r.IntN(1e6))
	sum := 0
	for i, d := range digits {
		sum += int(d-'0') * (1 + 2*(i%2))
	}
	return library.Query{Text: fmt.Sprintf(pick(r, "%s%d", "ISBN %s%d", "isbn:%s%d"), digits, (10-sum%10)%10)}, true
}

func queryCitationKey(r *rand.Rand, it *library.Item) (library.Query, bool) {
	key := it.Field("citationKey")
	return library.Query{Text: pick(r, "@", "") + key}, key != ""
}

func queryURL(r *rand.Rand, it *library.Item) (library.Query, bool) {
	address := it.Field("url")
	if !strings.HasPrefix(address, "http") || strings.ContainsAny(address, " \"") {
		return library.Query{}, false
	}
	_, rest, _ := strings.Cut(address, "://")
	switch r.IntN(4) {
	case 0:
		return library.Query{Text: "https://" + rest}, true
	case 1:
		return library.Query{Text: "http://www." + strings.TrimPrefix(rest, "www.")}, true
	case 2:
		if !strings.ContainsAny(rest, "?#") {
			rest = strings.TrimSuffix(rest, "/") + "/?utm_source=mail&utm_medium=x#top"
		}
		return library.Query{Text: "http://" + rest}, true
	}
	return library.Query{Text: address}, true
}

// words returns the words of a text that say something.
func words(text string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(plaintext.Shown(text), func(r rune) bool { return strings.ContainsRune(" ,.;:!?()[]{}\"“”‘’–—/&", r) }) {
		if len([]rune(w)) > 3 && !strings.ContainsAny(w, "*|-") {
			out = append(out, w)
		}
	}
	return out
}

func queryTitleWords(r *rand.Rand, it *library.Item) (library.Query, bool) {
	w := words(it.Title())
	if len(w) < 3 {
		return library.Query{}, false
	}
	r.Shuffle(len(w), func(i, j int) { w[i], w[j] = w[j], w[i] })
	return library.Query{Text: strings.Join(w[:3], " ")}, true
}

func queryAuthorYear(r *rand.Rand, it *library.Item) (library.Query, bool) {
	year, known := it.Year()
	name := firstAuthor(it)
	return library.Query{Text: fmt.Sprintf(pick(r, "%s %d", "%s (%d)", "%s, %d"), name, year)}, known && name != ""
}

// firstAuthor returns the family name of the first author, or that of the first
// creator if the work has no author. Zotero can put the editors of a book, whom all
// its chapters share, before the author of a chapter.
func firstAuthor(it *library.Item) string {
	for _, c := range it.Creators {
		if c.Role == "author" {
			return c.Family
		}
	}
	if len(it.Creators) == 0 {
		return ""
	}
	return it.Creators[0].Family
}

func queryPage(r *rand.Rand, it *library.Item) (library.Query, bool) {
	journal, volume := it.Field("publicationTitle"), it.Field("volume")
	page, _, _ := strings.Cut(strings.NewReplacer("–", "-", "--", "-").Replace(it.Field("pages")), "-")
	if it.Type != "journalArticle" || journal == "" || volume == "" || page == "" || strings.Trim(volume+page, "0123456789") != "" {
		return library.Query{}, false
	}
	return library.Query{Text: fmt.Sprintf(pick(r, "%s %s %s", "%s %s, %s", "%s, vol. %s, p. %s", "%s %s:%s"), journal, volume, page)}, true
}

const marked = "äöüåøæ"

// queryUmlauts asks for a family name or three words of the title, with an umlaut
// written otherwise.
func queryUmlauts(otherwise *strings.Replacer) func(*rand.Rand, *library.Item) (library.Query, bool) {
	return func(r *rand.Rand, it *library.Item) (library.Query, bool) {
		for _, c := range it.Creators {
			if year, known := it.Year(); known && strings.ContainsAny(c.Family, marked) {
				return library.Query{Text: fmt.Sprintf("%s %d", otherwise.Replace(c.Family), year)}, true
			}
		}
		if !strings.ContainsAny(it.Title(), marked) {
			return library.Query{}, false
		}
		q, ok := queryTitleWords(r, it)
		q.Text = otherwise.Replace(q.Text)
		return q, ok
	}
}
