package main

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/bundle"
)

func TestBundle(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: much work of one goroutine")
	}
	dir := t.TempDir()
	here := bundle.Platform{OS: runtime.GOOS, Arch: runtime.GOARCH}
	name := bundle.FileName("1.2.3", here)
	status, stdout, stderr := run(t, nil, "bundle", "--out", dir, "--release", "v1.2.3")
	path := filepath.Join(dir, name)
	if status != 0 || strings.TrimSpace(stdout) != path {
		t.Fatalf("bundle: status %d, %q, %s", status, stdout, stderr)
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	manifest, err := z.Open("manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	var m bundle.Manifest
	if err := json.NewDecoder(manifest).Decode(&m); err != nil || m.Version != "1.2.3" || len(m.Tools) < 8 {
		t.Errorf("the manifest: %+v, %v", m, err)
	}

	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(data)
	sum := hex.EncodeToString(digest[:])
	if beside, err := os.ReadFile(path + ".sha256"); err != nil || string(beside) != sum+"  "+name+"\n" {
		t.Errorf("beside it: %q, %v", beside, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) != 0 {
		t.Errorf("left over: %q", left)
	}

	file := filepath.Join(dir, "server.json")
	if status, _, stderr := run(t, nil, "bundle", "--out", dir, "--release", "1.2.3", "--server-json", file); status != 0 {
		t.Fatalf("server.json: status %d, %s", status, stderr)
	}
	server := readServer(t, file)
	if len(server.Packages) != 1 || server.Packages[0] != bundle.NewPackage("1.2.3", here, sum) {
		t.Errorf("server.json has %+v", server.Packages)
	}
	if status, _, _ := run(t, nil, "bundle", "--out", dir, "--release", "1.2.4", "--server-json", file); status != 0 || len(readServer(t, file).Packages) != 0 {
		t.Error("server.json has bundles of another version")
	}
}

func readServer(t *testing.T, path string) bundle.Server {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var s bundle.Server
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBundle_Errors(t *testing.T) {
	text := filepath.Join(t.TempDir(), "stackroom")
	if err := os.WriteFile(text, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"a version that is none", []string{"--release", "latest"}, exitFailure, "semantic"},
		{"a program that is none", []string{"--release", "1.2.3", "--binary", text}, exitFailure, "not a Go program"},
		{"another system's program", []string{"--release", "1.2.3", "--os", "plan9"}, exitFailure, "this program is for " + runtime.GOOS},
		{"another processor's program", []string{"--release", "1.2.3", "--arch", "mips"}, exitFailure, "this program is for " + runtime.GOOS},
		{"a program that isn't there", []string{"--binary", text + "x"}, exitUsage, "no such file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "dist")
			status, _, stderr := run(t, nil, append([]string{"bundle", "--out", dir}, test.args...)...)
			if status != test.status || !strings.Contains(stderr, test.says) {
				t.Errorf("status %d, %s", status, stderr)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("something was written")
			}
		})
	}
}

// TestServerJSON_IsCurrent compares the file in the repository with the code. A
// release adds its version and its bundles.
func TestServerJSON_IsCurrent(t *testing.T) {
	fresh := filepath.Join(t.TempDir(), "server.json")
	if status, _, stderr := run(t, nil, "bundle", "--out", t.TempDir(), "--release", "development", "--server-json", fresh); status != 0 {
		t.Fatal(stderr)
	}
	want, err := os.ReadFile(fresh)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../server.json")
	if err != nil || string(got) != string(want) {
		t.Errorf("server.json is out of date (%v): go run ./cmd/stackroom bundle --out none --release development --server-json server.json", err)
	}
}
