package ris

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/edtf"
)

// dates reads the dates of RIS: "YYYY/MM/DD/other", where everything but the
// year may be missing, and other forms that programs write.
type dates struct {
	parts, time, year, day, word *regexp.Regexp
}

func newDates() dates {
	return dates{
		parts: regexp.MustCompile(`^(\d+)(?:/(\d{0,2})(?:/(\d{0,2})(?:[/\s]([^/]*))?)?)?$`),
		time:  regexp.MustCompile(`(?i)\b(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(am|pm)?`),
		year:  regexp.MustCompile(`\b\d{4}\b`),
		day:   regexp.MustCompile(`\b(?:[1-3]\d|[1-9])\b`),
		word:  regexp.MustCompile(`[A-Za-z]+`),
	}
}

// split returns year, month, day (as far as they are known, without leading
// zeros) and what follows them.
func (d dates) split(value string) (parts []string, rest string, ok bool) {
	m := d.parts.FindStringSubmatch(value)
	if m == nil {
		return nil, "", false
	}
	for _, part := range m[1:4] {
		if part = strings.TrimLeft(part, "0"); part == "" {
			break
		}
		parts = append(parts, part)
	}
	return parts, strings.TrimSpace(m[4]), true
}

// published reads the date of a work. EndNote's users give month and day
// alone, the year being in another tag: that comes as "0000 Jun 26", as in
// Zotero, for the year to be filled in. lost is what the result doesn't say.
func (d dates) published(value string) (date, lost string) {
	parts, rest, ok := d.split(value)
	if !ok {
		return d.withoutYear(value)
	}
	if rest != "" && rest != "undefined" {
		lost = value
	}
	return join(parts), lost
}

// withoutYear reads a date that isn't in the form of RIS. One that tells its
// year is kept as it is.
func (d dates) withoutYear(value string) (date, lost string) {
	word := d.word.FindString(value)
	_, known := edtf.Parse(value)
	if known || word == "" || isStatus(value) || d.year.MatchString(value) {
		return value, ""
	}
	day := d.day.FindString(value)
	rest := strings.Replace(strings.Replace(value, word, "", 1), day, "", 1)
	if strings.Trim(rest, " .,-/") != "" {
		lost = value
	}
	return strings.TrimSpace("0000 " + word + " " + day), lost
}

// join writes year, month and day with hyphens and leading zeros.
func join(parts []string) string {
	var b strings.Builder
	for i, part := range parts {
		width := 2
		if i == 0 {
			width = 4
		} else {
			b.WriteByte('-')
		}
		b.WriteString(strings.Repeat("0", max(0, width-len(part))) + part)
	}
	return b.String()
}

// isStatus reports whether value says why there is no date.
func isStatus(value string) bool {
	switch strings.ToLower(strings.Trim(value, "[](). ")) {
	case "in press", "forthcoming", "n.d", "nd", "no date", "undated", "s.d", "submitted", "accepted", "to appear", "in preparation", "unpublished", "o.j", "o. j":
		return true
	}
	return false
}

// accessed reads the date on which a work was looked at, as Zotero stores it:
// a full date, with a time of day if there is one. It is false for a text
// that isn't a date.
func (d dates) accessed(value string) (string, bool) {
	parts, rest, ok := d.split(value)
	if !ok {
		iso, known := edtf.Parse(value)
		if !known || strings.HasPrefix(iso, "-") {
			return "", false
		}
		parts, rest = strings.Split(iso, "-"), value
	}
	if len(parts) == 0 {
		return "", false
	}
	for len(parts) < 3 {
		parts = append(parts, "1")
	}
	return join(parts) + d.clock(rest), true
}

// clock returns the time of day in s as " 15:04:05", or "".
func (d dates) clock(s string) string {
	m := d.time.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	var hour, minute, second int
	// The pattern lets nothing but one or two digits through.
	_, _ = fmt.Sscan(m[1], &hour)
	_, _ = fmt.Sscan(m[2], &minute)
	if m[3] != "" {
		_, _ = fmt.Sscan(m[3], &second)
	}
	switch half := strings.ToLower(m[4]); {
	case half == "pm" && hour < 12:
		hour += 12
	case half == "am" && hour == 12:
		hour = 0
	}
	if hour > 23 || minute > 59 || second > 59 {
		return ""
	}
	return fmt.Sprintf(" %02d:%02d:%02d", hour, minute, second)
}
