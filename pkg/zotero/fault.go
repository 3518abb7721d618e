package zotero

import (
	"net/http"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// translate gives Zotero's own meaning to the statuses that have one
// (https://www.zotero.org/support/dev/web_api/v3/syncing): the rest is in
// words already.
func translate(err error) error {
	if err == nil {
		return nil
	}
	switch upstream.StatusOf(err) {
	case http.StatusNotFound:
		return library.Errorf(library.NotFound, "Zotero has no such thing, or the key may not see it").WithCause(err)
	case http.StatusConflict:
		return library.Errorf(library.Conflict, "the library is locked in Zotero, by a sync or an upload").WithHint("try again in a moment").WithCause(err)
	case http.StatusPreconditionFailed:
		return library.Errorf(library.Conflict, "the library changed in Zotero meanwhile").WithHint("read it again, then try again").WithCause(err)
	case http.StatusPreconditionRequired:
		return library.Errorf(library.Internal, "Zotero wants to know which version of the library was meant").WithCause(err)
	}
	return library.AsError(err)
}

// unreadable is an answer that is not what the API promises.
func unreadable(err error) error {
	return library.Errorf(library.Unavailable, "Zotero's answer can't be read").WithHint("try again; if it stays so, Zotero has changed or something stands between").WithCause(err)
}

// noItem is the error of a work that isn't there.
func noItem() error {
	return library.Errorf(library.NotFound, "no such item").WithHint("take the ID from a search result")
}

// isMissing reports whether err says that something isn't there.
func isMissing(err error) bool {
	return err != nil && library.CodeOf(err) == library.NotFound
}
