package mcp

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/server/wire"
)

// The JSON-RPC error codes of this package.
const (
	codeParseError     = jsonrpc.CodeParseError
	codeInvalidRequest = jsonrpc.CodeInvalidRequest
	codeInternalError  = jsonrpc.CodeInternalError
	codeHeaderMismatch = mcp.CodeHeaderMismatch
)

// writeError writes a JSON-RPC error. Without an ID the member is left out:
// MCP's schema does not allow null.
func writeError(w http.ResponseWriter, status int, id []byte, code int, message string) {
	writeErrorData(w, status, id, code, message, nil)
}

// writeErrorData is writeError with the member data, which is JSON or nil.
func writeErrorData(w http.ResponseWriter, status int, id []byte, code int, message string, data []byte) {
	wire.WriteJSON(w, status, "application/json", appendError(nil, id, code, message, data))
}

// appendError appends a JSON-RPC error response.
func appendError(body, id []byte, code int, message string, data []byte) []byte {
	text, err := json.Marshal(message)
	if err != nil {
		text = []byte(`""`)
	}
	body = append(body, `{"jsonrpc":"2.0",`...)
	if len(id) > 0 {
		body = append(body, `"id":`...)
		body = append(body, id...)
		body = append(body, ',')
	}
	body = append(body, `"error":{"code":`...)
	body = strconv.AppendInt(body, int64(code), 10)
	body = append(body, `,"message":`...)
	body = append(body, text...)
	if len(data) > 0 {
		body = append(body, `,"data":`...)
		body = append(body, data...)
	}
	return append(body, `}}`...)
}

// allowedCode returns code if a server may send it, else that of an internal
// error. MCP 2026-07-28 reserves -32000 to -32099 and defines three codes
// there; the SDK uses 0 for an error without a code.
func allowedCode(code int64) int64 {
	switch {
	case code == mcp.CodeHeaderMismatch, code == mcp.CodeMissingRequiredClientCapabilities, code == mcp.CodeUnsupportedProtocolVersion:
		return code
	case code == 0, code >= -32099 && code <= -32000:
		return jsonrpc.CodeInternalError
	}
	return code
}

// WriteChallenge writes a challenge for a request that was not read.
func WriteChallenge(w http.ResponseWriter, _ *http.Request, c *identity.Challenge) {
	writeChallenge(w, nil, c)
}

// writeChallenge writes a challenge for a request; its ID may be unknown.
func writeChallenge(w http.ResponseWriter, id []byte, c *identity.Challenge) {
	wire.SetChallenge(w.Header(), c)
	code := codeInvalidRequest
	if c.Status >= http.StatusInternalServerError {
		code = codeInternalError
	}
	writeError(w, c.Status, id, code, wire.Message(c.Err))
}
