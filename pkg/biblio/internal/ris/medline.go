package ris

import (
	"bufio"
	"errors"
	"io"
	"regexp"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/extra"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/source"
)

// PubMed's and ERIC's own format (MEDLINE, ".nbib") looks like RIS, but has
// tags of up to four letters, no types, and nothing at the end of an entry.
// It is read by renaming its tags
// (https://www.nlm.nih.gov/bsd/mms/medlineelements.html).

// isMEDLINE reports whether a file begins with an entry of MEDLINE.
func isMEDLINE(in *bufio.Reader) bool {
	head, _ := in.Peek(256) // a failure comes again when it matters
	return regexp.MustCompile(`^\s*(?:PMID- \d|OWN - [A-Z]|STAT- )`).Match(head)
}

// medlineTags pairs MEDLINE's tags with those of RIS.
const medlineTags = `
AB AB
AU AU
BTI T2
CI CR
CN AU
CTI T3
DP DA
ED A2
FAU AU
FED A2
IP IS
IS SN
ISBN SN
ISSN SN
JT T2
LA LA
MH KW
OT KW
PB PB
PL CY
PG SP
TA J2
TI TI
TT TT
VI VL
`

// medline takes a MEDLINE file apart into records with the tags of RIS.
type medline struct {
	lines *source.Lines
	ahead *source.Line
	tags  map[string]string
}

func newMEDLINE(lines *source.Lines) *medline {
	m := &medline{lines: lines, tags: map[string]string{}}
	for line := range strings.Lines(strings.TrimSpace(medlineTags)) {
		words := strings.Fields(line)
		m.tags[words[0]] = words[1]
	}
	return m
}

// next returns the next record, io.EOF after the last. A new one begins
// after an empty line, or with a PMID.
func (m *medline) next() (record, error) {
	r := record{ended: true}
	var raw []tag
	for {
		line, err := m.line()
		if errors.Is(err, io.EOF) && len(raw) > 0 {
			break
		}
		if err != nil {
			return r, err
		}
		name, value, ok := cutMEDLINE(line.Text)
		blank := strings.TrimSpace(line.Text) == ""
		if len(raw) > 0 && (blank || ok && name == "PMID") {
			if !blank {
				m.ahead = &line
			}
			break
		}
		r.recoded = r.recoded || line.Recoded
		switch {
		case ok:
			raw = append(raw, tag{name: name, value: value, line: line.Number})
		case blank:
		case len(raw) > 0:
			raw = append(raw, tag{value: strings.TrimSpace(line.Text), line: line.Number})
		}
	}
	r.line = raw[0].line
	r.tags = m.rename(unwrap(raw))
	return r, nil
}

func (m *medline) line() (source.Line, error) {
	if m.ahead != nil {
		line := *m.ahead
		m.ahead = nil
		return line, nil
	}
	return m.lines.Next()
}

// cutMEDLINE splits a line: a tag filled up to four characters, "- ", value.
func cutMEDLINE(line string) (name, value string, ok bool) {
	if len(line) < 5 || line[4] != '-' || line[0] < 'A' || line[0] > 'Z' {
		if name, value, ok = strings.Cut(line, " - "); ok && len(name) <= 5 && name == strings.ToUpper(name) && !strings.Contains(name, " ") {
			return name, strings.TrimSpace(value), name != "" // ERIC: "ISSN - …"
		}
		return "", "", false
	}
	return strings.TrimSpace(line[:4]), strings.TrimSpace(line[5:]), true
}

// unwrap joins the lines without a tag to the tag before them.
func unwrap(raw []tag) []tag {
	var tags []tag
	var b strings.Builder
	for i, t := range raw {
		b.WriteString(t.value)
		if i+1 < len(raw) && raw[i+1].name == "" {
			b.WriteByte(' ')
			if t.name != "" {
				tags = append(tags, t)
			}
			continue
		}
		if t.name != "" {
			tags = append(tags, t)
		}
		if len(tags) > 0 {
			tags[len(tags)-1].value = b.String()
		}
		b.Reset()
	}
	return tags
}

// rename gives the tags the names of RIS; what has none becomes a line of
// extra.
func (m *medline) rename(tags []tag) []tag {
	full := map[string]bool{}
	for _, t := range tags {
		full[t.name] = true
	}
	risType := medlineType(tags)
	out := []tag{{name: "TY", value: risType}}
	for _, t := range tags {
		name := m.tags[t.name]
		switch t.name {
		case "AU", "ED": // the short form of FAU and FED
			if full["F"+t.name] {
				continue
			}
		case "JT":
			if risType != "JOUR" {
				name = "PB" // ERIC's place for the publisher
			}
		case "LID", "AID":
			if before, ok := strings.CutSuffix(t.value, "[doi]"); ok {
				name, t.value = "DO", strings.TrimSpace(before)
			}
		case "PMC":
			t.name = "PMCID"
		case "PG":
			t.value = wholePages(t.value)
		case "IS":
			t.value, _, _ = strings.Cut(t.value, " (")
		}
		switch name {
		case "":
			t.value = extra.Line(t.name, t.value)
			name = "M2"
		case "AU", "A2":
			if t.name != "CN" { // a group's name has no initials
				t.value = initials(t.value)
			}
			if name == "A2" && risType == "BOOK" {
				name = "A3"
			}
		}
		t.name = name
		out = append(out, t)
	}
	return out
}

// medlineType returns the RIS type for the publication types, of which an
// entry may have several.
func medlineType(tags []tag) string {
	risType := "JOUR"
	for _, t := range tags {
		switch {
		case t.name == "BTI":
			return "CHAP"
		case t.name == "SO" && strings.Contains(t.value, "Dissertation"):
			return "THES"
		case t.name == "OID" && strings.HasPrefix(t.value, "EJ"): // ERIC's journal articles
			return "JOUR"
		case t.name != "PT":
		case strings.HasPrefix(t.value, "Journal Article"):
			return "JOUR"
		case t.value == "Book" || t.value == "Books":
			risType = "BOOK"
		case strings.HasPrefix(t.value, "Dissertations"):
			risType = "THES"
		case strings.HasPrefix(t.value, "Reports") && risType == "JOUR":
			risType = "RPRT"
		}
	}
	return risType
}

// initials puts stops behind the initials of a name: "Walker, J E", or in the
// short form "Walker JE".
func initials(name string) string {
	family, given, ok := strings.Cut(name, ", ")
	if !ok {
		space := strings.LastIndexByte(name, ' ')
		short := name[space+1:]
		if space < 0 || len(short) > 3 || strings.Trim(short, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return name
		}
		family, given = name[:space], strings.Join(strings.Split(short, ""), " ")
	}
	words := strings.Fields(given)
	for i, word := range words {
		if len(word) == 1 && word[0] >= 'A' && word[0] <= 'Z' {
			words[i] += "."
		}
	}
	return family + ", " + strings.Join(words, " ")
}

// wholePages writes the last page of "6913-7" in full.
func wholePages(pages string) string {
	first, last, ok := strings.Cut(pages, "-")
	if !ok || len(last) >= len(first) || strings.Trim(first+last, "0123456789") != "" {
		return pages
	}
	return first + "-" + first[:len(first)-len(last)] + last
}
