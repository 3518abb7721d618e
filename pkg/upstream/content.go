package upstream

import (
	"bytes"
	"encoding/json"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// checkContent says what is wrong with an answer that came with status 200
// and is none: a proxy's or a maintenance page, an error's text, half a JSON
// document. Content types say nothing here: Zotero's are often wrong. It runs
// before an answer is cached.
func (c *Client) checkContent(p *call, body []byte) *fault {
	switch {
	case !p.html && isPage(body):
		return &fault{
			err: library.Errorf(library.Unavailable, "%s answered with a web page instead of data", c.options.Name).
				WithHint("a maintenance page or a proxy stands in between; try again later"),
			outcome: OutcomeUnreadable, broken: true,
		}
	case p.json && !json.Valid(body):
		return &fault{
			err: library.Errorf(library.Unavailable, "%s answered with something that is not the data asked for", c.options.Name).
				WithHint("it may be in trouble; try again later"),
			outcome: OutcomeUnreadable, broken: true,
		}
	}
	return nil
}

// isPage reports whether body is a whole web page. A fragment of HTML, such as
// a bibliography, is none, nor is a file of bookmarks.
func isPage(body []byte) bool {
	body = bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\ufeff")), " \t\r\n")
	for _, opening := range []string{"<!doctype html", "<html"} {
		if len(body) >= len(opening) && bytes.EqualFold(body[:len(opening)], []byte(opening)) {
			return true
		}
	}
	return false
}
