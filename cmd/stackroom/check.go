package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/manuscript"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// checkCommand checks the references and the quotations of a manuscript, as the
// tool check_references does.
type checkCommand struct {
	Manuscript   string   `arg:"" help:"A manuscript with references: .md, .tex or .docx."`
	Bibliography []string `help:"Bibliography file of the manuscript, beside those that it names. Can be repeated."`
	JSON         bool     `help:"Print the answers of check_references, one a line."`
}

// Run implements the command.
func (c *checkCommand) Run(p *process) error {
	arguments, err := c.arguments(p)
	if err != nil {
		return err
	}
	a, err := setUp(&process{ctx: p.ctx, environ: append([]string{"LOG_LEVEL=error"}, p.environ...), stdin: p.stdin, stdout: p.stdout, stderr: p.stderr}, nil, overPipe)
	if err != nil {
		return err
	}
	defer a.close()
	bar := newProgress(p.stderr)
	defer bar.end()
	for {
		sent, err := json.Marshal(arguments)
		if err != nil {
			return err
		}
		answer, err := a.reading.CallWithProgress(p.ctx, "check_references", sent, func(done, total int, _ string) { bar.at("checking", done, total) })
		bar.end()
		if err != nil {
			return err
		}
		var page checkedPage
		if err := json.Unmarshal(answer, &page); err != nil {
			return err
		}
		if c.JSON {
			_, err = fmt.Fprintf(p.stdout, "%s\n", answer)
		} else {
			err = page.write(p.stdout)
		}
		if err != nil || page.NextCursor == "" {
			return err
		}
		arguments["cursor"] = page.NextCursor
	}
}

// arguments returns the arguments of check_references: the manuscript and its
// bibliography files.
func (c *checkCommand) arguments(p *process) (map[string]any, error) {
	format := manuscript.FormatOf(c.Manuscript)
	if format == "" || format == manuscript.HTML {
		return nil, library.Errorf(library.Invalid, "the ending of %s does not say what it is", c.Manuscript).
			WithHint("a manuscript ends in .md, .tex or .docx")
	}
	data, err := readManuscript(c.Manuscript)
	if err != nil {
		return nil, about(c.Manuscript, err)
	}
	m, err := manuscript.Read(data, format)
	if err != nil {
		return nil, about(c.Manuscript, err)
	}
	var entries strings.Builder
	for _, path := range c.Bibliography {
		data, err := readManuscript(path)
		if err != nil {
			return nil, about(path, err)
		}
		entries.Write(append(data, '\n'))
	}
	folder, err := os.OpenRoot(filepath.Dir(c.Manuscript))
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	for _, name := range m.Metadata.Bibliographies {
		f, err := openBeside(folder, name)
		if err != nil {
			fmt.Fprintf(p.stderr, "stackroom: note: the bibliography %s, which the manuscript names, is not used: %v\n", plaintext.Line(name), err)
			continue
		}
		_, err = io.Copy(&entries, io.LimitReader(f, manuscript.MaxBytes))
		_ = f.Close() // only read
		if err != nil {
			return nil, about(name, err)
		}
		entries.WriteByte('\n')
	}
	arguments := map[string]any{"text": m.Text()}
	if entries.Len() > 0 {
		arguments["bibliography"] = entries.String()
	}
	return arguments, nil
}

// checkedPage is what the command shows of an answer of check_references.
type checkedPage struct {
	References []struct {
		Label, Reference, Verdict, Reason, Source string
		Differences                               []struct{ Field, Stated, Known string }
		Updates                                   []struct{ Kind, By string }
	}
	Quotes []struct{ Quote, Verdict, Reason, Nearest, Page string }
	// Citations is there on the first page.
	Citations  struct{ Unresolved, Uncited, Doubled []string }
	Asked      []string
	Notices    []string
	NextCursor string `json:"next_cursor"`
}

// write writes an answer for people, a line for each reference and what was found
// of it below.
func (a *checkedPage) write(w io.Writer) error {
	var b strings.Builder
	line := func(indent, format string, args ...any) {
		b.WriteString(indent + plaintext.Line(fmt.Sprintf(format, args...)) + "\n")
	}
	for _, r := range a.References {
		line("", "%s: %s", r.Verdict, strings.TrimSpace(r.Label+" "+r.Reference))
		if r.Reason != "" {
			line("  ", "%s", r.Reason)
		}
		for _, d := range r.Differences {
			line("  ", "%s: %q here, %q at %s", d.Field, d.Stated, d.Known, r.Source)
		}
		for _, u := range r.Updates {
			line("  ", "%s, says %s", u.Kind, u.By)
		}
	}
	for _, q := range a.Quotes {
		line("", "quotation %s: %s", q.Verdict, q.Quote)
		if q.Page != "" {
			line("  ", "page %s", q.Page)
		}
		if q.Reason != "" {
			line("  ", "%s", q.Reason)
		}
		if q.Nearest != "" {
			line("  ", "nearest: %s", q.Nearest)
		}
	}
	for _, list := range []struct {
		name string
		keys []string
	}{{"cited without an entry", a.Citations.Unresolved}, {"not cited", a.Citations.Uncited}, {"doubled", a.Citations.Doubled}} {
		if len(list.keys) > 0 {
			line("", "%s: %s", list.name, strings.Join(list.keys, ", "))
		}
	}
	for _, s := range a.Asked {
		line("", "asked: %s", s)
	}
	for _, s := range a.Notices {
		line("", "note: %s", s)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
