package tool

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/citekey"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// untitled stands for the title of a work that has none: an answer always
// names its works.
const untitled = "(untitled)"

func (t *tidy) title(it *library.Item) string {
	if s := t.line(it.Title(), maxTitle); s != "" {
		return s
	}
	return untitled
}

// summary returns the work's creators in few words: the first three, each with
// its role if it is not the author's, since an editor is no author.
func (t *tidy) summary(creators []library.Creator) string {
	const shown = 3
	var b strings.Builder
	for i, c := range creators {
		if i == shown {
			b.WriteString(" and " + strconv.Itoa(len(creators)-shown) + " more")
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(t.line(c.Display(), maxName/shown))
		if c.Role != "" && c.Role != "author" {
			b.WriteString(" (" + token(c.Role) + ")")
		}
	}
	return t.cut(b.String(), maxCreators)
}

// identified is by what a work is cited and recognised elsewhere.
type identified struct {
	// CitationKey is the key under which export writes the work or, while its
	// library has given it none, its own.
	CitationKey string `json:"citation_key,omitempty"`
	DOI         string `json:"doi,omitempty"`
	Journal     string `json:"journal,omitempty"`
}

// Longest parts of [identified], in characters.
const (
	maxKey     = 200
	maxDOI     = 200
	maxJournal = 100
)

func (t *tidy) identified(it *library.Item) identified {
	return identified{
		CitationKey: t.line(cmp.Or(it.CitationKey, citekey.Own(it)), maxKey), DOI: t.line(it.DOI(), maxDOI), Journal: t.line(journalOf(it), maxJournal),
	}
}

// journalOf returns the journal, book or proceedings that a work is part of, or "".
func journalOf(it *library.Item) string {
	for _, name := range [...]string{"publicationTitle", "bookTitle", "proceedingsTitle", "encyclopediaTitle", "dictionaryTitle"} {
		if s := it.Field(name); s != "" {
			return s
		}
	}
	return ""
}

// reference returns the work as a bibliography would name it, for the head of
// its text.
func (t *tidy) reference(it *library.Item) string {
	parts := []string{}
	if s := t.summary(it.Creators); s != "" {
		parts = append(parts, s)
	}
	if y, known := it.Year(); known {
		parts = append(parts, "("+strconv.Itoa(y)+")")
	}
	parts = append(parts, t.title(it))
	if s := t.line(it.Container(), maxName); s != "" {
		parts = append(parts, s)
	}
	return strings.Join(parts, ". ")
}

// yearOf returns the work's year, 0 if it is not known.
func yearOf(it *library.Item) int {
	y, _ := it.Year()
	return y
}

// token returns s if it has the form of a name in Zotero's schema (an item
// type, a field, a creator's role), else "other": what is shown as if it were
// ours must not carry untrusted text.
func token(s string) string {
	if s == "" || len(s) > 40 {
		return "other"
	}
	for i := range len(s) {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && (c >= '0' && c <= '9' || c == '_')) {
			return "other"
		}
	}
	return s
}
