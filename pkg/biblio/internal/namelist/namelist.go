// Package namelist takes apart what bibliographies write as one name and is
// several.
package namelist

import "strings"

// maxWords is how many words a name has at most where nothing else tells that
// it is a person's.
const maxWords = 4

// Split splits a name at semicolons outside braces, if its parts look like
// names of persons: "Cullis, A.G.; Hutchison, J.L.". Any other text is one
// name.
func Split(name string) []string {
	if !strings.Contains(name, ";") {
		return []string{name}
	}
	var parts []string
	depth, start := 0, 0
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '\\':
			i++
		case c == '{':
			depth++
		case c == '}':
			depth = max(depth-1, 0)
		case c == ';' && depth == 0:
			parts = append(parts, strings.TrimSpace(name[start:i]))
			start = i + 1
		}
	}
	if last := strings.TrimSpace(name[start:]); last != "" {
		parts = append(parts, last)
	}
	for _, part := range parts {
		words := len(strings.Fields(part))
		comma := strings.Count(part, ",")
		isEntity := strings.Contains(part, "&") // "&amp;" ends with a semicolon
		if part == "" || isEntity || comma > 2 || comma == 0 && (words < 2 || words > maxWords) || strings.HasSuffix(part, ",") {
			return []string{name}
		}
	}
	return parts
}
