package wire

import (
	"bytes"
	"encoding/json"
	"net/http"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/jsonscan"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Bounds on a request's JSON. Real requests nest about six deep and hold a few
// hundred values.
const (
	maxDepth    = 64
	maxElements = 4096
	maxMessages = 32 // in a JSON-RPC batch, which MCP up to 2025-03-26 allows
)

// Envelope is the part of a JSON-RPC message that routing needs.
type Envelope struct {
	Object bool   // the body is a JSON object, not an array or a bare value
	ID     []byte // the member "id" of that object if it is a string or number, as in the body
	Stream bool   // its "params"."_meta" requests messages before the response
}

// ReadEnvelope checks that body is JSON in UTF-8 and within the bounds on depth
// and values, and returns its envelope. It allocates nothing. It does not
// recognise keys that are spelled with escapes; such a request gets no progress
// reports.
func ReadEnvelope(body []byte) (Envelope, *BodyError) {
	if err := overLimit(jsonscan.Measure(body), isBatch(body)); err != nil {
		return Envelope{}, &BodyError{http.StatusRequestEntityTooLarge, err}
	}
	if !utf8.Valid(body) || !json.Valid(body) {
		return Envelope{}, &BodyError{http.StatusBadRequest, library.Errorf(library.Invalid, "the body is not JSON in UTF-8")}
	}
	var e Envelope
	e.Object = jsonscan.EachMember(body, func(key, value []byte) bool {
		switch string(key) {
		case "id":
			e.ID = scalar(value)
		case "params":
			e.Stream = e.Stream || asksForStream(value)
		}
		return true
	})
	return e, nil
}

// isBatch reports whether a body begins as an array.
func isBatch(body []byte) bool {
	body = bytes.TrimLeft(body, " \t\r\n")
	return len(body) > 0 && body[0] == '['
}

// overLimit returns an error if a bound is exceeded.
func overLimit(size jsonscan.Size, batch bool) *library.Error {
	switch {
	case size.Depth > maxDepth-1:
		return library.Errorf(library.TooLarge, "the JSON is nested deeper than %d levels", maxDepth-1)
	case batch && size.TopCommas >= maxMessages:
		return library.Errorf(library.TooLarge, "a batch has at most %d messages", maxMessages)
	case size.Containers+size.Commas > maxElements:
		return library.Errorf(library.TooLarge, "the JSON has more than %d values", maxElements)
	}
	return nil
}

// asksForStream reports whether the metadata of params asks for messages before
// the answer.
func asksForStream(params []byte) (stream bool) {
	jsonscan.EachMember(params, func(key, value []byte) bool {
		if string(key) == "_meta" {
			jsonscan.EachMember(value, func(key, _ []byte) bool {
				stream = stream || string(key) == "progressToken" || string(key) == "io.modelcontextprotocol/logLevel"
				return !stream
			})
		}
		return !stream
	})
	return stream
}

// scalar returns value if it is a string or a number, and nil otherwise.
func scalar(value []byte) []byte {
	if c := value[0]; c == '"' || c == '-' || c >= '0' && c <= '9' {
		return value
	}
	return nil
}
