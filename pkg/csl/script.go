package csl

import (
	"unicode/utf8"
)

// isScriptLetter tells the letters of the scripts in which given names come
// first and words are set off by spaces: Latin, Greek, Cyrillic, Hebrew, Arabic
// and Thai.
func isScriptLetter(r rune) bool {
	switch {
	case r < 0x80:
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	case r >= 0xC0 && r <= 0x17F, r >= 0x218 && r <= 0x21B, r >= 0x370 && r <= 0x3FF, r >= 0x400 && r <= 0x52F,
		r >= 0x590 && r <= 0x5D4, r >= 0x5D6 && r <= 0x5FF, r >= 0x600 && r <= 0x6FF, r >= 0xE01 && r <= 0xE5B,
		r >= 0x1F00 && r <= 0x1FFF, r >= 0x200C && r <= 0x200E, r >= 0x202A && r <= 0x202E:
		return true
	}
	return false
}

// inScript tells whether text has a letter of these scripts, a digit or a hyphen.
func inScript(s string) bool {
	for _, r := range s {
		if isScriptLetter(r) || r == '-' || r >= '0' && r <= '9' {
			return true
		}
	}
	return false
}

// startsWithLetter tells whether text starts with a letter of these scripts or
// an ampersand.
func startsWithLetter(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r == '&' || s != "" && isScriptLetter(r)
}

func startsInScript(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	return size > 0 && (isScriptLetter(r) || r == '-' || r >= '0' && r <= '9')
}

func endsInScript(s string) bool {
	r, size := utf8.DecodeLastRuneInString(s)
	return size > 0 && (isScriptLetter(r) || r == '-' || r >= '0' && r <= '9')
}

// endsInLetter tells whether text ends with a letter of these scripts or an
// ampersand.
func endsInLetter(s string) bool {
	r, size := utf8.DecodeLastRuneInString(s)
	return size > 0 && (r == '&' || isScriptLetter(r))
}
