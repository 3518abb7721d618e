package tool

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// errorMeta is the key in a result's _meta under which programs find the code
// of an error; its prefix is the project's own (MCP, "General fields").
const errorMeta = "io.github.stackroom-mcp/error"

// maxErrorChars bounds the words of an error.
const maxErrorChars = 2_000

// words returns what an assistant reads of an error: what happened, what to do
// next, and when to try again. The cause stays out of it.
func words(e *library.Error) string {
	var b strings.Builder
	b.WriteString(sentence(e.Message))
	if e.Hint != "" {
		b.WriteString(" " + sentence(e.Hint))
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, " Try again in %d seconds.", retrySeconds(e.RetryAfter))
	}
	s, _ := plaintext.Cut(plaintext.Line(b.String()), maxErrorChars)
	return s
}

func retrySeconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// sentence returns s with a capital, unless it begins with the name of a tool
// or argument, and a full stop.
func sentence(s string) string {
	if s == "" {
		return s
	}
	first, _, _ := strings.Cut(s, " ")
	if c := s[0]; c >= 'a' && c <= 'z' && !strings.Contains(first, "_") {
		s = string(c-'a'+'A') + s[1:]
	}
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return s
}

// failure returns the result of a call that failed. The error itself stays
// reachable through [mcp.CallToolResult.GetError], for logs.
func failure(err error) *mcp.CallToolResult {
	e := library.AsError(err)
	detail := map[string]any{"code": string(e.Code)}
	if e.RetryAfter > 0 {
		detail["retry_after_seconds"] = retrySeconds(e.RetryAfter)
	}
	r := &mcp.CallToolResult{
		Meta:    mcp.Meta{errorMeta: detail},
		Content: []mcp.Content{&mcp.TextContent{Text: words(e)}},
	}
	r.SetError(err)
	return r
}

// fault is an error of a method that has no result for failures. The caller
// gets the words and the code; the log gets the cause.
type fault struct {
	words string
	wire  *jsonrpc.Error
	cause error
}

func (f *fault) Error() string   { return f.words }
func (f *fault) Unwrap() []error { return []error{f.wire, f.cause} }

// protocolFault returns err for resources/read, prompts/get and
// completion/complete. What the caller can correct is "invalid params", which is
// also how MCP reports an unknown resource.
func protocolFault(err error) error {
	e := library.AsError(err)
	code := int64(jsonrpc.CodeInternalError)
	switch e.Code {
	case library.Invalid, library.NotFound, library.TooLarge, library.Forbidden:
		code = jsonrpc.CodeInvalidParams
	}
	return &fault{words: words(e), wire: &jsonrpc.Error{Code: code, Message: words(e)}, cause: err}
}
