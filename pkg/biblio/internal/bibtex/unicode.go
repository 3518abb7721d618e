package bibtex

import (
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext/latex"
)

// restoreUnicode puts the texts that [Write] kept in fields "unicode-…" back
// into the fields they belong to. A field that was edited since stays as it
// is.
func (e *entry) restoreUnicode(tex *latex.Writer) {
	if !slices.ContainsFunc(e.fields, func(f field) bool { return strings.HasPrefix(f.name, unicodePrefix) }) {
		return
	}
	texts := map[string]string{}
	e.fields = slices.DeleteFunc(e.fields, func(f field) bool {
		name, ok := strings.CutPrefix(f.name, unicodePrefix)
		if ok {
			texts[name] = f.value
		}
		return ok
	})
	for i, f := range e.fields {
		text, ok := texts[f.name]
		if !ok {
			continue
		}
		delete(texts, f.name)
		if substituted(tex, text, f.value) {
			e.fields[i].value = text
		} else {
			e.repair("field " + f.name + " was edited; its text in " + unicodePrefix + f.name + " was left out")
		}
	}
	for name := range texts {
		e.repair("field " + unicodePrefix + name + " belongs to no field and was left out")
	}
}

// substituted reports whether value is what [writer.field] or [writer.names]
// makes of text.
func substituted(tex *latex.Writer, text, value string) bool {
	plain, _ := tex.TeX(text, false)
	var names []string
	for _, name := range splitNames(text) {
		source, _ := tex.TeX(name, true)
		if strings.Trim(source, " ,{}") == "" {
			source = "?"
		}
		names = append(names, strings.TrimSpace(source))
	}
	value = strings.Join(strings.Fields(value), " ")
	return strings.Join(strings.Fields(plain), " ") == value || strings.Join(strings.Fields(strings.Join(names, " and ")), " ") == value
}
