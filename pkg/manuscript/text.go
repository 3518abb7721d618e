package manuscript

import "strings"

// Text returns what the manuscript says: its source, or of a Word document the
// paragraphs of its text and its notes, with an empty line between them. Text that
// a tracked change removed is no part of it.
func (m *Manuscript) Text() string {
	if m.word == nil {
		return string(m.source)
	}
	var b strings.Builder
	for _, part := range []*wordText{m.word.body, m.word.notes, m.word.ends} {
		if part == nil {
			continue
		}
		for i := range part.paragraphs {
			if text := strings.TrimSpace(part.paragraphs[i].text); text != "" {
				b.WriteString(text + "\n\n")
			}
		}
	}
	return b.String()
}
