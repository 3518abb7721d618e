package csljson

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/edtf"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/extra"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/markup"
	"github.com/stackroom-mcp/stackroom/pkg/citekey"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// Write writes items as an array of CSL items, one a line. What CSL has no
// variable for is in "note", as lines "name: value" that citation processors
// and Zotero know, and [Read] puts back. It fails only where w does.
func Write(w io.Writer, items []*library.Item) error {
	out := bufio.NewWriter(w)
	m := newMapping()
	keys := citekey.Assign(items)
	_, _ = out.WriteString("[")
	for i, item := range items {
		if i > 0 {
			_, _ = out.WriteString(",")
		}
		var line bytes.Buffer
		enc := json.NewEncoder(&line)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(m.variables(item, keys[i])); err != nil {
			return library.AsError(err)
		}
		_, _ = out.WriteString("\n")
		_, _ = out.Write(bytes.TrimRight(line.Bytes(), "\n"))
	}
	_, _ = out.WriteString("\n]\n")
	return out.Flush()
}

// variables returns an item as CSL variables; key is its citation key.
func (m *mapping) variables(item *library.Item, key string) map[string]any {
	v := map[string]any{"id": key, "type": "document"}
	if csl, ok := m.cslType[item.Type]; ok {
		v["type"] = csl
	}
	done := map[string]bool{"extra": true}
	m.addTexts(v, item, done)
	m.addDates(v, item, done)
	if v["citation-key"] != nil {
		v["citation-key"] = key
	}
	var notes []string
	notes = append(notes, m.addNames(v, item)...)
	if csl := m.cslType[item.Type]; csl != "" && m.itemType(csl, v, nil) != item.Type {
		notes = append(notes, extra.Line("Type", item.Type))
	}
	for _, field := range slices.Sorted(maps.Keys(item.Fields)) {
		if value := item.Fields[field]; value != "" && !done[field] {
			notes = append(notes, extra.Line(extra.Label(field), value))
		}
	}
	if text := item.Fields["extra"]; text != "" {
		notes = append(notes, text)
	}
	if len(notes) > 0 {
		v["note"] = strings.Join(notes, "\n")
	}
	if annote := annotation(item.Notes); annote != "" {
		v["annote"] = annote
	}
	if len(item.Tags) > 0 {
		v["keyword"] = keywords(item.Tags)
	}
	return v
}

// annotation joins notes: as they are or, where something in them would be
// read as a tag, as HTML.
func annotation(notes []library.Note) string {
	texts := make([]string, 0, len(notes))
	for _, note := range notes {
		if text := strings.TrimSpace(note.Text); text != "" {
			texts = append(texts, text)
		}
	}
	text := strings.Join(texts, "\n\n")
	if strings.Contains(text, "<") {
		return markup.Paragraphs(text)
	}
	return text
}

// keywords joins tags. They are split at semicolons where there is one, at
// commas where not: a single tag with a comma gets a semicolon.
func keywords(tags []string) string {
	joined := strings.Join(tags, "; ")
	if len(tags) == 1 && strings.Contains(joined, ",") {
		joined += ";"
	}
	return joined
}

// addTexts adds the text variables: each field once, under the first variable
// for it.
func (m *mapping) addTexts(v map[string]any, item *library.Item, done map[string]bool) {
	for _, variable := range m.TextOrder {
		if readOnly(variable) {
			continue
		}
		fields := m.Texts[variable]
		if placeIsEvents(item.Type) {
			switch variable {
			case "event-place":
				fields = []string{"place"}
			case "publisher-place":
				continue
			}
		}
		for _, name := range fields {
			field, ok := zschema.FieldFor(item.Type, name)
			if value := item.Fields[field]; ok && value != "" && !done[field] {
				v[variable] = value
				done[field] = true
				break
			}
		}
	}
}

func (m *mapping) addDates(v map[string]any, item *library.Item, done map[string]bool) {
	for variable, names := range m.Dates {
		field, ok := zschema.FieldFor(item.Type, names[0])
		if value := item.Fields[field]; ok && value != "" && !done[field] {
			v[variable] = cslDate(value, variable == "accessed")
			done[field] = true
		}
	}
}

