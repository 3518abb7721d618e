package csl

import (
	"strconv"
	"strings"
)

// work is an item made ready for rendering.
type work struct {
	id, typ string
	// language is the item's language in lower case letters, as far as letters
	// go; "" if it says none.
	language    string
	hasLanguage bool
	text        []string
	names       []nameVariable
	dates       []dateVariable
}

// nameVariable and dateVariable are values of a work, which has few of them.
type (
	nameVariable struct {
		variable variable
		people   []person
	}
	dateVariable struct {
		variable variable
		date     *workDate
	}
)

// people are the names of a variable.
func (w *work) people(v variable) []person {
	for i := range w.names {
		if w.names[i].variable == v {
			return w.names[i].people
		}
	}
	return nil
}

// date is the date of a variable, or nil.
func (w *work) date(v variable) *workDate {
	for i := range w.dates {
		if w.dates[i].variable == v {
			return w.dates[i].date
		}
	}
	return nil
}

func (w *work) setDate(v variable, d *workDate) {
	for i := range w.dates {
		if w.dates[i].variable == v {
			w.dates[i].date = d
			return
		}
	}
	w.dates = append(w.dates, dateVariable{v, d})
}

// person is a name with its particles split off.
type person struct {
	family, given, dropping, nonDropping, suffix, literal string
	commaSuffix, static                                   bool
	commaDropping                                         bool   // a comma precedes "et al." in place of a particle
	key                                                   string // what names are compared by
}

// repeatsFamily tells whether two people of the work have the same family name.
func (w *work) repeatsFamily() bool {
	for i := range w.names {
		for k := range w.names[i].people {
			if w.hasFamilyAfter(w.names[i].people[k].family, i, k) {
				return true
			}
		}
	}
	return false
}

// hasFamilyAfter looks for a family name after the person k of the list i.
func (w *work) hasFamilyAfter(family string, i, k int) bool {
	for ; i < len(w.names); i, k = i+1, -1 {
		for n := k + 1; n < len(w.names[i].people); n++ {
			if strings.EqualFold(w.names[i].people[n].family, family) {
				return true
			}
		}
	}
	return false
}

func newWork(it *Item) *work {
	w := &work{id: it.ID, typ: it.Type, text: make([]string, len(variableTable))}
	for name, value := range it.Text {
		w.setText(name, value)
	}
	for name, list := range it.Names {
		if v, ok := variableNumbers[name]; ok && len(list) > 0 {
			w.setNames(v, list)
		}
	}
	for name, date := range it.Dates {
		if v, ok := variableNumbers[name]; ok && variableTable[v].kind == kindDate {
			w.setDate(v, newWorkDate(&date))
		}
	}
	w.readNoteFields()
	w.derive()
	return w
}

// setText sets an ordinary variable, also by the names that older CSL-JSON has.
func (w *work) setText(name, value string) {
	if v, ok := variableNumbers[name]; ok {
		if kind := variableTable[v].kind; kind == kindText || kind == kindNumber {
			w.text[v] = value
		}
		return
	}
	switch name {
	case "shortTitle":
		orString(&w.text[varTitleShort], value)
	case "journalAbbreviation":
		orString(&w.text[varContainerTitleShort], value)
	}
}

func (w *work) setNames(v variable, list []Name) {
	people := make([]person, 0, len(list))
	for i := range list {
		people = append(people, newPerson(&list[i]))
	}
	w.names = append(w.names, nameVariable{v, people})
}

// derive sets what follows from other fields.
func (w *work) derive() {
	if page := w.text[varPage]; page != "" {
		w.text[varPageFirst] = firstPage(page)
	}
	if language := w.text[varLanguage]; language != "" {
		w.hasLanguage = true
		end := 0
		for end < len(language) && (language[end]|0x20 >= 'a' && language[end]|0x20 <= 'z') {
			end++
		}
		w.language = strings.ToLower(language[:end])
	}
}

