package csl

import (
	"slices"
	"strconv"
	"strings"
)

// workDate is a date of a work, with its raw text parsed.
type workDate struct {
	from, to DateParts
	ranged   bool
	season   string
	circa    bool
	literal  string
}

// present tells whether the date has anything to show.
func (d *workDate) present() bool {
	return d != nil && (d.from != DateParts{} || d.literal != "" || d.season != "" || d.ranged && d.to != DateParts{} || d.circa)
}

// part returns the value of a part, 0 if it is absent.
func (p *DateParts) part(name string) int {
	switch name {
	case "year":
		return p.Year
	case "month":
		return p.Month
	}
	return p.Day
}

// shows tells whether a date with these parts would show anything.
func (n *dateNode) shows(d *workDate) bool {
	if d == nil {
		return false
	}
	if d.literal != "" {
		return true
	}
	for i := range n.parts {
		if d.from.part(n.parts[i].name) != 0 {
			return true
		}
	}
	return false
}

func (n *dateNode) render(c *context) {
	if n.variable == noVariable {
		return
	}
	entered := c.enter(&n.look, elementDate)
	defer c.leave(entered)
	if !c.use(n.variable) {
		c.called(false)
		return
	}
	d := c.work.date(n.variable)
	c.called(n.shows(d))
	if d == nil {
		return
	}
	if c.area.isSort() {
		n.renderKey(c, d)
		return
	}
	if c.looking && n.variable == varAccessed {
		return
	}
	c.open(&n.look)
	r := dateRun{c: c, d: d, node: n, pending: n.rangeParts(d)}
	for i := range n.parts {
		r.part(&n.parts[i])
	}
	c.close()
}

// renderKey adds the date as a part of a sort key, with all parts at fixed
// widths and years BC before years AD.
func (n *dateNode) renderKey(c *context, d *workDate) {
	if d.from.Year == 0 {
		return
	}
	var has [3]bool
	for i := range n.parts {
		switch n.parts[i].name {
		case "year":
			has[0] = true
		case "month":
			has[1] = true
		case "day":
			has[2] = true
		}
	}
	var b strings.Builder
	ends := []DateParts{d.from, {}}
	if d.ranged {
		ends[1] = d.to
	}
	for _, p := range ends {
		writeKeyPart(&b, p.Year, 4, has[0], true)
		writeKeyPart(&b, p.Month, 2, has[1], false)
		writeKeyPart(&b, p.Day, 2, has[2], false)
	}
	if c.dateKey != nil {
		c.dateKey.WriteString(b.String())
		return
	}
	c.append(b.String(), nil, false)
}

func writeKeyPart(b *strings.Builder, value, width int, has, year bool) {
	if !has {
		value = 0
	}
	if year {
		era := byte('1')
		if value < 0 {
			era, value = '0', 9999+value
		}
		b.WriteByte(era)
	}
	digits := strconv.Itoa(value)
	for range width - len(digits) {
		b.WriteByte('0')
	}
	b.WriteString(digits)
}

// rangeParts are the parts from which on the ends of a range differ.
func (n *dateNode) rangeParts(d *workDate) []string {
	if !d.ranged {
		return nil
	}
	var both []string
	for _, name := range [...]string{"year", "month", "day"} {
		has := d.to.part(name) != 0 || name == "year"
		if has && slices.ContainsFunc(n.parts, func(p datePart) bool { return p.name == name }) {
			both = append(both, name)
		}
	}
	for i, name := range both {
		if d.from.part(name) != d.to.part(name) {
			return both[i:]
		}
	}
	if len(both) > 2 {
		return both[2:]
	}
	return nil
}

// dateRun renders the parts of one date in order.
type dateRun struct {
	c       *context
	d       *workDate
	node    *dateNode
	pending []string // the parts of a range that are not all rendered yet
	done    []string
	second  *blob // what the end of the range shows
}

func (r *dateRun) part(p *datePart) {
	c, d := r.c, r.d
	r.done = append(r.done, p.name)
	if p.name == "year" && d.literal != "" {
		c.append(d.literal, &p.look, true)
	}
	value := d.from.part(p.name)
	end := 0
	if d.ranged {
		end = d.to.part(p.name)
	}
	if p.name == "year" && r.yearIsUsed(value) {
		value = 0
	}
	if value == 0 {
		if p.name == "month" {
			r.season(p)
		}
	} else {
		r.value(p, value, end)
	}
	if p.name == "year" {
		r.yearSuffix(p, value)
	}
}

// yearIsUsed tells whether the year was shown by the cite before, when year
// suffixes collapse.
func (r *dateRun) yearIsUsed(year int) bool {
	c := r.c
	if c.bare || !c.program.addYearSuffix || !strings.HasPrefix(c.layout.collapse, "year-suffix") {
		return false
	}
	c.yearsUsed = append(c.yearsUsed, year)
	n := len(c.yearsUsed)
	return len(c.lastYears) >= n && c.collapsed && c.lastYears[n-1] == year
}

