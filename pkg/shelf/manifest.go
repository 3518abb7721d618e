package shelf

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/internal/pack"
)

// Manifest says what a base is made of. It names no host and no folder, so the
// files of a base can be copied to another one.
type Manifest struct {
	Format  int        `json:"format"`
	ID      string     `json:"id"` // of this base, 32 hexadecimal digits
	Library library.ID `json:"library"`
	Version int64      `json:"version"`
	Items   int        `json:"items"`
	// CitationKeys says that every work has one: it is false in a base that an
	// earlier version of Stackroom wrote.
	CitationKeys bool `json:"citation_keys"`
	// IndexFormat is what wrote Index, the names of the index's files.
	IndexFormat string   `json:"index_format"`
	Index       []string `json:"index"`
	Files       []File   `json:"files"` // all but the manifest itself and the log
}

// File is a file of a base.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	CRC32C uint32 `json:"crc32c"` // Castagnoli
}

// newID returns an ID that no other base has.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Encode returns the manifest as its file holds it: JSON on one line, its
// checksum on the next.
func (m *Manifest) Encode() []byte {
	line := append(encode(m), '\n')
	return fmt.Appendf(line, "%08x\n", pack.Checksum(line))
}

// DecodeManifest reads what [Manifest.Encode] wrote. Damage and another format
// are errors with code [library.Unavailable].
func DecodeManifest(content []byte) (*Manifest, error) {
	m := &Manifest{}
	line, sum, ok := bytes.Cut(content, []byte("\n"))
	if !ok || string(sum) != fmt.Sprintf("%08x\n", pack.Checksum(content[:len(line)+1])) {
		return nil, damaged(errors.New("checksum of the manifest"))
	}
	if err := json.Unmarshal(line, m); err != nil {
		return nil, damaged(fmt.Errorf("manifest: %w", err))
	}
	if m.Format != format {
		return nil, library.Errorf(library.Unavailable, "the library on disk was written by another version of Stackroom (its format is %d, this one reads %d)", m.Format, format).
			WithHint("use the version of Stackroom that wrote it, or import your files into an empty data folder")
	}
	for _, name := range append(m.fileNames(), m.Index...) {
		if name != filepath.Base(name) || name == "." || name == manifestFile || name == logFile {
			return nil, damaged(errors.New("manifest: a file's name"))
		}
	}
	return m, nil
}

func (m *Manifest) fileNames() []string {
	names := make([]string, len(m.Files))
	for i, f := range m.Files {
		names[i] = f.Name
	}
	return names
}

// readManifest reads the manifest of a generation and compares the files' sizes
// with it.
func readManifest(folder string) (*Manifest, error) {
	content, err := os.ReadFile(filepath.Join(folder, manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(folder, oldDatabase)); err == nil {
			return nil, outdated()
		}
		return nil, damaged(err)
	}
	if err != nil {
		return nil, unreadable(err)
	}
	m, err := DecodeManifest(content)
	if err != nil {
		return nil, err
	}
	for _, f := range m.Files {
		info, err := os.Stat(filepath.Join(folder, f.Name))
		if err == nil && info.Size() == f.Size {
			continue
		}
		if m.isIndex(f.Name) {
			continue // it can be made again; opening it fails
		}
		return nil, damaged(fmt.Errorf("file %s is not as it was written: %w", f.Name, err))
	}
	return m, nil
}

func (m *Manifest) isIndex(name string) bool { return slices.Contains(m.Index, name) }

// describe adds files of a folder to the manifest.
func (m *Manifest) describe(folder string, names ...string) error {
	for _, name := range names {
		f, err := os.Open(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
		size, err := io.Copy(sum, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		m.Files = append(m.Files, File{Name: name, Size: size, CRC32C: sum.Sum32()})
	}
	return nil
}
