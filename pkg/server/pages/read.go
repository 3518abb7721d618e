package pages

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Bounds of the text on one page: passages that answer a question, and characters.
const (
	shownPassages = 3
	shownChars    = 8_000
)

// textAnswer is what the page shows of the result of read_text.
type textAnswer struct {
	Attachment string
	Pages      []struct {
		Page  int
		Label string
		Text  string
	}
	Passages []struct {
		Source, Child, Page, Text string
	}
	Completeness struct {
		Complete, Readable bool
		Pages              int
		Reason             string
	}
	NextCursor string `json:"next_cursor"`
	Notices    []string
}

// reading is the part of a work's text on its page.
type reading struct {
	Passages []passage
	Pages    []textPage
	Notices  []string
	Reason   string // why there is no text, ""
	Start    string // address of the start of the text, ""; without pages or passages
	Before   string // addresses of the parts before and after, ""
	After    string
	Of       int // pages that there are; 0 is unknown
}

// passage is a passage that answers a question.
type passage struct {
	Text  []segment
	Where string
	URL   string // of the page that has it, "" for a note or an annotation
}

// textPage is a page of the text.
type textPage struct {
	Name string // "Page 3", or "" for a text without pages
	Text []segment
}

// read returns the part of a work's text that a request asks for: the passages that
// answer q, and the page that has the best one or that page names.
func (l *Library) read(r *http.Request, d *workPage) (*reading, error) {
	q := r.URL.Query()
	out, best := &reading{}, ""
	number, file := strings.TrimSpace(q.Get("page")), q.Get("file")
	if d.Query != "" {
		answer := textAnswer{}
		if err := l.ask(r, "read_text", map[string]any{"id": d.ID, "question": d.Query, "limit": shownPassages}, &answer); err != nil {
			return out, err
		}
		out.Notices = answer.Notices
		words := queryWords(d.Query)
		for i, p := range answer.Passages {
			shown := passage{Text: marked(p.Text, words), Where: where(p.Source, p.Page)}
			if p.Source == "fulltext" && isNumber(p.Page) {
				shown.URL = pageURL(d, p.Page, p.Child)
				if number == "" || number == p.Page && (file == "" || file == p.Child) && best == "" {
					number, file, best = p.Page, p.Child, answer.Passages[i].Text
				}
			}
			out.Passages = append(out.Passages, shown)
		}
	}
	text := q.Get("text") // a cursor, or "start"
	switch {
	case number != "":
		return out, l.readPage(r, d, out, number, file, best)
	case text != "":
		return out, l.readPart(r, d, out, text)
	case d.Query == "" && d.readable():
		out.Start = d.Path + "?" + url.Values{"page": {"1"}}.Encode() + "#text"
	}
	return out, nil
}

// readable reports whether a file of the work has text.
func (d *workPage) readable() bool {
	for _, a := range d.Attachments {
		if a.Readable {
			return true
		}
	}
	return false
}

// readPage reads a page of the text. A text without pages is read from its start.
func (l *Library) readPage(r *http.Request, d *workPage, out *reading, number, file, best string) error {
	arguments := map[string]any{"id": d.ID, "pages": number, "max_chars": shownChars}
	if file != "" {
		arguments["attachment"] = file
	}
	answer := textAnswer{}
	if err := l.ask(r, "read_text", arguments, &answer); err != nil {
		return err
	}
	if len(answer.Pages) == 0 && number == "1" && answer.Completeness.Readable {
		return l.readPart(r, d, out, textStart)
	}
	out.take(d, &answer, best)
	n, err := strconv.Atoi(number)
	if err != nil { // a range, which has no neighbours
		return nil
	}
	out.Of = answer.Completeness.Pages
	if n > 1 {
		out.Before = pageURL(d, strconv.Itoa(n-1), file)
	}
	switch {
	case answer.NextCursor != "": // the page is longer than what is shown
		out.After = textURL(d, answer.NextCursor, number, file)
	case n < out.Of:
		out.After = pageURL(d, strconv.Itoa(n+1), file)
	}
	return nil
}

// textStart is the value of the parameter text for the start of a text.
const textStart = "start"

// readPart reads the text at a cursor. A cursor holds for the arguments of the call
// that gave it, which the parameters of and file have.
func (l *Library) readPart(r *http.Request, d *workPage, out *reading, cursor string) error {
	q := r.URL.Query()
	arguments := map[string]any{"id": d.ID, "max_chars": shownChars}
	of, file := q.Get("of"), q.Get("file")
	if cursor != textStart {
		arguments["cursor"] = cursor
	}
	if of != "" {
		arguments["pages"] = of
	}
	if file != "" {
		arguments["attachment"] = file
	}
	answer := textAnswer{}
	if err := l.ask(r, "read_text", arguments, &answer); err != nil {
		return err
	}
	out.take(d, &answer, "")
	if answer.NextCursor != "" {
		out.After = textURL(d, answer.NextCursor, of, file)
	} else if n, err := strconv.Atoi(of); err == nil && n < answer.Completeness.Pages {
		out.After = pageURL(d, strconv.Itoa(n+1), file)
	}
	return nil
}

// take adds the pages of an answer, with the passage marked.
func (out *reading) take(d *workPage, a *textAnswer, best string) {
	words := queryWords(d.Query)
	for _, p := range a.Pages {
		shown := textPage{Text: markedPassage(p.Text, best, words)}
		if p.Page > 0 {
			shown.Name = "Page " + strconv.Itoa(p.Page)
		}
		if p.Label != "" {
			shown.Name += " (" + p.Label + ")"
		}
		out.Pages = append(out.Pages, shown)
	}
	out.Notices = append(out.Notices, a.Notices...)
	if len(a.Pages) == 0 {
		out.Reason = a.Completeness.Reason
	}
}

// pageURL returns the address of a page of a work's text.
func pageURL(d *workPage, number, file string) string {
	q := url.Values{"page": {number}}
	return d.textQuery(q, file)
}

// textURL returns the address of the text at a cursor.
func textURL(d *workPage, cursor, of, file string) string {
	q := url.Values{"text": {cursor}}
	if of != "" {
		q.Set("of", of)
	}
	return d.textQuery(q, file)
}

func (d *workPage) textQuery(q url.Values, file string) string {
	if file != "" {
		q.Set("file", file)
	}
	if d.Query != "" {
		q.Set("q", d.Query)
	}
	return d.Path + "?" + q.Encode() + "#text"
}

func isNumber(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n > 0
}
