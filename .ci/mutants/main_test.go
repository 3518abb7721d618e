package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// module writes a module of one package and a table, and returns its folder.
func module(t *testing.T, table string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                  "module example.org/m\n\ngo 1.26\n",
		"pkg/a/a.go":              "package a\n\n// Double doubles.\nfunc Double(n int) int { return 2 * n }\n\n// Same returns n.\nfunc Same(n int) int { return n + 0 }\n",
		"pkg/a/a_test.go":         "package a\n\nimport \"testing\"\n\nfunc TestDouble(t *testing.T) {\n\tif Double(2) != 4 || Double(3) != 6 {\n\t\tt.Fatal()\n\t}\n}\n",
		".ci/mutants/mutants.txt": table,
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestRun(t *testing.T) {
	const kill = "pkg/a\n- 2 * n\n+ 3 * n\n"
	for _, tc := range []struct{ name, table, says, fault string }{
		{"killed", kill, "1 killed (100 %)", ""},
		{"survived", kill + "- n + 0\n+ n - 0\n", "1 survived", "survived without a reason"},
		{"survived with a reason", strings.Repeat("- 2 * n\n+ 3 * n\n", 6) + "- n + 0\n+ n - 0\n= it is the same\n", "6 killed (85 %), 1 survived", ""},
		{"killed with a reason", kill + "= none\n", "killed", "reason to survive"},
		{"too few", kill + "- n + 0\n+ n - 0\n= it is the same\n", "1 killed (50 %)", "less than 85 %"},
		{"does not compile", "pkg/a\n- 2 * n\n+ 2 * m\n", "broken", "does not compile"},
		{"does not apply", "pkg/a\n- 9 * n\n+ 3 * n\n", "", "occurs 0 times"},
		{"applies twice", "pkg/a\n- (n int)\n+ (m int)\n", "", "occurs 2 times"},
		{"no table", "what\n", "", "line 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			table := tc.table
			if strings.HasPrefix(table, "-") {
				table = "pkg/a\n" + table
			}
			root := module(t, table)
			var out bytes.Buffer
			err := run(&out, root, "", false)
			if !strings.Contains(out.String(), tc.says) || (err == nil) != (tc.fault == "") || err != nil && !strings.Contains(err.Error(), tc.fault) {
				t.Errorf("%v\n%s", err, out.String())
			}
			if source, err := os.ReadFile(filepath.Join(root, "pkg/a/a.go")); err != nil || !bytes.Contains(source, []byte("2 * n")) {
				t.Errorf("the source is changed: %s, %v", source, err)
			}
		})
	}
}

// TestTable holds that the project's own table applies.
func TestTable(t *testing.T) {
	var out bytes.Buffer
	if err := run(&out, filepath.Join("..", ".."), "", true); err != nil || !strings.Contains(out.String(), "mutants apply") {
		t.Errorf("%v %s", err, out.String())
	}
}
