package secrettest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// WriteFile writes a secret to a file atomically, as a rotation does.
func WriteFile(t testing.TB, path, value string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(value), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// FileReference returns the setting's value that refers to a file.
func FileReference(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return "file://" + path
}
