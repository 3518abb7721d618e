package bibtex

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/namelist"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext/latex"
)

// parseNames returns the people and institutions in a name list: "First von
// Last and von Last, Jr, First and {An Institution}", or BibLaTeX's extended
// form "family=Last, given=First, prefix=von". They have no role yet. "and
// others" gives the name "others", as in Zotero.
func parseNames(list string) []library.Creator {
	var creators []library.Creator
	for _, list := range splitNames(list) {
		for _, name := range namelist.Split(list) {
			if c := parseName(name); c != (library.Creator{}) {
				creators = append(creators, c)
			}
		}
	}
	return creators
}

// splitNames splits a list at the word "and" outside braces.
func splitNames(list string) []string {
	var names []string
	depth, start := 0, 0
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case c == '\\':
			i++
		case c == '{':
			depth++
		case c == '}':
			depth = max(depth-1, 0)
		case depth == 0 && isSpace(c) && i+4 < len(list) && strings.EqualFold(list[i+1:i+4], "and") && isSpace(list[i+4]):
			names = append(names, list[start:i])
			i += 3 // the space after it may stand before the next "and"
			start = i + 1
		}
	}
	return append(names, list[start:])
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// splitOutside splits s at the bytes that separator tells, outside braces. It
// leaves out empty parts.
func splitOutside(s string, separator func(c byte) bool) []string {
	var parts []string
	depth, start := 0, 0
	add := func(part string) {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
		case c == '{':
			depth++
		case c == '}':
			depth = max(depth-1, 0)
		case depth == 0 && separator(c):
			add(s[start:i])
			start = i + 1
		}
	}
	add(s[start:])
	return parts
}

// parseName reads one name. It is zero for an empty one.
func parseName(name string) library.Creator {
	parts := splitOutside(name, func(c byte) bool { return c == ',' })
	switch len(parts) {
	case 0:
		return library.Creator{}
	case 1:
		return parseNatural(parts[0])
	}
	if c, ok := parseExtended(parts); ok {
		return c
	}
	// "von Last, First" or "von Last, Jr, First"; what is more stands before
	// the first name too.
	var given strings.Builder
	given.WriteString(latex.ToText(parts[len(parts)-1]))
	for _, suffix := range parts[1 : len(parts)-1] {
		given.WriteString(", " + latex.ToText(suffix))
	}
	return person(given.String(), latex.ToText(parts[0]))
}

// person returns a creator of two fields, or of one if the other is empty.
func person(given, family string) library.Creator {
	if family == "" || given == "" {
		return library.Creator{Name: given + family}
	}
	return library.Creator{Given: given, Family: family}
}

// parseNatural reads a name in natural order: "First von Last".
func parseNatural(name string) library.Creator {
	words := splitOutside(name, func(c byte) bool { return isSpace(c) || c == '~' })
	for i, word := range words {
		words[i] = latex.ToText(word)
	}
	words = slices.DeleteFunc(words, func(word string) bool { return word == "" })
	switch len(words) {
	case 0:
		return library.Creator{}
	case 1:
		return library.Creator{Name: words[0]}
	}
	last := len(words) - 1
	// DBLP numbers people of one name: "Wei Wang 0001".
	if strings.Trim(words[last], "0123456789") == "" && last > 1 {
		last--
	}
	family := last
	for family > 0 && isParticle(words[family-1]) {
		family--
	}
	for i := 1; i < family; i++ {
		// "dos Santos Oliveira": all from the first particle on.
		if isParticle(words[i]) {
			family = i
			break
		}
	}
	given := initials(words[:family], words[last])
	return person(given, strings.TrimRight(strings.Join(words[family:], " "), ",;:"))
}

// particles are the words that begin a family name. BibTeX would take any
// word in lower case; but "American Rights at Work" is no family "at Work".
const particles = " af al am auf av ben bin d d' d’ da dal dalla das de degli dei del dell' della delle dello " +
	"den der des di do dos du el ibn la las le les lo los op 's 't t' te ten ter " +
	"v. van vanden vander vom von zu zum zur "

// isParticle reports whether word is a particle: in lower case, and known.
func isParticle(word string) bool {
	first, _ := utf8.DecodeRuneInString(word)
	return word != "" && !unicode.IsUpper(first) && strings.Contains(particles, " "+word+" ")
}

// initials joins first names. As in Zotero, capitals run together that can't
// be a name ("KC") are initials.
func initials(words []string, family string) string {
	given := strings.Join(words, " ")
	if len(words) == 1 && len(given) > 1 && len(given) < 4 && isCapitals(given) && family != strings.ToUpper(family) {
		var b strings.Builder
		for i := range len(given) {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(given[i:i+1] + ".")
		}
		return b.String()
	}
	return given
}

func isCapitals(s string) bool {
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return true
}

// parseExtended reads BibLaTeX's extended name format (BibLaTeX manual,
// section 3.4), if parts are in it.
func parseExtended(parts []string) (library.Creator, bool) {
	values := map[string]string{}
	for _, part := range parts {
		part = strings.Trim(part, `"`)
		name, value, ok := strings.Cut(part, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		switch name {
		case "family", "given", "prefix", "suffix", "useprefix", "family-i", "given-i", "prefix-i", "suffix-i", "juniorcomma", "id", "hash", "sortingnamekeytemplatename", "nosortprefix", "nosortothers":
		default:
			ok = false
		}
		if !ok {
			return library.Creator{}, false
		}
		values[name] = latex.ToText(strings.Trim(strings.TrimSpace(value), `"`))
	}
	family, given := values["family"], values["given"]
	if prefix := values["prefix"]; prefix != "" && strings.EqualFold(values["useprefix"], "false") {
		given = strings.TrimSpace(given + " " + prefix)
	} else if prefix != "" {
		if !strings.HasSuffix(prefix, "'") && !strings.HasSuffix(prefix, "’") {
			prefix += " "
		}
		family = prefix + family
	}
	if values["suffix"] != "" {
		given = strings.TrimPrefix(given+", "+values["suffix"], ", ")
	}
	return person(given, family), true
}
