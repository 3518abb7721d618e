package zotero

import "regexp"

// The forms of a date of which something is known: what the API promises for
// parsedDate, the beginning of an ISO 8601 date, and any year in a text.
var (
	parsedPattern = regexp.MustCompile(`^-?\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$`)
	isoPattern    = regexp.MustCompile(`^-?\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?(?:$|[T ])`)
	yearPattern   = regexp.MustCompile(`(?:^|\D)(\d{4})(?:\D|$)`)
)

// dateFields hold the date of a work, by item type (Zotero schema: baseField
// "date").
var dateFields = [...]string{"date", "dateDecided", "dateEnacted", "issueDate", "originalDate"}

// dateOf returns a work's date as far as the server, failing that its own
// text, tells it.
func dateOf(o *Object) string {
	if parsedPattern.MatchString(o.Meta.ParsedDate) {
		return o.Meta.ParsedDate
	}
	for _, name := range dateFields {
		if s := o.Data.Fields[name]; s != "" {
			return parseDate(s)
		}
	}
	return ""
}

// parseDate returns the year, month and day that a date written by a person
// surely means, "" for none: only ISO 8601 is sure of more than the year.
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
