package library

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"time"
)

// Sort is an order of search results.
type Sort string

// The orders. Where works are equal, the key decides, so that pages never
// overlap.
const (
	SortRelevance Sort = "relevance"  // best first; without words the same as SortAdded
	SortDate      Sort = "date"       // newest first, undated last
	SortTitle     Sort = "title"      // A to Z, folded
	SortAdded     Sort = "date_added" // last added first
	SortDateAsc   Sort = "date_asc"   // oldest first, undated last
	// SortAddedAsc is first added first, those of which the time is not known last.
	SortAddedAsc Sort = "date_added_asc"
)

// Sorts returns the orders, the default first.
func Sorts() []Sort {
	return []Sort{SortRelevance, SortDate, SortDateAsc, SortTitle, SortAdded, SortAddedAsc}
}

// Query asks a library for works. All conditions must hold.
type Query struct {
	// Text is what a person types, as package question reads it: words (a work
	// has all of them, or comes close), "phrases in quotes", operators, fields and
	// years, or an identifier; the last word is taken as a prefix too. "" matches
	// every work.
	Text string

	// Collection is the key of a collection; its subcollections count. "" is
	// the whole library.
	Collection string
	TagsAll    []string // the work has every one
	TagsAny    []string // the work has at least one
	TagsNone   []string // the work has none
	ItemTypes  []string // the work is of one of these types
	Creator    string   // words that one creator's name has, folded
	YearFrom   int      // inclusive; 0 is no bound
	YearTo     int      // inclusive; 0 is no bound
	// AddedSince leaves out works that were added before, and those of which the
	// time is not known. Zero is no bound.
	AddedSince time.Time
	// HasText leaves out works without an attachment whose text can be read and
	// searched. White space alone is no text.
	HasText bool

	Mode  Mode      // "" is ModeAuto
	Sort  Sort      // "" is SortRelevance
	After *Position // where the page before ended; nil for the first page
	Limit int       // how many to return, 1 to MaxLimit

	// Statistics are those by which the library scores, in place of its own;
	// nil are its own. They belong to Text.
	Statistics *Statistics
}

// Position is the place of a work in the order of a search. A page that begins
// after a position neither repeats nor loses a work because others were added
// or removed meanwhile.
type Position struct {
	Score float64 // [Hit].Score of the work
	Value string  // [Hit].Value of the work
	Key   string
	// Taken is the number of works up to this one, on all pages. A library
	// whose order has no scores or values goes on from there.
	Taken int
}

// Validate returns an error with code [Invalid] for a query that no library
// answers: a page out of bounds, an unknown sort or mode.
func (q *Query) Validate() error {
	taken := 0
	if q.After != nil {
		taken = q.After.Taken
	}
	if err := ValidatePage(taken, q.Limit); err != nil {
		return err
	}
	switch q.Mode {
	case "", ModeAuto, ModeExact, ModeBroad:
	default:
		return Errorf(Invalid, "unknown mode").WithHint("use %q, %q or %q", ModeAuto, ModeExact, ModeBroad)
	}
	if q.Sort == "" || slices.Contains(Sorts(), q.Sort) {
		return nil
	}
	return Errorf(Invalid, "unknown sort").WithHint("use one of %q", Sorts())
}

// Key returns a string that is equal for equal queries only, for caches. The
// empty sort has the key of [SortRelevance], the empty mode that of [ModeAuto].
func (q *Query) Key() string {
	b := make([]byte, 0, 64+len(q.Text))
	text := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	sort := cmp.Or(q.Sort, SortRelevance)
	mode := cmp.Or(q.Mode, ModeAuto)
	for _, s := range [...]string{q.Text, q.Collection, q.Creator, string(mode), string(sort)} {
		text(s)
	}
	for _, list := range [...][]string{q.TagsAll, q.TagsAny, q.TagsNone, q.ItemTypes} {
		b = binary.AppendUvarint(b, uint64(len(list)))
		for _, s := range list {
			text(s)
		}
	}
	for _, n := range [...]int{q.YearFrom, q.YearTo, q.Limit} {
		b = binary.AppendVarint(b, int64(n))
	}
	b = append(b, flag(q.After != nil)|flag(q.Statistics != nil)<<1|flag(!q.AddedSince.IsZero())<<2|flag(q.HasText)<<3)
	if !q.AddedSince.IsZero() {
		b = binary.AppendVarint(b, q.AddedSince.Unix())
		b = binary.AppendUvarint(b, uint64(q.AddedSince.Nanosecond()))
	}
	if p := q.After; p != nil {
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(p.Score))
		b = binary.AppendVarint(b, int64(p.Taken))
		text(p.Value)
		text(p.Key)
	}
	if q.Statistics != nil {
		b = q.Statistics.AppendBinary(b)
	}
	return string(b)
}

