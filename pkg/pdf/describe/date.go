package describe

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	isoForm   = regexp.MustCompile(`^((?:1[6-9]|20)\d\d)(-(?:0[1-9]|1[0-2])(-(?:0[1-9]|[12]\d|3[01]))?)?`)
	yearForm  = regexp.MustCompile(`\b(1[6-9]\d\d|20\d\d)\b`)
	printForm = regexp.MustCompile(`(?i)published|copyright|©|\(c\)|available online|accepted`)
)

// date returns when a work appeared, as "2013-08-22", "2013-08" or "2013", or "":
// as the metadata says, as the first page says beside "published" or "©", as its
// arXiv identifier says, or else when the file was made.
func (s *source) date(f front, arXiv string) string {
	for _, property := range []string{"prism:coverDate", "prism:publicationDate", "prism:coverDisplayDate"} {
		if d := isoDate(s.meta.first(property)); d != "" {
			return d
		}
	}
	for _, l := range f.lines {
		if at := printForm.FindStringIndex(l.text); at != nil {
			if year := yearForm.FindString(l.text[at[0]:]); year != "" {
				return year
			}
		}
	}
	if year, err := strconv.Atoi(arXiv[:min(2, len(arXiv))]); err == nil {
		return strconv.Itoa(2000 + year) // identifiers of this form began in 2007
	}
	for _, made := range []string{s.meta.first("dc:date"), s.doc.Info["CreationDate"]} {
		if d := isoDate(made); d != "" {
			return d[:4] // the day is the file's, not the work's
		}
	}
	return ""
}

// isoDate returns the date at the beginning of a text, or the year in it, or "".
func isoDate(s string) string {
	s = strings.TrimSpace(s)
	if m := isoForm.FindString(s); m != "" {
		return m
	}
	return yearForm.FindString(s)
}
