package describe

import (
	"strings"
	"unicode"

	"github.com/stackroom-mcp/stackroom/pkg/pdf"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// line is a line of the first page.
type line struct {
	text   string
	small  string  // the text without what is set smaller, such as marks of notes
	height float64 // 0 if it runs up or down the page
}

// front is what stands on a file's first page.
type front struct {
	lines []line
	words map[string]bool // folded, of all pages that were read
}

// smallType is how much lower than its line a word is that is set smaller.
const smallType = 0.85

// frontOf returns the first page of a file.
func frontOf(doc *pdf.Document) front {
	f := front{words: map[string]bool{}}
	for n, page := range doc.Pages {
		for _, l := range page.Lines {
			text := plaintext.Line(l.String())
			for word := range strings.FieldsSeq(plaintext.Fold(text)) {
				f.words[word] = true
			}
			if n == 0 && text != "" {
				f.lines = append(f.lines, line{text: text, small: plaintext.Line(fullSize(l)), height: l.Height()})
			}
		}
	}
	return f
}

// fullSize returns the words of a line that are set in the size of most of it.
func fullSize(l pdf.Line) string {
	var words []string
	for _, w := range l.Words {
		if w.Bottom-w.Top >= smallType*l.Height() {
			words = append(words, w.Text)
		}
	}
	return strings.Join(words, " ")
}

// The bounds of a title.
const (
	minLetters = 6
	maxTitle   = 400 // bytes
	// sameSize is how much the heights of lines of one size may differ.
	sameSize = 0.04
	// sizes is how many sizes of type are tried, the largest first.
	sizes = 4
)

// title returns the title that is set in the largest type on the page, and where
// its lines begin and end.
func (f front) title() (title string, begin, end int) {
	tried := 0.0
	for range sizes {
		largest := 0.0
		for _, l := range f.lines {
			if l.height > largest && (tried == 0 || l.height < tried*(1-sameSize)) {
				largest = l.height
			}
		}
		if tried = largest; tried == 0 || f.isBody(tried) {
			break
		}
		for i := 0; i < len(f.lines); i++ {
			if !f.isOf(i, tried) {
				continue
			}
			j := i
			for j < len(f.lines) && f.isOf(j, tried) {
				j++
			}
			if s := joinLines(f.lines[i:j]); isTitle(s) {
				return s, i, j
			}
			i = j
		}
	}
	return "", 0, 0
}

// longPage is how many letters a page with more than a title has.
const longPage = 300

// isBody reports whether most of a page is set in type of that height.
func (f front) isBody(height float64) bool {
	of, all := 0, 0
	for i, l := range f.lines {
		n := letters(l.text)
		all += n
		if f.isOf(i, height) {
			of += n
		}
	}
	return all > longPage && 2*of > all
}

// isOf reports whether a line is set in type of that height.
func (f front) isOf(i int, height float64) bool {
	h := f.lines[i].height
	return h >= height*(1-sameSize) && h <= height*(1+sameSize)
}

// joinLines returns lines as one, words that are divided at a line's end joined.
func joinLines(lines []line) string {
	var b strings.Builder
	for _, l := range lines {
		s := b.String()
		if s != "" && !strings.HasSuffix(s, "-") {
			b.WriteByte(' ')
		}
		b.WriteString(l.text)
		if b.Len() > maxTitle {
			break
		}
	}
	return strings.TrimRight(b.String(), " *∗†‡")
}

// isTitle reports whether a text that stands out on a page can be a title: two words
// or more, and not the name of what a journal puts there.
func isTitle(s string) bool {
	if len(strings.Fields(s)) < 2 || letters(s) < minLetters || len(s) > maxTitle || strings.Contains(s, "://") || strings.HasPrefix(strings.ToLower(s), "arxiv:") {
		return false
	}
	switch plaintext.Fold(s) {
	case "research article", "original article", "original research", "review article", "original paper", "research paper", "short communication",
		"open access", "contents lists available at sciencedirect", "available online", "journal pre proof", "case report", "brief communication",
		"accepted manuscript", "technical report", "working paper", "table of contents", "supplementary information", "supplementary material":
		return false
	}
	return true
}

// letters counts the letters of a text.
func letters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}
