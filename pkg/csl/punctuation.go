package csl

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Punctuation that meets where the affixes, delimiters and texts of neighbours
// join is merged in four passes over the tree of an entry: affixes rise to
// where they meet, then neighbours are merged leftward, then suffixes are
// settled from the top down, and at last commas and full stops move into or
// out of closing quotation marks.

func isPunct(c byte) bool {
	switch c {
	case '.', '!', '?', ':', ',', ';':
		return true
	}
	return false
}

func isPunctOrSpace(c byte) bool { return c == ' ' || isPunct(c) }

// joined returns what two different marks become when they meet, and whether
// they merge at all.
func joined(left, right byte) (string, bool) {
	switch left {
	case '!':
		return pick(right, ".", "!", "?", "!?", ":", "!", ",", "!,", ";", "!;")
	case '?':
		return pick(right, "!", "?!", ".", "?", ":", "?", ",", "?,", ";", "?;")
	case '.':
		return pick(right, "!", ".!", "?", ".?", ":", ".:", ",", ".,", ";", ".;")
	case ':':
		return pick(right, "!", "!", "?", "?", ".", ":", ",", ":,", ";", ":;")
	case ',':
		return pick(right, "!", ",!", "?", ",?", ":", ",:", ".", ",.", ";", ",;")
	case ';':
		return pick(right, "!", "!", "?", "?", ":", ";", ",", ";,", ".", ";")
	}
	return "", false
}

func pick(c byte, pairs ...string) (string, bool) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i][0] == c {
			return pairs[i+1], true
		}
	}
	return "", false
}

func firstByte(s string) byte {
	if s == "" {
		return 0
	}
	return s[0]
}

func lastByte(s string) byte {
	if s == "" {
		return 0
	}
	return s[len(s)-1]
}

// mergeLeft merges the first mark of right into the end of left.
func mergeLeft(left, right *string) {
	l, r := lastByte(*left), firstByte(*right)
	if l == r {
		if r != 0 {
			*right = (*right)[1:]
		}
		return
	}
	if !isPunct(r) {
		return
	}
	*right = (*right)[1:]
	if s, ok := joined(l, r); ok {
		*left = (*left)[:len(*left)-1] + s
		return
	}
	*left += string(r)
}

// mergeRight merges the last mark of left into the start of right.
func mergeRight(left, right *string) {
	l, r := lastByte(*left), firstByte(*right)
	if l == r {
		if l != 0 {
			*left = (*left)[:len(*left)-1]
		}
		return
	}
	if !isPunct(l) {
		return
	}
	*left = (*left)[:len(*left)-1]
	if s, ok := joined(l, r); ok {
		*right = s + (*right)[1:]
		return
	}
	*right = string(l) + *right
}

// tidyPunctuation merges the punctuation of an entry or cite.
func tidyPunctuation(b *blob, intoQuotes bool) {
	raise(b)
	mergeNeighbours(b)
	settle(b, intoQuotes)
	swapQuotes(b, intoQuotes)
}

// dropRepeated removes the first mark of a leaf's suffix that its text ends with.
func dropRepeated(b *blob) {
	if c := firstByte(b.suffix); isPunct(c) && c == lastByte(b.text) {
		b.suffix = b.suffix[1:]
	}
}

// raise moves affixes at a list's borders up to it, so that what meets is on one
// level.
func raise(parent *blob) {
	if parent.leaf {
		dropRepeated(parent)
		return
	}
	decorated := parent.fmt.any()
	for i, kid := range slices.Backward(parent.kids) {
		raise(kid)
		if i == 0 {
			if lastByte(parent.prefix) == ' ' && firstByte(kid.prefix) == ' ' {
				kid.prefix = kid.prefix[1:]
			}
			if c := firstByte(kid.prefix); !decorated && isPunctOrSpace(c) && parent.prefix == "" {
				parent.prefix = string(c)
				kid.prefix = kid.prefix[1:]
			}
		}
		if i == len(parent.kids)-1 && !decorated && lastByte(kid.suffix) == ' ' {
			if firstByte(parent.suffix) != ' ' {
				parent.suffix = " " + parent.suffix
			}
			kid.suffix = kid.suffix[:len(kid.suffix)-1]
		}
		if i > 0 && parent.delim != "" {
			if c := lastByte(parent.delim); isPunctOrSpace(c) && c == firstByte(kid.prefix) {
				kid.prefix = kid.prefix[1:]
			}
		}
	}
}

// mergeNeighbours merges a mark at the start of a prefix into what stands
// before it, where no delimiter stands between.
func mergeNeighbours(parent *blob) {
	for i, kid := range slices.Backward(parent.kids) {
		mergeNeighbours(kid)
		if i == len(parent.kids)-1 || parent.delim != "" {
			continue
		}
		next := parent.kids[i+1]
		c := firstByte(next.prefix)
		if kid.fmt.decorated() || next.fmt.decorated() || !isPunct(c) {
			continue
		}
		if c == lastByte(kid.suffix) || kid.suffix == "" && kid.leaf && lastByte(kid.text) == c {
			next.prefix = next.prefix[1:]
			continue
		}
		mergeLeft(&kid.suffix, &next.prefix)
	}
}

