package sample

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// TestTexts holds what the library promises of its full texts.
func TestTexts(t *testing.T) {
	for _, w := range works(t) {
		for i, pages := range w.Texts {
			a := w.Item.Attachments[i]
			if pages == nil {
				if a.Text.Available || a.Text.Reason == "" {
					t.Errorf("%s: attachment %q has no text and says %+v", w.Origin, a.Title, a.Text)
				}
				continue
			}
			t.Run(a.Filename, func(t *testing.T) { checkText(t, &a, pages) })
		}
	}
}

func checkText(t *testing.T, a *library.Attachment, pages []library.TextPage) {
	t.Helper()
	if a.Title == "" || a.ContentType != "text/plain" {
		t.Errorf("title %q, type %q", a.Title, a.ContentType)
	}
	if strings.Contains(a.Title, "complete") != a.Text.Complete() {
		t.Errorf("the title %q says something else than the status %+v", a.Title, a.Text)
	}
	offset := 0
	for i, p := range pages {
		n := utf8.RuneCountInString(p.Text)
		if p.Number != i+1 || p.Offset != offset {
			t.Errorf("page %d has number %d and begins at %d, not at %d", i+1, p.Number, p.Offset, offset)
		}
		if n > 2500 || n < 1800 && i+1 < len(pages) {
			t.Errorf("page %d has %d characters", p.Number, n)
		}
		if end, _ := utf8.DecodeLastRuneInString(p.Text); !unicode.IsSpace(end) {
			t.Errorf("page %d runs into the next one", p.Number)
		}
		if strings.Contains(p.Text, "_") || strings.Contains(strings.ToLower(p.Text), "gutenberg") {
			t.Errorf("page %d has marks of the transcription it comes from", p.Number)
		}
		offset += n
	}
	if s := a.Text; !s.Available || s.Pages != len(pages) || s.PagesRead != len(pages) || s.Chars != offset {
		t.Errorf("status %+v, want %d pages and %d characters", s, len(pages), offset)
	}
}

// TestAnnotations holds that every mark says what and where, and that words
// marked in a text that is here stand on the page it names.
func TestAnnotations(t *testing.T) {
	for _, w := range works(t) {
		for i, a := range w.Item.Attachments {
			for _, n := range a.Annotations {
				if !slices.Contains([]string{"highlight", "underline", "note"}, n.Type) || !colorForm.MatchString(n.Color) {
					t.Errorf("%s: type %q, colour %q", w.Origin, n.Type, n.Color)
				}
				if (n.Type == "note") != (n.Text == "") || n.Comment == "" {
					t.Errorf("%s: a %s with text %q and comment %q", w.Origin, n.Type, n.Text, n.Comment)
				}
				if w.Texts[i] == nil {
					if len(strings.Fields(n.Text)) > 8 {
						t.Errorf("%s: quotes more than a few words: %q", w.Origin, n.Text)
					}
					continue
				}
				at := slices.IndexFunc(w.Texts[i], func(p library.TextPage) bool { return strings.Contains(p.Text, n.Text) })
				if at < 0 || n.Page != strconv.Itoa(at+1) {
					t.Errorf("%s: %q is on page %d, not on %s", w.Origin, n.Text, at+1, n.Page)
				}
			}
		}
	}
}

// TestClean holds that no text has a character that a reader can't see.
func TestClean(t *testing.T) {
	for _, pattern := range []string{"works/*.json", "texts/*.txt"} {
		names, err := fs.Glob(files, pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range names {
			data, err := fs.ReadFile(files, name)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.ReplaceAll(string(data), "\f", "")
			if plaintext.Clean(text) != text || strings.Contains(text, "\t") {
				t.Errorf("%s has control or invisible characters", name)
			}
		}
	}
}
