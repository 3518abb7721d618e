package mcp

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/jsonscan"
)

// plainCall is a tool call that is certainly plain.
type plainCall struct {
	id        []byte // a JSON string or whole number, as in the body
	name      string
	arguments json.RawMessage
	modern    bool     // of 2026-07-28; otherwise of a revision with a handshake
	meta      mcp.Meta // what telemetry reads of _meta: the caller's trace and name
}

const modernVersion = "2026-07-28"

// readPlainCall parses a body that is valid JSON. A call is not plain if a
// member is missing, repeated, escaped, of another type, unknown, or
// contradicts the headers, or if it requests progress reports.
func readPlainCall(h http.Header, body []byte) (c plainCall, plain bool) {
	if !plainHeaders(h, &c) {
		return c, false
	}
	var params []byte
	seen := members(0)
	ok := jsonscan.EachMember(body, func(key, value []byte) bool {
		switch string(key) {
		case "jsonrpc":
			return seen.add(0) && string(value) == `"2.0"`
		case "id":
			c.id = value
			return seen.add(1) && plainID(value)
		case "method":
			return seen.add(2) && string(value) == `"tools/call"`
		case "params":
			params = value
			return seen.add(3)
		}
		return false
	})
	return c, ok && seen == 0b1111 && c.readParams(params) && (!c.modern || h["Mcp-Name"][0] == c.name)
}

// plainHeaders reports whether the headers are those of a plain call, and of
// which era.
func plainHeaders(h http.Header, c *plainCall) bool {
	kind := h["Content-Type"]
	if len(kind) != 1 || kind[0] != "application/json" && !strings.EqualFold(kind[0], "application/json; charset=utf-8") {
		return false
	}
	version := ""
	if v := h["Mcp-Protocol-Version"]; len(v) > 0 {
		version = v[0]
	}
	switch version {
	case modernVersion:
		c.modern = true
		return len(h["Mcp-Method"]) == 1 && h["Mcp-Method"][0] == "tools/call" && len(h["Mcp-Name"]) == 1
	case "", "2025-03-26", "2025-06-18", "2025-11-25":
		return len(h["Mcp-Method"]) == 0 && len(h["Mcp-Name"]) == 0
	}
	return false
}

// readParams parses the member params.
func (c *plainCall) readParams(params []byte) bool {
	seen := members(0)
	hasMeta := false
	ok := jsonscan.EachMember(params, func(key, value []byte) bool {
		switch string(key) {
		case "name":
			var isString bool
			c.name, isString = jsonscan.PlainString(value)
			return seen.add(0) && isString
		case "arguments":
			c.arguments = value
			return seen.add(1) && value[0] == '{'
		case "_meta":
			hasMeta = true
			return seen.add(2) && c.plainMeta(value)
		}
		return false
	})
	return ok && c.name != "" && (hasMeta || !c.modern)
}

// protocolPrefix begins the names of metadata that the protocol defines.
const protocolPrefix = "io.modelcontextprotocol/"

// plainMeta reports whether the metadata is that of a plain call of its era.
func (c *plainCall) plainMeta(meta []byte) bool {
	seen := members(0)
	ok := jsonscan.EachMember(meta, func(key, value []byte) bool {
		switch string(key) {
		case protocolPrefix + "protocolVersion":
			return c.modern && seen.add(0) && string(value) == `"`+modernVersion+`"`
		case protocolPrefix + "clientCapabilities":
			return c.modern && seen.add(1) && reads[mcp.ClientCapabilities](value)
		case protocolPrefix + "clientInfo":
			info := new(mcp.Implementation)
			if !c.modern || !seen.add(2) || value[0] != '{' || json.Unmarshal(value, info) != nil {
				return false
			}
			c.keep(mcp.MetaKeyClientInfo, info)
		case "traceparent", "tracestate", "baggage":
			// An invalid one does not make the call fail.
			if text, ok := jsonscan.PlainString(value); ok {
				c.keep(string(key), text)
			}
		case "progressToken":
			return false
		default:
			// The SDK reads every member, and refuses numbers beyond float64.
			return !bytes.HasPrefix(key, []byte(protocolPrefix)) && bytes.IndexByte(key, '\\') < 0 && (value[0] == '"' || json.Unmarshal(value, new(any)) == nil)
		}
		return true
	})
	return ok && (!c.modern || seen&0b11 == 0b11)
}

// keep stores a member of _meta.
func (c *plainCall) keep(key string, value any) {
	if c.meta == nil {
		c.meta = mcp.Meta{}
	}
	c.meta[key] = value
}

// reads reports whether value is an object that decodes into a T.
func reads[T any](value []byte) bool {
	return value[0] == '{' && (string(value) == "{}" || json.Unmarshal(value, new(T)) == nil)
}

// plainID reports whether value is a string or a whole number with only one
// JSON encoding.
func plainID(value []byte) bool {
	if _, ok := jsonscan.PlainString(value); ok {
		return true
	}
	if len(value) > 15 || value[0] == '0' && len(value) > 1 {
		return false
	}
	return len(bytes.Trim(value, "0123456789")) == 0
}

// members is the set of members seen so far.
type members uint8

// add adds member n and reports whether it is new.
func (m *members) add(n int) bool {
	was := *m
	*m |= 1 << n
	return was != *m
}
