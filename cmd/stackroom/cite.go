package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/csl"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/manuscript"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// citeCommand cites the works of a manuscript.
type citeCommand struct {
	Manuscript   string   `arg:"" help:"A manuscript with citation keys: .md, .tex or .docx."`
	Style        string   `help:"Citation style: a name or title, such as apa, or a .csl file. The default is the manuscript's own, else apa."`
	Locale       string   `help:"Language of the citations, such as de-DE. The default is the manuscript's own, else the style's."`
	Output       string   `short:"o" help:"File to write; its ending says in which format: .md, .tex, .html or .docx. Standard output without it."`
	To           string   `enum:",markdown,latex,html,docx" default:"" help:"Format to write: markdown, latex, html or docx."`
	Bibliography []string `help:"Bibliography file in which keys are looked up first. Can be repeated."`
	Library      []string `help:"ID of a library in which keys are looked up, such as local. Can be repeated; the default is all."`
	AllowMissing bool     `help:"Write the manuscript even if keys are not known."`
}

// Run implements the command.
func (c *citeCommand) Run(p *process) error {
	settings, err := config.Load(p.environ)
	if err != nil {
		return err
	}
	if err := errors.Join(warnUnknown(p.stderr, p.environ), checkImportData(settings)); err != nil {
		return err
	}
	from, to, err := c.formats()
	if err != nil {
		return err
	}
	data, err := readManuscript(c.Manuscript)
	if err != nil {
		return about(c.Manuscript, err)
	}
	m, err := manuscript.Read(data, from)
	if err != nil {
		return about(c.Manuscript, err)
	}
	folder, err := os.OpenRoot(filepath.Dir(c.Manuscript))
	if err != nil {
		return err
	}
	defer folder.Close()
	out, err := c.cite(p, &citing{settings: settings, manuscript: m, folder: folder}, to)
	if err != nil {
		return err
	}
	return c.write(p, out)
}

// formats returns the formats to read and to write.
func (c *citeCommand) formats() (from, to manuscript.Format, err error) {
	from = manuscript.FormatOf(c.Manuscript)
	if from == "" || from == manuscript.HTML {
		return "", "", library.Errorf(library.Invalid, "the ending of %s does not say what it is", c.Manuscript).
			WithHint("a manuscript ends in .md, .tex or .docx")
	}
	to = manuscript.Format(c.To)
	switch {
	case to == "" && c.Output == "":
		to = from
	case to == "":
		if to = manuscript.FormatOf(c.Output); to == "" {
			return "", "", library.Errorf(library.Invalid, "the ending of %s does not say in which format to write", c.Output).
				WithHint("end it in .md, .tex, .html or .docx, or say it with --to")
		}
	}
	return from, to, nil
}

// readManuscript reads a file of at most [manuscript.MaxBytes].
func readManuscript(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, library.Errorf(library.Invalid, "it is no file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, library.Errorf(library.NotFound, "it can't be read").WithCause(err)
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, manuscript.MaxBytes+1))
}

// citing is what citing a manuscript needs.
type citing struct {
	settings   *config.Config
	manuscript *manuscript.Manuscript
	folder     *os.Root // of the manuscript
}

// cite returns the manuscript with its citations.
func (c *citeCommand) cite(p *process, k *citing, to manuscript.Format) ([]byte, error) {
	style, processor, err := c.processor(p, k)
	if err != nil {
		return nil, err
	}
	works, err := c.works(p, k)
	if err != nil {
		return nil, err
	}
	for _, notice := range slices.Concat(processor.Notices(), works.notices) {
		fmt.Fprintln(p.stderr, "stackroom: note:", plaintext.Line(notice))
	}
	if err := c.checkMissing(p, k.manuscript, works); err != nil {
		return nil, err
	}
	cited := k.manuscript.Cite(manuscript.Options{Style: style, Processor: processor, Works: works.byKey, Further: works.further})
	if !style.HasBibliography() {
		fmt.Fprintf(p.stderr, "stackroom: note: the style %q has no bibliography\n", plaintext.Line(style.Title()))
	}
	var out bytes.Buffer
	err = cited.Write(&out, to, func(name string) (io.ReadCloser, error) { return openBeside(k.folder, name) })
	for _, what := range cited.NotCarried() {
		fmt.Fprintln(p.stderr, "stackroom: not carried over:", plaintext.Line(what))
	}
	return out.Bytes(), err
}

// openBeside opens a file in the folder of the manuscript or below it.
func openBeside(folder *os.Root, name string) (*os.File, error) {
	name = filepath.FromSlash(name)
	if !filepath.IsLocal(name) {
		return nil, errors.New("it lies outside the manuscript's folder")
	}
	info, err := folder.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("there is no such file")
	case err != nil:
		return nil, errors.New("it can't be read, or lies outside the manuscript's folder")
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no file")
	}
	return folder.Open(name)
}

// checkMissing names the keys that are not known and where they are cited. They
// are an error unless they are allowed.
func (c *citeCommand) checkMissing(p *process, m *manuscript.Manuscript, works *citedWorks) error {
	missing := 0
	for _, key := range m.Keys() {
		if _, ok := works.byKey[key]; ok {
			continue
		}
		missing++
		fmt.Fprintf(p.stderr, "%s: %s: no work is known as @%s\n", c.Manuscript, strings.Join(m.Where(key), ", "), plaintext.Line(key))
	}
	if missing == 0 || c.AllowMissing {
		return nil
	}
	return library.Errorf(library.NotFound, "%d of %d citation keys name no work in %s", missing, len(m.Keys()), works.where).
		WithHint("correct the keys, import the works, give a file with --bibliography, or write the manuscript with --allow-missing; a backslash before @ makes it text")
}

// write writes the result to the output file, or to standard output. The file is
// replaced whole, or stays as it is.
func (c *citeCommand) write(p *process, data []byte) error {
	if c.Output == "" {
		if terminal(p.stdout) && bytes.HasPrefix(data, []byte("PK")) {
			return library.Errorf(library.Invalid, "a Word document can't be shown on a terminal").WithHint("name a file with -o")
		}
		_, err := p.stdout.Write(data)
		return err
	}
	before, err := os.Stat(c.Output)
	if source, sourceErr := os.Stat(c.Manuscript); err == nil && sourceErr == nil && os.SameFile(before, source) {
		return library.Errorf(library.Invalid, "%s is the manuscript itself", c.Output).WithHint("name another file with -o, so that the keys are not lost")
	}
	if err == nil && !before.Mode().IsRegular() {
		return os.WriteFile(c.Output, data, 0o644) //nolint:gosec // a pipe or a device, such as /dev/stdout
	}
	f, err := os.CreateTemp(filepath.Dir(c.Output), ".stackroom-*")
	if err != nil {
		return unwritten(c.Output, err)
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), c.Output)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the error that counts is the first
		return unwritten(c.Output, err)
	}
	return nil
}

func unwritten(path string, err error) error {
	return library.Errorf(library.Forbidden, "%s can't be written", path).WithHint("name a file in a folder that you can write").WithCause(err)
}

// citedWorks are the works that the keys of a manuscript mean.
type citedWorks struct {
	byKey   map[string]csl.Item
	further []csl.Item // for "nocite: @*"
	notices []string
	where   string // where keys were looked up
}