// settle decides on suffixes from the top down.
func settle(parent *blob, intoQuotes bool) {
	if parent.leaf {
		dropRepeated(parent)
		return
	}
	spreadDelimiter(parent)
	for i, kid := range slices.Backward(parent.kids) {
		decorated := kid.fmt.any()
		switch {
		case i == len(parent.kids)-1:
			settleLast(parent, kid, intoQuotes)
		case parent.delim != "":
			if c := firstByte(parent.delim); isPunctOrSpace(c) && c == lastByte(kid.suffix) {
				kid.suffix = kid.suffix[:len(kid.suffix)-1]
			}
		default:
			next := parent.kids[i+1]
			if c := lastByte(kid.suffix); !kid.isNumber() && !decorated && isPunctOrSpace(c) && c == firstByte(next.prefix) {
				next.prefix = next.prefix[1:]
			}
		}
		if kid.leaf && !kid.isNumber() && !decorated && isPunct(firstByte(kid.suffix)) {
			mergeLeft(&kid.text, &kid.suffix)
		}
		settle(kid, intoQuotes)
	}
}

// spreadDelimiter gives a mark at the start of the delimiter to the suffixes
// before it.
func spreadDelimiter(parent *blob) {
	c := firstByte(parent.delim)
	if !isPunct(c) {
		return
	}
	for i := len(parent.kids) - 2; i >= 0; i-- {
		if kid := parent.kids[i]; lastByte(kid.suffix) != c {
			kid.suffix += string(c)
		}
	}
	parent.delim = parent.delim[1:]
}

func settleLast(parent, kid *blob, intoQuotes bool) {
	c := firstByte(parent.suffix)
	if isPunct(c) && !kid.endsInNumber() &&
		(kid.endMerges(c) || intoQuotes && kid.endIsQuoted()) {
		if kid.leaf {
			mergeLeft(&kid.text, &parent.suffix)
		} else {
			mergeLeft(&kid.suffix, &parent.suffix)
		}
		if firstByte(parent.suffix) == '.' {
			kid.suffix += "."
			parent.suffix = parent.suffix[1:]
		}
	}
	if lastByte(kid.suffix) == ' ' && firstByte(parent.suffix) == ' ' {
		parent.suffix = parent.suffix[1:]
	}
	if c := firstByte(kid.suffix); isPunctOrSpace(c) {
		if kid.leaf && lastByte(kid.text) == c {
			kid.suffix = kid.suffix[1:]
		}
		if s := lastByte(kid.suffix); s == firstByte(parent.suffix) && parent.suffix != "" {
			_, size := utf8.DecodeLastRuneInString(parent.suffix)
			parent.suffix = parent.suffix[:len(parent.suffix)-size]
		}
	}
	if c := firstByte(parent.suffix); isPunct(c) && parent.endsWith(c) {
		parent.suffix = parent.suffix[1:]
	}
}

func (b *blob) isNumber() bool {
	return b.number || len(b.kids) == 1 && b.kids[0].number
}

func (b *blob) endsInNumber() bool {
	if b.number {
		return true
	}
	last := b.last()
	return last != nil && last.endsInNumber()
}

// endMerges tells whether a mark at the blob's end merges with c into one mark.
func (b *blob) endMerges(c byte) bool {
	end := lastByte(b.suffix)
	if end == 0 && b.leaf {
		end = lastByte(b.text)
	}
	if s, ok := joined(end, c); ok && len(s) == 1 {
		return true
	}
	last := b.last()
	return last != nil && last.endMerges(c)
}

// endIsQuoted tells whether a closing quotation mark stands at the blob's end.
func (b *blob) endIsQuoted() bool {
	if b.fmt.quotes == quoteOuter || b.fmt.quotes == quoteInner {
		return true
	}
	last := b.last()
	return last != nil && last.endIsQuoted()
}

// endsWith tells whether the blob's last text or inner suffix ends with c.
func (b *blob) endsWith(c byte) bool {
	if b.leaf {
		return lastByte(b.text) == c
	}
	last := b.last()
	if last == nil {
		return false
	}
	if last.suffix != "" {
		return lastByte(last.suffix) == c
	}
	return last.endsWith(c)
}

// swapQuotes moves marks after a closing quotation mark into it, or marks before
// it out of it, as the language wants.
func swapQuotes(parent *blob, intoQuotes bool) {
	for _, kid := range parent.kids {
		if kid.fmt.quotes == quoteOuter || kid.fmt.quotes == quoteInner {
			inner := &kid.text
			if !kid.leaf {
				if kid.last() == nil {
					continue
				}
				inner = &kid.last().suffix
			}
			if intoQuotes {
				for strings.IndexByte(".,!?", firstByte(kid.suffix)) >= 0 && kid.suffix != "" {
					mergeLeft(inner, &kid.suffix)
				}
			} else {
				for *inner != "" && strings.IndexByte(":,;", lastByte(*inner)) >= 0 {
					mergeRight(inner, &kid.suffix)
				}
			}
		}
		swapQuotes(kid, intoQuotes)
	}
}
