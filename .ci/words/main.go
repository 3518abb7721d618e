// Command words checks the project's language. It prints each use of a word of
// words.txt in a comment, a string, a name, a script or a document, and each use
// of a noun of nouns.txt in an exported Go name. If it finds one, it exits with
// status 1.
//
//	go run ./.ci/words [FOLDER]
package main

import (
	"bufio"
	_ "embed"
	"fmt"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

//go:embed words.txt
var words string

//go:embed nouns.txt
var nouns string

// lists are the parsed rules: for every text, and for exported names.
type lists struct{ words, nouns []rule }

// parseLists parses both lists.
func parseLists() (l lists, err error) {
	if l.words, err = rules(words); err != nil {
		return l, err
	}
	l.nouns, err = rules(nouns)
	return l, err
}

// rule is one line of the list.
type rule struct {
	pattern *regexp.Regexp
	advice  string
}

// rules parses the list: a pattern, a tab, an advice.
func rules(list string) ([]rule, error) {
	var all []rule
	for line := range strings.Lines(list) {
		pattern, advice, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok || strings.HasPrefix(pattern, "#") {
			continue
		}
		compiled, err := regexp.Compile(`(?i)\b(?:` + pattern + `)\b`)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", pattern, err)
		}
		all = append(all, rule{compiled, advice})
	}
	return all, nil
}

// skipped reports whether a file or folder holds text of others: fixtures,
// golden files and library texts keep the words of their authors.
func skipped(path string) bool {
	return slices.Contains([]string{".git", "testdata", "node_modules", "texts", "LICENSE"}, filepath.Base(path)) || path == filepath.Join(".ci", "words")
}

// finding is one use of a word.
type finding struct {
	path, word, advice string
	line               int
}

func main() {
	root := "."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	all, err := parseLists()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	found, err := walk(os.DirFS(root), all)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for _, f := range found {
		fmt.Printf("%s:%d: %q: write %s\n", f.path, f.line, f.word, f.advice)
	}
	fmt.Fprintf(os.Stderr, "%d findings\n", len(found))
	if len(found) > 0 {
		os.Exit(1)
	}
}

// walk checks every file of the tree that has a known ending.
func walk(tree fs.FS, all lists) ([]finding, error) {
	var found []finding
	err := fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir() && skipped(path):
			return fs.SkipDir
		case entry.IsDir() || skipped(path):
			return nil
		}
		lines, err := textOf(tree, path)
		if err != nil {
			return err
		}
		found = append(found, check(path, lines, all.words)...)
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := fs.ReadFile(tree, path)
		if err != nil {
			return err
		}
		found = append(found, check(path, exportedNames(source), all.nouns)...)
		return nil
	})
	return found, err
}

// numbered is one line of text.
type numbered struct {
	text string
	line int
}

// textOf returns what a person reads of a file: of Go its comments, strings and
// names, of other known files every line, of the rest nothing.
func textOf(tree fs.FS, path string) ([]numbered, error) {
	switch filepath.Ext(path) {
	case ".go":
	case ".md", ".tf", ".sh", ".yml", ".yaml", ".py", ".mjs", ".js", ".hcl", "":
		return linesOf(tree, path)
	default:
		return nil, nil
	}
	source, err := fs.ReadFile(tree, path)
	if err != nil {
		return nil, err
	}
	return goText(source), nil
}

// linesOf returns the lines of a text file.
func linesOf(tree fs.FS, path string) ([]numbered, error) {
	f, err := tree.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var lines []numbered
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for n := 1; s.Scan(); n++ {
		if strings.ContainsRune(s.Text(), 0) {
			return nil, nil // a binary
		}
		lines = append(lines, numbered{s.Text(), n})
	}
	return lines, s.Err()
}

// goText returns the comments, strings and names of a Go file. Names are split
// into their words.
func goText(source []byte) []numbered {
	files := token.NewFileSet()
	file := files.AddFile("", files.Base(), len(source))
	var s scanner.Scanner
	s.Init(file, source, func(token.Position, string) {}, scanner.ScanComments)
	var lines []numbered
	for {
		pos, kind, text := s.Scan()
		switch kind {
		case token.EOF:
			return lines
		case token.IDENT:
			text = splitName(text)
		case token.COMMENT, token.STRING:
		default:
			continue
		}
		first := file.Line(pos)
		for i, line := range strings.Split(text, "\n") {
			lines = append(lines, numbered{line, first + i})
		}
	}
}

// splitName returns the words of a name in camel case, separated by spaces.
func splitName(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && (unicode.IsUpper(r) || r == '_') {
			b.WriteByte(' ')
		}
		if r != '_' {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// check returns the findings in these lines.
func check(path string, lines []numbered, all []rule) []finding {
	var found []finding
	for _, l := range lines {
		for _, r := range all {
			if word := r.pattern.FindString(l.text); word != "" {
				found = append(found, finding{path, word, r.advice, l.line})
			}
		}
	}
	return found
}
