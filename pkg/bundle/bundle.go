// Package bundle makes what people install Stackroom from without a terminal:
// desktop bundles (.mcpb), and the description by which the MCP registry finds
// them.
//
// A bundle is a zip archive of a manifest, an icon and one program. The format
// chooses between operating systems but not between processors, so there is a
// bundle for each of both. The same program gives the same bytes.
package bundle

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Paths inside a bundle.
const (
	manifestPath = "manifest.json"
	iconPath     = "icon.png"
	programPath  = "server/stackroom"
)

// FileName returns what a bundle's file is called.
func FileName(version string, p Platform) string {
	return fmt.Sprintf("stackroom-%s-%s-%s.mcpb", version, p.OS, p.Arch)
}

// Write writes the bundle of a manifest and its program. The order, times and
// modes of its files are fixed.
func Write(w io.Writer, m *Manifest, program io.Reader) error {
	manifest, err := marshal(m)
	if err != nil {
		return err
	}
	icon, err := Icon()
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	for _, file := range []struct {
		path    string
		mode    uint32
		content io.Reader
	}{
		{manifestPath, 0o644, bytes.NewReader(manifest)},
		{iconPath, 0o644, bytes.NewReader(icon)},
		{m.Server.EntryPoint, 0o755, program},
	} {
		if err := add(z, file.path, file.mode, file.content); err != nil {
			return err
		}
	}
	return z.Close()
}

// add adds a file to an archive. The program that unpacks it gives it the mode.
func add(z *zip.Writer, path string, mode uint32, content io.Reader) error {
	const regular, unix = 0o100000, 3 // of st_mode, and the zip format's number for Unix
	f, err := z.CreateHeader(&zip.FileHeader{
		Name:           path,
		Method:         zip.Deflate,
		Modified:       time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC), // the first that the format knows
		CreatorVersion: unix << 8,
		ExternalAttrs:  (regular | mode) << 16,
	})
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return err
}

// marshal returns v as JSON for people and programs to read.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