// cslDate writes a date by its parts if it has a year, and as it is if not. A
// range has two ends.
func cslDate(value string, dayOnly bool) map[string]any {
	from, to, isRange := strings.Cut(value, "/")
	first, ok := edtf.Parse(from)
	last, also := edtf.Parse(to)
	if isRange && ok && also && !dayOnly && len(from) >= 4 && len(to) >= 4 && !strings.Contains(to, "/") {
		return withCirca(map[string]any{"date-parts": []any{parts(first), parts(last)}}, value)
	}
	iso, ok := edtf.Parse(value)
	if !ok {
		return map[string]any{"literal": value}
	}
	date := map[string]any{"date-parts": []any{parts(iso)}}
	if dayOnly {
		return date
	}
	if season := seasonIn(value); season > 0 && !strings.Contains(strings.TrimPrefix(iso, "-"), "-") {
		date["season"] = season
	}
	return withCirca(date, value)
}

func withCirca(date map[string]any, value string) map[string]any {
	if strings.ContainsAny(value, "~?%") || strings.HasPrefix(strings.ToLower(value), "ca.") || strings.HasPrefix(strings.ToLower(value), "circa ") {
		date["circa"] = true
	}
	return date
}

// parts splits an ISO date into numbers.
func parts(iso string) []int {
	rest, negative := strings.CutPrefix(iso, "-")
	var numbers []int
	for part := range strings.SplitSeq(rest, "-") {
		n, _ := strconv.Atoi(part) // edtf.Parse gives nothing but digits
		numbers = append(numbers, n)
	}
	if negative {
		numbers[0] = -numbers[0]
	}
	return numbers
}

// seasonIn returns the number of the season that a date names, 0 for none.
func seasonIn(date string) int {
	date = strings.ToLower(date)
	for i, names := range [][]string{{"spring"}, {"summer"}, {"autumn", "fall"}, {"winter"}} {
		for _, name := range names {
			if strings.Contains(date, name) {
				return i + 1
			}
		}
	}
	return 0
}

// addNames adds the creators by their roles, and returns those whose role CSL
// doesn't have, as lines of a note.
func (m *mapping) addNames(v map[string]any, item *library.Item) (lines []string) {
	for _, c := range item.Creators {
		variable := m.cslName[c.Role]
		if variable == "" && (c.Role == zschema.PrimaryCreator(item.Type) || c.Role == "") {
			variable = "author"
		}
		if variable == "" {
			lines = append(lines, extra.Line(extra.Label(c.Role), extra.Name(c)))
			continue
		}
		list, _ := v[variable].([]map[string]string)
		v[variable] = append(list, cslName(c))
	}
	return lines
}

// cslName writes a name. Words in lower case before the family name or after
// the given name are particles, what follows a comma in the given name is a
// suffix, as citation processors understand names, so that nothing is lost
// where they don't.
func cslName(c library.Creator) map[string]string {
	if c.Name != "" {
		return map[string]string{"literal": c.Name}
	}
	name := map[string]string{}
	family, given := c.Family, c.Given
	if family != "" && given != "" {
		words := strings.Fields(family)
		n := 0
		for n < len(words)-1 && startsLower(words[n]) {
			n++
		}
		if n > 0 && strings.Join(words, " ") == family {
			name["non-dropping-particle"], family = strings.Join(words[:n], " "), strings.Join(words[n:], " ")
		}
		if before, suffix, ok := strings.Cut(given, ", "); ok && before != "" && suffix != "" && !strings.Contains(suffix, ",") {
			name["suffix"], given = suffix, before
		}
		words = strings.Fields(given)
		n = len(words)
		for n > 1 && startsLower(words[n-1]) {
			n--
		}
		if n < len(words) && strings.Join(words, " ") == given {
			name["dropping-particle"], given = strings.Join(words[n:], " "), strings.Join(words[:n], " ")
		}
	}
	for key, value := range map[string]string{"family": family, "given": given} {
		if value != "" {
			name[key] = value
		}
	}
	return name
}

func startsLower(word string) bool {
	for _, r := range word {
		return strings.ToUpper(string(r)) != string(r)
	}
	return false
}
