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
		var last *blob
		shown := 0
		for _, k := range b.kids {
			if k.content {
				last = k
				shown++
			}
		}
		if shown == 0 {
			return nil, false
		}
		if shown > 1 {
			if b.suffix != "" || b.fmt.any() {
				return nil, false
			}
			alone = false
		}
		b = last
	}
	if b.rank < 0 || !b.number {
		return nil, false
	}
	return b, alone && b.ranged != rangeNone
}

// collapseRow joins the numbers of cites in a row. What precedes a number that
// does not follow the one before is the delimiter between cites, but the last
// such number takes the layout's delimiter.
func (r *registry) collapseRow(row []citeNumbers) {
	lastJump := 0
	for start := 0; start < len(row); {
		end := start + 1
		for end < len(row) && follows(row[end-1].leaf, row[end].leaf) {
			end++
		}
		if start > 0 {
			lastJump = start
		}
		ranges := r.collapses(row[start].leaf.ranged) && end-start > 2
		for i := start + 1; i < end; i++ {
			switch {
			case ranges && i < end-1:
				hide(row[i].run.blob)
			case ranges:
				row[i].run.splice = r.program.terms.rangeDelimiter("citation-range-delimiter")
			default:
				row[i].run.splice = r.numberDelimiter(row[i].leaf)
			}
		}
		start = end
	}
	if lastJump > 0 {
		row[lastJump].run.splice = r.numberDelimiter(row[lastJump].leaf)
	}
}

// follows tells whether a number comes right after another of its kind.
func follows(a, b *blob) bool { return a.ranged == b.ranged && b.rank == a.rank+1 }

// collapses tells whether the style makes ranges of a kind of number.
func (r *registry) collapses(kind rangeKind) bool {
	switch kind {
	case rangeCitationNumber:
		return r.program.citation.collapse == "citation-number"
	case rangeYearSuffix:
		return r.program.citation.collapse == "year-suffix-ranged"
	}
	return false
}

// numberDelimiter stands before a number that is no end of a range.
func (r *registry) numberDelimiter(leaf *blob) string {
	l := &r.program.citation
	if leaf.ranged == rangeYearSuffix {
		switch {
		case l.groupDelimiter != "":
			return l.groupDelimiter
		case l.yearDelimiter != "":
			return l.yearDelimiter
		}
	}
	return l.delimiter
}

// hide keeps all of a blob from showing.
func hide(b *blob) {
	b.hidden = true
	for _, k := range b.kids {
		hide(k)
	}
}
