package pdf_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/pdf"
	"github.com/stackroom-mcp/stackroom/pkg/pdf/pdftest"
)

// opened returns a file, or skips the test where PDF files can't be read.
func opened(t *testing.T, content []byte) *os.File {
	t.Helper()
	if pdf.Check() != nil {
		t.Skip("pdftotext is not on the PATH")
	}
	path := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

func TestLayout(t *testing.T) {
	file := opened(t, pdftest.File{
		Info: map[string]string{"Title": "Ice & <snow>", "Author": "Ada Lovelace", "CreationDate": "D:20120312101500Z"},
		Pages: []pdftest.Page{
			{Texts: append(pdftest.Lines(12, "First line of words", "Second line"), pdftest.Text{X: 30, Y: 300, Size: 20, Text: "Upwards", Up: true})},
			{Texts: pdftest.Lines(12, "Page two")}, {Texts: pdftest.Lines(12, "Page three")},
		},
	}.Bytes())
	for range 2 { // a file is read from its beginning each time
		doc, err := pdf.Layout(t.Context(), file, 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		if doc.Info["Title"] != "Ice & <snow>" || doc.Info["Author"] != "Ada Lovelace" || !strings.HasPrefix(doc.Info["CreationDate"], "2012-03-12") || len(doc.Pages) != 2 {
			t.Fatalf("%+v", doc)
		}
		var all []string
		heights := map[string]float64{}
		for _, p := range doc.Pages {
			for _, l := range p.Lines {
				all = append(all, l.String())
				heights[l.String()] = l.Height()
			}
		}
		for _, want := range []string{"First line of words", "Second line", "Upwards", "Page two"} {
			if !strings.Contains(strings.Join(all, "\n"), want) {
				t.Errorf("no %q in %q", want, all)
			}
		}
		if heights["Upwards"] != 0 || heights["Second line"] < 9 || heights["Second line"] > 16 || doc.Pages[0].Width != 612 || doc.Pages[0].Height != 792 {
			t.Errorf("heights %v, page %v by %v", heights, doc.Pages[0].Width, doc.Pages[0].Height)
		}
	}
}

func TestErrors(t *testing.T) {
	locked := opened(t, pdftest.File{Locked: true, Pages: []pdftest.Page{{}}}.Bytes())
	if _, err := pdf.Layout(t.Context(), locked, 1, 1); !errors.Is(err, pdf.ErrProtected) {
		t.Errorf("locked: %v", err)
	}
	if _, err := pdf.Layout(t.Context(), opened(t, []byte("%PDF-1.7\n")), 1, 1); !errors.Is(err, pdf.ErrDamaged) {
		t.Errorf("cut: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	good := opened(t, pdftest.File{Pages: []pdftest.Page{{}}}.Bytes())
	if _, err := pdf.Text(ended, good, 100); !errors.Is(err, pdf.ErrTime) && !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := pdf.Layout(t.Context(), good, 1, 1); !errors.Is(err, pdf.ErrMissing) || !errors.Is(pdf.Check(), pdf.ErrMissing) {
		t.Errorf("without poppler: %v, %v", err, pdf.Check())
	}
}

func TestXMP(t *testing.T) {
	const packet = `<x:xmpmeta xmlns:x="adobe:ns:meta/"/>`
	if got, err := pdf.XMP(t.Context(), opened(t, pdftest.File{XMP: packet, Pages: []pdftest.Page{{}}}.Bytes())); err != nil || strings.TrimSpace(string(got)) != packet {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := pdf.XMP(t.Context(), opened(t, pdftest.File{Pages: []pdftest.Page{{}}}.Bytes())); err != nil || len(got) != 0 {
		t.Errorf("without a packet: %q, %v", got, err)
	}
}
