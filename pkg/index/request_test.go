package index_test

import (
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// TestSearch_NeedsNoRequestWords asks for works on a subject in a sentence.
func TestSearch_NeedsNoRequestWords(t *testing.T) {
	x := memory(t, vocabulary("Suburbs and climate", "Books on climate", "The works of Galvani", "Papers"))
	for _, c := range []struct {
		text  string
		total int
	}{
		{"papers about suburbs", 1},
		{"What has been written about suburbs and climate?", 1},
		{"books by Galvani", 1},
		{"books on climate", 2},
		{"which studies on climate are there", 2},
		{"works of Galvani", 1},
		{"works of climate", 0},
		{"papers suburbs", 0},
		{"suburbs papers about", 0},
		{"about suburbs", 1},
		{"concerning suburbs", 1},
		{"climate books on", 1},
		{"climate papers about suburbs", 0},
		{"papers about", 1},
		{"papers about xylophones", 0},
		{`papers about "suburbs"`, 0},
	} {
		if r := search(t, x, library.Query{Text: c.text}); r.Total != c.total {
			t.Errorf("%q: %d works, want %d", c.text, r.Total, c.total)
		}
	}
}

// TestSearch_SaysThatAWordIsUnknown asks for one word and for two.
func TestSearch_SaysThatAWordIsUnknown(t *testing.T) {
	x := memory(t, vocabulary("Suburbs and climate"))
	for text, want := range map[string]string{
		"xylophones.": "no work has the word", "xylophones climate.": "no work has all the words", "climate.": "",
	} {
		if r := search(t, x, library.Query{Text: text}); r.Unmet != want {
			t.Errorf("%q: %q, want %q", text, r.Unmet, want)
		}
	}
}
