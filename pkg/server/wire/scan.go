package wire

import "bytes"

// PlainString returns the text of a JSON string that has no escapes.
func PlainString(value []byte) (string, bool) {
	if len(value) < 2 || value[0] != '"' || bytes.IndexByte(value, '\\') >= 0 {
		return "", false
	}
	return string(value[1 : len(value)-1]), true
}

// EachMember calls do with each member of an object in valid JSON until do
// returns false, and reports whether it reached the end. It stops at a key with
// an escape.
func EachMember(object []byte, do func(key string, value []byte) bool) bool {
	object = bytes.TrimSpace(object)
	if len(object) == 0 || object[0] != '{' {
		return false
	}
	for i := 1; ; {
		for isSpace(object[i]) || object[i] == ',' {
			i++
		}
		if object[i] == '}' {
			return i == len(object)-1
		}
		end := stringEnd(object, i)
		key, ok := PlainString(object[i:end])
		if !ok {
			return false
		}
		for i = end; isSpace(object[i]) || object[i] == ':'; {
			i++
		}
		end = valueEnd(object, i)
		if !do(key, object[i:end]) {
			return false
		}
		i = end
	}
}

// valueEnd returns the index just past the value that begins at i.
func valueEnd(body []byte, i int) int {
	switch body[i] {
	case '"':
		return stringEnd(body, i)
	case '{', '[':
		for depth := 0; i < len(body); i++ {
			switch body[i] {
			case '"':
				i = stringEnd(body, i) - 1
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
	for i < len(body) && !isSpace(body[i]) && body[i] != ',' && body[i] != '}' && body[i] != ']' {
		i++
	}
	return i
}

// stringEnd returns the index just past the string that begins at i, or past
// the body if the string has no end.
func stringEnd(body []byte, i int) int {
	for i++; i < len(body); i++ {
		switch body[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(body)
}

// isSpace reports whether c is white space in JSON.
func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }
