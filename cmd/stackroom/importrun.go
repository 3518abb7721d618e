package main

import (
	"context"
	"maps"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// The settings that a library keeps with each source.
const (
	settingCollection = "collection"
	settingByFolder   = "by_folder"
	// settingUnread is how much of the source could not be read when works were
	// last removed: entries that were skipped or have no end, and files.
	settingUnread = "unread"
)

// importRun is one import.
type importRun struct {
	command *importCommand
	ctx     context.Context
	bar     *progress
	summary *summary
	sources []*importSource
}

// importSource is a file or folder that is imported.
type importSource struct {
	path     string // as it was named
	id       string // its absolute path
	root     string // the folder in which its collections begin, and its name
	rootName string
	files    []string        // bibliographies
	pdfs     []string        // PDF files
	named    map[string]bool // the files that entries of its bibliographies name
	empty    int             // files that are empty, and may be bibliographies
	settings map[string]string
	had      int         // works that the library has from it
	next     *parsedFile // its first file with entries, read before the import begins
	nextPDF  *pdfWork    // its first PDF file of which a work was made, likewise
}

// plan finds the files of the sources, and reads the first one that has entries:
// an import of nothing must not make a library. A source that can't be read is
// recorded; it is an error if none can.
func (r *importRun) plan(paths []string, known map[string]shelf.Source) error {
	var failure error
	fail := func(path string, err error) {
		failure = err
		r.summary.fail(path, err)
	}
	for _, path := range paths {
		s, err := r.source(path, known)
		if err != nil {
			fail(path, err)
			r.summary.Failed[len(r.summary.Failed)-1].Passed = isFolder(path)
			continue
		}
		r.sources = append(r.sources, s)
	}
	files := 0
	for _, s := range r.sources {
		for n, path := range s.files {
			files++
			b, err := readFile(r.ctx, path, r.command.Format, r.bar)
			if r.ctx.Err() != nil {
				return r.ctx.Err()
			}
			if err == nil && len(b.doc.Entries) > 0 {
				s.next = b
				return nil
			}
			if err == nil {
				b.close()
				err = noEntries(path, b.doc, b.format)
			}
			if n == 0 && len(s.files) == 1 {
				failure = about(path, s.explain(err))
			}
		}
		files += len(s.pdfs)
		found, err := r.planPDFs(s)
		if found || r.ctx.Err() != nil {
			return r.ctx.Err()
		}
		if err != nil {
			failure = err
		}
	}
	if failure != nil && len(paths) == 1 && (files <= 1 || len(r.sources) == 1 && len(r.sources[0].files) == 0) {
		return failure
	}
	err := error(library.Errorf(library.Invalid, "none of the %d files holds an entry", max(files, len(paths))).WithCause(failure))
	if len(r.sources) == 1 {
		err = r.sources[0].explain(err)
	}
	return err
}

// explain adds to an error what becomes of the works that the library has from the
// source.
func (s *importSource) explain(err error) error {
	if s.had == 0 {
		return err
	}
	e := *library.AsError(err)
	e.Message += "; the works that the library has from it stay"
	e.Hint = "stackroom remove " + s.path + " removes them"
	return &e
}

// source returns the source of a path, with the settings that were kept with it
// where the command line has no other ones.
func (r *importRun) source(path string, known map[string]shelf.Source) (*importSource, error) {
	id, err := filepath.Abs(path)
	if err != nil {
		return nil, library.Errorf(library.NotFound, "%s can't be read", path).WithCause(err)
	}
	s := &importSource{path: path, id: id, had: known[id].Works, settings: map[string]string{}, named: map[string]bool{}}
	maps.Copy(s.settings, known[id].Settings)
	if err := s.find(); err != nil {
		return nil, err
	}
	if c := r.command.Collection; c != nil {
		s.settings[settingCollection] = *c
	}
	if f := r.command.ByFolder; f != nil {
		s.settings[settingByFolder] = strconv.FormatBool(*f)
	}
	return s, nil
}

// inputs returns the sources as a shelf imports them.
func (r *importRun) inputs() []*shelf.Input {
	var all []*shelf.Input
	for _, s := range r.sources {
		all = append(all, &shelf.Input{ID: s.id, Settings: s.settings, Keep: r.command.Keep, Tell: func(take func(shelf.Work) error) (bool, error) {
			return r.tell(s, take)
		}})
	}
	return all
}

// tell reads the files of a source, one at a time, and reports whether their works
// are all that the source has.
func (r *importRun) tell(s *importSource, take func(shelf.Work) error) (whole bool, err error) {
	unread, entries := s.empty, 0
	for _, path := range s.files {
		b, err := r.open(s, path)
		if r.ctx.Err() != nil {
			return false, r.ctx.Err()
		}
		if err == nil && len(b.doc.Entries) == 0 && len(s.files) == 1 {
			err = noEntries(path, b.doc, b.format)
		}
		if err != nil {
			r.summary.fail(path, s.explain(err))
			unread++
			continue
		}
		r.summary.read(b)
		unread += b.unread()
		if b.doc.IsCut() && r.isDoubtful(s, unread) { // half an entry must not take the place of a whole one
			b.doc.Entries = b.doc.Entries[:len(b.doc.Entries)-1]
		}
		entries += len(b.doc.Entries)
		if err := r.worksOf(s, b, take); err != nil {
			return false, err
		}
	}
	works, all, err := r.tellPDFs(s, take)
	if err != nil {
		return false, err
	}
	return r.isWhole(s, unread, entries+works) && all, nil
}

// open returns a file of the source that is read, or reads it.
func (r *importRun) open(s *importSource, path string) (*parsedFile, error) {
	if b := s.next; b != nil && b.path == path {
		s.next = nil
		return b, nil
	}
	return readFile(r.ctx, path, r.command.Format, r.bar)
}

// isDoubtful reports whether more of a source can't be read than when works were
// last removed: its file may be half written, or cut short.
func (r *importRun) isDoubtful(s *importSource, unread int) bool {
	before, err := strconv.Atoi(s.settings[settingUnread])
	return s.had > 0 && err == nil && unread > before && !r.command.Prune
}

// isWhole reports whether what a source no longer has may be removed.
func (r *importRun) isWhole(s *importSource, unread, entries int) bool {
	switch {
	case s.had > 0 && entries == 0:
		return false
	case r.isDoubtful(s, unread):
		r.summary.fail(s.path, library.Errorf(library.Invalid, "more of it can't be read than before; what it no longer has is kept").
			WithHint("correct it, or remove what it no longer has with --prune"))
		return false
	}
	s.settings[settingUnread] = strconv.Itoa(unread)
	return true
}

// worksOf takes the works of one bibliography. Entries are freed as they are
// taken, and the texts of one work are in memory at a time.
func (r *importRun) worksOf(s *importSource, b *parsedFile, take func(shelf.Work) error) error {
	t := newTextReader(b, r.command.NoText, &r.summary.Texts, func(path string) { s.named[path] = true })
	defer b.close()
	defer t.close()
	total := len(b.doc.Entries)
	for n := range b.doc.Entries {
		work, err := t.work(r.ctx, &b.doc.Entries[n])
		if err != nil {
			return err
		}
		b.doc.Entries[n] = biblio.Entry{}
		work.Collections = s.collections(b.path, work.Collections)
		if err := take(work); err != nil {
			return err
		}
		r.bar.at("taking in works of "+b.path, n+1, total)
	}
	return nil
}

// collections returns the paths of the collections that hold a work of a file,
// which are own in the file.
func (s *importSource) collections(file string, own [][]string) [][]string {
	var base []string
	for name := range strings.SplitSeq(s.settings[settingCollection], "/") {
		if name = strings.TrimSpace(name); name != "" {
			base = append(base, name)
		}
	}
	if s.settings[settingByFolder] == "true" {
		base = append(base, s.rootName)
		if below, err := filepath.Rel(s.root, filepath.Dir(file)); err == nil && below != "." {
			base = append(base, strings.Split(filepath.ToSlash(below), "/")...)
		}
	}
	if len(base) == 0 {
		return own
	}
	all := [][]string{base}
	for _, path := range own {
		all = append(all, append(base[:len(base):len(base)], path...))
	}
	return all
}
