package manuscript

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/csl/pandoc"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Bounds of Word documents.
const (
	maxWordFiles = 10_000
	maxPart      = 64 << 20 // bytes of a part that is read
)

// wordFile is a Word document: a package of parts.
type wordFile struct {
	archive *zip.Reader
	body    *wordText
	notes   *wordText // nil if the document has no footnotes
	ends    *wordText // the same of endnotes
	// cites are where the manuscript's citations stand, in their order.
	cites []wordCite
}

// wordCite is where a citation stands in a part.
type wordCite struct {
	part      *wordText
	paragraph *wordParagraph
	at        span // in the text of the paragraph
}

// noDocument is the error for what is no Word document.
func noDocument(cause error) *library.Error {
	return library.Errorf(library.Invalid, "the manuscript is no Word document (.docx) that can be read").
		WithHint("open it in a word processor and save it as .docx, without a password").WithCause(cause)
}

// readWord reads a manuscript in a Word document.
func (m *Manuscript) readWord(data []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return noDocument(err)
	}
	if len(archive.File) > maxWordFiles {
		return library.Errorf(library.TooLarge, "the Word document has more than %d parts", maxWordFiles)
	}
	names := map[string]bool{}
	for _, f := range archive.File {
		if name := f.Name; names[name] || strings.Contains(name, `\`) || path.IsAbs(name) || slices.Contains(strings.Split(name, "/"), "..") {
			return noDocument(fmt.Errorf("the part %q stands there twice, or outside the package", name))
		}
		names[f.Name] = true
	}
	w := &wordFile{archive: archive}
	if err := w.open(); err != nil {
		return err
	}
	m.word = w
	return m.addWordCitations()
}

// open reads the parts that have text.
func (w *wordFile) open() error {
	main, err := w.related("", "/officeDocument")
	if err != nil {
		return err
	}
	if w.body, err = w.text(main); err != nil {
		return err
	}
	if w.body == nil {
		return noDocument(fmt.Errorf("it has no part %q", main))
	}
	for kind, into := range map[string]**wordText{"/footnotes": &w.notes, "/endnotes": &w.ends} {
		name, err := w.related(main, kind)
		if err != nil {
			return err
		}
		if *into, err = w.text(name); err != nil {
			return err
		}
	}
	return nil
}

// text reads a part with text; nil if the document does not have it.
func (w *wordFile) text(name string) (*wordText, error) {
	data, err := w.read(name)
	if err != nil || data == nil {
		return nil, err
	}
	return scanWord(name, data)
}

// read returns a part, nil if the document does not have it.
func (w *wordFile) read(name string) ([]byte, error) {
	at := slices.IndexFunc(w.archive.File, func(f *zip.File) bool { return f.Name == name })
	if name == "" || at < 0 {
		return nil, nil
	}
	f, err := w.archive.File[at].Open()
	if err != nil {
		return nil, noDocument(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPart+1))
	if err != nil {
		return nil, noDocument(err)
	}
	if len(data) > maxPart {
		return nil, library.Errorf(library.TooLarge, "the part %s of the Word document is larger than %d MB", path.Base(name), maxPart>>20)
	}
	return data, nil
}

// relationsOf returns the name of the part with the relationships of a part, ""
// for those of the package.
func relationsOf(part string) string {
	return path.Join(path.Dir(part), "_rels", strings.TrimPrefix(path.Base(part), ".")+".rels")
}

// related returns the part to which another one has a relationship of a kind, ""
// if there is none.
func (w *wordFile) related(part, kind string) (string, error) {
	data, err := w.read(relationsOf(part))
	if err != nil {
		return "", err
	}
	var all struct {
		Relationship []struct {
			Type   string `xml:"Type,attr"`
			Target string `xml:"Target,attr"`
			Mode   string `xml:"TargetMode,attr"`
		} `xml:"Relationship"`
	}
	if len(data) == 0 {
		return "", nil
	}
	if err := xml.Unmarshal(data, &all); err != nil {
		return "", noDocument(err)
	}
	for _, r := range all.Relationship {
		if strings.HasSuffix(r.Type, kind) && r.Mode != "External" {
			return resolvePart(part, r.Target), nil
		}
	}
	return "", nil
}

// resolvePart returns the name of a part that another one names.
func resolvePart(from, target string) string {
	if strings.HasPrefix(target, "/") {
		return strings.TrimPrefix(path.Clean(target), "/")
	}
	return path.Join(path.Dir(from), target)
}

// wordCollector collects the citations of a Word document in the order of the
// text: those in notes stand where the text refers to them.
type wordCollector struct {
	m     *Manuscript
	count int // notes so far
}

func (m *Manuscript) addWordCitations() error {
	c := &wordCollector{m: m}
	for i := range m.word.body.paragraphs {
		p := &m.word.body.paragraphs[i]
		references := p.references
		for _, found := range pandoc.Find(p.text) {
			for len(references) > 0 && references[0].at <= found.Start {
				if err := c.note(references[0]); err != nil {
					return err
				}
				references = references[1:]
			}
			if err := c.add(m.word.body, p, found, 0); err != nil {
				return err
			}
		}
		for _, r := range references {
			if err := c.note(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// note adds the citations of a note.
func (c *wordCollector) note(r wordReference) error {
	c.count++
	notes := c.m.word.notes
	if r.end {
		notes = c.m.word.ends
	}
	if notes == nil {
		return nil
	}
	for i := range notes.paragraphs {
		p := &notes.paragraphs[i]
		if p.note != r.id {
			continue
		}
		for _, found := range pandoc.Find(p.text) {
			if err := c.add(notes, p, found, c.count); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *wordCollector) add(part *wordText, p *wordParagraph, found pandoc.Citation, note int) error {
	where := fmt.Sprintf("paragraph %d", p.number)
	if note > 0 {
		where = fmt.Sprintf("note %d", note)
	}
	_, err := c.m.addCitation(Citation{Cluster: found.Cluster, InText: found.InText, Where: where, note: note, before: c.count})
	c.m.word.cites = append(c.m.word.cites, wordCite{part, p, span{found.Start, found.End}})
	return err
}