// value shows one part, and the range when it is complete.
func (r *dateRun) value(p *datePart, value, end int) {
	c := r.c
	level := c.open(nil)
	defer c.close()
	text, era := r.text(p, value)
	endText, endEra := "", ""
	if end != 0 {
		endText, endEra = r.text(p, end)
	}
	switch {
	case len(r.pending) == 0:
		c.append(text, &p.look, true)
	case r.complete():
		c.append(text, &p.look, true)
		if last := level.last(); last != nil {
			last.suffix = ""
		}
		r.finish(p, level, value, end, endText, endEra)
		return
	default:
		c.append(text, &p.look, true)
		if slices.Contains(r.pending, p.name) && end != 0 {
			r.later(p, endText, endEra)
		}
	}
	c.append(era, nil, true)
}

// complete tells whether all parts of the range are there.
func (r *dateRun) complete() bool {
	for _, name := range r.pending {
		if !slices.Contains(r.done, name) {
			return false
		}
	}
	return true
}

// later keeps a part of the range's end until the range is complete.
func (r *dateRun) later(p *datePart, text, era string) {
	r.collect(func(c *context) {
		c.open(nil)
		if b := c.append(text, &p.look, true); b != nil {
			b.prefix = ""
		}
		c.append(era, nil, true)
		c.close()
	})
}

// collect adds to the blob of the range's end.
func (r *dateRun) collect(add func(*context)) {
	c := r.c
	if r.second == nil {
		r.second = c.arena.level(&look{fmt: r.node.fmt, delimiter: r.node.delimiter})
	}
	c.levels = append(c.levels, r.second)
	add(c)
	c.levels = c.levels[:len(c.levels)-1]
}

func (r *dateRun) finish(p *datePart, level *blob, value, end int, endText, endEra string) {
	c := r.c
	if end != 0 {
		if p.name == "year" && r.d.from.Month == 0 && r.d.season == "" && value > 0 && end > 0 {
			endText = c.program.shortYearEnd(value, endText)
		}
		r.collect(func(c *context) {
			b := c.append(endText, &p.look, true)
			if b != nil && len(r.second.kids) == 1 {
				b.prefix = ""
			}
			c.append(endEra, nil, true)
		})
	}
	delimiter := p.rangeDelimiter
	if delimiter == "" {
		delimiter = c.program.terms.rangeDelimiter("year-range-delimiter")
	}
	c.append(delimiter, nil, true)
	if r.second != nil {
		level.add(r.second)
	}
	r.pending, r.second = nil, nil
}

// text formats a part's value, and the era of a year.
func (r *dateRun) text(p *datePart, value int) (text, era string) {
	t := r.c.program.terms
	switch p.name {
	case "year":
		if value < 0 {
			value, era = -value, t.text("bc", formLong)
		} else if value < 500 {
			era = t.text("ad", formLong)
		}
		text = strconv.Itoa(value)
		switch p.form {
		case "short":
			if len(text) == 4 {
				text = text[2:]
			}
		case "numeric":
			for len(text) < 4 {
				text = "0" + text
			}
		}
	case "month":
		text = r.month(p, value)
		if p.stripPeriods || r.c.stripPeriods > 0 {
			text = strings.ReplaceAll(text, ".", "")
		}
	default:
		text = r.day(p, value)
	}
	return text, era
}

func (r *dateRun) month(p *datePart, value int) string {
	t := r.c.program.terms
	switch p.form {
	case "numeric", "numeric-leading-zeros":
		if value < 1 || value > 12 {
			return ""
		}
		if p.form == "numeric" || value > 9 {
			return strconv.Itoa(value)
		}
		return "0" + strconv.Itoa(value)
	}
	form := formLong
	if p.form == "short" {
		form = formShort
	}
	if value < 1 || value > 24 {
		return ""
	}
	for value > 16 {
		value -= 4
	}
	if value > 12 {
		return t.text("season-0"+strconv.Itoa(value-12), form)
	}
	return t.text(monthTerm(value), form)
}

func monthTerm(month int) string {
	if month < 10 {
		return "month-0" + strconv.Itoa(month)
	}
	return "month-" + strconv.Itoa(month)
}

func (r *dateRun) day(p *datePart, value int) string {
	t := r.c.program.terms
	switch {
	case p.form == "ordinal" && (!t.firstDayOnly || value == 1):
		return t.ordinal(value, t.nouns[monthTerm(r.d.from.Month)])
	case p.form == "numeric-leading-zeros" && value < 10:
		return "0" + strconv.Itoa(value)
	}
	return strconv.Itoa(value)
}

// season shows the season of a date without a month.
func (r *dateRun) season(p *datePart) {
	s := r.d.season
	if s == "" {
		return
	}
	if len(s) == 1 && s[0] >= '1' && s[0] <= '4' {
		r.c.group.success = true
		s = r.c.program.terms.text("season-0"+s, formLong)
	}
	r.c.append(s, &p.look, true)
}

// yearSuffix adds the letter that tells works of one year apart, unless the
// style places it itself.
func (r *dateRun) yearSuffix(p *datePart, value int) {
	c := r.c
	if value == 0 && !c.collapsed || c.program.hasYearSuffix || c.looking || c.suffixDone {
		return
	}
	if c.entry == nil || c.entry.settings.yearSuffix < 0 {
		return
	}
	c.suffixDone = true
	if b := c.appendRanged(c.entry.settings.yearSuffix, rangeYearSuffix, &p.look); b != nil {
		b.glued = true
	}
}
