package upstream

import (
	"bytes"
	"encoding/json"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// checkContent returns the fault of a response with status 200 that is not the
// requested data: a page of a proxy or for maintenance, an error message,
// truncated JSON. It ignores content types: Zotero's are often wrong. It runs
// before a response is cached.
func (c *Client) checkContent(p *call, body []byte) *fault {
	switch {
	case !p.html && isPage(body):
		return &fault{
			err: library.Errorf(library.Unavailable, "%s returned a web page instead of data", c.options.Name).
				WithHint("this may be a maintenance page or a proxy; try again later"),
			outcome: OutcomeUnreadable, broken: true,
		}
	case p.json && !json.Valid(body):
		return &fault{
			err: library.Errorf(library.Unavailable, "%s returned something other than the requested data", c.options.Name).
				WithHint("it may be failing; try again later"),
			outcome: OutcomeUnreadable, broken: true,
		}
	}
	return nil
}

// isPage reports whether body is a complete web page. A fragment of HTML, such
// as a bibliography, is not, nor is a bookmarks file.
func isPage(body []byte) bool {
	body = bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\ufeff")), " \t\r\n")
	for _, opening := range []string{"<!doctype html", "<html"} {
		if len(body) >= len(opening) && bytes.EqualFold(body[:len(opening)], []byte(opening)) {
			return true
		}
	}
	return false
}
