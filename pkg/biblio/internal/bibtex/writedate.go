package bibtex

import (
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/edtf"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/extra"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext/latex"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// date writes the date of the work.
func (w *writer) date() {
	name, _ := zschema.FieldFor(w.item.Type, "date")
	date := strings.TrimSpace(w.item.Fields[name])
	if date == "" {
		date = strings.TrimSpace(w.item.Fields["date"])
	}
	if date == "" {
		date = w.item.ParsedDate
	}
	if date == "" {
		return
	}
	if w.dialect == BibLaTeX {
		w.dateForBiber(date)
	} else {
		w.dateForBibTeX(date)
	}
}

// dateForBiber writes the date in EDTF. Words that tell no date stand in
// "year", where biber prints them as they are.
func (w *writer) dateForBiber(date string) {
	if normal, ok := w.normalDate(date); ok {
		w.verbatim("date", normal)
		return
	}
	w.field("year", latex.FromText(date))
}

// normalDate returns a date in the EDTF that biber reads.
func (w *writer) normalDate(date string) (string, bool) {
	if normal, ok := edtf.Normal(date); ok {
		return normal, true
	}
	return edtf.Normal(w.item.ParsedDate)
}

// monthNames are BibTeX's abbreviations of the months.
const monthNames = "janfebmaraprmayjunjulaugsepoctnovdec"

// dateForBibTeX writes year, month and day. A season or several months stand
// in "month" as they are written. What these can't say (that a date is
// uncertain, a range, a time of day) is in "date" too, which BibTeX's styles
// don't print.
func (w *writer) dateForBibTeX(date string) {
	iso, ok := edtf.Parse(date)
	if !ok {
		iso = w.item.ParsedDate
	}
	if year, _, _ := strings.Cut(iso, "-"); len(year) != 4 || isYearRange(date) || isDecade(date) {
		w.field("year", latex.FromText(date))
		return
	}
	w.verbatim("year", iso[:4])
	if words, ok := edtf.MonthWords(date); ok {
		w.field("month", latex.FromText(words))
		return
	}
	if len(iso) >= len("2006-01") {
		month := int(iso[5]-'0')*10 + int(iso[6]-'0')
		w.raw("month", monthNames[3*month-3:3*month])
	}
	if len(iso) >= len("2006-01-02") {
		w.verbatim("day", strings.TrimPrefix(iso[8:], "0"))
	}
	if normal, ok := edtf.Normal(date); ok && normal != iso {
		w.verbatim("date", normal)
	}
}

// isYearRange reports whether date is two years: "1999/2001".
func isYearRange(date string) bool {
	from, to, ok := strings.Cut(date, "/")
	return ok && len(from) == 4 && len(to) == 4 && isNumber(from) && isNumber(to)
}

// isDecade reports whether date is a decade or century of EDTF: "199X".
func isDecade(date string) bool {
	date = strings.ToUpper(date)
	return len(date) == 4 && strings.Trim(date, "0123456789XU") == "" && strings.ContainsAny(date, "XU")
}

// accessDate writes the day of an access date.
func (w *writer) accessDate(value string) {
	if iso, ok := edtf.Parse(value); ok {
		w.verbatim("urldate", iso)
		return
	}
	w.free = append(w.free, extra.Line("Access Date", value))
}

// originalDate writes the date of the first edition.
func (w *writer) originalDate(value string) {
	if normal, ok := edtf.Normal(value); ok {
		w.verbatim("origdate", normal)
		return
	}
	w.free = append(w.free, extra.Line("Original Date", value))
}
