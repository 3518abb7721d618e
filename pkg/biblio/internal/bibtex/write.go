package bibtex

import (
	"bufio"
	"io"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/extra"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/ident"
	"github.com/stackroom-mcp/stackroom/pkg/citekey"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext/latex"
)

// Dialect is a way to write.
type Dialect string

// The dialects.
const (
	BibTeX   Dialect = "bibtex"   // for BibTeX's standard styles
	BibLaTeX Dialect = "biblatex" // for biber
)

// Write writes items as entries that [Read] reads again to the same items, as
// far as the format can say it: notes of one item become one note, and white
// space within a value becomes single spaces. No text of an item can end its
// value or begin an entry. The keys are those of [citekey.Assign].
//
// BibTeX entries are for pdflatex, with no packages but inputenc for UTF-8 and
// fontenc for T1. Where a printed field has a character that these can't set,
// and LaTeX has no command for it, the field has a substitute, and a field
// "unicode-…" beside it, which no style prints, has the text.
//
// It fails only with what w fails with.
func Write(w io.Writer, items []*library.Item, d Dialect) error {
	out := bufio.NewWriter(w)
	keys := citekey.Assign(items)
	taken := map[string]bool{} // as citekey.Fold returns them
	for _, key := range keys {
		taken[citekey.Fold(key)] = true
	}
	tex := latex.NewWriter()
	for i, item := range items {
		e := newWriter(item, d, tex)
		e.formerKeys(taken)
		e.all()
		if d == BibLaTeX {
			keys[i] = citekey.ForBiber(keys[i])
		}
		if i > 0 {
			e.text.WriteString("\n")
		}
		// The buffer keeps the first error for Flush.
		_, _ = out.WriteString("@" + e.kind + "{" + keys[i] + ",\n" + e.text.String())
	}
	return out.Flush()
}

// writer writes the fields of one entry.
type writer struct {
	item    *library.Item
	dialect Dialect
	tex     *latex.Writer
	kind    string // entry type
	text    strings.Builder
	written map[string]bool
	// free are the lines of "extra" that no field can say, custom those of
	// the form "tex.name: value".
	free   []string
	custom [][2]string
	ids    [][2]string
}

func newWriter(item *library.Item, d Dialect, tex *latex.Writer) *writer {
	w := &writer{item: item, dialect: d, tex: tex, kind: kindFor(item.Type, d), written: map[string]bool{}}
	w.sortExtra()
	if item.Type == "thesis" && d == BibTeX && strings.Contains(strings.ToLower(item.Fields["thesisType"]), "master") {
		w.kind = "mastersthesis"
	}
	return w
}

// all writes all fields and the end of the entry.
func (w *writer) all() {
	w.creators()
	w.titles()
	w.date()
	w.fields()
	w.identifiers()
	w.details()
	w.hint()
	for _, c := range w.custom {
		if w.written[c[0]] {
			w.free = append(w.free, extra.Line("tex."+c[0], c[1]))
		}
		w.field(c[0], latex.FromText(c[1]))
	}
	w.field("extra", latex.FromText(strings.Join(w.free, "\n\n")))
	if w.text.Len() > 0 {
		w.text.WriteByte('\n')
	}
	w.text.WriteString("}\n")
}

// field writes a field whose value is LaTeX. Of two with one name the second is
// left out.
func (w *writer) field(name, value string) {
	tex, exact := value, true
	if w.dialect == BibTeX {
		tex, exact = w.tex.TeX(value, false)
	}
	w.source(name, value, tex, exact)
}

// names writes a field that is a list of names.
func (w *writer) names(name string, list []string) {
	value := strings.Join(list, " and ")
	if w.dialect == BibLaTeX {
		w.source(name, value, value, true)
		return
	}
	all := true
	set := make([]string, len(list))
	for i, one := range list {
		tex, exact := w.tex.TeX(one, true)
		if strings.Trim(tex, " ,{}") == "" {
			tex, exact = "?", false // nothing of it can be set
		}
		set[i], all = tex, all && exact
	}
	w.source(name, value, strings.Join(set, " and "), all)
}

// source writes a field, with its text in a field beside it if what TeX sets
// is not exact. A field that no style prints has the text itself.
func (w *writer) source(name, value, tex string, exact bool) {
	switch {
	case value == "" || w.written[name]:
	case exact:
		w.raw(name, "{"+tex+"}")
	case isPrinted(name):
		w.raw(name, "{"+tex+"}")
		w.raw(unicodePrefix+name, "{"+value+"}")
	default:
		w.raw(name, "{"+value+"}")
	}
}

// verbatim writes a field that styles print as an address or don't print.
func (w *writer) verbatim(name, value string) {
	if value != "" {
		w.raw(name, "{"+value+"}")
	}
}

// unicodePrefix begins the name of the field with the text of another one.
const unicodePrefix = "unicode-"

