package describe

import (
	"path"
	"regexp"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// title returns the title of a file: that of its metadata, if it can be one, the
// text in the largest type of its first page, or the first line of that page. A
// file of which only the identifier is known has its name as title.
func (s *source) title(f front) string {
	onPage, _, _ := f.title()
	for _, stated := range []string{s.meta.first("dc:title"), s.doc.Info["Title"]} {
		if stated = plaintext.Line(stated); s.isStated(stated, f) {
			return stated
		}
	}
	if onPage != "" {
		return onPage
	}
	for _, l := range f.lines {
		if l.height > 0 && isTitle(l.text) {
			return l.text
		}
	}
	if len(f.lines) > 0 {
		return plaintext.Line(strings.TrimSuffix(s.name, path.Ext(s.name)))
	}
	return ""
}

var (
	fileForm = regexp.MustCompile(`(?i)\.(docx?|dotx?|rtf|odt|pages|dvi|tex|ps|pdf|indd|qxd|fm|pptx?|xlsx?|txt|html?|eps|ai)$|^[a-z]:\\|^[a-z]+://|^doi:|^10\.\d{4,9}/`)
	toolForm = regexp.MustCompile(`(?i)^(microsoft (word|powerpoint)|untitled|document\d*$|slide \d+|powerpoint presentation|layout \d+|title$|no title|blank page|pii:)`)
)

// fewWords is how many words a page must have for a title to be looked for on it.
const fewWords = 20

// isStated reports whether what a file gives as its title can be one: it is not a
// file's name or what a program puts there, and at least half of its words stand on
// the first pages.
func (s *source) isStated(title string, f front) bool {
	if len(title) > maxTitle || letters(title) < 3 || fileForm.MatchString(title) || toolForm.MatchString(title) {
		return false
	}
	words := strings.Fields(plaintext.Fold(title))
	if strings.EqualFold(title, strings.TrimSuffix(s.name, path.Ext(s.name))) && !strings.Contains(title, " ") {
		return false
	}
	if len(f.words) < fewWords {
		return true
	}
	found := 0
	for _, w := range words {
		if f.words[w] {
			found++
		}
	}
	return 2*found >= len(words)
}
