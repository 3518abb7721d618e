// Package jsonscan reads parts of a JSON text in place, without allocation. It
// does not check the text: encoding/json does. For a text that is not JSON its
// results have no meaning, but every function returns.
package jsonscan

import "bytes"

// Size counts what a JSON text consists of.
type Size struct {
	Depth      int // of the most nested object or array; 0 for a bare value
	Containers int // objects and arrays
	Commas     int
	TopCommas  int // of the outermost object or array
}

// Measure returns the size of a text.
func Measure(text []byte) (s Size) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = stringEnd(text, i) - 1
		case '{', '[':
			depth++
			s.Depth = max(s.Depth, depth)
			s.Containers++
		case '}', ']':
			depth--
		case ',':
			s.Commas++
			if depth == 1 {
				s.TopCommas++
			}
		}
	}
	return s
}

// PlainString returns the text of a JSON string without escapes.
func PlainString(value []byte) (string, bool) {
	if len(value) < 2 || value[0] != '"' || bytes.IndexByte(value, '\\') >= 0 {
		return "", false
	}
	return string(value[1 : len(value)-1]), true
}

// EachMember calls do with each member of an object until do returns false, and
// reports whether it reached the end. The key is what stands between its quotes,
// with escapes as they are; key and value are parts of object.
func EachMember(object []byte, do func(key, value []byte) bool) bool {
	object = bytes.TrimSpace(object)
	if len(object) == 0 || object[0] != '{' {
		return false
	}
	for i := skip(object, 1, ','); i < len(object) && object[i] == '"'; i = skip(object, i, ',') {
		end := stringEnd(object, i)
		key := object[i+1 : max(i+1, end-1)]
		i = skip(object, end, ':')
		end = valueEnd(object, i)
		if i == end || !do(key, object[i:end]) {
			return false
		}
		i = end
	}
	return object[len(object)-1] == '}'
}

// skip returns the index of the first byte from i on that is neither white space
// nor separator.
func skip(text []byte, i int, separator byte) int {
	for i < len(text) && (isSpace(text[i]) || text[i] == separator) {
		i++
	}
	return i
}

// valueEnd returns the index after the value that begins at i.
func valueEnd(text []byte, i int) int {
	if i >= len(text) {
		return i
	}
	switch text[i] {
	case '"':
		return stringEnd(text, i)
	case '{', '[':
		for depth := 0; i < len(text); i++ {
			switch text[i] {
			case '"':
				i = stringEnd(text, i) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
		return i
	}
	for i < len(text) && !isSpace(text[i]) && text[i] != ',' && text[i] != '}' && text[i] != ']' {
		i++
	}
	return i
}

// stringEnd returns the index after the string that begins at i, or the length
// of the text if the string does not end.
func stringEnd(text []byte, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// isSpace reports whether c is white space in JSON.
func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }
