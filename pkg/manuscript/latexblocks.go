package manuscript

import "strings"

// latexMath are the environments of formulas.
var latexMath = map[string]bool{"equation": true, "displaymath": true, "math": true, "align": true, "gather": true, "multline": true, "eqnarray": true, "flalign": true, "alignat": true}

// latexPlain are the environments whose content stands as it is, and how many
// arguments they take.
var latexPlain = map[string]int{"document": 0, "center": 0, "flushleft": 0, "flushright": 0, "minipage": 1, "titlepage": 0, "small": 0, "footnotesize": 0, "singlespace": 0, "onehalfspace": 0, "doublespace": 0, "multicols": 1, "samepage": 0, "landscape": 0}

// environment reads an environment, and returns where what follows begins.
func (p *latexParser) environment(f *flow, end, to int) int {
	inside, ok := p.argument(end)
	if !ok || inside.end >= to {
		return end
	}
	name := p.s[inside.start:inside.end]
	body := span{inside.end + 1, p.endOf(name, inside.end+1, to)}
	after := min(body.end+len(`\end{`+name+`}`), to)
	bare := strings.TrimSuffix(name, "*")
	switch {
	case bare == "comment":
	case bare == "abstract":
		f.block(p.abstract(body)...)
	case verbatims[name]:
		f.block(&node{kind: kindCodeBlock, text: p.code(body)})
	case latexMath[bare]:
		p.formula(f, p.mathOf(bare, inside.start-len(`\begin{`), body, after), true)
	case bare == "itemize" || bare == "enumerate" || bare == "description":
		f.block(p.listOf(bare, body)...)
	case bare == "quote" || bare == "quotation" || bare == "verse" || bare == "displayquote":
		f.block(&node{kind: kindQuote, kids: p.blocks(body.start, body.end)})
	case bare == "figure" || bare == "table" || bare == "wrapfigure" || bare == "sidewaystable":
		f.block(p.float(body)...)
	case bare == "tabular" || bare == "tabularx" || bare == "longtable" || bare == "tabulary":
		f.block(p.tableOf(bare, body))
	case bare == "thebibliography":
		p.reports.add("a bibliography that the manuscript has itself (thebibliography): it is left out")
	default:
		if arguments, ok := latexPlain[bare]; ok {
			body.start = p.skipArguments(body.start, arguments)
		} else {
			p.reports.add("the environment %s: its content stays", bare)
		}
		f.end()
		if _, options, ok := p.optional(body.start); ok && options <= body.end {
			body.start = options
		}
		f.block(p.blocks(body.start, body.end)...)
	}
	return after
}

// abstract reads an abstract, which stands with the title if it cites nothing.
func (p *latexParser) abstract(body span) []*node {
	if p.m.Metadata.Abstract != "" {
		return nil
	}
	heading := &node{kind: kindHeading, level: p.top, kids: []*node{textNode("Abstract")}}
	return append([]*node{heading}, p.blocks(body.start, body.end)...)
}

// code returns the text of an environment that is no LaTeX.
func (p *latexParser) code(body span) string {
	s := p.s[body.start:body.end]
	first, rest, ok := strings.Cut(s, "\n") // what stands behind the beginning are options
	if t := strings.TrimSpace(first); ok && (t == "" || strings.HasPrefix(t, "[") || strings.HasPrefix(t, "{")) {
		s = rest
	}
	return strings.TrimRight(s, "\n\t ") + "\n"
}

// mathOf returns a formula of an environment: of one with lines the environment whole.
func (p *latexParser) mathOf(name string, begin int, body span, after int) string {
	text := p.s[begin:after]
	if name == "equation" || name == "displaymath" || name == "math" {
		text = p.s[body.start:body.end]
	}
	for {
		before, rest, ok := strings.Cut(text, `\label{`)
		if !ok {
			return text
		}
		_, rest, _ = strings.Cut(rest, "}")
		text = before + rest
	}
}

// divide divides a stretch where a mark stands outside of braces and of environments.
func (p *latexParser) divide(body span, mark string) []span {
	var parts []span
	depth, from := 0, body.start
	for at := body.start; at < body.end; at++ {
		rest := p.s[at:body.end]
		switch {
		case depth == 0 && strings.HasPrefix(rest, mark) && !(isASCIILetter(mark[len(mark)-1]) && len(rest) > len(mark) && isASCIILetter(rest[len(mark)])):
			parts = append(parts, span{from, at})
			at += len(mark) - 1
			from = at + 1
		case strings.HasPrefix(rest, `\begin{`):
			begin := at
			at += len(`\begin`) - 1
			if end := strings.IndexByte(rest, '}'); end > 0 {
				at = p.endOf(rest[len(`\begin{`):end], min(begin+end, body.end), body.end) - 1
			}
		case rest[0] == '\\':
			at++
		case rest[0] == '%':
			if n := strings.IndexByte(rest, '\n'); n > 0 {
				at += n
			}
		case rest[0] == '{':
			depth++
		case rest[0] == '}':
			depth--
		}
	}
	return append(parts, span{from, body.end})
}

