package csl

import "strings"

// parseRawDate reads a date in words: years of four digits, numbers joined by
// hyphens or slashes, English month names and seasons, "?" or "~" for circa, AD
// and BC, and a range of two dates. Words that say nothing about a date are
// passed over. What has no year stays as it is.
func parseRawDate(s string) *workDate {
	if n := len(s); n > 1 && s[0] == '"' && s[n-1] == '"' {
		return &workDate{literal: s[1 : n-1]}
	}
	text := cutTime(s)
	negative := strings.HasPrefix(text, "-")
	text = strings.TrimPrefix(text, "-")
	if n := digitCount(text); n == len(text) && n > 0 && n < 4 {
		text = strings.Repeat("0", 4-n) + text
	}
	text = eastAsianDate(text)
	text = dropWordPeriods(text)
	tokens, rangeMark, dateMark := rawTokens(text)
	d := &workDate{}
	ends := []*DateParts{&d.from, &d.to}
	end := 0
	reader := rawReader{date: d, mark: dateMark}
	for _, token := range tokens {
		if token == rangeMark && end == 0 {
			reader.finish(ends[0])
			end, d.ranged = 1, true
			continue
		}
		reader.token(token, ends[end])
	}
	reader.finish(ends[end])
	if d.ranged {
		d.completeRange()
	}
	if d.from.Year == 0 || d.from.Day != 0 && d.from.Month == 0 {
		return &workDate{literal: s}
	}
	if negative {
		d.from.Year = -d.from.Year
	}
	return d
}

// cutTime drops a time of day.
func cutTime(s string) string {
	for i := 1; i+1 < len(s); i++ {
		if s[i] == 'T' && isDigit(s[i-1]) && isDigit(s[i+1]) {
			s = s[:i]
			break
		}
	}
	for i := 0; i+5 <= len(s); i++ {
		if isDigit(s[i]) && isDigit(s[i+1]) && s[i+2] == ':' && isDigit(s[i+3]) && isDigit(s[i+4]) {
			end := i + 5
			if end+1 < len(s) && s[end] == ':' {
				end++
				for end < len(s) && isDigit(s[end]) {
					end++
				}
			} else {
				continue
			}
			return strings.TrimRight(s[:i], " ") + s[end:]
		}
	}
	return s
}

// eastAsianDate writes the signs for year, month and day as hyphens.
func eastAsianDate(s string) string {
	if !strings.ContainsAny(s, "年月") {
		return s
	}
	s = strings.NewReplacer(" ", "", "日", "", "年", "-", "月", "-", "〜", "/").Replace(s)
	return strings.TrimRight(strings.ReplaceAll(s, "-/", "/"), "-")
}

// dropWordPeriods drops the periods of abbreviations.
func dropWordPeriods(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if s[i] == '.' && i > 0 && (s[i-1]|0x20 >= 'a' && s[i-1]|0x20 <= 'z') {
			continue
		}
		b = append(b, s[i])
	}
	return string(b)
}

// rawTokens cuts a text into dates of numbers, marks and words, and returns which
// mark joins the ends of a range and which the numbers of a date.
func rawTokens(s string) (tokens []string, rangeMark, dateMark string) {
	rangeMark, dateMark = "-", "-"
	switch {
	case strings.Contains(s, "/") && strings.Contains(s, "-"):
		if strings.Count(s, "/") > 2 {
			s, dateMark = strings.ReplaceAll(s, "_", "-"), "/"
		} else {
			s, rangeMark = strings.ReplaceAll(s, "_", "/"), "/"
		}
	default:
		s = strings.NewReplacer("/", "-", "_", "-").Replace(s)
	}
	for i := 0; i < len(s); {
		n := rawTokenSize(s[i:], dateMark[0])
		if token := strings.TrimSpace(s[i : i+n]); token != "" {
			tokens = append(tokens, token)
		}
		i += n
	}
	return tokens, rangeMark, dateMark
}

