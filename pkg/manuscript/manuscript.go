package manuscript

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Manuscript is a manuscript that was read.
type Manuscript struct {
	// Metadata is what the manuscript says of itself.
	Metadata Metadata
	// Citations are in the order of the text; those in a footnote stand where
	// the text refers to it.
	Citations []Citation

	format  Format
	source  []byte
	root    *node  // the document; that of LaTeX and Word is read when it is needed
	place   span   // of the bibliography in the source; empty at an end
	removed []span // parts of the source that the output does not need
	word    *wordFile
	reports *reports
}

// Citation is one citation of a manuscript.
type Citation struct {
	csl.Cluster
	// InText is set where the author is part of the sentence: "Doe (1999)". It
	// holds for the first cite.
	InText bool
	// Where says where the citation stands, such as "line 12".
	Where string

	form form
	// note counts the notes of the manuscript; 0 for a citation in the text.
	// Notes that a style makes of citations are not counted.
	note int
	// before counts the notes of the manuscript before a citation in the text.
	before int
	span   span
	lead   string // stands before it in the output
	opens  bool   // nothing stands before it in its block
}

// form is how a citation is set, beside what the style wants.
type form uint8

const (
	formStyle  form = iota // as the style wants
	formNote               // as a footnote
	formAuthor             // the author alone
)

// span is a part of the source, in bytes.
type span struct{ start, end int }

// Read reads a manuscript of at most [MaxBytes]. It fails with an error of code
// [library.Invalid] for a document that is none of the format, and of code
// [library.TooLarge] beyond the bounds of this package.
func Read(data []byte, format Format) (*Manuscript, error) {
	if len(data) > MaxBytes {
		return nil, library.Errorf(library.TooLarge, "the manuscript is longer than %d MB", MaxBytes>>20)
	}
	m := &Manuscript{format: format, reports: newReports()}
	if format == DOCX {
		return m, m.readWord(data)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return nil, library.Errorf(library.Invalid, "the manuscript is no text in UTF-8").WithHint("save it as UTF-8")
	}
	m.source = data
	switch format {
	case Markdown:
		return m, m.readMarkdown()
	case LaTeX:
		return m, m.readLaTeX()
	}
	return nil, library.Errorf(library.Invalid, "a manuscript can't be read in the format %q", format).
		WithHint("give one in %s, %s or %s", Markdown, LaTeX, DOCX)
}

// parse reads the document of a manuscript that is written in another format. What
// is not carried over is reported.
func (m *Manuscript) parse(reports *reports) error {
	switch {
	case m.root != nil:
	case m.format == LaTeX:
		m.root = m.parseLaTeX(reports)
	case m.format == DOCX:
		return m.parseWord(reports)
	}
	return nil
}

// settle removes places of the bibliography inside other blocks and links to what
// is not there, and reports the citations that stand nowhere.
func (m *Manuscript) settle(root *node, reports *reports) {
	targets, placed := map[string]bool{}, map[int]bool{}
	root.walk(func(n *node) {
		switch n.kind {
		case kindHeading:
			targets["#"+n.target] = true
		case kindCitation:
			placed[n.cite] = true
		}
		if n.kind != kindDocument {
			n.kids = slices.DeleteFunc(n.kids, isBibliography)
		}
	})
	root.walk(func(n *node) {
		if n.kind == kindLink && strings.HasPrefix(n.target, "#") && !targets[n.target] {
			n.kind, n.text, n.kids = kindText, plainOf(n.kids), nil
		}
	})
	for i, c := range m.Citations {
		if !placed[i] {
			reports.add("the citation in %s, which stands outside the text or in what is not carried over", c.Where)
		}
	}
}

// inlinesOf reads a short text in the markup of the manuscript, such as a title.
func (m *Manuscript) inlinesOf(s string) []*node {
	switch {
	case s == "":
		return nil
	case m.format == LaTeX:
		return latexInlines(s, m.reports)
	case m.format == DOCX:
		return []*node{textNode(s)}
	}
	return m.markdownInlinesOf(s)
}

// addCitation adds a citation and returns its position.
func (m *Manuscript) addCitation(c Citation) (int, error) {
	if len(m.Citations) == MaxCitations {
		return 0, library.Errorf(library.TooLarge, "the manuscript has more than %d citations", MaxCitations).WithHint("cite a part of it at a time")
	}
	m.Citations = append(m.Citations, c)
	return len(m.Citations) - 1, nil
}

// Keys returns the keys that the manuscript cites, each once, in the order of
// the text, and then those that stand in the bibliography alone.
func (m *Manuscript) Keys() []string {
	var keys []string
	seen := map[string]bool{}
	add := func(key string) {
		if !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	for _, c := range m.Citations {
		for _, cite := range c.Cites {
			add(cite.ID)
		}
	}
	for _, key := range m.Metadata.NoCite {
		add(key)
	}
	return keys
}

// Where returns where a key is cited: all places, in the order of the text.
func (m *Manuscript) Where(key string) []string {
	var places []string
	for _, c := range m.Citations {
		if slices.ContainsFunc(c.Cites, func(cite csl.Cite) bool { return cite.ID == key }) {
			places = append(places, c.Where)
		}
	}
	if slices.Contains(m.Metadata.NoCite, key) {
		places = append(places, "nocite")
	}
	return slices.Compact(places)
}

// lines finds the lines of a source.
type lines struct {
	source []byte
	at     int
	line   int
}

// of returns the line of a position, "line 1" for the first. Positions that grow
// are found in one pass over the source.
func (l *lines) of(at int) string {
	if at < l.at {
		l.at, l.line = 0, 0
	}
	l.line += bytes.Count(l.source[l.at:at], []byte("\n"))
	l.at = at
	return fmt.Sprintf("line %d", l.line+1)
}

// reports are what was not carried over, each kind once, in the order in which
// it was found.
type reports struct {
	seen map[string]bool
	list []string
}

func newReports() *reports { return &reports{seen: map[string]bool{}} }

func (r *reports) add(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	if !r.seen[s] {
		r.seen[s] = true
		r.list = append(r.list, s)
	}
}
