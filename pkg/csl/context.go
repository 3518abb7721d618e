package csl

import "strings"

// Position is where a cite stands among the cites of the same item.
type Position uint8

// The positions, each of which implies the ones before it except the first.
const (
	PositionFirst Position = iota // the first cite of its item
	PositionSubsequent
	PositionIbid // the cite before is of the same item
	PositionIbidWithLocator
)

// citeState is a cite while it is rendered.
type citeState struct {
	locator, label, prefix, suffix string
	suppressAuthor, authorOnly     bool
	position                       Position
	nearNote                       bool
	firstNote                      int // the note of the item's first cite
}

// groupState is what a group must know of its content to decide whether it shows.
type groupState struct {
	term    bool // a term or fixed text was meant to show
	attempt bool // a variable was called that is empty
	success bool // a variable was called that has a value
}

// context is the state of rendering one cite, entry or sort key. It is used by
// one goroutine at a time.
type context struct {
	program  *program
	registry *registry
	arena    *arena
	layout   *layout
	area     area
	work     *work
	cite     *citeState
	entry    *entry // the registered state of the work; nil if unregistered
	levels   []*blob
	group    groupState
	done     variableSet
	numbers  map[variable]*numberValue

	// looking is set while cites are rendered only to be compared.
	looking bool
	// bare is set while formats are left out.
	bare bool
	// settings say how many names to show and how fully; given is set if they
	// were requested and not only start values.
	settings          *disambiguation
	requested         bool
	disambiguateTried int
	disambiguateMet   int

	inSubstitute  int
	borrow        *borrowed
	canSubstitute []bool
	stripPeriods  int
	termBefore    bool // something was rendered that a term's capital would follow
	suffixDone    bool // the year suffix was rendered
	sortKey       *nameOptions
	dates         *strings.Builder // collects the dates of a sort key
	dateKey       *strings.Builder // is dates while only dates count
	namesSeen     int
	namesMax      []int
	suppress      bool // rendering of the element is suppressed
	rendered      bool // something was rendered in this cite
	seenFirst     bool // the first field was rendered, for second-field-align
	rightBlock    *blob
	braces        *nestedBraces

	// For subsequent-author-substitute.
	substituteOK bool
	nameKeys     []string
	nameBlobs    []*blob
	nameTop      *blob
	nameLabel    *blob
	last         *lastNames

	// For collapsing.
	authorString   string // the first names as rendered, if asked for
	wantAuthor     bool
	lastAuthor     string
	haveLastAuthor bool
	collapsed      bool
	groupDelimiter bool
	yearsUsed      []int
	lastYears      []int
	spliceWith     string
}

// append adds a text with a look at the current level. fixed texts follow a
// reader's typing less closely; serious is false for parts of names.
func (c *context) append(text string, l *look, serious bool) *blob {
	return c.appendText(text, l, serious, true)
}

func (c *context) appendText(text string, l *look, serious, strip bool) *blob {
	if text == "" || serious && (c.suppress || c.dateKey != nil) {
		return nil
	}
	text = c.spaceQuotes(text, serious)
	b := c.arena.get()
	b.leaf = true
	if l != nil {
		b.fmt, b.prefix, b.suffix, b.delim = l.fmt, l.prefix, l.suffix, l.delimiter
		if l.textCase != caseNone {
			text = l.textCase.apply(text, c.caseLanguage())
		}
	}
	if serious {
		c.termBefore = true
	}
	text = moveLeadingPunctuation(text, &b.prefix)
	if c.stripPeriods > 0 && strip {
		text = stripPeriods(text)
	}
	if b.fmt.style != 0 && !inScript(text) {
		b.fmt.style = 0
	}
	b.text = text
	if hasMarkup(text) {
		c.parseMarkup(b)
	}
	c.level().add(b)
	return b
}

// leaf makes the blob of a part of a name without adding it.
func (c *context) leaf(text string, l *look) *blob {
	if text == "" {
		return nil
	}
	c.open(nil)
	b := c.append(text, l, false)
	c.levels = c.levels[:len(c.levels)-1]
	c.level().kids = c.level().kids[:len(c.level().kids)-1]
	return b
}

func (c *context) level() *blob { return c.levels[len(c.levels)-1] }

// open starts a level; what is added from now on goes into it.
func (c *context) open(l *look) *blob {
	b := c.arena.level(l)
	if len(c.levels) > 0 {
		c.level().add(b)
	}
	c.levels = append(c.levels, b)
	return b
}

func (c *context) close() { c.levels = c.levels[:len(c.levels)-1] }

// dropLast removes what was added last to the current level.
func (c *context) dropLast() {
	b := c.level()
	b.kids = b.kids[:len(b.kids)-1]
}

// spaceQuotes binds French punctuation with narrow spaces and normalizes the
// space before single quotation marks.
func (c *context) spaceQuotes(s string, serious bool) string {
	if i := strings.IndexAny(s, " '\u00ab"); i < 0 {
		return s
	}
	for _, p := range [...]string{":", ";", "?", "!", "»"} {
		if strings.Contains(s, " "+p) {
			s = strings.ReplaceAll(s, " "+p, "\u202f"+p)
		}
	}
	if strings.Contains(s, "« ") {
		s = strings.ReplaceAll(s, "« ", "«\u202f")
	}
	for strings.Contains(s, "  '") {
		s = strings.ReplaceAll(s, "  '", " '")
	}
	if serious && s[0] == '\'' {
		s = " " + s
	}
	return s
}

// moveLeadingPunctuation takes marks at the start of a text into its prefix, so
// that they merge with what stands before.
func moveLeadingPunctuation(s string, prefix *string) string {
	if s == "" || s[0] == ' ' {
		return s
	}
	n := 0
	for n < len(s) && (isPunctOrSpace(s[n]) && s[n] != ',') {
		n++
	}
	if n == 0 || n == len(s) {
		return s
	}
	*prefix += s[:n]
	return s[n:]
}

// stripPeriods removes periods that no lower case letter follows.
func stripPeriods(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if s[i] == '.' && (i+1 == len(s) || s[i+1] < 'a' || s[i+1] > 'z') {
			continue
		}
		b = append(b, s[i])
	}
	return string(b)
}

// caseLanguage is the language that letters change case in.
func (c *context) caseLanguage() string {
	if c.work != nil && c.work.language != "" {
		return c.work.language
	}
	return c.program.defaultLanguage
}

// called notes that an element asked for a variable.
func (c *context) called(has bool) {
	if has {
		c.group.success = true
		c.markSubstituted()
	} else {
		c.group.attempt = true
	}
}

// markSubstituted ends the search of the substitute around.
func (c *context) markSubstituted() {
	if n := len(c.canSubstitute); n > 0 {
		c.canSubstitute[n-1] = false
	}
}

// use returns whether a variable may still be rendered, and within a substitute
// reserves it.
func (c *context) use(v variable) bool {
	free := !c.done.has(v)
	if c.inSubstitute > 0 {
		c.done.add(v)
	}
	return free
}
