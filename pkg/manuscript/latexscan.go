package manuscript

import (
	"regexp"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
	"github.com/stackroom-mcp/stackroom/pkg/csl/pandoc"
)

// citeCommand is what a command of natbib or biblatex does with its keys.
type citeCommand struct {
	form     form
	inText   bool
	suppress bool // the author
	nocite   bool
}

// citeCommands are the commands by name, without a star and in lower case. The
// plural of biblatex's, such as "textcites", takes several groups of arguments.
var citeCommands = map[string]citeCommand{
	"cite": {}, "citep": {}, "parencite": {}, "autocite": {}, "smartcite": {}, "supercite": {}, "citealp": {},
	"citet": {inText: true}, "textcite": {inText: true}, "citealt": {inText: true},
	"footcite": {form: formNote}, "footcitetext": {form: formNote},
	"citeauthor": {form: formAuthor},
	"citeyear":   {suppress: true}, "citeyearpar": {suppress: true}, "citedate": {suppress: true},
	"nocite": {nocite: true},
}

// verbatims are environments whose content is no LaTeX.
var verbatims = map[string]bool{"verbatim": true, "verbatim*": true, "Verbatim": true, "lstlisting": true, "minted": true, "comment": true}

// latexReader scans a source for citations and for what belongs to the
// bibliography.
type latexReader struct {
	m      *Manuscript
	s      string
	at     int
	depth  int   // of braces
	notes  []int // the depths at which the footnotes around began
	count  int   // footnotes so far
	lines  *lines
	placed bool
	err    error
}

// readLaTeX reads a manuscript in LaTeX.
func (m *Manuscript) readLaTeX() error {
	r := &latexReader{m: m, s: string(m.source), lines: &lines{source: m.source}}
	m.place = span{len(r.s), len(r.s)}
	for r.at < len(r.s) && r.err == nil {
		r.step()
	}
	if r.err == nil {
		m.readLaTeXMetadata()
	}
	return r.err
}

// step reads one character, command or comment.
func (r *latexReader) step() {
	switch r.s[r.at] {
	case '%':
		r.skipTo("\n")
	case '{':
		r.depth++
		r.at++
	case '}':
		r.depth--
		if n := len(r.notes); n > 0 && r.depth < r.notes[n-1] {
			r.notes = r.notes[:n-1]
		}
		r.at++
	case '\\':
		r.command()
	default:
		r.at++
	}
}

// skipTo moves behind the next text.
func (r *latexReader) skipTo(text string) {
	if i := strings.Index(r.s[r.at:], text); i >= 0 {
		r.at += i + len(text)
		return
	}
	r.at = len(r.s)
}

// command reads a command.
func (r *latexReader) command() {
	start := r.at
	end := start + 1
	for end < len(r.s) && isASCIILetter(r.s[end]) {
		end++
	}
	name := r.s[start+1 : end]
	if name == "" {
		r.at = min(start+2, len(r.s)) // "\%", "\{"
		return
	}
	star := end < len(r.s) && r.s[end] == '*'
	r.at = end
	switch name {
	case "begin":
		r.begin()
	case "verb", "lstinline":
		r.verb(end, star)
	case "footnote", "footnotetext", "thanks":
		r.footnote()
	case "bibliography", "printbibliography", "addbibresource", "bibliographystyle":
		r.bibliography(name, start)
	case "end":
		if group, after, ok := r.group('{', '}', end); ok && group == "document" && !r.placed {
			r.m.place = span{start, start}
			r.at = after
		}
	default:
		r.cite(name, star, start)
	}
}

func isASCIILetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// begin skips an environment whose content is no LaTeX.
func (r *latexReader) begin() {
	if name, after, ok := r.group('{', '}', r.at); ok && verbatims[name] {
		r.at = after
		r.skipTo(`\end{` + name + `}`)
	}
}