// isPrinted reports whether styles print the field.
func isPrinted(name string) bool {
	switch name {
	case "abstract", "annote", "keywords", "extra", "itemtype", "language", "copyright", "library":
		return false
	}
	return true
}

// raw writes a field whose value has its delimiters.
func (w *writer) raw(name, value string) {
	if w.written[name] {
		return
	}
	w.written[name] = true
	if w.text.Len() > 0 {
		w.text.WriteString(",\n")
	}
	w.text.WriteString("  " + name + " = " + value)
}

// formerKeys writes the citation keys by which the work was known before, but for
// those that another entry of the file has.
func (w *writer) formerKeys(taken map[string]bool) {
	var keys []string
	for _, key := range citekey.Former(w.item) {
		if key = citekey.Clean(key); key != "" && !taken[citekey.Fold(key)] {
			taken[citekey.Fold(key)] = true
			keys = append(keys, key)
		}
	}
	if len(keys) > 0 {
		w.verbatim("ids", strings.Join(keys, ", "))
	}
}

// sortExtra tells apart what the lines of "extra" say.
func (w *writer) sortExtra() {
	for line := range strings.SplitSeq(w.item.Fields["extra"], "\n") {
		line = strings.TrimSpace(line)
		name, value, ok := extra.Cut(line)
		lower := strings.ToLower(name)
		custom, isCustom := strings.CutPrefix(lower, "tex.")
		switch {
		case line == "":
		case ok && isCustom && isPlainName(custom) && !actsOnReading(custom):
			w.custom = append(w.custom, [2]string{custom, value})
		case lower == "ids" && ok: // formerKeys writes them
		case ok && labelField(lower) != "":
			w.ids = append(w.ids, [2]string{lower, value})
		default:
			w.free = append(w.free, line)
		}
	}
}

// isPlainName reports whether s can be the name of a field or entry type
// wherever it is read.
func isPlainName(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != "" && len(s) <= 40
}

// actsOnReading reports whether a field of that name does more when it is read
// than say something, or refers to an entry that may not be in the output.
func actsOnReading(name string) bool {
	switch name {
	case "entrytype", "crossref", "xref", "xdata", "related", "entryset", "entrysubtype", "ids", "itemtype", "extra", "groups",
		"title", "booktitle", "journal", "journaltitle",
		"mendeley-groups", "file", "pdf", "path", "localfile", "sentelink":
		return true
	}
	return false
}

// labelField returns the field, or for an archive its name in "eprinttype",
// of an identifier's label in "extra".
func labelField(label string) string {
	switch label {
	case "arxiv", "jstor", "hdl", "googlebooksid":
		return strings.TrimSuffix(label, "id")
	case "mr":
		return "mrnumber"
	case "zbl":
		return "zmnumber"
	case "lccn", "pmid", "pmcid":
		return label
	case "published":
		return "howpublished"
	}
	return ""
}

// identifiers writes what the labelled lines of "extra" say.
func (w *writer) identifiers() {
	for _, id := range w.ids {
		name := labelField(id[0])
		switch name {
		case "arxiv", "jstor", "hdl", "googlebooks":
			w.eprint(name, id)
		case "howpublished":
			w.field(name, latex.FromText(id[1]))
		default:
			if w.written[name] {
				w.free = append(w.free, extra.Line(strings.ToUpper(id[0]), id[1]))
				continue
			}
			w.verbatim(name, verbatim(id[1]))
		}
	}
}

// eprint writes an archive's identifier; of two the second stays in "extra".
// Of several classes of arXiv the first is the primary one, and all of them
// stay there.
func (w *writer) eprint(archive string, label [2]string) {
	id, classes, ok := ident.ArXiv(label[1])
	if archive != "arxiv" || !ok {
		id, classes = label[1], nil
	}
	if w.written["eprint"] || len(classes) > 1 {
		w.free = append(w.free, extra.Line(archiveName(label[0]), label[1]))
	}
	if w.written["eprint"] {
		return
	}
	w.verbatim("eprint", verbatim(id))
	prefix, class := "eprinttype", "eprintclass"
	if w.dialect == BibTeX {
		prefix, class, archive = "archiveprefix", "primaryclass", archiveName(archive)
	}
	w.field(prefix, archive)
	if len(classes) > 0 {
		w.field(class, latex.FromText(classes[0]))
	}
}

func archiveName(name string) string {
	if name == "arxiv" {
		return "arXiv"
	}
	return name
}

// verbatim returns an address as biber and BibTeX take it: signs that could
// end the value are percent-encoded, as in any URL.
func verbatim(s string) string {
	var b strings.Builder
	for _, c := range strings.ToValidUTF8(strings.TrimSpace(s), "\uFFFD") {
		switch {
		case c == '{':
			b.WriteString("%7B")
		case c == '}':
			b.WriteString("%7D")
		case c == '\\':
			b.WriteString("%5C")
		case c == '\n' || c == '\t' || c == '\r' || c == ' ':
			b.WriteByte(' ')
		case c < ' ' || c == 0x7f:
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}