// rawTokenSize is the size of the token at the start of s.
func rawTokenSize(s string, mark byte) int {
	if isRawDigit(s[0]) {
		for _, widths := range [...][]int{{4, 2, 2}, {4, 2}, {4}, {2, 2, 4}, {2, 4}} {
			if n := numberRow(s, widths, mark); n > 0 {
				return n
			}
		}
		n := 0
		for n < len(s) && n < 3 && isRawDigit(s[n]) {
			n++
		}
		return n
	}
	if strings.IndexByte("-/~", s[0]) >= 0 {
		return 1
	}
	n := strings.IndexAny(s, "-/~?0123456789")
	if n < 0 {
		return len(s)
	}
	return n
}

func isRawDigit(c byte) bool { return isDigit(c) || c == '?' }

// numberRow is the size of numbers joined by a mark at the start of s, none of
// them longer than its width and years of just four digits; 0 if there are none.
func numberRow(s string, widths []int, mark byte) int {
	i := 0
	for k, width := range widths {
		if k > 0 {
			if i >= len(s) || s[i] != mark {
				return 0
			}
			i++
		}
		n := 0
		for i < len(s) && n < width && isRawDigit(s[i]) {
			i++
			n++
		}
		if n == 0 || width == 4 && n < 4 {
			return 0
		}
	}
	if i < len(s) && isDigit(s[i]) {
		return 0
	}
	return i
}

// rawReader collects what the tokens of one end of a date say.
type rawReader struct {
	date   *workDate
	mark   string
	number string
	season string
}

func (r *rawReader) token(s string, p *DateParts) {
	lower := strings.ToLower(s)
	switch {
	case strings.Contains(s, r.mark) && len(s) > 1:
		p.setRow(strings.Split(s, r.mark))
	case strings.Trim(s, "?0123456789") == "" && len(s) >= 4:
		p.Year = leadingInt(s)
	case s == "~" || s == "?" || s == "c" || strings.HasPrefix(s, "cir"):
		r.date.circa = true
	case monthIn(lower) != 0:
		p.Month = monthIn(lower)
	case digitCount(s) == len(s):
		r.number = s
	case strings.HasPrefix(lower, "bc") && r.number != "":
		p.Year, r.number = -leadingInt(r.number), ""
	case strings.HasPrefix(lower, "ad") && r.number != "":
		p.Year, r.number = leadingInt(r.number), ""
	case r.season == "" && containsAny(lower, "mic", "tri", "hil", "eas"):
		// Terms of universities, which are shown as they are.
		r.season = s
	}
}

func containsAny(s string, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}

// finish ends one end of a date: a number that stands alone is a day.
func (r *rawReader) finish(p *DateParts) {
	if r.number != "" {
		p.Day, r.number = leadingInt(r.number), ""
	}
	orString(&r.date.season, r.season)
}

// setRow reads numbers that are joined: the one with four digits is the year, the
// others are month and day, or day and month where that can't be.
func (p *DateParts) setRow(numbers []string) {
	for i, n := range numbers {
		if len(n) == 4 {
			p.Year = leadingInt(n)
			if i == 0 {
				numbers = numbers[1:]
			} else {
				numbers = numbers[:i]
			}
			break
		}
	}
	first, second := 0, 0
	if len(numbers) > 0 {
		first = leadingInt(numbers[0])
	}
	if len(numbers) > 1 {
		second = leadingInt(numbers[1])
	}
	if first > 12 && second != 0 {
		first, second = second, first
	}
	if first != 0 {
		p.Month, p.Day = first, second
	}
}

// completeRange gives each end what only the other one says.
func (d *workDate) completeRange() {
	orInt(&d.from.Year, d.to.Year)
	orInt(&d.to.Year, d.from.Year)
	orInt(&d.from.Month, d.to.Month)
	orInt(&d.to.Month, d.from.Month)
	orInt(&d.from.Day, d.to.Day)
	orInt(&d.to.Day, d.from.Day)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// monthIn returns 1 to 12 for an English month in a text, 13 to 16 for a season,
// and 0 for none. Three letters are enough.
func monthIn(s string) int {
	for i, name := range rawMonths {
		if strings.Contains(s, name) {
			return i + 1
		}
	}
	return 0
}

var rawMonths = [...]string{
	"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
	"spr", "sum", "fal", "win",
}
