package ris

import "strings"

// rule says to which field a tag belongs.
type rule struct {
	every  string            // for every type; "" for none
	byType map[string]string // by item type; "" where every isn't for it
}

func (r rule) field(itemType string) string {
	if field, ok := r.byType[itemType]; ok {
		return field
	}
	return r.every
}

// mapping is what the tables say.
type mapping struct {
	fields, habits map[string]rule
	typeOf         map[string]string // item type by RIS type
	written        map[string]string // RIS type by item type
}

func newMapping() *mapping {
	m := &mapping{fields: parseRules(fieldTable), habits: parseRules(habitTable), typeOf: map[string]string{}, written: map[string]string{}}
	for line := range strings.Lines(strings.TrimSpace(typeTable)) {
		words := strings.Fields(line)
		for i, name := range words[1:] {
			bare := strings.Trim(name, "()")
			if i == 0 {
				m.written[words[0]] = bare
			}
			if bare == name {
				m.typeOf[name] = words[0]
			}
		}
	}
	return m
}

func parseRules(table string) map[string]rule {
	rules := map[string]rule{}
	for line := range strings.Lines(strings.TrimSpace(table)) {
		words := strings.Fields(line)
		r := rule{every: words[1], byType: map[string]string{}}
		if r.every == "-" {
			r.every = ""
		}
		for _, word := range words[2:] {
			field, types, _ := strings.Cut(word, ":")
			if except, ok := strings.CutPrefix(word, "!"); ok {
				field, types = "", except
			}
			for itemType := range strings.SplitSeq(types, ",") {
				r.byType[itemType] = field
			}
		}
		rules[words[0]] = r
	}
	return rules
}

// field returns the field of a tag, "" for an unknown tag.
func (m *mapping) field(itemType, tag string) string {
	if field := m.fields[tag].field(itemType); field != "" {
		return field
	}
	return m.habits[tag].field(itemType)
}

// late reports whether a tag is looked at after the others.
func (m *mapping) late(tag string) bool {
	_, ok := m.habits[tag]
	return ok
}

// tagFor returns the tag that stands for a field, for items of that type; ""
// if none does.
func (m *mapping) tagFor(itemType, field string) string {
	for _, rules := range []map[string]rule{m.fields, m.habits} {
		best := ""
		for tag, r := range rules {
			if r.field(itemType) == field && (best == "" || tag < best) {
				best = tag
			}
		}
		if best != "" {
			return best
		}
	}
	return ""
}
