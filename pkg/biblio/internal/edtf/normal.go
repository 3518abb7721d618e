package edtf

import (
	"regexp"
	"strings"
)

var (
	normalPattern = regexp.MustCompile(`^(?:-?\d{4}|Y-?\d{5,9}|\d{3}X|\d{2}XX|\d{4}-(?:0[1-9]|1[0-2]|2[1-4]|XX)|\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]|XX)(?:T\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)?)?|\d{4}-XX-XX)[~?%]?$`)
	wordsPattern  = regexp.MustCompile(`^(\pL[\pL.]*(?:\s*[-–—/&]\s*\pL[\pL.]*)?),?\s+(\d{4})$`)
	monthsPattern = regexp.MustCompile(`^(\pL+)\.?\s*[-–—/]\s*(\pL+)\.?,?\s+(\d{4})$`)
	daysPattern   = regexp.MustCompile(`^(\d{1,2})\s*[-–—]\s*(\d{1,2})\.?\s+(?:de\s+)?(\pL+)\.?(?:\s+de)?,?\s+(\d{4})$|^(\pL+)\.?\s+(\d{1,2})\s*[-–—]\s*(\d{1,2}),?\s+(\d{4})$`)
)

// Normal returns the date that s tells in the EDTF that biber reads, levels 0
// and 1 of ISO 8601-2 with biber's limits: an interval has at most two ends,
// and of its parts each has four digits or two. Seasons, ranges of months and
// of days become what EDTF has for them. It is false if s tells no date, or
// one before our era in words: there EDTF counts otherwise than historians.
func Normal(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if normal, ok := normalInterval(s); ok {
		return normal, true
	}
	if m := monthsPattern.FindStringSubmatch(s); m != nil {
		from, a := Parse(m[1] + " " + m[3])
		to, b := Parse(m[2] + " " + m[3])
		if a && b && len(from) == len("2006-01") && len(to) == len(from) && from < to {
			return from + "/" + to, true
		}
	}
	if m := daysPattern.FindStringSubmatch(s); m != nil {
		first, last, month, year := m[1]+m[6], m[2]+m[7], m[3]+m[5], m[4]+m[8]
		from, a := Parse(first + " " + month + " " + year)
		to, b := Parse(last + " " + month + " " + year)
		if a && b && len(from) == len("2006-01-02") && len(to) == len(from) && from < to {
			return from + "/" + to, true
		}
	}
	iso, ok := Parse(s)
	if !ok || strings.HasPrefix(iso, "-") || !normalPattern.MatchString(iso) {
		return "", false
	}
	if words, ok := MonthWords(s); ok && len(iso) == 4 {
		if season := seasonNamed(strings.ToLower(strings.Trim(words, ". "))); season != "" {
			return iso + "-" + season, true
		}
	}
	return iso, true
}

// normalInterval normalises what is EDTF already, of the draft of 2012 too.
func normalInterval(s string) (string, bool) {
	from, to, interval := strings.Cut(s, "/")
	if !interval {
		from = normalDate(from)
		return from, from != ""
	}
	from, openFrom := normalEnd(from)
	to, openTo := normalEnd(to)
	if from == "" && !openFrom || to == "" && !openTo || from == "" && to == "" {
		return "", false
	}
	return from + "/" + to, true
}

// normalEnd normalises an end of an interval, which may be open.
func normalEnd(s string) (end string, open bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "", "..", "open", "unknown", "*":
		return "", true
	}
	return normalDate(s), false
}

// normalDate normalises a date of EDTF; "" for anything else.
func normalDate(s string) string {
	s = strings.ToUpper(strings.TrimSpace(s))
	s = strings.NewReplacer("U", "X", "?~", "%", "~?", "%").Replace(s)
	if !normalPattern.MatchString(s) || strings.HasPrefix(s, "0000") {
		return ""
	}
	// The pattern allows 30 February.
	bare := strings.TrimRight(s, "~?%")
	if day, _, _ := strings.Cut(bare, "T"); len(day) == len("2006-01-02") && !strings.Contains(day, "X") {
		if iso, ok := Parse(day); !ok || iso != day {
			return ""
		}
	}
	return s
}

// MonthWords returns the words of a date that is words and a year, where the
// words are not just a month: "Summer", "September/October".
func MonthWords(s string) (words string, ok bool) {
	m := wordsPattern.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return "", false
	}
	iso, known := Parse(s)
	if !known || iso[:min(4, len(iso))] != m[2] || len(iso) > 4 && !strings.ContainsAny(m[1], "-–—/&") {
		return "", false
	}
	switch strings.ToLower(strings.TrimSuffix(m[1], ".")) {
	case "c", "ca", "circa":
		return "", false
	}
	return m[1], true
}

// seasonNamed returns EDTF's number of a season.
func seasonNamed(word string) string {
	switch word {
	case "spring", "printemps", "frühjahr", "frühling", "primavera":
		return "21"
	case "summer", "été", "sommer", "verano", "estate", "verão":
		return "22"
	case "autumn", "fall", "automne", "herbst", "otoño", "autunno", "outono":
		return "23"
	case "winter", "hiver", "invierno", "inverno":
		return "24"
	}
	return ""
}
