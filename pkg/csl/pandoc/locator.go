package pandoc

import (
	"strings"
	"unicode"
)

// labelOf returns the CSL label that a word stands for, such as "chapter" for
// "chap.", or "".
func labelOf(word string) string {
	switch strings.TrimSuffix(strings.ToLower(word), ".") {
	case "p", "pp", "page", "pages":
		return "page"
	case "ch", "chap", "chaps", "chapter", "chapters":
		return "chapter"
	case "sec", "secs", "section", "sections", "§", "§§":
		return "section"
	case "para", "paras", "paragraph", "paragraphs", "¶", "¶¶":
		return "paragraph"
	case "vol", "vols", "volume", "volumes":
		return "volume"
	case "fig", "figs", "figure", "figures":
		return "figure"
	case "bk", "bks", "book", "books":
		return "book"
	case "col", "cols", "column", "columns":
		return "column"
	case "fol", "fols", "folio", "folios":
		return "folio"
	case "no", "nos", "number", "numbers", "issue", "issues":
		return "issue"
	case "l", "ll", "line", "lines":
		return "line"
	case "n", "nn", "note", "notes":
		return "note"
	case "op", "opus", "opera":
		return "opus"
	case "pt", "pts", "part", "parts":
		return "part"
	case "s.v", "sub verbo":
		return "sub-verbo"
	case "v", "vv", "verse", "verses":
		return "verse"
	}
	return ""
}

// parseLocator divides what follows a key into a locator with its label and the
// suffix. Without a label a locator begins with a digit and counts pages.
func parseLocator(s string) (label, locator, suffix string) {
	rest := strings.TrimLeftFunc(s, unicode.IsSpace)
	if body, ok := strings.CutPrefix(rest, ","); ok {
		rest = strings.TrimLeftFunc(body, unicode.IsSpace)
	}
	if strings.HasPrefix(rest, "{") {
		if end := strings.IndexByte(rest, '}'); end > 0 {
			label, locator = labelled(strings.TrimSpace(rest[1:end]))
			return label, locator, trimmedSuffix(rest[end+1:])
		}
	}
	label, body := cutLabel(rest)
	locator, after := scanNumbers(body)
	if locator == "" {
		return "", "", trimmedSuffix(s)
	}
	if label == "" {
		label = "page"
	}
	return label, locator, trimmedSuffix(after)
}

// labelled divides the text of a locator in braces, which may be any text.
func labelled(s string) (label, locator string) {
	if label, body := cutLabel(s); label != "" && body != "" {
		return label, body
	}
	return "page", s
}

// cutLabel takes the label off the beginning of s.
func cutLabel(s string) (label, rest string) {
	word := s
	if i := strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsDigit(r) }); i > 0 {
		word = s[:i]
	}
	label = labelOf(word)
	if label == "" {
		return "", s
	}
	return label, strings.TrimLeftFunc(s[len(word):], unicode.IsSpace)
}

// scanNumbers returns the numbers at the beginning of s, such as "33-35, 38 and
// 40" up to the last one, and what follows.
func scanNumbers(s string) (numbers, rest string) {
	end := 0
	for at := 0; at < len(s); {
		word := s[at:]
		if i := strings.IndexAny(word, " \t\n"); i >= 0 {
			word = word[:i]
		}
		bare := strings.TrimRight(word, ",.")
		if !isNumber(bare) && !(end > 0 && (word == "and" || word == "&" || word == "–" || word == "-")) {
			break
		}
		at += len(word)
		if isNumber(bare) {
			end = at - (len(word) - len(bare))
			if len(word) > len(bare) && !strings.HasSuffix(word, ",") {
				break
			}
		}
		for at < len(s) && strings.IndexByte(" \t\n", s[at]) >= 0 {
			at++
		}
	}
	return s[:end], s[end:]
}

// isNumber reports whether a word counts something: it has a digit, or is a
// Roman number.
func isNumber(word string) bool {
	if word == "" {
		return false
	}
	return strings.ContainsFunc(word, unicode.IsDigit) && !strings.ContainsAny(word, "()[]{}\"'") ||
		strings.Trim(strings.ToLower(word), "ivxlcdm") == "" && len(word) <= 12
}

// trimmedSuffix returns a suffix as it stands after a cite: with the space or
// the comma that it begins with.
func trimmedSuffix(s string) string {
	s = strings.TrimRightFunc(s, unicode.IsSpace)
	if strings.TrimLeftFunc(s, unicode.IsSpace) == "" {
		return ""
	}
	return s
}
