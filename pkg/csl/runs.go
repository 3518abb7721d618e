package csl

import "strings"

// Run is a stretch of text in one format, as word processors and rich text have
// it.
type Run struct {
	Text                                         string
	Italic, Oblique, Bold, SmallCaps, Underlined bool
	Superscript, Subscript                       bool
	// Block is the block that the run belongs to: "" for the entry itself,
	// "block", "left-margin", "right-inline" or "indent".
	Block string
}

// Runs returns the text as runs. Formats that cancel each other are resolved, and
// neighbours in the same format are one run.
func (t Text) Runs() []Run {
	var runs []Run
	stack := []Run{{}}
	for i := range t.tokens {
		k := &t.tokens[i]
		switch k.kind {
		case tokenOpen:
			stack = append(stack, stack[len(stack)-1].with(&k.fmt))
		case tokenClose:
			stack = stack[:len(stack)-1]
		default:
			runs = appendRuns(runs, stack[len(stack)-1], k.text)
		}
	}
	return runs
}

// with is a run's format with one attribute more.
func (r Run) with(f *format) Run {
	switch f.style {
	case styleItalic:
		r.Italic = true
	case styleOblique:
		r.Oblique = true
	case styleNormal:
		r.Italic, r.Oblique = false, false
	}
	if f.weight != 0 {
		r.Bold = f.weight == weightBold
	}
	if f.variant != 0 {
		r.SmallCaps = f.variant == variantSmallCaps
	}
	if f.line != 0 {
		r.Underlined = f.line == lineUnder
	}
	if f.align != 0 {
		r.Superscript, r.Subscript = f.align == alignSup, f.align == alignSub
	}
	switch f.display {
	case displayBlock:
		r.Block = "block"
	case displayLeftMargin:
		r.Block = "left-margin"
	case displayRightInline:
		r.Block = "right-inline"
	case displayIndent:
		r.Block = "indent"
	}
	return r
}

// appendRuns adds a text in a format, with its superscript characters as
// superscripts of others.
func appendRuns(runs []Run, form Run, text string) []Run {
	start := 0
	for i, r := range text {
		plain, ok := superscripts[r]
		if !ok {
			continue
		}
		runs = appendRun(runs, form, text[start:i])
		raised := form
		raised.Superscript, raised.Subscript = true, false
		runs = appendRun(runs, raised, plain)
		start = i + len(string(r))
	}
	return appendRun(runs, form, text[start:])
}

func appendRun(runs []Run, form Run, text string) []Run {
	if text == "" {
		return runs
	}
	form.Text = text
	if n := len(runs); n > 0 {
		last := runs[n-1]
		last.Text = text
		if last == form {
			runs[n-1].Text += text
			return runs
		}
	}
	return append(runs, form)
}

// Markdown returns the text as Markdown of Pandoc's kind: *italics*, **bold**,
// ^superscript^, ~subscript~, and spans for small capitals and underlining. What
// would be markup otherwise is escaped.
func (t Text) Markdown() string {
	var b strings.Builder
	block := ""
	for i, r := range t.Runs() {
		if r.Block != block && i > 0 && !(r.Block == "right-inline" && strings.HasSuffix(b.String(), " ")) {
			b.WriteString(blockGap(r.Block))
		}
		block = r.Block
		r.writeMarkdown(&b)
	}
	return strings.TrimSpace(b.String())
}

// blockGap stands before a block.
func blockGap(block string) string {
	if block == "right-inline" {
		return " "
	}
	return "\n\n"
}

func (r *Run) writeMarkdown(b *strings.Builder) {
	// Marks hold only right at a word, so spaces stay outside.
	inner := strings.TrimSpace(r.Text)
	if inner == "" {
		b.WriteString(r.Text)
		return
	}
	before, after, _ := strings.Cut(r.Text, inner)
	b.WriteString(before)
	open, closing := r.marks()
	b.WriteString(open)
	escaped := escapeMarkdown(inner)
	if r.Superscript || r.Subscript {
		escaped = strings.ReplaceAll(escaped, " ", `\ `)
	}
	b.WriteString(escaped)
	b.WriteString(closing)
	b.WriteString(after)
}

// marks are what stands before and after a run in its format.
func (r *Run) marks() (open, closing string) {
	add := func(on bool, before, after string) {
		if on {
			open += before
			closing = after + closing
		}
	}
	add(r.SmallCaps, "[", "]{.smallcaps}")
	add(r.Underlined, "[", "]{.underline}")
	add(r.Bold, "**", "**")
	add(r.Italic || r.Oblique, "*", "*")
	add(r.Superscript, "^", "^")
	add(r.Subscript, "~", "~")
	return open, closing
}

// escapeMarkdown escapes what Markdown would read as markup.
func escapeMarkdown(s string) string {
	if !strings.ContainsAny(s, "\\`*_[]<>^~$#@|!") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if strings.IndexByte("\\`*_[]<>^~$#@|", s[i]) >= 0 || s[i] == '!' && i+1 < len(s) && s[i+1] == '[' {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
