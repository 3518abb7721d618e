package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/extract"
)

// headBytes is the size of the head of a file that decides its format.
const headBytes = 64 << 10

// importFormats are the values of --format.
func importFormats() []string {
	names := []string{"auto"}
	for _, f := range biblio.Readable() {
		names = append(names, string(f))
	}
	return names
}

// isFolder reports whether a path is that of a folder.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// find finds the files of the source, those of a folder in order of their names. A
// folder without any is an error.
func (s *importSource) find() error {
	info, err := os.Stat(s.path)
	if err != nil {
		return s.explain(library.Errorf(library.NotFound, "%s can't be read", s.path).WithCause(err))
	}
	if !info.IsDir() && isPDF(s.path) {
		return s.findPDF()
	}
	if !info.IsDir() {
		s.files, s.root, s.rootName = []string{s.path}, filepath.Dir(s.path), filepath.Base(filepath.Dir(s.id))
		return nil
	}
	s.root, s.rootName = s.path, filepath.Base(s.id)
	if err := s.search(); err != nil {
		return err
	}
	if len(s.files)+len(s.pdfs) == 0 {
		return s.explain(library.Errorf(library.NotFound, "%s has no bibliography files in it", s.path).
			WithHint("they are known by their names' ends: %s", strings.Join(append(biblio.Endings(), ".pdf"), ", ")))
	}
	return nil
}

// search finds the bibliographies and the PDF files in the source's folder and below
// it, without hidden files and folders, whose names begin with a dot, and counts the
// empty files that may be bibliographies.
func (s *importSource) search() error {
	return filepath.WalkDir(s.path, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != s.path && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !d.IsDir() && isPDF(path): // of links, those that stay in the folder are read
			s.pdfs = append(s.pdfs, path)
			return nil
		case !d.Type().IsRegular() || !biblio.HasEnding(path):
			return nil
		case isShared(path) && !isBibliography(path):
			if info, err := d.Info(); err == nil && info.Size() == 0 {
				s.empty++
			}
			return nil
		}
		s.files = append(s.files, path)
		return nil
	})
}

// isShared reports whether files other than bibliographies have this ending too.
func isShared(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".json", ".xml", ".csv", ".rdf", ".zip":
		return true
	}
	return false
}

func isBibliography(path string) bool {
	head, err := readHead(path)
	if err != nil {
		return false
	}
	_, ok := biblio.Detect(filepath.Base(path), head)
	return ok
}

// noEntries returns why a bibliography file, read in a format, has no entries.
func noEntries(path string, doc *biblio.Document, format biblio.Format) error {
	head, err := readHead(path)
	if looks, ok := biblio.Detect(filepath.Base(path), head); err == nil && ok && looks != format && len(head) > 0 {
		return library.Errorf(library.Invalid, "it has no entries in %s; it looks like %s", format, looks).WithHint("leave out --format")
	}
	if bytes.HasPrefix(head, []byte("%PDF-")) {
		return biblio.Refusal(filepath.Base(path), head)
	}
	if len(doc.Problems) > 0 {
		p := doc.Problems[0]
		return library.Errorf(library.Invalid, "it has no entries that can be read as %s; line %d: %s", format, p.Line, p.Reason)
	}
	return library.Errorf(library.Invalid, "it has no entries")
}

// readHead returns the first headBytes of a file.
func readHead(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, headBytes))
}

// parsedFile is a bibliography file that was read.
type parsedFile struct {
	path    string
	format  biblio.Format
	doc     *biblio.Document
	archive io.Closer // the file, if it is an archive; or nil
}

func (b *parsedFile) close() {
	if b.archive != nil {
		_ = b.archive.Close() // only read
	}
}

// unread returns how many entries could not be read, or not to their end. A file
// without entries counts as one.
func (b *parsedFile) unread() int {
	n := 0
	for _, p := range b.doc.Problems {
		if p.Severity == biblio.Skipped {
			n++
		}
	}
	if b.doc.IsCut() || len(b.doc.Entries) == 0 {
		n++
	}
	return n
}

