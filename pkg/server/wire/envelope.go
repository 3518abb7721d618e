package wire

import (
	"encoding/json"
	"net/http"
	"unicode/utf8"

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

// ReadEnvelope checks that body is JSON in UTF-8 within the bounds on depth and
// values, and returns its envelope, in one pass without allocation. It does not
// recognise keys with escapes; such a request gets no progress reports.
func ReadEnvelope(body []byte) (Envelope, *BodyError) {
	s := scanner{body: body}
	if err := s.scan(); err != nil {
		return Envelope{}, &BodyError{http.StatusRequestEntityTooLarge, err}
	}
	if !utf8.Valid(body) || !json.Valid(body) {
		return Envelope{}, &BodyError{http.StatusBadRequest, library.Errorf(library.Invalid, "the body is not JSON in UTF-8")}
	}
	return s.envelope, nil
}

// scanner scans JSON without building values. On invalid JSON its result is
// meaningless, but it terminates.
type scanner struct {
	body     []byte
	envelope Envelope

	depth    int
	elements int    // commas and containers: approximately the number of values
	messages int    // commas at the top of an array
	objects  uint64 // bit d is set if the container at depth d is an object
	isKey    bool   // the next string is a key
	path     int    // the container at depth path+1 is the body (0), its params (1) or their _meta (2)
	onPath   bool   // the next value extends the path
}

// pathKeys are the keys from a request to its metadata.
var pathKeys = [...]string{"params", "_meta"}

// scan scans the whole body.
func (s *scanner) scan() *library.Error {
	for i := 0; i < len(s.body); i++ {
		switch s.body[i] {
		case '"':
			end := stringEnd(s.body, i)
			if s.isKey {
				s.key(s.body[i+1:max(i+1, end-1)], end)
			}
			i = end - 1
		case '{':
			s.open(true)
		case '[':
			s.open(false)
		case '}', ']':
			s.close()
		case ',':
			s.comma()
		default:
			continue
		}
		if err := s.overLimit(); err != nil {
			return err
		}
	}
	return nil
}

// overLimit returns an error if a bound is exceeded.
func (s *scanner) overLimit() *library.Error {
	switch {
	case s.depth > maxDepth-1:
		return library.Errorf(library.TooLarge, "the JSON is nested deeper than %d levels", maxDepth-1)
	case s.elements > maxElements:
		return library.Errorf(library.TooLarge, "the JSON has more than %d values", maxElements)
	case s.messages >= maxMessages:
		return library.Errorf(library.TooLarge, "a batch has at most %d messages", maxMessages)
	}
	return nil
}

// open enters an object or an array.
func (s *scanner) open(object bool) {
	s.depth++
	s.elements++
	if s.depth == 1 {
		s.envelope.Object = object
	}
	if object {
		s.objects |= 1 << s.depth
	} else {
		s.objects &^= 1 << s.depth
	}
	if s.onPath && object && s.depth == s.path+2 {
		s.path++
	}
	s.isKey, s.onPath = object, false
}

// close leaves an object or an array.
func (s *scanner) close() {
	if s.path > 0 && s.depth == s.path+1 {
		s.path--
	}
	s.depth = max(s.depth-1, 0)
	s.isKey, s.onPath = false, false
}

// comma moves on to the next value of a container.
func (s *scanner) comma() {
	s.elements++
	if s.depth == 1 && !s.envelope.Object {
		s.messages++
	}
	s.isKey, s.onPath = s.objects&(1<<s.depth) != 0, false
}

// key records a key that ends at end.
func (s *scanner) key(key []byte, end int) {
	s.isKey = false
	if s.depth != s.path+1 || !s.envelope.Object {
		return
	}
	switch {
	case s.path < len(pathKeys):
		s.onPath = string(key) == pathKeys[s.path]
	case string(key) == "progressToken", string(key) == "io.modelcontextprotocol/logLevel":
		s.envelope.Stream = true
	}
	if s.depth == 1 && string(key) == "id" {
		s.envelope.ID = scalarAfter(s.body, end)
	}
}

// scalarAfter returns the string or number that is the value of the key that
// ends at i, or nil if the value is something else.
func scalarAfter(body []byte, i int) []byte {
	for i < len(body) && (isSpace(body[i]) || body[i] == ':') {
		i++
	}
	if i == len(body) {
		return nil
	}
	switch c := body[i]; {
	case c == '"':
		return body[i:stringEnd(body, i)]
	case c == '-' || c >= '0' && c <= '9':
		end := i
		for end < len(body) && !isSpace(body[end]) && body[end] != ',' && body[end] != '}' {
			end++
		}
		return body[i:end]
	}
	return nil
}