// firstPage is the part of a page range before its first joiner.
func firstPage(page string) string {
	end := len(page)
	for _, joiner := range [...]string{"&", ", ", "-", "–"} {
		if i := strings.Index(page, joiner); i >= 0 && i < end {
			end = i
		}
	}
	first := strings.TrimRight(page[:end], " ")
	if strings.HasSuffix(first, `\`) {
		return page
	}
	return first
}

func newPerson(n *Name) person {
	p := person{
		family: n.Family, given: n.Given, dropping: n.DroppingParticle, nonDropping: n.NonDroppingParticle,
		suffix: n.Suffix, literal: n.Literal, commaSuffix: n.CommaSuffix, static: n.StaticOrdering,
	}
	p.key = p.nonDropping + p.family + p.given + p.dropping + p.suffix + p.literal
	if p.literal == "" && p.given == "" && n.FamilyIsAnInstitution {
		p.literal = p.family
	}
	if p.literal != "" {
		p.family, p.given = "", ""
		return p
	}
	quoted := len(p.family) > 1 && p.family[0] == '"' && p.family[len(p.family)-1] == '"'
	if quoted {
		p.family = p.family[1 : len(p.family)-1]
	}
	if !quoted && !n.NoParticleParsing && p.nonDropping == "" && p.family != "" && p.given != "" {
		p.splitParticles()
	}
	return p
}

func newWorkDate(d *Date) *workDate {
	w := &workDate{
		from: d.From, to: d.To, ranged: d.Range, season: d.Season, circa: d.Circa, literal: d.Literal,
	}
	if d.Raw != "" && d.From == (DateParts{}) {
		parsed := parseRawDate(d.Raw)
		parsed.circa = parsed.circa || d.Circa
		return parsed
	}
	return w
}

// readNoteFields reads the fields that the note has in its first lines, one
// "name: value" a line or in braces, as Zotero and others write what their own
// fields do not hold.
func (w *work) readNoteFields() {
	note := w.text[varNote]
	if note == "" || !strings.Contains(note, ":") {
		return
	}
	people := map[variable][]person{}
	lines := noteLines(note)
	for i, line := range lines {
		if strings.TrimSpace(line) == "" {
			continue
		}
		key, value, ok := noteField(line)
		if !ok {
			if i == 0 {
				continue
			}
			break
		}
		if w.setNoteField(key, value, people) {
			lines[i] = ""
		}
	}
	for v, list := range people {
		w.names = append(w.names, nameVariable{v, list})
	}
	w.text[varNote] = strings.TrimSpace(strings.Join(lines, "\n"))
}

// setNoteField sets a field that the item does not have, and returns whether it
// took the value. Dates always take it.
func (w *work) setNoteField(key, value string, people map[variable][]person) bool {
	if key == "type" {
		w.typ = value
		return true
	}
	v, ok := variableNumbers[key]
	if !ok {
		return true
	}
	switch variableTable[v].kind {
	case kindDate:
		w.setDate(v, parseRawDate(value))
	case kindName:
		if len(w.people(v)) > 0 {
			return false
		}
		family, given, two := strings.Cut(value, "||")
		n := Name{Literal: value}
		if two {
			n = Name{Family: strings.TrimSpace(family), Given: strings.TrimSpace(given)}
		}
		people[v] = append(people[v], newPerson(&n))
	default:
		if w.text[v] != "" {
			return false
		}
		w.text[v] = value
	}
	return true
}

// noteLines splits a note into lines, with fields in braces on their own.
func noteLines(note string) []string {
	var b strings.Builder
	for rest := note; ; {
		before, after, ok := strings.Cut(rest, "{:")
		b.WriteString(before)
		if !ok {
			break
		}
		inner, tail, closed := strings.Cut(after, "}")
		if _, _, field := noteField(inner); !closed || !field {
			b.WriteString("{:")
			rest = after
			continue
		}
		b.WriteString("\n" + strings.TrimSpace(inner) + "\n")
		rest = tail
	}
	return strings.Split(b.String(), "\n")
}

// noteField splits "name: value", with a name in lower case letters, hyphens and
// underscores, or in capitals.
func noteField(line string) (key, value string, ok bool) {
	key, value, ok = strings.Cut(line, ":")
	if !ok || key == "" || strings.Contains(value, "}") {
		return "", "", false
	}
	value = strings.TrimSpace(value)
	lowerOnly := strings.Trim(key, "-_abcdefghijklmnopqrstuvwxyz") == ""
	upperOnly := strings.Trim(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
	return key, value, value != "" && (lowerOnly || upperOnly)
}

// isEnglish tells whether title case applies to the work's titles.
func (c *context) isEnglish() bool {
	if !c.work.hasLanguage {
		return c.program.defaultLanguage == "en"
	}
	return len(c.work.language) >= 2 && c.work.language[:2] == "en"
}

// itoa is strconv.Itoa without its name.
func itoa(n int) string { return strconv.Itoa(n) }
