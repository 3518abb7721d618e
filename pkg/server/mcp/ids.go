package mcp

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/jsonscan"
	"github.com/stackroom-mcp/stackroom/pkg/server/wire"
)

// The SDK decodes an ID into a string or an int64 and encodes that: 1.5 becomes
// 1, 2^53+1 becomes 2^53, and escapes in strings change. Clients may compare
// IDs byte by byte. So an ID that the SDK would change passes through it as a
// string with the ID's bytes in base64, and the response gets the original
// bytes.

// carriedPrefix begins a string that carries an ID.
const carriedPrefix = "stackroom-id:"

// carriedMember is the SDK's encoding of such an ID in a response.
const carriedMember = `{"jsonrpc":"2.0","id":"` + carriedPrefix

// maxID is the longest ID that is carried, in bytes. The SDK gets longer ones
// unchanged.
const maxID = 1 << 10

// carry replaces each ID that the SDK would change, and reports whether there
// was one. body is valid JSON. The request ID in a cancellation is replaced
// too.
func carry(body []byte, e wire.Envelope) (changed []byte, carried bool) {
	if !e.Object {
		return carryBatch(body)
	}
	type span struct{ from, to int }
	var spans []span
	add := func(raw []byte) {
		if !isStableID(raw) && len(raw) <= maxID {
			from := cap(body) - cap(raw) // raw is a part of body
			spans = append(spans, span{from, from + len(raw)})
		}
	}
	if len(e.ID) > 0 {
		add(e.ID)
	}
	if raw := cancelledID(body); raw != nil {
		add(raw)
	}
	if len(spans) == 0 {
		return body, false
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	end := 0
	for _, s := range spans {
		changed = append(changed, body[end:s.from]...)
		changed = append(changed, '"')
		changed = append(changed, carriedPrefix...)
		changed = base64.RawURLEncoding.AppendEncode(changed, body[s.from:s.to])
		changed = append(changed, '"')
		end = s.to
	}
	return append(changed, body[end:]...), true
}

// carryBatch is carry for the messages of a batch.
func carryBatch(body []byte) (changed []byte, carried bool) {
	var messages []json.RawMessage
	if json.Unmarshal(body, &messages) != nil {
		return body, false
	}
	for i, m := range messages {
		e, rejected := wire.ReadEnvelope(m)
		if rejected != nil || !e.Object {
			continue
		}
		if c, ok := carry(m, e); ok {
			messages[i], carried = c, true
		}
	}
	if !carried {
		return body, false
	}
	changed, err := json.Marshal(messages)
	return changed, err == nil
}

// isStableID reports whether the SDK encodes an ID as it was: a whole number of
// up to 15 digits, or a string without escapes and without characters that JSON
// encoders escape.
func isStableID(raw []byte) bool {
	if s, ok := jsonscan.PlainString(raw); ok {
		return !bytes.HasPrefix(raw[1:], []byte(carriedPrefix)) && !bytes.ContainsAny([]byte(s), "<>&\u2028\u2029\x7f")
	}
	digits := bytes.TrimPrefix(raw, []byte("-"))
	if len(digits) == 0 || len(digits) > 15 || digits[0] == '0' && (len(digits) > 1 || len(raw) > 1) {
		return false
	}
	return len(bytes.Trim(digits, "0123456789")) == 0
}

// cancelledID returns the request ID in a cancellation, as in body, or nil.
func cancelledID(body []byte) (raw []byte) {
	var method, params []byte
	jsonscan.EachMember(body, func(key, value []byte) bool {
		switch string(key) {
		case "method":
			method = value
		case "params":
			params = value
		}
		return true
	})
	if string(method) != `"notifications/cancelled"` || len(params) == 0 || params[0] != '{' {
		return nil
	}
	jsonscan.EachMember(params, func(key, value []byte) bool {
		if string(key) == "requestId" && len(value) > 0 && (value[0] == '"' || value[0] == '-' || value[0] >= '0' && value[0] <= '9') {
			raw = value
		}
		return true
	})
	return raw
}

// restoreIDs returns data, which contains responses of the SDK, with the
// original IDs.
func restoreIDs(data []byte) []byte {
	var out []byte
	for {
		before, rest, found := bytes.Cut(data, []byte(carriedMember))
		if !found {
			if out == nil {
				return data
			}
			return append(out, data...)
		}
		encoded, after, _ := bytes.Cut(rest, []byte(`"`))
		raw, err := base64.RawURLEncoding.DecodeString(string(encoded))
		if err != nil {
			return append(append(out, before...), data[len(before):]...)
		}
		out = append(out, before...)
		out = append(out, `{"jsonrpc":"2.0","id":`...)
		out = append(out, raw...)
		data = after
	}
}
