package bibtex

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext/latex"
)

// maxGroupDepth is how deep groups may nest.
const maxGroupDepth = 32

// groups are JabRef's groups, which its comments define as a tree. An entry
// is in a group because the group lists its key (JabRef 3 and older), because
// the entry's field "groups" has the group's name, or because a field has the
// group's keyword.
type groups struct {
	byKey    map[string][][]string // paths of the groups that list a key
	byName   map[string][][]string // paths of the groups of that name
	keywords []keywordGroup
}

// keywordGroup is a group of the entries that have a word in a field.
type keywordGroup struct {
	path        []string
	field, word string
}

func newGroups() *groups {
	return &groups{byKey: map[string][][]string{}, byName: map[string][][]string{}}
}

// comment takes in what JabRef says in a comment; any other is passed over.
func (g *groups) comment(body string) {
	meta, ok := strings.CutPrefix(strings.TrimSpace(body), "jabref-meta:")
	if !ok {
		return
	}
	meta = strings.TrimSpace(meta)
	for _, name := range [...]string{"groupstree:", "grouping:"} {
		if tree, ok := strings.CutPrefix(meta, name); ok {
			g.tree(tree)
		}
	}
}

// tree reads "depth kind:name\;detail\;…;", one group after the other. JabRef
// breaks long lines anywhere, so that newlines mean nothing.
func (g *groups) tree(text string) {
	text = strings.NewReplacer("\r", "", "\n", "").Replace(text)
	var path []string
	for record := range splitEscaped(text, ';') {
		level, rest, _ := strings.Cut(strings.TrimSpace(record), " ")
		depth, err := strconv.Atoi(level)
		kind, rest, ok := strings.Cut(rest, ":")
		if err != nil || !ok || depth < 1 || depth > maxGroupDepth {
			continue
		}
		details := slices.Collect(splitEscaped(rest, ';'))
		name := groupName(details[0])
		if name == "" {
			continue
		}
		path = append(slices.Clip(path[:min(depth-1, len(path))]), name)
		g.byName[name] = append(g.byName[name], path)
		g.group(kind, path, details[1:])
	}
}

// group takes in the members that a group names. The details begin with the
// group's context, one digit.
func (g *groups) group(kind string, path, details []string) {
	switch kind {
	case "ExplicitGroup":
		for _, key := range details[min(1, len(details)):] {
			if key = strings.TrimSpace(key); key != "" {
				g.byKey[key] = append(g.byKey[key], path)
			}
		}
	case "KeywordGroup":
		// field, word, case matters, is a regular expression
		if len(details) >= 5 && details[4] == "0" && details[2] != "" {
			g.keywords = append(g.keywords, keywordGroup{path, strings.ToLower(details[1]), strings.ToLower(details[2])})
		}
	}
}

// groupName returns a group's name as people read it.
func groupName(s string) string { return latex.ToText(s) }

// of returns the paths of the groups that an entry is in.
func (g *groups) of(e *entry) [][]string {
	var paths [][]string
	add := func(path []string) {
		if !slices.ContainsFunc(paths, func(p []string) bool { return slices.Equal(p, path) }) {
			paths = append(paths, path)
		}
	}
	for _, path := range g.byKey[e.key] {
		add(path)
	}
	for name := range splitEscaped(e.get("groups"), ',') {
		name = groupName(name)
		known, ok := g.byName[name]
		if !ok && name != "" {
			known = [][]string{{name}}
		}
		for _, path := range known {
			add(path)
		}
	}
	for name := range strings.SplitSeq(e.get("mendeley-groups"), ",") {
		if path := mendeleyPath(name); len(path) > 0 {
			add(path)
		}
	}
	for _, k := range g.keywords {
		if hasWord(e.get(k.field), k.word, k.field == "keywords") {
			add(k.path)
		}
	}
	return paths
}

// mendeleyPath returns the path that Mendeley writes with slashes.
func mendeleyPath(name string) []string {
	var path []string
	for part := range strings.SplitSeq(name, "/") {
		if part = groupName(part); part != "" && len(path) < maxGroupDepth {
			path = append(path, part)
		}
	}
	return path
}

// hasWord reports whether a field's value has a word: one of its items if it
// is a list, else anywhere between letters of other words.
func hasWord(value, word string, list bool) bool {
	separator := func(r rune) bool { return strings.ContainsRune(",; \t\r\n.:", r) }
	if list {
		separator = func(r rune) bool { return r == ',' || r == ';' }
	}
	for item := range strings.FieldsFuncSeq(strings.ToLower(value), separator) {
		if strings.TrimSpace(item) == word {
			return true
		}
	}
	return false
}

// splitEscaped splits s at a separator that has no backslash before it, and
// takes one level of backslashes away.
func splitEscaped(s string, separator byte) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		var b strings.Builder
		for i := 0; i < len(s); i++ {
			switch c := s[i]; {
			case c == '\\' && i+1 < len(s) && (s[i+1] == '\\' || s[i+1] == separator):
				i++
				b.WriteByte(s[i])
			case c == separator:
				if !yield(b.String()) {
					return
				}
				b.Reset()
			default:
				b.WriteByte(c)
			}
		}
		yield(b.String())
	}
}
