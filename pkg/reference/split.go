package reference

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Text is what a text holds of references.
type Text struct {
	References []Reference
	// Keys are the citation keys, each once, in the order of the text.
	Keys []string
	// Numbers are the citations by number, as [3] or [5–7], likewise.
	Numbers []string
	Quotes  []Quote
}

var (
	// heading begins a list of references.
	heading = regexp.MustCompile(`(?im)^[ \t#*=_\\{}a-z]*\b(?:references|reference list|bibliography|works cited|literature(?: cited)?|literaturverzeichnis|literatur|références|bibliographie|bibliografía|referencias|参考文献)\b[ \t:*_=}]*$|\\begin\{thebibliography\}(?:\{[^}]*\})?`)
	// marker is what stands before a reference of a list.
	marker = regexp.MustCompile(`^\s*(?:\[(\w{1,40})\]|\(?(\d{1,4})[.)](?:\s|$)|[-*•–]\s|\\bibitem(?:\[[^\]]*\])?\{([^}]*)\})\s*`)
	// opening is how the first author of a reference stands.
	opening = regexp.MustCompile(`^(?:(?:\p{Lu}[\p{L}'’-]+\s)?(?:\p{Lu}\.[\s-]*)+` + particles + surname + `\b|` + particles + surname +
		`(?:,\s+(?:\p{Lu}[\p{L}.]{0,3}[\s-]?)+[,.&(;]|,\s+\p{Lu}[\p{L}'’-]+(?:\s+\p{Lu}\.?)*[,.;(]|\s\p{Lu}{1,4}\b[.,;:\s]|,?\s(?:et al\.?|and|&|und)\s.{0,60}\((?:1[5-9]|20)\d\d|\s\((?:1[5-9]|20)\d\d))`)
)

// Parts of the names of authors.
const (
	particles = `(?:(?:van|von|de|der|den|la|le|da|di|du|del)\s+)*`
	surname   = `\p{Lu}[\p{L}'’-]{1,}(?:[\s-]\p{Lu}[\p{L}'’-]{2,})*`
)

// maxReferenceChars is the most characters of one reference in free text; a
// longer paragraph is prose.
const maxReferenceChars = 1200

// Parse reads a text: a list of references, or prose with citations, which a
// list may follow under a heading such as "References". In prose, each
// identifier is a reference.
func Parse(text string) Text {
	text = strings.NewReplacer(`\end{thebibliography}`, "", "\r\n", "\n", "\r", "\n", "\f", "\n").Replace(text)
	prose, list := text, ""
	if at := heading.FindAllStringIndex(text, -1); len(at) > 0 {
		last := at[len(at)-1]
		prose, list = text[:last[0]], text[last[1]:]
	}
	var out Text
	if list == "" {
		isReference := looksLikeReference
		if isList(prose) {
			isReference = func(string, bool) bool { return true }
		}
		out.References, prose = listed(prose, isReference)
	} else {
		out.References, _ = listed(list, func(string, bool) bool { return true })
	}
	out.Keys, out.Numbers, out.Quotes = citationKeys(prose), citationNumbers(prose), quotes(prose)
	out.References = append(out.References, loose(prose, out.References)...)
	return out
}

// isList reports whether a text is a list of references as a whole: of three or
// more entries, seven in ten have a year or an identifier and begin or end as
// references do.
func isList(text string) bool {
	all := entries(text)
	shaped := 0
	for _, e := range all {
		if utf8.RuneCountInString(e.text) <= maxReferenceChars && dated(e.text) && (e.marked || opening.MatchString(e.text) || volumePages.MatchString(bare(e.text))) {
			shaped++
		}
	}
	return len(all) > 2 && 10*shaped >= 7*len(all)
}

// listed returns the references of a list, and the text that is none of them.
func listed(text string, isReference func(text string, marked bool) bool) (list []Reference, rest string) {
	var others []string
	for _, e := range entries(text) {
		if len(strings.Fields(e.text)) == 0 {
			continue
		}
		if isReference(e.text, e.marked) {
			list = append(list, FromText(e.label, e.text))
		} else {
			others = append(others, e.text)
		}
	}
	return list, strings.Join(others, "\n\n")
}

