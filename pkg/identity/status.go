package identity

import (
	"net/http"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// StatusOf returns the HTTP status for an error code, outside OAuth and MCP,
// which define their own. Invalid is 422 and not 400, because the request
// itself is well-formed.
func StatusOf(code library.Code) int {
	switch code {
	case library.Invalid:
		return http.StatusUnprocessableEntity
	case library.NotFound:
		return http.StatusNotFound
	case library.Unauthenticated:
		return http.StatusUnauthorized
	case library.Forbidden:
		return http.StatusForbidden
	case library.Conflict:
		return http.StatusConflict
	case library.TooLarge:
		return http.StatusRequestEntityTooLarge
	case library.RateLimited:
		return http.StatusTooManyRequests
	case library.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
