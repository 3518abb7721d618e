package zotero

import (
	"net/http"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// translate gives statuses the meaning that they have at Zotero
// (https://www.zotero.org/support/dev/web_api/v3/syncing). Other errors have
// their words from upstream.
func translate(err error) error {
	if err == nil {
		return nil
	}
	switch upstream.StatusOf(err) {
	case http.StatusNotFound:
		return library.Errorf(library.NotFound, "Zotero has nothing of this name, or the key may not see it").WithCause(err)
	case http.StatusConflict:
		return library.Errorf(library.Conflict, "the library is locked in Zotero, by a sync or an upload").WithHint("try again in a moment").WithCause(err)
	case http.StatusPreconditionFailed:
		return library.Errorf(library.Conflict, "the library changed in Zotero during the request").WithHint("read it again, then try again").WithCause(err)
	case http.StatusPreconditionRequired:
		return library.Errorf(library.Internal, "Zotero expects the version of the library with this request").WithCause(err)
	}
	return library.AsError(err)
}

// unreadable is the error of a response that is not what the API promises.
func unreadable(err error) error {
	return library.Errorf(library.Unavailable, "Zotero's answer can't be read").WithHint("try again; if it stays so, Zotero has changed or a proxy changes its answers").WithCause(err)
}

// isCode reports whether an error has one of these codes.
func isCode(err error, codes ...library.Code) bool {
	return err != nil && slices.Contains(codes, library.CodeOf(err))
}

// lost turns "not found" for a whole library into [library.Forbidden]: Zotero
// answers so for a group that was deleted. Other errors stay as they are.
func lost(err error) error {
	if isCode(err, library.NotFound) {
		return library.Errorf(library.Forbidden, "Zotero no longer has this library, or the key may not read it").WithHint("list_libraries names those that there are").WithCause(err)
	}
	return err
}
