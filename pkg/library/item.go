package library

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Item is one work, in Zotero's terms: an item type and fields by their
// Zotero names ("title", "abstractNote", "date", "DOI", …). What is attached
// to the work (notes, attachments with their annotations) hangs below it.
//
// Every text in it is untrusted, and cleaned only where it leaves the server. Items that a [Reader] returns are shared: don't change
// them.
type Item struct {
	ID      ItemID
	Version int64  // the library's version at which the item last changed
	Type    string // Zotero item type: "journalArticle", "book", …

	// CitationKey is the key under which every format writes the work. A shelf
	// gives it once, unique in the library without regard to case; it is "" in a
	// library that keeps no keys. Fields["citationKey"] is what the source says.
	CitationKey string `json:",omitempty"`

	Fields   map[string]string // by Zotero field name; "creators", "tags", … are below
	Creators []Creator
	Tags     []string
	// Collections are the keys of the collections that hold the item.
	Collections []string

	// ParsedDate is the work's date as far as known, "2008-06-26", "2008-06"
	// or "2008" ("-0044" before our era); "" if unknown. Fields["date"] is
	// how the source wrote it.
	ParsedDate string

	Added, Modified     time.Time
	AddedBy, ModifiedBy string // who, where the upstream knows

	Notes       []Note
	Attachments []Attachment
}

// Unconfirmed is the tag of a work whose title, creators and date were guessed from
// its file. A work that a bibliography describes too does not have it.
const Unconfirmed = "unconfirmed metadata"

// IsUnconfirmed reports whether the work has the tag [Unconfirmed].
func (it *Item) IsUnconfirmed() bool { return slices.Contains(it.Tags, Unconfirmed) }

// Creator is a person (Family and Given) or an institution (Name).
type Creator struct {
	Role   string // Zotero creator type: "author", "editor", "translator", …
	Given  string
	Family string
	Name   string // institution or single-field name; then the other two are empty
}

// Note is a note below a work or below a library.
type Note struct {
	Key      string
	Text     string // Markdown-like plain text; HTML is reduced on reading
	Tags     []string
	Modified time.Time
}

// Attachment is a file or link below a work.
type Attachment struct {
	Key         string
	Title       string
	Filename    string
	ContentType string // MIME type, or "" if unknown
	URL         string
	// Path is the absolute path of the file, for libraries whose files lie on this
	// machine; "" for others. It is not for callers.
	Path        string `json:",omitempty"`
	Annotations []Annotation
	// Text says how much of the attachment's text can be read.
	Text TextStatus
}

// Annotation is a mark in an attachment.
type Annotation struct {
	Key     string
	Type    string // highlight, underline, note, text, image, ink
	Text    string // the marked words
	Comment string // the reader's own
	Color   string // "#ffd400"
	Page    string // page label
	// Position sorts as the mark stands in the attachment, among marks that have
	// one; "" if the upstream does not say.
	Position string
	Tags     []string
	Modified time.Time
}

// TextStatus says how much of a text there is and how much of it can be read.
type TextStatus struct {
	// Available is false if nothing can be read; Reason then says why.
	Available bool
	// Pages is the number of pages of the text, 0 if it has none or the number
	// is unknown. PagesRead is the number of those whose text can be read.
	Pages, PagesRead int
	// Chars is the length of the readable text in characters (runes), 0 if
	// it isn't known without reading it.
	Chars int
	// Reason says why something is missing: "", or our own words.
	Reason string
}

// Complete reports whether the whole text can be read.
func (t TextStatus) Complete() bool {
	return t.Available && t.Reason == "" && t.PagesRead == t.Pages
}

// Field returns the field of that Zotero name, or "".
func (it *Item) Field(name string) string { return it.Fields[name] }

// titleFields are the fields that stand for the title in item types that
// have their own name for it (Zotero schema: baseField "title").
var titleFields = [...]string{"title", "caseName", "nameOfAct", "subject"}

// Title returns the work's title. For a work without one it is the name of its
// first file that has a name, or "".
func (it *Item) Title() string {
	for _, name := range titleFields {
		if s := it.Fields[name]; s != "" {
			return s
		}
	}
	for i := range it.Attachments {
		if a := &it.Attachments[i]; a.Filename != "" {
			return a.Filename
		}
	}
	return ""
}

