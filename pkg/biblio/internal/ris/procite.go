package ris

import (
	"regexp"
	"slices"
	"strings"
)

// proCite undoes the habits of ProCite, which exports what it has no tag for
// as notes: "N1  - Series Title: …". Once a note has given it away, the whole
// file is taken for ProCite's.
type proCite struct {
	m      *mapping
	sure   bool
	extent *regexp.Regexp // "2 vols."
}

func newProCite(m *mapping) *proCite {
	return &proCite{m: m, extent: regexp.MustCompile(`(?i)^(\d+)?\s*(pages?|p(?:p|gs?)?|vols?|volumes?)\.?$`)}
}

// maxRoleRun bounds how many names one note about their role can change.
const maxRoleRun = 256

// clean returns the tags of a record as they should have been.
func (p *proCite) clean(tags []tag, itemType string) []tag {
	risType := typeOf(tags)
	bookLike := risType == "CHAP" || risType == "BOOK"
	if p.sure && bookLike {
		rename(tags, "VL", "ET")
	}
	out := make([]tag, 0, len(tags))
	roles, extent, packaging := 0, -1, -1
	for _, t := range tags {
		label, value, ok := strings.Cut(strings.TrimSpace(t.value), ":")
		if t.name != "N1" || !ok {
			out = append(out, t)
			continue
		}
		value = strings.TrimSpace(value)
		switch {
		case label == "Author, Subsidiary" || label == "Author, Monographic":
			out = p.authors(out, t, value)
		case isRole(label) && roles < maxRoleRun:
			roles++
			out = p.role(out, t, value, itemType)
		case label == "Extent of Work":
			extent = len(out)
			out = append(out, t)
		case label == "Packaging Method":
			packaging = len(out)
			out = append(out, t)
		case label == "Connective Phrase" && strings.EqualFold(value, "in"):
			p.sure = true
		default:
			out = append(out, p.relabel(t, label, value, itemType))
		}
	}
	out = p.extentOfWork(out, extent, packaging, itemType)
	if p.sure {
		p.rearrange(out, risType, bookLike)
	}
	return out
}

func typeOf(tags []tag) string {
	for _, t := range tags {
		if t.name == "TY" {
			return strings.ToUpper(strings.TrimSpace(t.value))
		}
	}
	return ""
}

func isRole(label string) bool {
	switch label {
	case "Artist Role", "Series Editor Role", "Editor/Compiler Role", "Cartographer Role", "Composer Role", "Producer Role", "Director Role", "Performer Role", "Author Role":
		return true
	}
	return false
}

// authors appends the names of a note under the first author tag that is
// free; a note about their role may still change it.
func (p *proCite) authors(out []tag, t tag, names string) []tag {
	p.sure = true
	has := func(name string) bool { return slices.ContainsFunc(out, func(t tag) bool { return t.name == name }) }
	t.name = "A1"
	if has("A1") {
		if t.name = "A2"; has("A2") {
			t.name = "A3"
		}
	}
	for name := range strings.SplitSeq(names, ";") {
		name = strings.TrimSpace(name)
		if space := strings.LastIndexByte(name, ' '); space > 0 && !strings.Contains(name, ",") {
			name = name[space+1:] + ", " + name[:space]
		}
		t.value = name
		out = append(out, t)
	}
	return out
}

