package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/extract"
)

// packedFiles reads the texts of files in an archive. Each file is unpacked into
// a temporary folder, read and removed.
type packedFiles struct {
	open   func(path string) (io.ReadCloser, error)
	dir    string
	folder *extract.Folder
}

func newPackedFiles(open func(path string) (io.ReadCloser, error)) (*packedFiles, error) {
	dir, err := os.MkdirTemp("", "stackroom-import-")
	if err != nil {
		return nil, err
	}
	folder, err := extract.OpenFolder(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &packedFiles{open: open, dir: dir, folder: folder}, nil
}

func (p *packedFiles) remove() { os.RemoveAll(p.dir) }

// read returns the text of a file in the archive, with its path there. Its
// errors are those of [extract.Folder.Read].
func (p *packedFiles) read(ctx context.Context, name string) (extract.Text, error) {
	refuse := func(reason string) (extract.Text, error) {
		return extract.Text{Status: library.TextStatus{Reason: reason}}, nil
	}
	for part := range strings.SplitSeq(strings.ReplaceAll(name, `\`, "/"), "/") {
		if strings.HasPrefix(part, ".") {
			return refuse("a part of the file's path begins with a dot; hidden files are not read")
		}
	}
	in, err := p.open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return refuse("the file is not in the archive")
	}
	if err != nil {
		return refuse("the file can't be unpacked")
	}
	defer in.Close()
	unpacked := "file" + strings.ToLower(path.Ext(name))
	at := filepath.Join(p.dir, unpacked)
	defer func() { _ = os.Remove(at) }() // the folder goes too
	if err := spool(at, in); err != nil {
		return refuse("the file can't be unpacked: " + library.AsError(err).Message)
	}
	text, err := p.folder.Read(ctx, unpacked)
	if text.Path != "" {
		text.Path = name
	}
	return text, err
}

// spool writes a file that only this user can read.
func spool(at string, in io.Reader) error {
	out, err := os.OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