// AllTags returns the work's tags and those of its notes and annotations, each
// once.
func (it *Item) AllTags() []string {
	all := it.Tags
	add := func(tags []string) {
		for _, t := range tags {
			if !slices.Contains(all, t) {
				all = append(slices.Clip(all), t)
			}
		}
	}
	for i := range it.Notes {
		add(it.Notes[i].Tags)
	}
	for i := range it.Attachments {
		for j := range it.Attachments[i].Annotations {
			add(it.Attachments[i].Annotations[j].Tags)
		}
	}
	return all
}

// BestText returns the position of the attachment whose text stands for the
// work: of the attachments that have text and the lowest [Attachment.TextRank],
// the one with the longest text, the first of these if several are as long. It
// is -1 if no attachment has text.
func (it *Item) BestText() int {
	best := -1
	for i := range it.Attachments {
		if a := &it.Attachments[i]; a.Text.Available && (best < 0 || a.betterText(&it.Attachments[best])) {
			best = i
		}
	}
	return best
}

// betterText reports whether a stands better for its work than b.
func (a *Attachment) betterText(b *Attachment) bool {
	if x, y := a.TextRank(), b.TextRank(); x != y {
		return x < y
	}
	return a.Text.Chars > b.Text.Chars
}

// TextRank says how well the text of such a file stands for its work: 0 for a PDF
// or an EPUB, 1 for other files, 2 for a web page. It goes by the content type
// or, if that is unknown, by the end of the file's name.
func (a *Attachment) TextRank() int {
	kind, _, _ := strings.Cut(strings.ToLower(a.ContentType), ";")
	kind = strings.TrimSpace(kind)
	extension := strings.ToLower(path.Ext(a.Filename))
	switch {
	case kind == "application/pdf", kind == "application/epub+zip", kind == "" && (extension == ".pdf" || extension == ".epub"):
		return 0
	case kind == "text/html", kind == "application/xhtml+xml", kind == "" && (extension == ".html" || extension == ".htm" || extension == ".xhtml" || a.Filename == ""):
		return 2
	}
	return 1
}

// Abstract returns the work's abstract, or "".
func (it *Item) Abstract() string { return it.Fields["abstractNote"] }

// containerFields are the fields that say where a work appeared, the more
// specific first (Zotero schema: baseField "publicationTitle" and others).
var containerFields = [...]string{
	"publicationTitle", "bookTitle", "proceedingsTitle", "encyclopediaTitle", "dictionaryTitle",
	"websiteTitle", "blogTitle", "forumTitle", "programTitle", "reporter", "code",
	"seriesTitle", "repository", "university", "institution", "publisher",
}

// Container returns where the work appeared: journal, book, proceedings, or
// failing that its publisher.
func (it *Item) Container() string {
	for _, name := range containerFields {
		if s := it.Fields[name]; s != "" {
			return s
		}
	}
	return ""
}

// Year returns the work's year, and whether it is known.
func (it *Item) Year() (year int, known bool) {
	s := it.ParsedDate
	sign := 1
	if strings.HasPrefix(s, "-") {
		sign, s = -1, s[1:]
	}
	s, _, _ = strings.Cut(s, "-")
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, false
	}
	return sign * n, true
}

// Display returns the creator's name as running text: "Ada Lovelace", "张伟明".
func (c Creator) Display() string {
	switch {
	case c.Name != "":
		return c.Name
	case eastAsian(c.Family) && eastAsian(c.Given):
		return c.Family + c.Given
	}
	return strings.TrimSpace(c.Given + " " + c.Family)
}

// eastAsian reports whether a name is written in Chinese, Japanese or Korean
// characters alone: the family name then comes first, without a space.
func eastAsian(name string) bool {
	for _, r := range name {
		if !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) && r != 'ー' && r != '・' {
			return false
		}
	}
	return name != ""
}

// Sortable returns the creator's name as lists sort it: "Lovelace, Ada".
func (c Creator) Sortable() string {
	switch {
	case c.Name != "":
		return c.Name
	case c.Given == "":
		return c.Family
	case c.Family == "":
		return c.Given
	}
	return c.Family + ", " + c.Given
}

// Collection is a folder of works; collections form a tree.
type Collection struct {
	Key    string
	Name   string
	Parent string // key of the collection above, or ""
	Items  int    // works directly in it
}

// Tag is a label and on how many works it is.
type Tag struct {
	Name  string
	Items int
}