// looksLikeReference reports whether a paragraph is a reference: it begins with
// a number or an author, is short, and has a year or an identifier.
func looksLikeReference(text string, marked bool) bool {
	if utf8.RuneCountInString(text) > maxReferenceChars {
		return false
	}
	ids, invalid := Identifiers(text)
	if len(ids)+len(invalid) == 0 && !textYears.MatchString(bare(text)) {
		return false
	}
	return marked || opening.MatchString(strings.TrimSpace(text)) && !strings.Contains(text, "[@") || len(ids) > 0 && len(strings.Fields(bare(text))) < 3
}

// entry is one reference of a list.
type entry struct {
	label, text string
	marked      bool
}

// layout is how the references of a list are told apart.
type layout int

const (
	byNumber    layout = iota // each begins with a number or bullet
	byAuthor                  // each begins with an author
	byParagraph               // empty lines stand between them
	byLine                    // each is a line
)

// layoutOf returns the layout of a list.
func layoutOf(lines []string) layout {
	numbered, empty, authors := 0, 0, 0
	for i, line := range lines {
		switch {
		case strings.TrimSpace(line) == "":
			if i > 0 && i < len(lines)-1 {
				empty++
			}
		case marker.MatchString(line):
			numbered++
		case opening.MatchString(line):
			authors++
		}
	}
	switch {
	case numbered > authors:
		return byNumber
	case authors > 1:
		return byAuthor
	case empty > 0:
		return byParagraph
	}
	return byLine
}

// begins reports whether a line begins a reference after the last one.
func (l layout) begins(line string, last string) bool {
	switch l {
	case byAuthor:
		return opening.MatchString(line) && dated(last) || !continues(line) && dated(line) && dated(last)
	case byLine:
		ids, _ := Identifiers(line)
		lastIDs, _ := Identifiers(last)
		return !continues(line) || len(ids) > 0 && len(lastIDs) > 0
	}
	return false
}

// entries divides a list.
func entries(text string) []entry {
	lines := dedent(strings.Split(text, "\n"))
	l := layoutOf(lines)
	var out []entry
	fresh := true
	for _, line := range lines {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" {
			fresh = true
			continue
		}
		m := marker.FindStringSubmatch(line)
		if m == nil && !fresh && !l.begins(line, out[len(out)-1].text) {
			out[len(out)-1].text += "\n" + trimmed
			continue
		}
		e := entry{text: trimmed, marked: m != nil}
		if m != nil {
			e.text, e.label = strings.TrimSpace(line[len(m[0]):]), m[1]+m[2]+m[3]
		}
		out, fresh = append(out, e), false
	}
	return out
}

// dedent removes the white space that all lines begin with.
func dedent(lines []string) []string {
	indent := -1
	for _, line := range lines {
		if body := strings.TrimLeft(line, " \t"); body != "" && (indent < 0 || len(line)-len(body) < indent) {
			indent = len(line) - len(body)
		}
	}
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = line[min(max(indent, 0), len(line)):]
	}
	return out
}

// continues reports whether a line continues the one before: it is indented, or
// begins with a small letter or a digit.
func continues(line string) bool {
	first, _ := utf8.DecodeRuneInString(line)
	return first == ' ' || first == '\t' || first >= 'a' && first <= 'z' || first >= '0' && first <= '9' || first == '(' || strings.HasPrefix(line, "http")
}

// dated reports whether a text has a year or an identifier.
func dated(text string) bool {
	ids, _ := Identifiers(text)
	return len(ids) > 0 || textYears.MatchString(bare(text))
}

// loose returns a reference for each identifier in prose that no other
// reference has.
func loose(text string, list []Reference) []Reference {
	known := map[Identifier]bool{}
	for _, r := range list {
		for _, id := range r.IDs {
			known[id] = true
		}
	}
	var out []Reference
	for line := range strings.SplitSeq(text, "\n") {
		ids, invalid := Identifiers(line)
		for _, id := range ids {
			if !known[id] {
				known[id] = true
				out = append(out, Reference{Text: id.String(), IDs: []Identifier{id}})
			}
		}
		for _, isbn := range invalid {
			out = append(out, Reference{Text: "ISBN " + isbn, Invalid: []string{isbn}})
		}
	}
	return out
}
