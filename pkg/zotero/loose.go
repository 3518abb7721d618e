package zotero

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Zotero and the programs that write to it give many fields with two types:
// parsedDate and parentCollection as a string or false, deleted as 1 or true,
// mtime as a number, a string or null. The functions here accept each form and
// never fail.

// asObject reads a JSON object; nil for anything else.
func asObject(raw json.RawMessage) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}

// asArray reads a JSON array; nil for anything else.
func asArray(raw json.RawMessage) []json.RawMessage {
	var a []json.RawMessage
	if json.Unmarshal(raw, &a) != nil {
		return nil
	}
	return a
}

// asText reads a string, or a number as it is written; "" for anything else.
func asText(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return ""
	}
	switch c := raw[0]; {
	case c == '"':
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return ""
		}
		return s
	case c == '-' || c >= '0' && c <= '9':
		return string(raw)
	}
	return ""
}

// asNumber reads a whole number, also one in a string; otherwise is what
// anything else stands for.
func asNumber(raw json.RawMessage, otherwise int64) int64 {
	s := strings.TrimSpace(asText(raw))
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && f > -1e15 && f < 1e15 {
		return int64(f)
	}
	return otherwise
}

// asBool reads true, and any number or string but 0, "", "0" and "false".
func asBool(raw json.RawMessage) bool {
	if string(bytes.TrimSpace(raw)) == "true" {
		return true
	}
	s := asText(raw)
	return s != "" && s != "0" && s != "false"
}

// asTexts reads an array of strings, or one string.
func asTexts(raw json.RawMessage) []string {
	all := []string{}
	for _, r := range asArray(raw) {
		if s := asText(r); s != "" {
			all = append(all, s)
		}
	}
	if s := asText(raw); s != "" {
		all = append(all, s)
	}
	return all
}

// asTime reads a time in ISO 8601 or a day; zero for anything else.
func asTime(raw json.RawMessage) time.Time {
	s := asText(raw)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
