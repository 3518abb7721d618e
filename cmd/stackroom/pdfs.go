package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/pdf"
	"github.com/stackroom-mcp/stackroom/pkg/pdf/describe"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/extract"
)

// pdfSummary is what became of PDF files that no bibliography of their source names.
type pdfSummary struct {
	// Works is how many works were made of them. What they say of themselves is
	// unconfirmed.
	Works            int       `json:"works"`
	NotImported      []notRead `json:"not_imported"` // the first 10,000
	NotImportedCount int       `json:"not_imported_count"`
}

// refuse records a file of which no work was made.
func (p *pdfSummary) refuse(path, reason string) {
	if p.NotImportedCount++; len(p.NotImported) < maxFiles {
		p.NotImported = append(p.NotImported, notRead{Path: path, Reason: reason})
	}
}

func (p *pdfSummary) print(w io.Writer) {
	if p.Works > 0 {
		fmt.Fprintf(w, "%d works were made of PDF files. Their titles, creators and dates are unconfirmed; they have the tag %q unless a bibliography has them too\n",
			p.Works, library.Unconfirmed)
	}
	for _, n := range p.NotImported {
		fmt.Fprintf(w, "  not imported %s: %s\n", plaintext.Line(n.Path), n.Reason)
	}
	if more := p.NotImportedCount - len(p.NotImported); more > 0 {
		fmt.Fprintf(w, "  and %d more PDF files were not imported\n", more)
	}
}

// isPDF reports whether a file is a PDF file by its name.
func isPDF(path string) bool { return strings.EqualFold(filepath.Ext(path), ".pdf") }

// findPDF makes a single PDF file the source's only one. If the name is that of a
// link, the file that it names is meant.
func (s *importSource) findPDF() error {
	path, err := filepath.EvalSymlinks(s.path)
	if err != nil {
		return s.explain(library.Errorf(library.NotFound, "%s can't be read", s.path).WithCause(err))
	}
	s.pdfs, s.root, s.rootName = []string{path}, filepath.Dir(path), filepath.Base(filepath.Dir(s.id))
	return nil
}

// pdfWork is a work that was made of a PDF file.
type pdfWork struct {
	path   string // as the source lists it
	work   shelf.Work
	text   extract.Text
	reason string // why there is no work, or ""
}

// planPDFs reads the PDF files of a source up to the first one of which a work can be
// made, and reports whether there is one. The error says why not.
func (r *importRun) planPDFs(s *importSource) (found bool, err error) {
	if len(s.pdfs) == 0 || r.command.Format != "auto" {
		return false, nil
	}
	if err := pdf.Check(); err != nil {
		return false, s.explain(library.Errorf(library.Invalid, "%s: %s", s.path, err))
	}
	folder, err := extract.OpenFolder(s.root)
	if err != nil {
		return false, about(s.path, err)
	}
	defer folder.Close()
	var failure string
	for _, path := range s.pdfs {
		w, err := r.readPDF(s, folder, path)
		if err != nil {
			return false, err
		}
		if w.reason == "" {
			s.nextPDF = w
			return true, nil
		}
		failure = cmp.Or(failure, path+": "+w.reason)
	}
	if n := len(s.pdfs); n > 1 {
		failure = fmt.Sprintf("none of the %d PDF files can be imported; the first one, %s", n, failure)
	}
	return false, s.explain(library.Errorf(library.Invalid, "%s", failure))
}

