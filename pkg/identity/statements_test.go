package identity_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// numbers matches the numbers of acceptance statements in a test's name or
// strings.
var numbers = regexp.MustCompile(`(?:\b|[a-z_]|Test|[0-9])([RAZS][0-9]{2})(?:\b|[A-Z_])`)

// statements returns the numbers of the acceptance statements about sign-in:
// resource server (R), authorization server (A), Zotero sign-in (Z), security
// (S).
func statements() []string {
	all := []string{"S01", "S02", "S09"}
	for kind, last := range map[string]int{"R": 12, "A": 24, "Z": 6} {
		for i := range last {
			all = append(all, fmt.Sprintf("%s%02d", kind, i+1))
		}
	}
	slices.Sort(all)
	return all
}

// TestStatements_HaveTests reads the tests of the project. With -v it prints
// which test covers which statement.
func TestStatements_HaveTests(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: much work of one goroutine")
	}
	kept := map[string][]string{}
	for _, root := range []string{"..", "../../cmd"} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			return readTests(path, kept)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range statements() {
		tests := kept[s]
		if len(tests) == 0 {
			t.Errorf("%s: no test carries its number", s)
		}
		t.Logf("%s %s", s, strings.Join(slices.Compact(tests), ", "))
	}
}

// readTests records the statements that the tests of a file name.
func readTests(path string, kept map[string][]string) error {
	if strings.HasSuffix(path, "statements_test.go") {
		return nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		name := filepath.Base(filepath.Dir(path)) + "." + f.Name.Name
		note := func(text string) {
			for _, m := range numbers.FindAllStringSubmatch(text, -1) {
				kept[m[1]] = append(kept[m[1]], name)
			}
		}
		note(strings.TrimPrefix(f.Name.Name, "Test"))
		ast.Inspect(f, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				note(l.Value)
			}
			return true
		})
	}
	return nil
}
