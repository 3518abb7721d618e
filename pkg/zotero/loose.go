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
// mtime as a number, a string or null, relations as a string or an array. The
// functions here take what is meant and never fail.

// object reads a JSON object; nil for anything else.
func object(raw json.RawMessage) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}

// array reads a JSON array; nil for anything else.
func array(raw json.RawMessage) []json.RawMessage {
	var a []json.RawMessage
	if json.Unmarshal(raw, &a) != nil {
		return nil
	}
	return a
}

// text reads a string, or a number as it is written; "" for anything else.
func text(raw json.RawMessage) string {
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

// number reads a whole number, also one in a string; otherwise is what
// anything else stands for.
func number(raw json.RawMessage, otherwise int64) int64 {
	s := strings.TrimSpace(text(raw))
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && f > -1e15 && f < 1e15 {
		return int64(f)
	}
	return otherwise
}

// truth reads true, and any number or string but 0, "", "0" and "false".
func truth(raw json.RawMessage) bool {
	if string(bytes.TrimSpace(raw)) == "true" {
		return true
	}
	s := text(raw)
	return s != "" && s != "0" && s != "false"
}

// texts reads an array of strings, or one string.
func texts(raw json.RawMessage) []string {
	all := []string{}
	for _, r := range array(raw) {
		if s := text(r); s != "" {
			all = append(all, s)
		}
	}
	if s := text(raw); s != "" {
		all = append(all, s)
	}
	return all
}

// moment reads a time in ISO 8601 or a day; zero for anything else.
func moment(raw json.RawMessage) time.Time {
	s := text(raw)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