// readFile reads one bibliography file; format "auto" detects its format. The
// caller closes it.
func readFile(ctx context.Context, path, format string, bar *progress) (read *parsedFile, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, library.Errorf(library.NotFound, "the file can't be read").WithCause(err)
	}
	read = &parsedFile{path: path, format: biblio.Format(format), archive: f}
	defer func() {
		if err != nil || read.format != biblio.Archive {
			_ = f.Close() // only read
			read.archive = nil
		}
	}()
	head, err := io.ReadAll(io.LimitReader(f, headBytes))
	if err != nil {
		return read, err
	}
	if format == "auto" {
		var ok bool
		if read.format, ok = biblio.Detect(filepath.Base(path), head); !ok {
			return read, biblio.Refusal(filepath.Base(path), head)
		}
	}
	if read.format == biblio.Archive {
		read.doc, err = biblio.Read(ctx, f, filepath.Base(path), read.format)
		return read, err
	}
	var size int64
	if info, err := f.Stat(); err == nil {
		size = info.Size()
	}
	whole := bar.counted(io.MultiReader(bytes.NewReader(head), f), "reading "+path, size)
	read.doc, err = biblio.Read(ctx, whole, filepath.Base(path), read.format)
	return read, err
}

// textReader reads the texts of the attachments that a bibliography names, within
// the limits of [extract.Folder].
type textReader struct {
	name    string          // of the bibliography
	off     bool            // no texts are read
	dir     string          // of the bibliography, as it was named
	folder  *extract.Folder // nil if it can't be opened
	reason  string          // why not
	packed  *packedFiles    // the files in an archive; nil for a bibliography that is none
	summary *textSummary
	named   func(path string) // is told of each file that an entry names
}

// noTexts is why an attachment has no text after an import without texts.
const noTexts = "texts were not asked for at import"

// newTextReader returns the reader for one bibliography. The caller closes it.
func newTextReader(bibliography *parsedFile, off bool, summary *textSummary, named func(path string)) *textReader {
	t := &textReader{name: filepath.Base(bibliography.path), dir: filepath.Dir(bibliography.path), off: off, summary: summary, named: named}
	var err error
	if bibliography.doc.Open != nil && off {
		return t
	}
	if bibliography.doc.Open != nil {
		if t.packed, err = newPackedFiles(bibliography.doc.Open); err != nil {
			t.reason = "the archive's files can't be unpacked"
			return t
		}
		t.dir = bibliography.path
		t.folder = t.packed.folder
		return t
	}
	if t.folder, err = extract.OpenFolder(t.dir); err != nil {
		t.reason = "the bibliography's folder can't be opened"
	}
	return t
}

func (t *textReader) close() {
	if t.folder != nil {
		_ = t.folder.Close() // only read
	}
	if t.packed != nil {
		t.packed.remove()
	}
}

// work turns an entry into a work with the texts of its attachments.
func (t *textReader) work(ctx context.Context, e *biblio.Entry) (shelf.Work, error) {
	w := shelf.Work{Item: e.Item, Collections: e.Collections, Origin: fmt.Sprintf("%s:%d", t.name, e.Line)}
	w.Texts = make([][]library.TextPage, len(w.Item.Attachments))
	for _, f := range e.Files {
		at := t.locate(f)
		text, err := t.text(ctx, f)
		if err != nil {
			return w, err
		}
		filename := path.Base(strings.ReplaceAll(f.Path, `\`, "/"))
		w.Item.Attachments = append(w.Item.Attachments, library.Attachment{
			Title: plaintext.Line(cmp.Or(f.Title, filename)), Filename: plaintext.Line(filename), ContentType: f.ContentType, Path: at, Text: text.Status,
		})
		w.Texts = append(w.Texts, text.Pages)
		if text.Path != "" {
			t.summary.opened(filepath.Join(t.dir, filepath.FromSlash(text.Path)))
		}
		t.summary.count(text.Status, notRead{Path: f.Path, Entry: e.Item.Field("citationKey"), Reason: text.Status.Reason})
	}
	return w, nil
}

// locate returns the absolute path of an attachment's file, "" if it is in an archive
// or may not be read.
func (t *textReader) locate(f biblio.File) string {
	if t.packed != nil || t.folder == nil {
		return ""
	}
	at, reason := t.folder.Locate(f.Path)
	if reason != "" {
		return ""
	}
	path := filepath.Join(t.dir, filepath.FromSlash(at))
	t.named(path)
	return absolute(path)
}

// absolute returns a path as an absolute one, "" if the working folder is not known.
func absolute(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	return abs
}

// text reads one attachment. What can't be read has a reason; only the end of
// ctx is an error.
func (t *textReader) text(ctx context.Context, f biblio.File) (extract.Text, error) {
	if t.packed != nil {
		return t.packed.read(ctx, f.Path)
	}
	switch {
	case t.off:
		return extract.Text{Status: library.TextStatus{Reason: noTexts}}, nil
	case t.folder == nil:
		return extract.Text{Status: library.TextStatus{Reason: t.reason}}, nil
	}
	return t.folder.Read(ctx, f.Path)
}
