package shelf

import (
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// extraLine is a line of the field "extra", where bibliography files put what
// has no field. Most are "name: value".
type extraLine struct{ text, name, value string }

// extraLines returns the lines of extra. A line without a name has name "".
func extraLines(extra string) []extraLine {
	var lines []extraLine
	for text := range strings.Lines(extra) {
		l := extraLine{text: strings.TrimRight(text, " \t\r\n")}
		l.name, l.value, _ = library.CutExtra(l.text)
		lines = append(lines, l)
	}
	return lines
}

// joinExtra is the inverse of extraLines.
func joinExtra(lines []extraLine) string {
	texts := make([]string, len(lines))
	for i, l := range lines {
		texts[i] = l.text
	}
	return strings.Join(texts, "\n")
}
