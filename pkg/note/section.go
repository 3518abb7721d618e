package note

import (
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// Append returns a note with more HTML at its end, inside the element that Zotero puts
// around a note. The rest of the note stays byte for byte. The error is that of [HTML].
func Append(note, addition string) (string, error) {
	tags := tagsOf(note)
	if len(tags) > 0 && tags[0].isWrapper() {
		if end := closing(tags, 0); end >= 0 {
			at := tags[end].from
			return bounded(note[:at] + addition + note[at:])
		}
	}
	return bounded(note + addition)
}

// ReplaceSection returns a note with other HTML in place of what stands under a
// heading, up to the next heading of the same or a higher level. The heading stays,
// unless the replacement begins with a heading itself. The rest of the note stays byte
// for byte. heading is the heading's text; case and white space don't count. The error
// has the code Invalid if the note has no such heading, or several; else it is that of
// [HTML].
func ReplaceSection(note, heading, replacement string) (string, error) {
	tags := tagsOf(note)
	wanted := normal(heading)
	if wanted == "" {
		return "", library.Errorf(library.Invalid, "the name of the section is empty")
	}
	found := -1
	for i, t := range tags {
		if t.level() == 0 || t.closes {
			continue
		}
		end := closing(tags, i)
		if end < 0 || normal(plaintext.Words(note[t.to:tags[end].from])) != wanted {
			continue
		}
		if found >= 0 {
			return "", library.Errorf(library.Invalid, "the note has several headings of this text").WithHint("rename one of them in Zotero")
		}
		found = i
	}
	if found < 0 {
		return "", library.Errorf(library.Invalid, "the note has no heading of this text; it has %d headings", headings(tags)).WithHint("fetch shows the note")
	}
	from, to := tags[closing(tags, found)].to, sectionEnd(note, tags, found)
	if own := tagsOf(replacement); len(own) > 0 && own[0].level() > 0 && strings.TrimSpace(replacement[:own[0].from]) == "" {
		from = tags[found].from
	}
	return bounded(note[:from] + replacement + note[to:])
}

// headings returns how many headings there are.
func headings(tags []tag) int {
	n := 0
	for _, t := range tags {
		if t.level() > 0 && !t.closes {
			n++
		}
	}
	return n
}

// normal returns a heading's text in the form that is compared.
func normal(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// tag is a tag in HTML, with its place in bytes.
type tag struct {
	name     string
	from, to int
	closes   bool
	wrapper  bool // it has the attribute data-schema-version
	depth    int  // how many elements are open around the element
}

func (t *tag) isWrapper() bool { return t.name == "div" && !t.closes && t.wrapper }

// level returns 1 to 6 for a heading, else 0.
func (t *tag) level() int {
	if len(t.name) == 2 && t.name[0] == 'h' && t.name[1] >= '1' && t.name[1] <= '6' {
		return int(t.name[1] - '0')
	}
	return 0
}

// tagsOf returns the tags in HTML, in their order.
func tagsOf(s string) []tag {
	z := html.NewTokenizer(strings.NewReader(s))
	var tags []tag
	at, depth := 0, 0
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return tags
		}
		t := tag{from: at, to: at + len(z.Raw())}
		at = t.to
		switch kind {
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			t.name, t.depth = string(name), depth
			for more {
				var key []byte
				key, _, more = z.TagAttr()
				t.wrapper = t.wrapper || string(key) == "data-schema-version"
			}
			if kind == html.StartTagToken && !isVoid(t.name) {
				depth++
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			depth = max(depth-1, 0)
			t.name, t.closes, t.depth = string(name), true, depth
		default:
			continue
		}
		tags = append(tags, t)
	}
}

// isVoid reports whether elements of this name have no end.
func isVoid(name string) bool {
	return slices.Contains([]string{"br", "hr", "img", "col", "wbr", "input", "link", "meta", "source", "area", "base", "embed", "track"}, name)
}

// closing returns the position of the tag that closes the element of tag i, or -1.
func closing(tags []tag, i int) int {
	for j := i + 1; j < len(tags); j++ {
		if tags[j].closes && tags[j].depth <= tags[i].depth {
			if tags[j].name == tags[i].name {
				return j
			}
			return -1
		}
	}
	return -1
}

// sectionEnd returns where the section of a heading ends.
func sectionEnd(note string, tags []tag, heading int) int {
	h := tags[heading]
	for _, t := range tags[closing(tags, heading)+1:] {
		if t.closes && t.depth < h.depth { // the element around the heading
			return t.from
		}
		if l := t.level(); !t.closes && l > 0 && l <= h.level() && t.depth == h.depth {
			return t.from
		}
	}
	return len(note)
}