// role gives the names before the note the tags of the roles it tells. It
// stays a note if one of the roles has no tag.
func (p *proCite) role(out []tag, t tag, text, itemType string) []tag {
	var names []string
	for _, word := range roleWords(text) {
		role := roleNamed(word)
		if role == "" {
			continue
		}
		name := p.m.tagFor(itemType, "creators/"+role)
		if name == "" {
			return append(out, t)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	start := len(out)
	for start > 0 && len(out)-start < maxRoleRun && isAuthorTag(out[start-1].name) && out[start-1].name == out[len(out)-1].name {
		start--
	}
	if start == len(out) || len(names) == 0 {
		return append(out, t)
	}
	p.sure = true
	people := slices.Clone(out[start:])
	out = out[:start]
	for _, person := range people {
		for _, name := range names {
			person.name = name
			out = append(out, person)
		}
	}
	return out
}

func isAuthorTag(name string) bool { return name == "A1" || name == "A2" || name == "A3" }

// roleWords splits "Edited by and with an Introduction" into its roles.
func roleWords(text string) []string {
	text = strings.NewReplacer(".", "", " by", "", "with an", "", " and ", ",").Replace(strings.ToLower(text))
	words := strings.Split(text, ",")
	for i, word := range words {
		words[i] = strings.TrimSuffix(strings.TrimSpace(word), "s")
	}
	return words
}

// roleNamed returns the Zotero role that a word of ProCite means, or "".
func roleNamed(word string) string {
	switch word {
	case "actor":
		return "castMember"
	case "author", "cartographer", "composer", "director", "performer", "producer", "editor", "presenter", "translator":
		return word
	case "composed":
		return "composer"
	case "directed":
		return "director"
	case "performed":
		return "performer"
	case "produced":
		return "producer"
	case "ed", "edited", "editor-in-chief", "compiler", "compiled", "collected", "assembled":
		return "editor"
	case "presented":
		return "presenter"
	case "translated":
		return "translator"
	case "introduction":
		return "contributor"
	}
	return ""
}

// relabel gives a note the tag that its label means.
func (p *proCite) relabel(t tag, label, value, itemType string) tag {
	switch label {
	case "Notes":
		t.value = value
		return t
	case "Record ID", "Record Number":
		t.name, t.value, p.sure = "ID", value, true
		return t
	}
	field := fieldLabelled(label)
	if field == "" {
		return t
	}
	if name := p.m.tagFor(itemType, field); name != "" {
		t.name, t.value, p.sure = name, value, true
	}
	return t
}

// fieldLabelled returns the Zotero field that a label of ProCite means. One
// is misspelled in ProCite.
func fieldLabelled(label string) string {
	switch label {
	case "Call Number":
		return "callNumber"
	case "Edition":
		return "edition"
	case "ISBN":
		return "ISBN"
	case "Language":
		return "language"
	case "Publisher Name":
		return "publisher"
	case "Series Title":
		return "series"
	case "Proceedings Title":
		return "proceedingsTitle"
	case "Page(s)":
		return "pages"
	case "Volume ID":
		return "volume"
	case "Issue ID", "Issue Identification":
		return "issue"
	case "Series Volume ID":
		return "seriesNumber"
	case "Scale":
		return "scale"
	case "Place of Publication":
		return "place"
	case "Histroy", "History":
		return "history"
	case "Size":
		return "artworkSize"
	}
	return ""
}

// extentOfWork reads "Extent of Work: 2 vols.", or a number there whose unit
// the packaging method gives.
func (p *proCite) extentOfWork(out []tag, extent, packaging int, itemType string) []tag {
	if extent < 0 {
		return out
	}
	_, text, _ := strings.Cut(out[extent].value, ":")
	text = strings.TrimSpace(text)
	unit := text
	if packaging >= 0 && strings.Trim(text, "0123456789") == "" {
		_, unit, _ = strings.Cut(out[packaging].value, ":")
	} else {
		packaging = -1
	}
	m := p.extent.FindStringSubmatch(strings.TrimSpace(unit))
	if m == nil || m[1] == "" && packaging < 0 {
		return out
	}
	field := "numberOfVolumes"
	if strings.HasPrefix(strings.ToLower(m[2]), "p") {
		field = "numPages"
	}
	name := p.m.tagFor(itemType, field)
	if name == "" {
		return out
	}
	p.sure = true
	out[extent].name, out[extent].value = name, strings.TrimRight(text, " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.")
	if packaging >= 0 {
		out = slices.Delete(out, packaging, packaging+1)
	}
	return out
}

// rearrange moves what ProCite is known to put under another type's tags.
func (p *proCite) rearrange(tags []tag, risType string, bookLike bool) {
	switch risType {
	case "CHAP":
		order := []string{"TI", "T2", "T3"}
		for i := range tags {
			switch tags[i].name {
			case "TI", "T1", "T2", "T3":
				if len(order) > 0 {
					tags[i].name, order = order[0], order[1:]
				}
			}
		}
	case "BOOK":
		rename(tags, "IS", "VL")
	case "COMP":
		rename(tags, "IS", "ET")
	case "BILL":
		rename(tags, "CY", "T2")
		rename(tags, "VL", "M1")
		rename(tags, "SP", "SE")
	case "ART":
		rename(tags, "M1", "M3")
	}
	if !bookLike {
		return
	}
	// Two volumes are an edition and a volume.
	first := -1
	for i := range tags {
		if tags[i].name != "VL" {
			continue
		}
		if first >= 0 {
			tags[first].name = "ET"
			return
		}
		first = i
	}
}

func rename(tags []tag, from, to string) {
	for i := range tags {
		if tags[i].name == from {
			tags[i].name = to
		}
	}
}
