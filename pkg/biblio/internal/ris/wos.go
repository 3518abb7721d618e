package ris

import (
	"context"
	"errors"
	"io"
	"regexp"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/draft"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/source"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Web of Science's tagged format (".ciw", "savedrecs.txt") has lines "AU
// Name", continued by lines with three spaces; "PT" begins an entry and "ER"
// ends it.

// ReadWebOfScience reads a file in Web of Science's tagged format. Errors are
// those of [Read].
func ReadWebOfScience(ctx context.Context, r io.Reader, name string) (*model.Document, error) {
	in, err := source.Open(ctx, r, source.MaxBytes)
	if err != nil {
		return nil, err
	}
	s := &wosScanner{lines: source.NewLines(in)}
	doc := &model.Document{}
	for {
		rec, err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(doc.Entries) == source.MaxEntries {
			return nil, source.TooMany()
		}
		var reasons []string
		if rec.recoded {
			reasons = append(reasons, "it is not in UTF-8 and was read as Windows-1252")
		}
		if rec.cut {
			reasons = append(reasons, "it is larger than 8 MiB and was cut there")
		}
		if !rec.ended {
			reasons = append(reasons, model.EndMissing)
		}
		doc.Add(name, wosEntry(rec, s.database), reasons...)
	}
	if len(doc.Entries) == 0 {
		return nil, library.Errorf(library.Invalid, "the file holds no entry of Web of Science").WithHint(`an entry begins with a line like "PT J" and ends with "ER"`)
	}
	return doc, nil
}

// wosScanner takes a file apart into records.
type wosScanner struct {
	lines    *source.Lines
	database string // as the file's head names it
	ahead    *source.Line
}

// next returns the next record, io.EOF after the last. The values of a tag
// have a line each.
func (s *wosScanner) next() (record, error) {
	var r record
	size := 0
	for {
		line, err := s.line()
		if errors.Is(err, io.EOF) && len(r.tags) > 0 {
			return r, nil
		}
		if err != nil {
			return r, err
		}
		name, value, ok := cutWOS(line.Text)
		r.recoded = r.recoded || line.Recoded
		if size += len(line.Text); size > source.MaxEntryBytes {
			r.cut = true
			continue
		}
		switch {
		case !ok && len(r.tags) > 0:
			// Some databases don't indent the lines of a value.
			r.tags[len(r.tags)-1].value += "\n" + strings.TrimSpace(line.Text)
		case !ok:
		case name == "" && len(r.tags) > 0:
			r.tags[len(r.tags)-1].value += "\n" + value
		case name == "FN":
			s.database = value
		case name == "VR" || name == "EF" || name == "":
		case name == "ER":
			if len(r.tags) > 0 {
				r.ended = true
				return r, nil
			}
		case name == "PT" && len(r.tags) > 0:
			s.ahead = &line
			return r, nil
		default:
			if len(r.tags) == 0 {
				r.line = line.Number
			}
			r.tags = append(r.tags, tag{name: name, value: value, line: line.Number})
		}
	}
}

func (s *wosScanner) line() (source.Line, error) {
	if s.ahead != nil {
		line := *s.ahead
		s.ahead = nil
		return line, nil
	}
	return s.lines.Next()
}

// cutWOS splits a line: two characters, a space, value. A continuation has no
// name.
func cutWOS(line string) (name, value string, ok bool) {
	line = strings.TrimRight(strings.TrimPrefix(line, "\ufeff"), " \t")
	if len(line) < 2 || len(line) > 2 && line[2] != ' ' {
		return "", "", false
	}
	name, value = strings.TrimSpace(line[:2]), strings.TrimSpace(line[2:])
	if name != "" && (len(name) != 2 || name != strings.ToUpper(name)) {
		return "", "", false
	}
	return name, value, true
}

// wosFields are the fields that tags mean.
var wosFields = map[string]string{
	"AE": "assignee", "AW": "url", "BN": "ISBN", "CE": "edition", "CT": "conferenceName", "IO": "issuingAuthority", "IS": "issue",
	"JI": "journalAbbreviation", "LA": "language", "PC": "country", "PG": "numPages", "PN": "patentNumber", "PU": "publisher",
	"PV": "place", "TI": "title", "UR": "url", "VL": "volume", "VN": "versionNumber", "PM": "PMID", "DI": "DOI",
}

// wosLabels are what tags without a field are called in "extra". Other tags
// are counts and addresses of the database's own.
var wosLabels = map[string]string{
	"NO": "Comments, Corrections, Erratum", "NT": "Notes", "UT": "Web of Science ID", "DT": "Document Type", "D2": "Book DOI",
	"CY": "Conference Date", "HO": "Conference Host", "SP": "Conference Sponsor", "FU": "Funding", "SU": "Supplement", "SI": "Special Issue", "MA": "Meeting Abstract",
}

// wosEntry makes an entry of a record.
func wosEntry(rec record, database string) model.Entry {
	values := map[string]string{}
	for _, t := range rec.tags {
		if values[t.name] == "" {
			values[t.name] = t.value
		}
	}
	d := draft.New(wosType(values))
	for _, t := range rec.tags {
		value := strings.ReplaceAll(t.value, "\n", " ")
		switch t.name {
		case "PT", "BP", "EP", "PS", "AR", "PY", "PD", "PI", "PA", "SN", "EI", "CL":
		case "AU", "AF", "BA", "BF", "CA", "GP", "BE", "ED", "TR", "AA":
			wosPeople(d, t, values)
		case "DE", "ID", "BD", "IP", "MC", "MQ", "OR":
			d.Tag(strings.Split(value, "; ")...)
		case "AB":
			d.SetText("abstractNote", value)
		case "SO":
			d.Set(wosContainer(d), value)
		case "SE":
			if d.Has("series") && d.Type() != "journalArticle" {
				d.Set("series", value)
			} else {
				d.Set("seriesTitle", value)
			}
		default:
			if field := wosFields[t.name]; field != "" {
				d.Set(field, value)
			} else if label := wosLabels[t.name]; label != "" {
				d.Keep(label, value)
			}
		}
	}
	wosParts(d, values)
	d.Set("libraryCatalog", database)
	return model.Entry{Item: d.Item(), Line: rec.line}
}

// wosType returns the item type: by the document's type where it says more
// than the publication's.
func wosType(values map[string]string) string {
	documentType := strings.ToUpper(values["DT"])
	switch {
	case strings.HasPrefix(documentType, "PROCEEDINGS PAPER"):
		return "conferencePaper"
	case strings.HasPrefix(documentType, "DATA SET"):
		return "dataset"
	case strings.Contains(documentType, "BOOK CHAPTER") && values["PT"] != "J":
		return "bookSection"
	}
	switch values["PT"] {
	case "S":
		return "bookSection"
	case "P":
		return "patent"
	case "B":
		return "book"
	case "C":
		return "conferencePaper"
	}
	return "journalArticle"
}

// wosContainer returns the field for what the work appeared in.
func wosContainer(d *draft.Draft) string {
	if d.Type() == "dataset" {
		return "repository"
	}
	if !d.Has("publicationTitle") {
		return "series"
	}
	return "publicationTitle"
}

// addressPattern is an e-mail address after a name.
var addressPattern = regexp.MustCompile(`\s*\([^()]*@[^()]*\)`)

// wosPeople adds the creators of a tag, one a line; of short and full names
// the full ones.
func wosPeople(d *draft.Draft, t tag, values map[string]string) {
	role := "author"
	switch t.name {
	case "AU":
		if values["AF"] != "" {
			return
		}
	case "BA":
		if values["BF"] != "" {
			return
		}
	case "GP":
		d.Keep("Group Author", t.value)
		return
	case "BE", "ED":
		role = "editor"
	case "TR":
		role = "translator"
	case "AA":
		role = "contributor"
	}
	if role == "author" && d.Type() == "patent" {
		role = "inventor"
	}
	if (t.name == "BA" || t.name == "BF") && d.Type() == "bookSection" {
		role = "bookAuthor"
	}
	for name := range strings.SplitSeq(t.value, "\n") {
		name = strings.TrimSpace(addressPattern.ReplaceAllString(name, ""))
		family, given, ok := strings.Cut(name, ",")
		if !ok && t.name != "CA" {
			// Patents have "YANG Y".
			if space := strings.LastIndexByte(name, ' '); space > 0 && len(name)-space <= 4 && name[space:] == strings.ToUpper(name[space:]) {
				family, given = name[:space], name[space:]
			}
		}
		d.Creator(library.Creator{Role: role, Family: family, Given: draft.Initials(given, true)})
	}
}

// wosParts sets what several tags say together.
func wosParts(d *draft.Draft, values map[string]string) {
	pages := values["PS"]
	if pages == "" {
		pages = values["BP"]
		if values["EP"] != "" && values["EP"] != pages {
			pages += "-" + values["EP"]
		}
	}
	if pages = strings.Trim(pages, "-"); pages == "" {
		pages = values["AR"]
	} else if values["AR"] != "" {
		d.Keep("Article Number", values["AR"])
	}
	d.Set("pages", pages)
	date, year := values["PD"], values["PY"]
	if !strings.Contains(date, year) {
		date = strings.TrimSpace(date + " " + year)
	}
	d.Set("date", date)
	place := values["PI"]
	if place == "" {
		place = values["PA"]
	}
	d.Set("place", strings.ReplaceAll(place, "\n", " "))
	d.Set("eventPlace", strings.ReplaceAll(values["CL"], "\n", " "))
	for _, name := range []string{"SN", "EI"} {
		for serial := range strings.FieldsSeq(values[name]) {
			d.Serial(strings.Trim(serial, ","))
		}
	}
}
