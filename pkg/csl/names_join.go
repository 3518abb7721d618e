package csl

import "strings"

// join puts blobs into a level with a delimiter between them, and final between
// the last two. Nil blobs are left out.
func (r *namesRun) join(blobs []*blob, delimiter string, final *blob) *blob {
	kept := make([]*blob, 0, len(blobs)+1)
	for _, b := range blobs {
		if b != nil && !b.empty() {
			kept = append(kept, b)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	level := r.c.arena.level(nil)
	last := len(kept) - 1
	for i, b := range kept {
		switch {
		case i == last:
		case i == last-1 && final != nil:
			level.add(b)
			level.add(final)
			continue
		default:
			b.suffix += delimiter
		}
		level.add(b)
	}
	return level
}

// joinAnd joins a whole list, with "and" before the last name if wanted.
func (r *namesRun) joinAnd(blobs []*blob) *blob {
	if len(blobs) < 2 {
		return r.join(blobs, r.delimiter, nil)
	}
	return r.join(blobs, r.delimiter, r.and(blobs))
}

func (r *namesRun) and(blobs []*blob) *blob {
	c, o := r.c, r.options
	term := ""
	switch o.and {
	case "text":
		term = c.program.terms.text("and", formLong)
	case "symbol":
		term = "&"
	default:
		if r.delimiter == "" {
			return nil
		}
		return c.arena.plain(r.delimiter)
	}
	b := c.leaf(term, nil)
	if b == nil {
		return nil
	}
	single, multiple := "", ""
	if startsWithLetter(term) {
		single, multiple, b.suffix = " ", r.delimiter, " "
	}
	institution := blobs[len(blobs)-1].institution
	precedes := o.precedesLast
	if institution {
		precedes = r.node.name.outerPrecedesLast
	}
	switch precedes {
	case "always":
		single = r.delimiter
	case "never":
		if multiple != "" {
			multiple = " "
		}
	case "after-inverted-name":
		if !institution {
			if single != "" {
				single = r.delimiter
			}
			if multiple != "" {
				multiple = " "
			}
		}
	}
	b.prefix = single
	if len(blobs) > 2 {
		b.prefix = multiple
	}
	if o.precedesLast == "after-inverted-name" && lastInverted(blobs[:len(blobs)-1]) {
		b.prefix = r.delimiter
	}
	return b
}

// lastInverted tells whether the last of some names has the family name first.
func lastInverted(blobs []*blob) bool {
	last := blobs[len(blobs)-1]
	return len(last.kids) > 0 && last.kids[0].inverted
}

// joinLast joins a cut list that ends with an ellipsis and its last name.
func (r *namesRun) joinLast(blobs []*blob) *blob {
	if len(blobs) < 2 {
		return r.join(blobs, r.delimiter, nil)
	}
	ellipsis := r.c.arena.plain("…")
	ellipsis.prefix, ellipsis.suffix = " ", " "
	if len(blobs) > 2 {
		ellipsis.prefix = r.delimiter
	}
	if r.options.precedesLast == "after-inverted-name" && lastInverted(blobs[:len(blobs)-1]) {
		ellipsis.prefix = r.delimiter
	}
	return r.join(blobs, r.delimiter, ellipsis)
}

// joinEtAl joins a cut list that ends with "et al.".
func (r *namesRun) joinEtAl(blobs []*blob) *blob {
	c := r.c
	joined := r.join(blobs, r.delimiter, nil)
	level := c.arena.level(&r.node.name.look)
	if joined == nil {
		return nil
	}
	level.add(joined)
	term := c.program.terms.text(strings.ReplaceAll(r.node.etAl.term, "et al", "et-al"), formLong)
	etAl := c.leaf(term, &r.node.etAl.look)
	if etAl == nil {
		return level
	}
	single, multiple := " ", r.delimiter
	switch r.options.precedesEtAl {
	case "always":
		single = r.delimiter
	case "never":
		multiple = " "
	case "after-inverted-name":
		single, multiple = r.delimiter, " "
	}
	if !startsWithLetter(term) {
		single, multiple = trimOnlySpace(single), trimOnlySpace(multiple)
	}
	etAl.prefix, etAl.suffix = single, ""
	if len(blobs) > 1 {
		etAl.prefix = multiple
	}
	level.add(etAl)
	return level
}

func trimOnlySpace(s string) string {
	if s == " " {
		return ""
	}
	return s
}