// verb skips "\verb|text|".
func (r *latexReader) verb(end int, star bool) {
	if star {
		end++
	}
	if end >= len(r.s) {
		return
	}
	line, _, _ := strings.Cut(r.s[end+1:], "\n")
	if n := strings.IndexByte(line, r.s[end]); n >= 0 {
		r.at = end + n + 2
	}
}

// footnote enters a footnote.
func (r *latexReader) footnote() {
	after := r.at
	if _, end, ok := r.group('[', ']', after); ok {
		after = end
	}
	after = r.skipSpace(after)
	if after < len(r.s) && r.s[after] == '{' {
		r.count++
		r.depth++
		r.notes = append(r.notes, r.depth)
		r.at = after + 1
	}
}

// bibliography reads the commands that name files and the place of the
// bibliography.
func (r *latexReader) bibliography(name string, start int) {
	at := r.at
	if _, end, ok := r.group('[', ']', at); ok {
		at = end
	}
	files, end, ok := r.group('{', '}', at)
	if ok {
		at = end
	}
	r.at = at
	switch {
	case name == "printbibliography" && !r.placed:
		r.m.place, r.placed = span{start, at}, true
	case !ok:
	case name == "bibliography" && !r.placed:
		r.m.place, r.placed = span{start, at}, true
		fallthrough
	case name == "addbibresource":
		for file := range strings.SplitSeq(files, ",") {
			if file = strings.TrimSpace(file); file != "" && !strings.HasSuffix(file, ".bib") {
				file += ".bib"
			}
			if file != "" {
				r.m.Metadata.Bibliographies = append(r.m.Metadata.Bibliographies, file)
			}
		}
	case name == "bibliographystyle":
		r.m.removed = append(r.m.removed, span{start, at})
	}
}

// cite reads a citation, if name is a command for one.
func (r *latexReader) cite(name string, star bool, start int) {
	lower := strings.ToLower(name[:1]) + name[1:]
	command, ok := citeCommands[lower]
	several := false
	if single, plural := strings.CutSuffix(lower, "s"); !ok && plural {
		command, ok = citeCommands[single]
		several = ok
	}
	if !ok {
		if strings.Contains(lower, "cite") && r.s[r.at:] != "" && strings.ContainsRune("[{*", rune(r.s[r.at])) {
			r.m.reports.add("the command \\%s: it is left as it is", name)
		}
		return
	}
	at := r.at
	if star {
		at++
		command.suppress = command.suppress || !strings.HasPrefix(lower, "citep") && !strings.HasPrefix(lower, "citet")
	}
	cites, end, ok := r.cites(at, several)
	if !ok {
		return
	}
	r.at = end
	if command.nocite {
		for _, cite := range cites {
			if cite.ID == "*" {
				r.m.Metadata.NoCiteAll = true
			} else {
				r.m.Metadata.NoCite = append(r.m.Metadata.NoCite, cite.ID)
			}
		}
		r.m.removed = append(r.m.removed, span{start, end})
		return
	}
	r.add(command, cites, span{start, end})
}

// add adds a citation. Where authors are part of the sentence, each work is a
// citation of its own.
func (r *latexReader) add(command citeCommand, cites []csl.Cite, at span) {
	if command.suppress {
		for i := range cites {
			cites[i].SuppressAuthor = true
		}
	}
	c := Citation{InText: command.inText, form: command.form, before: r.count, Where: r.lines.of(at.start), span: at}
	if len(r.notes) > 0 {
		c.note = r.count
	}
	c.Cites = cites
	for len(c.Cites) > 1 && (c.InText || c.form == formAuthor) {
		rest := c.Cites[1:]
		c.Cites = c.Cites[:1]
		if _, r.err = r.m.addCitation(c); r.err != nil {
			return
		}
		c.Cites, c.lead, c.span = rest, "; ", span{at.end, at.end}
	}
	_, r.err = r.m.addCitation(c)
}