// tellPDFs takes works made of the PDF files of a source that its bibliographies do
// not name. It returns their number, and whether all files could be looked at.
func (r *importRun) tellPDFs(s *importSource, take func(shelf.Work) error) (works int, all bool, err error) {
	if len(s.pdfs) == 0 || r.command.Format != "auto" {
		return 0, true, nil
	}
	if err := pdf.Check(); err != nil {
		r.pass(s, err)
		return 0, false, nil
	}
	folder, err := extract.OpenFolder(s.root)
	if err != nil {
		r.pass(s, err)
		return 0, false, nil
	}
	defer folder.Close()
	seen := map[string]bool{}
	for n, path := range s.pdfs {
		r.bar.at("reading PDF files of "+s.path, n+1, len(s.pdfs))
		at, reason := folder.Locate(r.below(s, path))
		if whole := filepath.Join(s.root, filepath.FromSlash(at)); reason == "" && (seen[at] || s.named[whole]) {
			continue // a link to another one, or an entry's
		}
		seen[at] = reason == ""
		told, err := r.tellPDF(s, folder, path, take)
		if err != nil {
			return works, false, err
		}
		works += told
	}
	r.summary.PDFs.Works += works
	if works == 0 && len(s.files) == 0 {
		r.pass(s, errors.New("none of its PDF files could be imported"))
	}
	return works, true, nil
}

// pass records that PDF files of a source were not imported. It is a failure of the
// import only if the source is such a file.
func (r *importRun) pass(s *importSource, err error) {
	r.summary.fail(s.path, library.Errorf(library.Invalid, "%s", err))
	r.summary.Failed[len(r.summary.Failed)-1].Passed = isFolder(s.path)
}

// tellPDF takes the work of one PDF file, if there is one, and returns their number.
func (r *importRun) tellPDF(s *importSource, folder *extract.Folder, path string, take func(shelf.Work) error) (int, error) {
	w, err := r.readPDF(s, folder, path)
	if err != nil {
		return 0, err
	}
	if w.reason != "" {
		r.summary.PDFs.refuse(path, w.reason)
		return 0, nil
	}
	w.work.Collections = s.collections(path, nil)
	if w.text.Path != "" {
		r.summary.Texts.opened(path)
	}
	r.summary.Texts.count(w.text.Status, notRead{Path: path, Reason: w.text.Status.Reason})
	return 1, take(w.work)
}

// below returns the path of a file relative to the source's folder.
func (r *importRun) below(s *importSource, path string) string {
	if at, err := filepath.Rel(s.root, path); err == nil {
		return filepath.ToSlash(at)
	}
	return path
}

// readPDF makes a work of a PDF file. If there is a reason why none can be made, it
// is in the result; only the end of the import is an error.
func (r *importRun) readPDF(s *importSource, folder *extract.Folder, path string) (*pdfWork, error) {
	if w := s.nextPDF; w != nil && w.path == path {
		s.nextPDF = nil
		return w, nil
	}
	w := &pdfWork{path: path}
	item, reason := describePDF(r.ctx, folder, r.below(s, path))
	if err := r.ctx.Err(); err != nil {
		return nil, err
	}
	if w.reason = reason; reason != "" {
		return w, nil
	}
	w.text.Status.Reason = noTexts
	if !r.command.NoText {
		var err error
		if w.text, err = folder.Read(r.ctx, r.below(s, path)); err != nil {
			return nil, err
		}
	}
	item.Attachments = []library.Attachment{{
		Title: plaintext.Line(r.below(s, path)), Filename: plaintext.Line(filepath.Base(path)), ContentType: "application/pdf",
		Path: absolute(path), Text: w.text.Status,
	}}
	w.work = shelf.Work{Item: *item, Texts: [][]library.TextPage{w.text.Pages}, Origin: path}
	return w, nil
}

// describePDF returns the work that a file in a folder seems to be, or the reason why
// there is none.
func describePDF(ctx context.Context, folder *extract.Folder, name string) (item *library.Item, reason string) {
	file, at, reason := folder.Open(name)
	if reason != "" {
		return nil, reason
	}
	defer file.Close()
	if reason := extract.Refusal(file, at); reason != "" {
		return nil, reason
	}
	ctx, cancel := context.WithTimeout(ctx, extract.Timeout)
	defer cancel()
	item, err := describe.Work(ctx, file, at)
	if err != nil {
		return nil, err.Error()
	}
	return item, ""
}
