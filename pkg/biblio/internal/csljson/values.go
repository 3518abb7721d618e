package csljson

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/edtf"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/extra"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// text returns a string or number, or the strings of a list (as Crossref has
// for ISSN) with commas between; "" for anything else.
func text(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case []any:
		parts := make([]string, 0, len(v))
		for _, element := range v {
			switch element.(type) {
			case string, json.Number:
				parts = append(parts, text(element))
			default:
				return ""
			}
		}
		return strings.Join(parts, ", ")
	}
	return ""
}

// role returns the role of a name variable's creators in items of the type:
// the one that it stands for, or the main one if the type has not that.
func (b *builder) role(variable string) string {
	for _, role := range b.m.Names[variable] {
		if zschema.ValidCreator(b.item.Type, role) {
			return role
		}
	}
	return zschema.PrimaryCreator(b.item.Type)
}

// names takes the creators of a name variable.
func (b *builder) names(role, variable string, value any) {
	list, ok := value.([]any)
	if !ok {
		list = []any{value} // a single name without its list
	}
	found := creators(role, list)
	b.item.Creators = append(b.item.Creators, found...)
	if len(found) < len(list) && len(found) == 0 && len(list) > 0 {
		b.unknown(variable, list[0])
	}
}

// creators reads names: objects, or texts as some programs write them.
func creators(role string, list []any) []library.Creator {
	var found []library.Creator
	for _, element := range list {
		switch v := element.(type) {
		case map[string]any:
			if c, ok := creator(role, v); ok {
				found = append(found, c)
			}
		case string:
			if family, given, ok := strings.Cut(v, ","); ok {
				found = append(found, library.Creator{Role: role, Family: strings.TrimSpace(family), Given: strings.TrimSpace(given)})
			} else if name := strings.TrimSpace(v); name != "" {
				found = append(found, library.Creator{Role: role, Name: name})
			}
		}
	}
	return found
}

// creator reads a name. Zotero has no fields for particles and suffix: a
// particle stands before the family name or behind the given one, and a
// suffix behind a comma, where citation processors find them again.
func creator(role string, v map[string]any) (library.Creator, bool) {
	part := func(name string) string { return strings.TrimSpace(text(v[name])) }
	family, given := part("family"), part("given")
	if family == "" && given == "" {
		name := part("literal")
		if name == "" {
			name = part("name")
		}
		return library.Creator{Role: role, Name: name}, name != ""
	}
	if particle := part("non-dropping-particle"); particle != "" {
		space := " "
		if strings.HasSuffix(particle, "'") || strings.HasSuffix(particle, "\u2019") || strings.HasSuffix(particle, "-") {
			space = ""
		}
		family = particle + space + family
	}
	if particle := part("dropping-particle"); particle != "" {
		given = strings.TrimSpace(given + " " + particle)
	}
	if suffix := part("suffix"); suffix != "" {
		given = strings.TrimPrefix(given+", "+suffix, ", ")
	}
	return library.Creator{Role: role, Family: family, Given: given}, true
}

// setDate takes a date variable.
func (b *builder) setDate(variable string, value any) {
	date := dateText(value)
	if date == "" {
		return
	}
	field, ok := zschema.FieldFor(b.item.Type, b.m.Dates[variable][0])
	if !ok {
		b.lines = append(b.lines, extra.Line(variable, date))
		return
	}
	if variable == "accessed" {
		if iso, known := edtf.Parse(date); known {
			date = iso
		}
	}
	b.item.Fields[field] = date
}

// dateText writes a CSL date as text: EDTF for ranges and "circa", ISO 8601
// for other dates that have parts, and what else it has as it is.
func dateText(value any) string {
	v, ok := value.(map[string]any)
	if !ok {
		return strings.TrimSpace(text(value))
	}
	for _, name := range []string{"literal", "raw", "edtf"} {
		if s := strings.TrimSpace(text(v[name])); s != "" {
			return s
		}
	}
	var ends []string
	season := seasonName(text(v["season"]))
	if list, ok := v["date-parts"].([]any); ok {
		for _, parts := range list {
			end, of := isoDate(parts)
			if season == "" {
				season = of
			}
			if end != "" && len(ends) < 2 {
				ends = append(ends, end)
			}
		}
	}
	if len(ends) == 0 { // Mendeley and others: the parts by name
		end, _ := isoDate([]any{v["year"], v["month"], v["day"]})
		if end == "" {
			return ""
		}
		ends = append(ends, end)
	}
	date := strings.Join(ends, "/")
	if circa(v["circa"]) {
		date += "~"
	}
	if season != "" && len(ends) == 1 && !strings.Contains(strings.TrimPrefix(date, "-"), "-") {
		date = season + " " + date
	}
	return date
}

// circa reports whether the sign for "about" is set: a boolean, a number or a
// text.
func circa(value any) bool {
	switch v := value.(type) {
	case bool:
		return v
	case nil:
		return false
	}
	s := text(value)
	return s != "" && s != "0" && s != "false"
}

// isoDate writes [year, month, day] as a date. A month past 12 is a season.
func isoDate(value any) (date, season string) {
	parts, ok := value.([]any)
	if !ok || len(parts) == 0 {
		return "", ""
	}
	numbers := make([]int, 0, 3)
	for _, part := range parts[:min(3, len(parts))] {
		n, err := strconv.Atoi(strings.TrimSpace(text(part)))
		if err != nil || n == 0 {
			break
		}
		numbers = append(numbers, n)
	}
	if len(numbers) == 0 || numbers[0] > 999999999 || numbers[0] < -999999999 {
		return "", ""
	}
	date = padded(numbers[0], 4)
	if len(numbers) == 1 {
		return date, ""
	}
	if month := numbers[1]; month > 12 {
		return date, seasonName(strconv.Itoa((month-1)%4 + 1))
	}
	for _, n := range numbers[1:] {
		if n < 1 || n > 31 {
			break
		}
		date += "-" + padded(n, 2)
	}
	return date, ""
}

func padded(n, width int) string {
	if n < 0 {
		return "-" + padded(-n, width)
	}
	s := strconv.Itoa(n)
	return strings.Repeat("0", max(0, width-len(s))) + s
}

// seasonName returns the name of a season that has a number in CSL.
func seasonName(season string) string {
	switch strings.TrimLeft(strings.TrimSpace(season), "0") {
	case "1":
		return "Spring"
	case "2":
		return "Summer"
	case "3":
		return "Autumn"
	case "4":
		return "Winter"
	}
	return strings.TrimSpace(season)
}