// cites reads the arguments of a citation: "[see][p. 3]{a,b}", and several such
// groups.
func (r *latexReader) cites(at int, several bool) (cites []csl.Cite, end int, ok bool) {
	for range 2 { // the texts around all groups
		if _, after, found := r.group('(', ')', at); several && found {
			r.m.reports.add("texts around several citations, in round brackets: they are left out")
			at = after
		}
	}
	for {
		group, after, found := r.citeGroup(at)
		if !found || len(cites)+len(group) > pandoc.MaxCites {
			return cites, at, len(cites) > 0
		}
		cites = append(cites, group...)
		at = after
		if !several {
			return cites, at, len(cites) > 0
		}
	}
}

// citeGroup reads "[see][p. 3]{a,b}". A single text in brackets stands behind
// the works.
func (r *latexReader) citeGroup(at int) (cites []csl.Cite, end int, ok bool) {
	var texts []string
	for len(texts) < 2 {
		text, after, found := r.group('[', ']', at)
		if !found {
			break
		}
		texts, at = append(texts, text), after
	}
	keys, end, ok := r.group('{', '}', at)
	if !ok {
		return nil, at, false
	}
	for key := range strings.SplitSeq(keys, ",") {
		if key = strings.TrimSpace(key); key != "" {
			cites = append(cites, csl.Cite{ID: key})
		}
	}
	if len(cites) == 0 {
		return nil, end, false
	}
	if len(texts) == 2 && strings.TrimSpace(texts[0]) != "" {
		cites[0].Prefix = strings.TrimSpace(plainLaTeX(texts[0])) + " "
	}
	if len(texts) > 0 {
		last := &cites[len(cites)-1]
		last.Label, last.Locator, last.Suffix = locatorOf(plainLaTeX(texts[len(texts)-1]))
	}
	return cites, end, true
}

// locatorOf divides the text behind a citation into a locator and the rest.
func locatorOf(s string) (label, locator, suffix string) {
	if strings.TrimSpace(s) == "" {
		return "", "", ""
	}
	c, err := pandoc.Parse("@{x}, " + s)
	if err != nil || len(c.Cites) != 1 {
		return "", "", ", " + s
	}
	return c.Cites[0].Label, c.Cites[0].Locator, c.Cites[0].Suffix
}

// latexTexts are what common LaTeX means in a text around a citation.
var latexTexts = strings.NewReplacer("~", " ", "---", "—", "--", "–", `\,`, " ", `\ `, " ", `\&`, "&", `\%`, "%", `\S`, "§", "\n", " ", "{", "", "}", "")

// latexEmphasis is a text in italics.
var latexEmphasis = regexp.MustCompile(`\\(?:emph|textit)\{([^{}]*)\}`)

// plainLaTeX returns the text of a short piece of LaTeX, in the markup of
// [csl.Cite].
func plainLaTeX(s string) string {
	return latexTexts.Replace(latexEmphasis.ReplaceAllString(s, "<i>$1</i>"))
}

// maxArgument bounds an argument, in bytes.
const maxArgument = 4096

// group returns the text between brackets that follow at a position, and where
// it ends.
func (r *latexReader) group(open, closing byte, at int) (inside string, end int, ok bool) {
	at = r.skipSpace(at)
	if at >= len(r.s) || r.s[at] != open {
		return "", at, false
	}
	depth := 0
	for i := at; i < min(len(r.s), at+maxArgument); i++ {
		switch c := r.s[i]; {
		case c == '\\':
			i++
		case c == closing && (depth == 0 || open == '{' && depth == 1):
			return r.s[at+1 : i], i + 1, true
		case c == '{':
			depth++
		case c == '}':
			depth--
		}
	}
	return "", at, false
}

// skipSpace returns the position behind white space with one line end at most,
// since an empty line ends a command's arguments.
func (r *latexReader) skipSpace(at int) int {
	ends := 0
	for at < len(r.s) && strings.IndexByte(" \t\r\n", r.s[at]) >= 0 {
		if r.s[at] == '\n' {
			if ends++; ends > 1 {
				break
			}
		}
		at++
	}
	return at
}
