package reference

import (
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Thresholds of [Best]: which part of a title's words must be equal.
const (
	sureTitle = 0.9 // with the first author, or with year and source
	nearTitle = 0.7 // with the first author and the year
)

// evidence is how far a reference and a work agree.
type evidence struct {
	title          float64 // 0 to 1
	titled         bool    // the reference states a title
	short          bool    // the title is too short to tell works apart
	author, source bool
	year           bool // at most one year apart
}

// accepts reports whether a reference names the work for certain.
func (e evidence) accepts() bool {
	switch {
	case !e.titled || e.short:
		return e.author && e.year && e.source && (!e.titled || e.title >= sureTitle)
	case e.title >= sureTitle:
		return e.author || e.year && e.source
	}
	return e.title >= nearTitle && e.author && e.year
}

// evidenceOf weighs a work against a reference.
func evidenceOf(r *Reference, k Known) evidence {
	title := k.Item.Title()
	if r.Item == nil {
		p := newProse(r.Text, k)
		volume, pages, _ := p.source()
		return evidence{
			title: p.share(), titled: p.statesTitle(), short: len(wordsOf(title)) < 3, author: p.hasAuthor(), year: p.hasYear(1),
			source: p.hasJournal() || volume != "" && p.hasNumber(k.Item.Field("volume")) && (p.hasNumber(k.Item.Field("pages")) || pages == ""),
		}
	}
	it := r.Item
	e := evidence{titled: it.Title() != "", title: similarity(it.Title(), title), short: len(wordsOf(title)) < 3, author: hasFirstAuthor(it, k)}
	if isLatin(it.Title()) == isLatin(title) && SameTitle(it.Title(), title) {
		e.title = 1
	}
	if year, ok := YearOf(it); ok {
		e.year = slices.ContainsFunc(k.years(), func(y int) bool { return max(y-year, year-y) <= 1 })
	}
	volume, pages := it.Field("volume"), it.Field("pages")
	e.source = volume != "" && sameVolume(volume, k.Item.Field("volume")) && samePages(pages, k.Item.Field("pages")) ||
		it.Field("publicationTitle") != "" && sameJournal(it.Field("publicationTitle"), k.journals()...)
	return e
}

// hasFirstAuthor reports whether the first author of a reference is one of a
// work's creators.
func hasFirstAuthor(it *library.Item, k Known) bool {
	list := authors(it)
	return len(list) > 0 && slices.ContainsFunc(k.Item.Creators, func(c library.Creator) bool { return sameFamily(personOf(list[0]), personOf(c)) })
}

// StatesTitle reports whether a reference and a work have the same title: nine of ten
// of its words.
func StatesTitle(r *Reference, k Known) bool {
	e := evidenceOf(r, k)
	return e.titled && e.title >= sureTitle
}

// Best returns the position of the work that a reference means, or -1 if none
// is certain. Of several, the one with the fewest differences is meant.
//
// A work is certain if nine of ten words of the title agree, and the first
// author or year and source (volume and pages, or the journal); or seven of ten
// words, the first author and the year, give or take one. Where the reference has
// no title, or the title has fewer than three words, author, year and source
// must agree.
func Best(r *Reference, candidates []Known) int {
	best, least := -1, 0
	for i, k := range candidates {
		if !evidenceOf(r, k).accepts() {
			continue
		}
		if n := len(Compare(r, k)); best < 0 || n < least {
			best, least = i, n
		}
	}
	return best
}
