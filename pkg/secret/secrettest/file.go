package secrettest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// WriteFile puts a secret into a file as those who rotate one do: at once.
func WriteFile(t testing.TB, path, value string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(value), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// FileReference refers to a file that holds a secret, as a setting does.
func FileReference(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return "file://" + path
}
