package tool

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

type attachmentLine struct {
	Key         string `json:"key"`
	Title       string `json:"title"`
	ContentType string `json:"content_type,omitempty"`
	URL         string `json:"url,omitempty"`
	Readable    bool   `json:"readable"`
	Pages       int    `json:"pages,omitempty"`
	Chars       int    `json:"chars,omitempty"`
	Reason      string `json:"reason,omitempty"`
}

type noteLine struct {
	Key      string   `json:"key"`
	Text     string   `json:"text"`
	Part     string   `json:"part,omitempty"`
	Tags     []string `json:"tags,omitempty"`
	Modified string   `json:"modified,omitempty"`
}

type annotationLine struct {
	Key        string   `json:"key"`
	Attachment string   `json:"attachment"`
	Type       string   `json:"type"`
	Color      string   `json:"color,omitempty"`
	Page       string   `json:"page,omitempty"`
	Text       string   `json:"text,omitempty"`
	Comment    string   `json:"comment,omitempty"`
	Tags       []string `json:"tags,omitempty"`
}

// noteChunk is how many characters of a note stand in one entry of an answer;
// a longer note has several, so that none is cut.
const noteChunk = 3_000

// maxAnnotation bounds each of the two texts of an annotation, in characters.
const maxAnnotation = 2_000

// child puts an attachment, a note or an annotation into an answer.
type child func(*fetchOutput)

// children returns what hangs below a work: attachments, notes, then the
// annotations in reading order.
func (t *tidy) children(it *library.Item) []child {
	var all []child
	for _, a := range it.Attachments {
		line := t.attachment(a)
		all = append(all, func(out *fetchOutput) { out.Attachments = append(out.Attachments, line) })
	}
	for _, n := range it.Notes {
		for _, line := range t.note(n) {
			all = append(all, func(out *fetchOutput) { out.Notes = append(out.Notes, line) })
		}
	}
	for _, a := range it.Attachments {
		for _, x := range readingOrder(a.Annotations) {
			line := t.annotation(a.Key, x)
			all = append(all, func(out *fetchOutput) { out.Annotations = append(out.Annotations, line) })
		}
	}
	return all
}

func (t *tidy) attachment(a library.Attachment) attachmentLine {
	title := t.line(a.Title, maxName)
	if title == "" {
		title = t.line(a.Filename, maxName)
	}
	address, _ := webAddress(a.URL)
	return attachmentLine{
		Key: a.Key, Title: title, ContentType: t.line(a.ContentType, 100), URL: address,
		Readable: a.Text.Available, Pages: a.Text.Pages, Chars: a.Text.Chars, Reason: ours(a.Text.Reason),
	}
}

// note returns a note in as many entries as it takes.
func (t *tidy) note(n library.Note) []noteLine {
	text := []rune(strings.TrimSpace(neutral(n.Text)))
	parts := max(1, (len(text)+noteChunk-1)/noteChunk)
	lines := make([]noteLine, parts)
	for i := range lines {
		lines[i] = noteLine{Key: n.Key, Text: string(text[i*noteChunk : min((i+1)*noteChunk, len(text))])}
		if parts > 1 {
			lines[i].Part = strconv.Itoa(i+1) + "/" + strconv.Itoa(parts)
		}
	}
	lines[0].Tags = t.tags(n.Tags)
	if !n.Modified.IsZero() {
		lines[0].Modified = n.Modified.UTC().Format(time.RFC3339)
	}
	return lines
}

// tags returns the tags of a child, of which there are few.
func (t *tidy) tags(tags []string) []string {
	const most = 20
	if len(tags) > most {
		t.shortened++
		tags = append(slices.Clone(tags[:most]), ellipsis)
	}
	clean := make([]string, len(tags))
	for i, tag := range tags {
		clean[i] = t.line(tag, 100)
	}
	return clean
}

func (t *tidy) annotation(attachment string, x library.Annotation) annotationLine {
	return annotationLine{
		Key: x.Key, Attachment: attachment, Type: token(x.Type), Color: colorName(x.Color), Page: t.line(x.Page, 20),
		Text: t.block(x.Text, maxAnnotation), Comment: t.block(x.Comment, maxAnnotation), Tags: t.tags(x.Tags),
	}
}

// annotationColors are the colours of Zotero's reader and their names there
// (zotero/reader, src/common/defines.js), the default first.
var annotationColors = [...][2]string{
	{"yellow", "#ffd400"}, {"red", "#ff6666"}, {"green", "#5fb236"}, {"blue", "#2ea8e5"},
	{"purple", "#a28ae5"}, {"magenta", "#e56eee"}, {"orange", "#f19837"}, {"gray", "#aaaaaa"},
}

// colorName returns the name of an annotation's colour, or the colour itself if
// it is another one of the form #rrggbb, or "".
func colorName(color string) string {
	color = strings.ToLower(color)
	for _, named := range annotationColors {
		if named[1] == color {
			return named[0]
		}
	}
	hex, ok := strings.CutPrefix(color, "#")
	if !ok || len(hex) != 6 || strings.Trim(hex, "0123456789abcdef") != "" {
		return ""
	}
	return color
}

// readingOrder returns the annotations of an attachment in their order of
// positions or, where one has none, by page, those of one page as they come. If
// some page can't be placed either, all stay as they come.
func readingOrder(all []library.Annotation) []library.Annotation {
	if !slices.ContainsFunc(all, func(x library.Annotation) bool { return x.Position == "" }) {
		return slices.SortedStableFunc(slices.Values(all), func(a, b library.Annotation) int { return strings.Compare(a.Position, b.Position) })
	}
	for _, x := range all {
		if _, ok := pageNumber(x.Page); !ok {
			return all
		}
	}
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b library.Annotation) int {
		m, _ := pageNumber(a.Page)
		n, _ := pageNumber(b.Page)
		return m - n
	})
	return sorted
}

// pageNumber returns where a page stands by its label. Front matter, numbered
// i, ii, iii, comes before page 1.
func pageNumber(label string) (int, bool) {
	if n, err := strconv.Atoi(label); err == nil {
		return n, true
	}
	values := map[rune]int{'i': 1, 'v': 5, 'x': 10, 'l': 50, 'c': 100, 'd': 500, 'm': 1000}
	total, last := 0, 0
	for _, r := range strings.ToLower(label) {
		v := values[r]
		if v == 0 {
			return 0, false
		}
		if total += v; v > last {
			total -= 2 * last
		}
		last = v
	}
	return total - 1_000_000, total > 0
}
