package csl

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// initials turns given names into initials, each followed by with. With keep,
// names stay and only abbreviations and initials among them are brought into
// the form.
func (p *program) initials(name, with string, keep bool) string {
	if name == "" || name == "Lord" || name == "Lady" || !startsWithLetter(skipTags(name)) {
		return name
	}
	if !p.initializeHyphen {
		name = strings.ReplaceAll(name, "-", " ")
	}
	name = spacePeriods(squeezeHyphens(name))
	words, gaps := splitGiven(name)
	if keep {
		return joinGiven(keepNames(words, gaps, with))
	}
	return joinGiven(initialize(words, gaps, with))
}

func skipTags(s string) string {
	for strings.HasPrefix(s, "<") {
		i := strings.IndexByte(s, '>')
		if i < 0 {
			break
		}
		s = s[i+1:]
	}
	return s
}

// squeezeHyphens removes spaces around hyphens and protects hyphens before small
// letters, which join one name.
func squeezeHyphens(s string) string {
	fields := strings.Fields(s)
	s = strings.Join(fields, " ")
	s = strings.ReplaceAll(strings.ReplaceAll(s, " -", "-"), "- ", "-")
	b := []byte(s)
	out := make([]byte, 0, len(b))
	for i, c := range b {
		if c == '-' && i+1 < len(b) && b[i+1] >= 'a' && b[i+1] <= 'z' {
			out = append(out, "\u2013"...)
			continue
		}
		out = append(out, c)
	}
	return string(out)
}

