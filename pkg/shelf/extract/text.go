package extract

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// readText reads plain text and Markdown, which stays as it is written. Form
// feeds end pages; a text without them has no pages.
func readText(content []byte) result {
	text, ok := decode(content)
	if !ok {
		return result{reason: "the file is not text"}
	}
	if !strings.Contains(text, "\f") {
		return result{pages: []string{text}}
	}
	return result{pages: splitPages(text), numbered: true}
}

// splitPages splits a text at its form feeds. The last one ends the last page
// and begins no other.
func splitPages(text string) []string {
	return strings.Split(strings.TrimSuffix(strings.TrimRight(text, " \t\r\n"), "\f"), "\f")
}

// decode returns content as UTF-8, from UTF-8, from UTF-16 with or without its
// byte order mark, or else from Windows-1252, which holds Latin-1. It reports
// false if content is not text in any of them.
func decode(content []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(content, []byte("\xef\xbb\xbf")):
		return textual(strings.ToValidUTF8(string(content[3:]), "\uFFFD"))
	case bytes.HasPrefix(content, []byte("\xff\xfe")):
		return decodeUTF16(content, unicode.LittleEndian)
	case bytes.HasPrefix(content, []byte("\xfe\xff")):
		return decodeUTF16(content, unicode.BigEndian)
	}
	if order, ok := zerosOf(content); ok {
		return decodeUTF16(content, order)
	}
	if valid(content) {
		return textual(string(content))
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(content)
	if err != nil {
		return "", false
	}
	return textual(string(text))
}

// valid reports whether content is UTF-8, but for a character cut off at its
// end and a rare damaged byte: a whole text must not turn into gibberish for
// one of those.
func valid(content []byte) bool {
	if utf8.Valid(content) {
		return true
	}
	good, bad := 0, 0
	for len(content) > 0 {
		r, n := utf8.DecodeRune(content)
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 1:
			good++
		}
		content = content[n:]
	}
	return good > 20*bad
}

func decodeUTF16(content []byte, order unicode.Endianness) (string, bool) {
	text, err := unicode.UTF16(order, unicode.UseBOM).NewDecoder().Bytes(content)
	if err != nil {
		return "", false
	}
	return textual(string(text))
}

// zerosOf tells UTF-16 without a byte order mark by where its zero bytes
// stand: nearly every second byte of Western text.
func zerosOf(content []byte) (unicode.Endianness, bool) {
	head := content[:min(len(content), 4096)&^1]
	var even, odd int
	for i, b := range head {
		if b == 0 && i%2 == 0 {
			even++
		} else if b == 0 {
			odd++
		}
	}
	half := len(head) / 2
	switch {
	case half < 4:
		return unicode.LittleEndian, false
	case odd > half*7/10 && even < half/20+1:
		return unicode.LittleEndian, true
	case even > half*7/10 && odd < half/20+1:
		return unicode.BigEndian, true
	}
	return unicode.LittleEndian, false
}

// textual returns s and whether it is text that people read: hardly any
// control characters, no zero bytes, few characters that could not be decoded.
func textual(s string) (string, bool) {
	const sample = 64 << 10
	total, odd := 0, 0
	for _, r := range s[:min(len(s), sample)] {
		total++
		switch {
		case r == 0:
			return "", false
		case r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' && r != '\x1b', r == 0x7f, r == utf8.RuneError:
			odd++
		}
	}
	return s, odd*50 <= total
}
