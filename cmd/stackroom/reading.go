package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/extract"
)

// extensions are those by which bibliographies are found in a folder.
var extensions = []string{".bib", ".bibtex", ".biblatex", ".ris", ".json"}

// headBytes is how much of a file decides its format.
const headBytes = 64 << 10

// files returns the files that the paths name, those in folders in order of
// their names. A folder without any is an error: nobody means that.
func (i *importCommand) files() ([]string, error) {
	var all []string
	for _, path := range i.Paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, library.Errorf(library.NotFound, "%s can't be read", path).WithCause(err)
		}
		if !info.IsDir() {
			all = append(all, path)
			continue
		}
		found, err := bibliographies(path)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, library.Errorf(library.NotFound, "%s has no bibliography files in it", path).
				WithHint("they are known by their names' ends: %s", strings.Join(extensions, ", "))
		}
		all = append(all, found...)
	}
	return all, nil
}

// bibliographies returns the bibliography files in a folder and below it.
func bibliographies(dir string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !d.Type().IsRegular() || !slices.Contains(extensions, strings.ToLower(filepath.Ext(path))):
			return nil
		case strings.EqualFold(filepath.Ext(path), ".json") && !isBibliography(path):
			return nil // a folder may hold any JSON
		}
		found = append(found, path)
		return nil
	})
	return found, err
}

func isBibliography(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, headBytes))
	if err != nil {
		return false
	}
	_, ok := biblio.Detect(filepath.Base(path), head)
	return ok
}

// readFile reads one bibliography file; format "auto" looks into it.
func readFile(ctx context.Context, path, format string, bar *progress) (*biblio.Document, biblio.Format, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, headBytes))
	if err != nil {
		return nil, "", err
	}
	as := biblio.Format(format)
	if format == "auto" {
		var ok bool
		if as, ok = biblio.Detect(filepath.Base(path), head); !ok {
			return nil, "", library.Errorf(library.Invalid, "this is no bibliography that can be read").
				WithHint("BibTeX, BibLaTeX, RIS and CSL-JSON can be; --format names one outright")
		}
	}
	var size int64
	if info, err := f.Stat(); err == nil {
		size = info.Size()
	}
	whole := bar.counted(io.MultiReader(bytes.NewReader(head), f), "reading "+path, size)
	doc, err := biblio.Read(ctx, whole, filepath.Base(path), as)
	return doc, as, err
}

// textReader reads the texts of the attachments that a bibliography names. It
// reads inside the bibliography's folder only: a bibliography is somebody
// else's text and must not fetch any file that this user may read.
type textReader struct {
	name string // of the bibliography
	dir  string
	off  bool
	seen *textSummary
}

func newTextReader(bibliography string, off bool, seen *textSummary) *textReader {
	dir := filepath.Dir(bibliography)
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return &textReader{name: filepath.Base(bibliography), dir: dir, off: off, seen: seen}
}

// work turns an entry into a work with the texts of its attachments.
func (t *textReader) work(ctx context.Context, e *biblio.Entry) (shelf.Work, error) {
	w := shelf.Work{Item: e.Item, Collections: e.Collections, Origin: fmt.Sprintf("%s:%d", t.name, e.Line)}
	w.Texts = make([][]library.TextPage, len(w.Item.Attachments))
	for _, f := range e.Files {
		pages, status, err := t.text(ctx, f)
		if err != nil {
			return w, err
		}
		title := f.Title
		if title == "" {
			title = filepath.Base(filepath.FromSlash(strings.ReplaceAll(f.Path, `\`, "/")))
		}
		w.Item.Attachments = append(w.Item.Attachments, library.Attachment{
			Title: plaintext.Line(title), Filename: plaintext.Line(filepath.Base(f.Path)), ContentType: f.ContentType, Text: status,
		})
		w.Texts = append(w.Texts, pages)
		t.count(e, f, status)
	}
	return w, nil
}

func (t *textReader) count(e *biblio.Entry, f biblio.File, status library.TextStatus) {
	switch {
	case status.Complete():
		t.seen.Read++
	case status.Available:
		t.seen.Partly++
		fallthrough
	default:
		t.seen.NotRead = append(t.seen.NotRead, notRead{
			Path: plaintext.Line(f.Path), Entry: plaintext.Line(e.Item.Field("citationKey")), Reason: status.Reason,
		})
	}
}

// text reads one attachment. What can't be read has a reason; only the end of
// ctx is an error.
func (t *textReader) text(ctx context.Context, f biblio.File) ([]library.TextPage, library.TextStatus, error) {
	if t.off {
		return nil, library.TextStatus{Reason: "texts were not asked for at import"}, nil
	}
	path, reason := t.locate(f.Path)
	if reason != "" {
		return nil, library.TextStatus{Reason: reason}, nil
	}
	return extract.File(ctx, path)
}

// locate returns where an attachment lies, or why it is not read.
func (t *textReader) locate(name string) (path, reason string) {
	name = filepath.FromSlash(strings.ReplaceAll(name, `\`, "/"))
	if !filepath.IsAbs(name) {
		name = filepath.Join(t.dir, name)
	}
	real, err := filepath.EvalSymlinks(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", "the file is not there"
	}
	if err != nil {
		return "", "the file can't be opened"
	}
	if within, err := filepath.Rel(t.dir, real); err != nil || !filepath.IsLocal(within) {
		return "", "the file lies outside the bibliography's folder"
	}
	return real, ""
}