// spacePeriods puts a space after each period inside of the name.
func spacePeriods(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteByte(s[i])
		if s[i] == '.' && i+1 < len(s) && s[i+1] != ' ' {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// splitGiven cuts a given name into words and the gaps between them: spaces,
// hyphens and tags.
func splitGiven(s string) (words, gaps []string) {
	start := 0
	for i := 0; i < len(s); {
		n := gapSize(s[i:])
		if n == 0 {
			i++
			continue
		}
		words = append(words, s[start:i])
		gaps = append(gaps, s[i:i+n])
		i += n
		start = i
	}
	words = append(words, s[start:])
	if len(gaps) == 0 {
		words[0] = closeInitials(words[0])
	}
	return words, gaps
}

// closeInitials gives a name of one capital its period.
func closeInitials(s string) string {
	tail := s[strings.LastIndexByte(s, '.')+1:]
	if r, size := utf8.DecodeRuneInString(tail); size > 0 && size == len(tail) && unicode.ToLower(r) != r {
		return s + "."
	}
	return s
}

func gapSize(s string) int {
	n := 0
	for n < len(s) {
		switch {
		case s[n] == ' ' || s[n] == '-' || s[n] == '\t' || s[n] == '\n':
			n++
		case strings.HasPrefix(s[n:], "\u00a0"):
			n += len("\u00a0")
		case s[n] == '<':
			_, size := tagAt(s[n:])
			if size == 0 {
				return n
			}
			n += size
		default:
			return n
		}
	}
	return n
}

// tagsOf returns the tags of a gap.
func tagsOf(gap string) string {
	if !strings.Contains(gap, "<") {
		return ""
	}
	var b strings.Builder
	for i := 0; i < len(gap); {
		if _, n := tagAt(gap[i:]); n > 0 {
			b.WriteString(gap[i : i+n])
			i += n
			continue
		}
		i++
	}
	return b.String()
}

// initialize shortens each word that starts with a capital.
func initialize(words, gaps []string, with string) ([]string, []string) {
	tail := ""
	for i, word := range words {
		if word == "" {
			continue
		}
		initial, ok := initialOf(word)
		if !ok {
			if inScript(word) {
				words[i] = " " + word
			}
			continue
		}
		words[i] = initial
		switch {
		case i == len(words)-1:
			tail = with
		case strings.Contains(gaps[i], "-"):
			gaps[i] = mergeGap(strings.Replace(gaps[i], "-", "", 1), with) + "-"
		default:
			gaps[i] = mergeGap(gaps[i], with)
		}
	}
	words[len(words)-1] += tail
	return words, gaps
}

// mergeGap is what stands for a gap after an initial: with, and the gap's tags
// before the space at its end.
func mergeGap(gap, with string) string {
	tags := tagsOf(gap)
	if tags == "" {
		return with
	}
	trimmed := strings.TrimRight(with, " ")
	return trimmed + tags + with[len(trimmed):]
}

// initialOf is the initial of a word: its first capital, and the capitals right
// after it in small letters if more letters follow, as in "Yu" or "Th".
func initialOf(word string) (string, bool) {
	r, size := utf8.DecodeRuneInString(word)
	if !isInitialLetter(r) {
		return "", false
	}
	rest := word[size:]
	end := strings.IndexFunc(rest, func(r rune) bool { return !isScriptLetter(r) })
	if end < 0 {
		end = len(rest)
	}
	letters := rest[:end]
	if letters != "" && strings.HasPrefix(rest[end:], ".") {
		// An abbreviation stays whole.
		return word[:size] + letters, true
	}
	capitals := 0
	for capitals < len(letters) {
		r, n := utf8.DecodeRuneInString(letters[capitals:])
		if unicode.ToUpper(r) != r {
			break
		}
		capitals += n
	}
	if capitals < len(letters) {
		return word[:size] + strings.ToLower(letters[:capitals]), true
	}
	return word[:size], true
}

// isInitialLetter tells the letters that can be initials.
func isInitialLetter(r rune) bool {
	if r < 0x80 {
		return r >= 'A' && r <= 'Z'
	}
	if !isScriptLetter(r) || r >= 0x430 && r <= 0x52F || r >= 0x1F00 && r <= 0x1FFF || r >= 0x200C && r <= 0x202E {
		return false
	}
	return unicode.ToUpper(r) == r
}

// keepNames brings the initials and abbreviations among names into the form and
// leaves the names alone.
func keepNames(words, gaps []string, with string) ([]string, []string) {
	short := make([]bool, len(words))
	for i, w := range words {
		bare := skipTags(w)
		switch {
		case len(bare) > 1 && strings.HasSuffix(bare, "."):
			words[i] = strings.TrimSuffix(w, ".")
			short[i] = true
		case utf8.RuneCountInString(w) == 1 && strings.ToUpper(w) == w:
			short[i] = true
		}
	}
	for i := range words {
		if !short[i] {
			continue
		}
		if i == len(words)-1 {
			words[i] += with
			continue
		}
		gap := gaps[i]
		if tags := tagsOf(gap); tags != "" {
			gap = tags
		}
		if !short[i+1] {
			gap += " "
		}
		if utf8.RuneCountInString(words[i+1]) > 1 {
			gaps[i] = strings.TrimSuffix(with, "\ufeff") + gap
		} else {
			gaps[i] = mergeGap(gap, with)
		}
	}
	return words, gaps
}

func joinGiven(words, gaps []string) string {
	var b strings.Builder
	for i, w := range words {
		b.WriteString(w)
		if i < len(gaps) {
			b.WriteString(gaps[i])
		}
	}
	s := strings.TrimRight(b.String(), " \t\n\ufeff\u00a0")
	s = strings.ReplaceAll(strings.ReplaceAll(s, " -", "-"), "- ", "-")
	for strings.Contains(s, "  ") {
		s = strings.ReplaceAll(s, "  ", " ")
	}
	return unprotectHyphens(s)
}

func unprotectHyphens(s string) string {
	if !strings.Contains(s, "\u2013") {
		return s
	}
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, "\u2013")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		if after != "" && after[0] >= 'a' && after[0] <= 'z' {
			b.WriteByte('-')
		} else {
			b.WriteString("\u2013")
		}
		s = after
	}
}