func flag(set bool) byte {
	if set {
		return 1
	}
	return 0
}

// ValidatePage returns an error with code [Invalid] for a limit that is not 1
// to [MaxLimit] or an offset below 0.
func ValidatePage(offset, limit int) error {
	if limit < 1 || limit > MaxLimit {
		return Errorf(Invalid, "limit must be 1 to %d, not %d", MaxLimit, limit)
	}
	if offset < 0 {
		return Errorf(Invalid, "offset must be 0 or more, not %d", offset)
	}
	return nil
}

// MaxLimit is the most works, tags or changes that one call to a [Reader]
// returns.
const MaxLimit = 100

// Page is a part of a list and what is needed to go on: never a silent cut.
type Page[T any] struct {
	Items []T
	// Total is how many there are on all pages. Of a search it counts the works
	// that meet the query, not those that lack some of its words. Where there is one
	// page only, of keys or passages, it is how many it has.
	Total int
	// Version is the library's version that the page shows.
	Version int64
	// Notice says what the answer lacks (stale data and its age, a part that
	// could not be searched), in our own words; "" if it lacks nothing.
	Notice string
	// More and Statistics are of a search only. More reports whether works
	// follow this page. Statistics are those of the library by which its hits
	// were scored, for the pages that follow; nil if the query gave others,
	// or if the library has none.
	More       bool
	Statistics *Statistics
	// QueryNotices say, in our own words, what of a query was not done as it says;
	// they are of a search only, and the same in every library.
	QueryNotices []string
	// Unmet says, in our own words, what no work of the library is if Total is 0,
	// as "no work has this DOI". It is of a search only; of several libraries it
	// holds if all say it.
	Unmet string
	// Corrections are of a search only: what was searched in place of words of
	// the query.
	Corrections []Correction
	// Expanded are the words that the search added to the query, as works
	// write them, the weightiest first; nil if it added none.
	Expanded []string
}

// Correction is a word of a query and the word that was searched in its place.
type Correction struct{ From, To string }

// Hit is a work that a search found.
type Hit struct {
	Item *Item
	// Score compares with that of hits scored by the same [Statistics]; 0 if
	// the query had no words.
	Score float64
	// Value is what the work is sorted by, in an order other than by
	// relevance. Only the library can read it.
	Value string
	// Match is the passage that matched best; nil if the query had no words.
	Match *Passage
	// Lacks are the words and phrases of the query, as typed, that the work
	// lacks, if it does not meet the query. Such a work is listed and not
	// counted in [Page].Total.
	Lacks []string
	// Similar says that the work is listed because it has words that the search
	// added: it is like others that meet the query. It is not counted.
	Similar bool
}

// Source says in which part of a work a passage stands.
type Source string

// The sources.
const (
	SourceTitle      Source = "title"
	SourceCreators   Source = "creators"
	SourceTags       Source = "tags"
	SourceAbstract   Source = "abstract"
	SourceNote       Source = "note"
	SourceAnnotation Source = "annotation"
	SourceFulltext   Source = "fulltext"
	SourceMetadata   Source = "metadata" // any other field
	// SourceIdentifier is of a passage that is the identifier by which a query
	// names the work.
	SourceIdentifier Source = "identifier"
)

// Passage is a stretch of text in a work.
type Passage struct {
	Item   ItemID
	Source Source
	Child  string // key of the note, annotation or attachment, or ""
	Text   string
	Page   string  // page label, where known
	Start  int     // character (rune) offset in the source's text
	End    int     // just past the last character
	Score  float64 // comparable within one answer only
}

// TagQuery asks for tags.
type TagQuery struct {
	Prefix     string // folded; "" is every tag
	Collection string // key; "" is the whole library
	Offset     int
	Limit      int // 1 to MaxLimit
}
