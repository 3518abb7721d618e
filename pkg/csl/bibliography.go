package csl

import (
	"slices"
	"strings"
)

// Bibliography is a rendered bibliography.
type Bibliography struct {
	Entries []BibliographyEntry
	// HangingIndent, SecondFieldAlign ("", "flush" or "margin"), LineSpacing and
	// EntrySpacing say how the style wants the entries set.
	HangingIndent    bool
	SecondFieldAlign string
	LineSpacing      int
	EntrySpacing     int
}

// BibliographyEntry is one entry of a bibliography.
type BibliographyEntry struct {
	ID   string // of the item
	Text Text
}

// HTML returns the bibliography as a <div class="csl-bib-body"> with a <div
// class="csl-entry"> for each entry.
func (b *Bibliography) HTML() string {
	var out strings.Builder
	out.WriteString("<div class=\"csl-bib-body\">\n")
	for i := range b.Entries {
		out.WriteString("  <div class=\"csl-entry\">")
		out.WriteString(b.Entries[i].Text.HTML())
		out.WriteString("</div>\n")
	}
	out.WriteString("</div>")
	return out.String()
}

// Bibliography renders the entries of items, sorted and told apart as the style
// wants. Items without a sort order of the style stand in the order given; items
// with an ID that was there before are left out. A style without a bibliography
// gives no entries.
func (p *Processor) Bibliography(items []Item) *Bibliography {
	r := p.register(newWorks(items))
	defer p.release(r)
	return r.bibliography()
}

func (r *registry) bibliography() *Bibliography {
	l := r.program.bibliography
	if l == nil {
		return &Bibliography{}
	}
	b := &Bibliography{
		HangingIndent: l.hangingIndent, SecondFieldAlign: l.secondFieldAlign,
		LineSpacing: l.lineSpacing, EntrySpacing: l.entrySpacing,
		Entries: make([]BibliographyEntry, 0, len(r.sorted)),
	}
	var last lastNames
	for _, e := range r.sorted {
		text, ok := r.entryText(e, l, &last)
		if !ok {
			if !r.program.numeric {
				continue
			}
			text = Text{tokens: []token{{text: itoa(e.order) + ". " + noPrintedForm}}}
		}
		b.Entries = append(b.Entries, BibliographyEntry{ID: e.work.id, Text: text})
	}
	return b
}

// lastNames are the names of the entry before, for
// subsequent-author-substitute.
type lastNames struct {
	list   []string
	joined string
}

func (r *registry) entryText(e *entry, l *layout, last *lastNames) (Text, bool) {
	defer r.arena.release(r.arena.used)
	c := r.newContext(e.work, e, areaBibliography)
	c.settings, c.requested = r.entrySettings(e), true
	c.substituteOK = true
	c.last = last
	root := c.renderLayout()
	if len(root.kids) == 0 {
		return Text{}, false
	}
	root.kids[0].prefix = l.prefix + root.kids[0].prefix
	switch {
	case l.secondFieldAlign != "":
		if c.rightBlock != nil {
			c.rightBlock.suffix = l.suffix
		}
	case l.startsWithBlock:
		root.last().suffix += l.suffix
	default:
		root.suffix = l.suffix
	}
	outer := c.arena.level(nil)
	outer.fmt = l.fmt
	outer.add(root)
	tidyPunctuation(outer, r.program.terms.punctuationInQuote)
	if !outer.measure() {
		return Text{}, false
	}
	em := emitter{quotes: &r.program.terms.quotes}
	em.blob(outer)
	return Text{tokens: em.tokens}, true
}

// entrySettings are the settings of an entry: names are shown as fully as cites
// need it only by the methods that the style has switched on.
func (r *registry) entrySettings(e *entry) *disambiguation {
	s := e.settings.clone()
	if !r.program.addNames {
		s.names = nil
	}
	if !r.program.addGiven {
		s.givens = nil
	}
	return s
}

// substituteAuthor replaces the first names of an entry if they are those of the
// entry before. It runs after each names element and, where text stands for
// missing names, after text.
func (c *context) substituteAuthor(names bool) {
	l := c.layout
	if !l.hasSubstitute || c.bare || !c.substituteOK || c.nameKeys == nil || c.last == nil {
		return
	}
	c.substituteOK = false
	if strings.HasPrefix(l.substituteRule, "partial") {
		c.substitutePartly(l)
		return
	}
	joined := strings.Join(c.nameKeys, ",")
	if joined == "" {
		return
	}
	if joined == c.last.joined {
		if l.substituteRule == "complete-each" {
			for _, b := range c.nameBlobs {
				c.replaceName(b)
			}
		} else if c.nameTop != nil {
			c.replaceNames(names)
		}
	}
	c.last.joined = joined
}

// substitutePartly replaces the names that a list has in common with the one
// before, from the first on.
func (c *context) substitutePartly(l *layout) {
	same := true
	for i, b := range c.nameBlobs {
		if i >= len(c.nameKeys) {
			break
		}
		same = same && i < len(c.last.list) && c.nameKeys[i] != "" && c.nameKeys[i] == c.last.list[i]
		if same {
			c.replaceName(b)
			same = l.substituteRule != "partial-first"
		}
	}
	c.last.list = slices.Clone(c.nameKeys)
}

func (c *context) replaceName(b *blob) {
	b.leaf, b.text = false, ""
	b.kids = []*blob{c.arena.plain(c.layout.substitute)}
}

func (c *context) replaceNames(names bool) {
	top := c.nameTop
	str := c.arena.plain(c.layout.substitute)
	switch {
	case names && c.nameLabel != nil:
		top.kids = []*blob{str, c.nameLabel}
	case len(top.kids) > 0:
		first := top.kids[0]
		first.leaf, first.text, first.kids = false, "", []*blob{str}
	default:
		top.kids = []*blob{str}
	}
}