// listOf reads a list.
func (p *latexParser) listOf(name string, body span) []*node {
	list := &node{kind: kindList, on: name == "enumerate", level: 1}
	var terms []*node
	for i, item := range p.divide(body, `\item`) {
		if i == 0 {
			continue // stands before the first item
		}
		label, after, labelled := p.optional(item.start)
		if labelled && after <= item.end && p.s[item.start] == '[' {
			item.start = after
		} else {
			labelled = false
		}
		content := p.blocks(item.start, item.end)
		if name == "description" {
			if labelled {
				terms = append(terms, &node{kind: kindTerm, kids: p.inlines(label.start, label.end)})
			}
			terms = append(terms, &node{kind: kindDefinition, kids: content})
			continue
		}
		if labelled {
			p.reports.add("labels of their own of list items: they stand in the text")
			content = append([]*node{{kind: kindParagraph, kids: p.inlines(label.start, label.end)}}, content...)
		}
		list.add(&node{kind: kindItem, kids: content})
	}
	if name == "description" {
		return terms
	}
	if len(list.kids) == 0 {
		return nil
	}
	return []*node{list}
}

// float reads a figure or a table with its caption.
func (p *latexParser) float(body span) []*node {
	if _, after, ok := p.optional(body.start); ok && after <= body.end {
		body.start = after
	}
	var caption []*node
	rest := body
	if at := strings.Index(p.s[body.start:body.end], `\caption`); at >= 0 {
		end := body.start + at + len(`\caption`)
		if _, after, ok := p.optional(end); ok {
			end = after
		}
		if inside, ok := p.argument(end); ok && inside.end < body.end {
			caption = trimEnd(p.inlines(inside.start, inside.end))
			before := p.blocks(body.start, body.start+at)
			rest = span{inside.end + 1, body.end}
			return p.captioned(append(before, p.blocks(rest.start, rest.end)...), caption)
		}
	}
	return p.captioned(p.blocks(rest.start, rest.end), caption)
}

// captioned joins a caption and its picture. Of something else the caption is a
// paragraph below it.
func (p *latexParser) captioned(blocks, caption []*node) []*node {
	if len(caption) == 0 {
		return blocks
	}
	for _, b := range blocks {
		if b.kind == kindParagraph && len(b.kids) == 1 && b.kids[0].kind == kindImage {
			b.kind, b.kids[0].kids = kindFigure, caption
			return blocks
		}
	}
	return append(blocks, &node{kind: kindParagraph, kids: []*node{{kind: kindEmphasis, kids: caption}}})
}

// tableOf reads a table.
func (p *latexParser) tableOf(name string, body span) *node {
	if name == "tabularx" || name == "tabulary" {
		body.start = p.skipArguments(body.start, 1)
	}
	if _, after, ok := p.optional(body.start); ok && after <= body.end {
		body.start = after
	}
	table := &node{kind: kindTable}
	if spec, ok := p.argument(body.start); ok && spec.end < body.end {
		table.align = alignments(p.s[spec.start:spec.end])
		body.start = spec.end + 1
	}
	ruled := false
	for _, line := range p.divide(body, `\\`) {
		text := p.s[line.start:line.end]
		if len(table.kids) == 1 && !ruled {
			ruled = true
			head := strings.TrimSpace(text)
			table.kids[0].on = strings.HasPrefix(head, `\hline`) || strings.HasPrefix(head, `\midrule`)
		}
		if head := strings.TrimLeft(text, " \t\n"); strings.HasPrefix(head, "[") {
			if _, after, ok := p.optional(line.end - len(head)); ok && after <= line.end {
				line.start = after // "\\[2pt]"
			}
		}
		row := &node{kind: kindRow}
		for _, cell := range p.divide(line, "&") {
			row.add(p.cells(cell)...)
		}
		if len(row.kids) > 1 || strings.TrimSpace(row.plain()) != "" {
			table.add(row)
		}
	}
	return table
}

// cells reads a cell, and with "\multicolumn" the empty ones that it covers.
func (p *latexParser) cells(at span) []*node {
	text := strings.TrimLeft(p.s[at.start:at.end], " \t\n")
	empty := 0
	if rest, ok := strings.CutPrefix(text, `\multicolumn`); ok {
		begin := at.end - len(rest)
		if count, ok := p.argument(begin); ok {
			for range min(len(p.s[count.start:count.end]), 1) {
				empty = max(int(p.s[count.start]-'0')-1, 0) % 20
			}
			p.reports.add("cells over several columns: they stand in the first")
			at.start = min(p.skipArguments(count.end+1, 1), at.end)
		}
	}
	cells := []*node{{kind: kindCell, kids: trimEnd(p.inlines(at.start, at.end))}}
	for range empty {
		cells = append(cells, &node{kind: kindCell})
	}
	return cells
}

// alignments returns the alignments of columns such as "l|cp{3cm}".
func alignments(spec string) []alignment {
	var all []alignment
	depth := 0
	for _, r := range spec {
		switch {
		case r == '{':
			depth++
		case r == '}':
			depth--
		case depth > 0:
		case r == 'l' || r == 'X' || r == 'p' || r == 'm' || r == 'b':
			all = append(all, alignLeft)
		case r == 'c':
			all = append(all, alignCenter)
		case r == 'r':
			all = append(all, alignRight)
		}
	}
	return all
}
