package manuscript

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/stackroom-mcp/stackroom/pkg/csl/pandoc"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Metadata is what a manuscript says of itself: in Markdown in a YAML block at
// its beginning.
type Metadata struct {
	// Title, Subtitle, Abstract and Date are in the markup of the manuscript.
	Title, Subtitle, Abstract, Date string
	Authors                         []string
	// Language is such as "de-DE".
	Language string
	// Style is the name, address or file of a citation style.
	Style string
	// Bibliographies are files beside the manuscript.
	Bibliographies []string
	// NoCite are keys of works that stand in the bibliography without being
	// cited.
	NoCite []string
	// NoCiteAll is set if every work of the bibliography files stands there.
	NoCiteAll bool
	// ReferenceTitle is the heading of the bibliography.
	ReferenceTitle string
}

// maxMetadata is the most bytes of a YAML block.
const maxMetadata = 1 << 20

// frontMatter returns the YAML block at the beginning of a source and where what
// follows begins.
func frontMatter(source []byte) (yaml []byte, rest int) {
	first, _, _ := bytes.Cut(source, []byte("\n"))
	if strings.TrimRight(string(first), " \r") != "---" || len(first) == len(source) {
		return nil, 0
	}
	begin := len(first) + 1
	for at := begin; at < min(len(source), maxMetadata); {
		line, _, _ := bytes.Cut(source[at:], []byte("\n"))
		next := min(at+len(line)+1, len(source))
		switch text := strings.TrimRight(string(line), " \r"); {
		case text == "" && at == begin:
			return nil, 0 // a rule
		case text == "---" || text == "...":
			return source[begin:at], next
		}
		at = next
	}
	return nil, 0
}

// readMetadata reads a YAML block.
func readMetadata(source []byte) (Metadata, error) {
	var fields map[string]any
	if err := yaml.Unmarshal(source, &fields); err != nil {
		return Metadata{}, library.Errorf(library.Invalid, "the metadata at the beginning of the manuscript can't be read as YAML").
			WithHint("a value with a colon in it stands in quotes").WithCause(err)
	}
	m := Metadata{
		Title: scalar(fields["title"]), Subtitle: scalar(fields["subtitle"]), Abstract: scalar(fields["abstract"]), Date: scalar(fields["date"]),
		Authors: values(fields["author"]), Language: scalar(fields["lang"]), Style: scalar(fields["csl"]),
		Bibliographies: values(fields["bibliography"]), ReferenceTitle: scalar(fields["reference-section-title"]),
	}
	if m.Style == "" {
		m.Style = scalar(fields["citation-style"])
	}
	for _, text := range values(fields["nocite"]) {
		m.NoCiteAll = m.NoCiteAll || strings.Contains(text, "@*")
		m.NoCite = append(m.NoCite, noCited(text)...)
	}
	return m, nil
}

// noCited returns the keys in a text such as "@a, @b".
func noCited(text string) []string {
	var keys []string
	for _, c := range pandoc.Find(text) {
		for _, cite := range c.Cites {
			keys = append(keys, cite.ID)
		}
	}
	return keys
}

// scalar returns a value as text; "" for a list or a map.
func scalar(v any) string {
	switch v := v.(type) {
	case nil, []any:
		return ""
	case map[string]any:
		return scalar(v["name"])
	case time.Time:
		return v.Format(time.DateOnly)
	case string:
		return strings.TrimSpace(v)
	}
	return fmt.Sprint(v)
}

// values returns the texts of a list, or a single value as a list. Of a map,
// such as an author with an affiliation, the name counts.
func values(v any) []string {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var texts []string
	for _, e := range list {
		if s := scalar(e); s != "" {
			texts = append(texts, s)
			continue
		}
		if m, ok := e.(map[string]any); ok { // "Ada Lovelace: {affiliation: …}"
			texts = append(texts, slices.Sorted(maps.Keys(m))...)
		}
	}
	return texts
}
