package csl

// collapseAuthor notes a cite's names and leaves them out if the cite before has
// the same and the style collapses cites.
func (c *context) collapseAuthor(top *blob) {
	l := c.layout
	if c.area != areaCitation || l.collapse == "" && l.groupDelimiter == "" || len(top.kids) == 0 {
		return
	}
	if c.wantAuthor {
		c.authorString = flatText(top)
		return
	}
	if c.looking || c.bare {
		return
	}
	names := flatText(top)
	if c.haveLastAuthor && names == c.lastAuthor {
		if l.collapse != "" || c.cite.suppressAuthor {
			top.kids = nil
		}
		c.groupDelimiter = l.groupDelimiter != ""
		return
	}
	c.lastAuthor, c.haveLastAuthor = names, true
	c.collapsed, c.groupDelimiter = false, false
}

// citeNumbers are the numbers at the end of a cite that can be part of a range.
type citeNumbers struct {
	leaf  *blob
	alone bool // the cite shows nothing else
	run   *citeRun
}

// collapseRanges turns three numbers or more in a row into ranges and gives the
// numbers the delimiters between them.
func (r *registry) collapseRanges(cites []*citeRun) {
	var numbers []citeNumbers
	flush := func() {
		r.collapseRow(numbers)
		numbers = nil
	}
	for _, run := range cites {
		leaf, alone := trailingNumber(run.blob)
		if leaf == nil {
			flush()
			continue
		}
		if !alone {
			flush()
		}
		numbers = append(numbers, citeNumbers{leaf, alone, run})
	}
	flush()
}

// trailingNumber finds the number that a cite ends with, if no format or affix
// holds it together with other text.
func trailingNumber(b *blob) (leaf *blob, alone bool) {
	alone = true
	for !b.leaf {
		var shown []*blob
		for _, k := range b.kids {
			if k.content {
				shown = append(shown, k)
			}
		}
		if len(shown) == 0 {
			return nil, false
		}
		if len(shown) > 1 {
			if b.suffix != "" || b.fmt.any() {
				return nil, false
			}
			alone = false
		}
		b = shown[len(shown)-1]
	}
	if b.ranged == rangeNone {
		return nil, false
	}
	return b, alone
}

// collapseRow joins the numbers of cites in a row.
func (r *registry) collapseRow(row []citeNumbers) {
	l := &r.program.citation
	for start := 0; start < len(row); {
		end := start + 1
		for end < len(row) && row[end].leaf.rank == row[end-1].leaf.rank+1 && row[end].leaf.ranged == row[start].leaf.ranged {
			end++
		}
		kind := row[start].leaf.ranged
		ranges := kind == rangeCitationNumber && l.collapse == "citation-number" ||
			kind == rangeYearSuffix && l.collapse == "year-suffix-ranged"
		for i := start; i < end; i++ {
			if i == 0 {
				continue
			}
			r.joinNumber(&row[i], i > start, ranges && end-start > 2 && i > start, i == end-1)
		}
		start = end
	}
}

// joinNumber sets the delimiter before a number, or hides it within a range.
func (r *registry) joinNumber(n *citeNumbers, follows, inRange, last bool) {
	l := &r.program.citation
	switch {
	case inRange && !last:
		hide(n.run.blob)
	case inRange:
		n.run.splice = r.program.terms.rangeDelimiter("citation-range-delimiter")
	case n.leaf.ranged == rangeYearSuffix:
		switch {
		case l.groupDelimiter != "":
			n.run.splice = l.groupDelimiter
		case l.yearDelimiter != "":
			n.run.splice = l.yearDelimiter
		default:
			n.run.splice = l.delimiter
		}
	case follows:
		n.run.splice = l.delimiter
	}
}

// hide keeps all of a blob from showing.
func hide(b *blob) {
	b.hidden = true
	for _, k := range b.kids {
		hide(k)
	}
}
