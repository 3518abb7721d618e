package manuscript

import (
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
)

// Cited is a manuscript whose citations are rendered.
type Cited struct {
	manuscript   *Manuscript
	texts        []citedText // of the manuscript's citations
	bibliography *csl.Bibliography
	language     string
	reports      *reports
}

// citedText is a rendered citation.
type citedText struct {
	author  []*node    // in front of the citation, where it is part of the sentence
	parts   []csl.Text // none if none of the works is known, or the author stands alone
	missing []string   // keys of works that are not known
	note    bool       // the citation makes a footnote
	within  bool       // it stands in a footnote, and the style makes notes
}

// Options are the choices of [Manuscript.Cite].
type Options struct {
	Style     *csl.Style
	Processor *csl.Processor // of the style
	// Works are the cited works by the keys that the manuscript has for them. A
	// key without a work is shown in bold, with a question mark.
	Works map[string]csl.Item
	// Further are works that stand in the bibliography alone.
	Further []csl.Item
}

// Cite renders the citations and the bibliography.
func (m *Manuscript) Cite(o Options) *Cited {
	c := &Cited{manuscript: m, texts: make([]citedText, len(m.Citations)), language: o.Processor.Locale(), reports: m.reports}
	clusters := make([]csl.Cluster, 0, len(m.Citations))
	clusterOf := make([]int, len(m.Citations))
	added := 0 // notes that the style makes
	for i := range m.Citations {
		citation := &m.Citations[i]
		within := o.Style.IsNote() && citation.note > 0
		cluster, missing := clusterFor(citation, o.Works, within)
		c.texts[i].within = within
		c.texts[i].missing = missing
		clusterOf[i] = -1
		if citation.form == formAuthor {
			continue
		}
		inText := citation.note == 0
		c.texts[i].note = inText && (o.Style.IsNote() || citation.form == formNote)
		if c.texts[i].note && len(cluster.Cites) > 0 {
			cluster.Cites[0].Prefix = capitalised(cluster.Cites[0].Prefix)
		}
		if o.Style.IsNote() {
			if inText {
				added++
			}
			cluster.Note = citation.before + added
		}
		if len(cluster.Cites) > 0 {
			clusterOf[i] = len(clusters)
			clusters = append(clusters, cluster)
		}
	}
	works := orderedWorks(m, o)
	doc := o.Processor.Citations(clusters, works)
	c.bibliography = doc.Bibliography
	for i, at := range clusterOf {
		if at >= 0 {
			c.texts[i].parts = append(c.texts[i].parts, doc.Citations[at])
		}
	}
	c.setAuthors(o, works)
	return c
}

// clusterFor returns a citation with the IDs of its works, and the keys whose
// works are not known. In a footnote a style for notes names the author itself.
func clusterFor(c *Citation, works map[string]csl.Item, within bool) (cluster csl.Cluster, missing []string) {
	// A text before a later cite, as in "see A; also B", ties it to its place.
	cluster.Unsorted = c.Unsorted || c.InText || slices.ContainsFunc(c.Cites[1:], func(cite csl.Cite) bool { return cite.Prefix != "" })
	for i, cite := range c.Cites {
		work, ok := works[cite.ID]
		if !ok {
			missing = append(missing, cite.ID)
			continue
		}
		cite.ID = work.ID
		cite.SuppressAuthor = cite.SuppressAuthor || c.InText && i == 0 && !within
		cluster.Cites = append(cluster.Cites, cite)
	}
	return cluster, missing
}

// capitalised returns a text that begins a note with a capital letter.
func capitalised(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToTitle(r)) + s[n:]
}

// orderedWorks returns the works in the order in which they are cited, each
// once; those that are not cited follow.
func orderedWorks(m *Manuscript, o Options) []csl.Item {
	var ordered []csl.Item
	seen := map[string]bool{}
	add := func(work csl.Item) {
		if !seen[work.ID] {
			seen[work.ID] = true
			ordered = append(ordered, work)
		}
	}
	for _, key := range m.Keys() {
		if work, ok := o.Works[key]; ok {
			add(work)
		}
	}
	for _, work := range o.Further {
		add(work)
	}
	return ordered
}

// setAuthors sets the authors of citations that have them in the sentence.
func (c *Cited) setAuthors(o Options, works []csl.Item) {
	session := o.Processor.Session(works)
	for i := range c.manuscript.Citations {
		citation := &c.manuscript.Citations[i]
		if (!citation.InText || c.texts[i].within) && citation.form != formAuthor {
			continue
		}
		work, ok := o.Works[citation.Cites[0].ID]
		switch {
		case !ok:
		case o.Style.IsNote(): // whose citations have whole names
			c.texts[i].author = []*node{textNode(familyNames(work, andOf(c.language)))}
		default:
			c.texts[i].author = authorOf(session, work, c.language)
		}
	}
}

// authorOf returns the author of a work in a sentence. A style that numbers its
// works has none; then they are the family names.
func authorOf(session *csl.Session, work csl.Item, language string) []*node {
	and := andOf(language)
	author := session.Cite(csl.Cluster{Cites: []csl.Cite{{ID: work.ID, AuthorOnly: true}}})
	if text := author.Plain(); text == "" || strings.Contains(text, "CSL STYLE ERROR") {
		return []*node{textNode(familyNames(work, and))}
	}
	nodes := formatted(author.Runs())
	for _, n := range nodes {
		n.text = strings.Replace(n.text, " & ", " "+and+" ", 1)
	}
	return nodes
}

// andOf returns the word that joins two names in a sentence, where styles have
// "&" in parentheses.
func andOf(language string) string {
	switch before, _, _ := strings.Cut(language, "-"); before {
	case "en":
		return "and"
	case "de":
		return "und"
	case "fr":
		return "et"
	case "es":
		return "y"
	}
	return "&"
}

// familyNames returns the names of a work's creators, two at most, or else its
// title.
func familyNames(work csl.Item, and string) string {
	var names []string
	for _, role := range []string{"author", "editor", "translator"} {
		for _, n := range work.Names[role] {
			family := strings.TrimSpace(n.NonDroppingParticle + " " + n.Family)
			if n.Literal != "" {
				family = n.Literal
			}
			names = append(names, family)
		}
		if len(names) > 0 {
			break
		}
	}
	switch len(names) {
	case 0:
		return work.Text["title"]
	case 1:
		return names[0]
	case 2:
		return names[0] + " " + and + " " + names[1]
	}
	return names[0] + " et al."
}

// Write writes the manuscript in a format. It fails with an error of code
// [library.Invalid] for a format that no manuscript can be written in. open
// opens the files that the manuscript names, such as images, by their names as
// written; it decides which may be read.
func (c *Cited) Write(w io.Writer, format Format, open func(name string) (io.ReadCloser, error)) error {
	m := c.manuscript
	switch {
	case format == DOCX && m.format == DOCX:
		return c.editWord(w)
	case format == m.format:
		return c.editText(w)
	}
	if err := m.parse(c.reports); err != nil {
		return err
	}
	switch format {
	case DOCX:
		return c.writeWord(w, open)
	case HTML:
		return c.writeHTML(w)
	case LaTeX:
		return c.writeLaTeX(w)
	case Markdown:
		return c.writeMarkdown(w)
	}
	return unwritable(format)
}

// Entries is the number of entries of the bibliography.
func (c *Cited) Entries() int {
	if c.bibliography == nil {
		return 0
	}
	return len(c.bibliography.Entries)
}

// NotCarried says what was not carried over into what was written, each kind
// once.
func (c *Cited) NotCarried() []string { return c.reports.list }
