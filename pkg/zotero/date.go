package zotero

import "regexp"

// The forms of a date: what the API promises for parsedDate, the beginning of an
// ISO 8601 date, and any year in a text.
var (
	parsedPattern = regexp.MustCompile(`^-?\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$`)
	isoPattern    = regexp.MustCompile(`^-?\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?(?:$|[T ])`)
	yearPattern   = regexp.MustCompile(`(?:^|\D)(\d{4})(?:\D|$)`)
)

// dateFields hold the date of a work, by item type (Zotero schema: baseField
// "date").
var dateFields = [...]string{"date", "dateDecided", "dateEnacted", "issueDate", "originalDate"}

// dateOf returns a work's date: the server's, else as much as its own text tells.
func dateOf(it *item) string {
	if parsedPattern.MatchString(it.meta.parsedDate) {
		return it.meta.parsedDate
	}
	for _, name := range dateFields {
		if s := it.data.fields[name]; s != "" {
			return parseDate(s)
		}
	}
	return ""
}

// parseDate returns the year, month and day of a date that a person wrote, as far
// as they are certain, or "". Only ISO 8601 makes more than the year certain.
func parseDate(s string) string {
	if parsedPattern.MatchString(s) {
		return s
	}
	if m := isoPattern.FindStringSubmatchIndex(s); m != nil {
		if m[4] >= 0 {
			return s[:m[5]]
		}
		return s[:m[3]]
	}
	if m := yearPattern.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}
