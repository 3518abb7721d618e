package bibtex

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkRead reads real files; the yardstick is a pass that only counts
// their bytes and braces.
func BenchmarkRead(b *testing.B) {
	folder := fixtures(b)
	for _, name := range []string{"better-bibtex/bulk-performance-test.bib", "better-bibtex/entries-discarded-873.bib", "biblatex/biblatex-examples.bib"} {
		data := readFile(b, folder, name)
		b.Run(filepath.Base(name), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Read(b.Context(), bytes.NewReader(data), name); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("yardstick "+filepath.Base(name), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if bytes.Count(data, []byte("{"))+bytes.Count(data, []byte("}"))+bytes.Count(data, []byte("@")) == 0 {
					b.Fatal("no entries")
				}
			}
		})
	}
}

// hostileFiles are texts of n units, each of which costs a careless reader
// time or memory that grows with the square of n, or worse.
func hostileFiles(n int) map[string]string {
	return map[string]string{
		"open braces":        "@a{b, c = {" + strings.Repeat("{", 8*n),
		"open values":        "@a{b,\n" + strings.Repeat("c = {\n", n),
		"open entries":       strings.Repeat("@a{b, c = {\n", n),
		"signs":              strings.Repeat("@", 8*n),
		"signs on lines":     "@a{b, c = {" + strings.Repeat("\n@", 4*n) + "}}",
		"percents":           strings.Repeat("%\n", 4*n),
		"comments":           strings.Repeat("@comment{\n", n),
		"stray braces":       "@a{b, c = {d}" + strings.Repeat("},\ne = {f}", n) + "}",
		"escaped braces":     `@a{b, c = {` + strings.Repeat(`\}`, 4*n) + "}}",
		"macros of macros":   macroBomb(n),
		"one macro all over": "@string{m = {" + strings.Repeat("x", 60_000) + "}}\n@a{b" + strings.Repeat(", c = m # m", n) + "}",
		"a parent all over":  "@book{p, series = {" + strings.Repeat("x", 100_000) + "}}\n" + strings.Repeat("@book{c, crossref = p}\n", n),
		"a chain of parents": chain(n),
		"names":              "@a{b, author = {" + strings.Repeat("A and ", n) + "}}",
		"commas":             "@a{b, author = {" + strings.Repeat(",", 8*n) + "}, keywords = {" + strings.Repeat(",", 8*n) + "}}",
		"accents":            "@a{b, title = {" + strings.Repeat(`\'`, 4*n) + "}}",
		"dollars":            "@a{b, title = {" + strings.Repeat(`$5 `, 4*n) + "}}",
		"equal keys":         strings.Repeat("@a{b}\n", n),
		"one field all over": "@a{b" + strings.Repeat(", c = 1", n) + "}",
		"many fields":        manyFields(n),
		"groups":             "@comment{jabref-meta: groupstree:\n" + strings.Repeat("1 ExplicitGroup:A\\;0\\;k\\;;\n", n) + "}@a{k, groups = {A}}",
	}
}

func macroBomb(n int) string {
	var b strings.Builder
	b.WriteString("@string{m0 = {xxxxxxxx}}\n")
	for i := range min(n, 1000) {
		fmt.Fprintf(&b, "@string{m%d = m%d # m%d}\n", i+1, i, i)
	}
	return b.String() + "@a{b, c = m" + fmt.Sprint(min(n, 1000)) + "}"
}

func chain(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "@book{k%d, crossref = k%d}\n", i, i+1)
	}
	return b.String()
}

func manyFields(n int) string {
	var b strings.Builder
	b.WriteString("@a{b")
	for i := range n {
		fmt.Fprintf(&b, ", f%d = {x}", i)
	}
	return b.String() + "}"
}

// TestHostileFilesEnd reads files that are made to cost much. It ends, or it
// doesn't: a reader whose time grows with the square of the size would take
// hours.
func TestHostileFilesEnd(t *testing.T) {
	size := 20_000
	if testing.Short() {
		size = 1_000
	}
	for name, bib := range hostileFiles(size) {
		t.Run(name, func(t *testing.T) {
			doc, err := Read(t.Context(), strings.NewReader(bib), name)
			if err != nil {
				t.Fatal(err)
			}
			if err := Write(io.Discard, pointers(doc), BibTeX); err != nil {
				t.Fatal(err)
			}
			size := 0
			for _, e := range doc.Entries {
				for _, v := range e.Item.Fields {
					size += len(v)
				}
			}
			if size > 32*len(bib)+2<<20 {
				t.Errorf("%d bytes became %d", len(bib), size)
			}
		})
	}
}

// BenchmarkHostile measures those files, for each 1 MB of them.
func BenchmarkHostile(b *testing.B) {
	for name, bib := range hostileFiles(20_000) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(bib)))
			for b.Loop() {
				if _, err := Read(b.Context(), strings.NewReader(bib), name); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
