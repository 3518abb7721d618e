package embedded

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/extract"
)

// writer is the imported library with the files of its sources.
type writer struct{ shelf.Writer }

// File implements [library.Files]. A file is read where the last import found it, and
// only while it lies in the folder of a source, as [extract.Folder] says. The library
// has no copy: a file that changed since is read as it is now.
func (w writer) File(ctx context.Context, key string, most int64) ([]byte, error) {
	path, err := w.path(ctx, key)
	if err != nil {
		return nil, err
	}
	sources, err := w.Sources(ctx)
	if err != nil {
		return nil, err
	}
	reason := "no source of the library has it any more"
	for _, s := range sources {
		content, why, err := readIn(folderOf(s.ID), path, most)
		if why == "" {
			return content, err
		}
		if lies(path, folderOf(s.ID)) {
			reason = why
		}
	}
	return nil, library.Errorf(library.NotFound, "the attachment's file can't be read: %s", reason).
		WithHint("import its source again where this server can read the file")
}

// path returns the path of an attachment's file.
func (w writer) path(ctx context.Context, key string) (string, error) {
	page, err := w.Items(ctx, []string{key})
	if err != nil {
		return "", err
	}
	for _, it := range page.Items {
		i := slices.IndexFunc(it.Attachments, func(a library.Attachment) bool { return a.Key == key })
		switch {
		case i < 0:
		case it.Attachments[i].Path != "":
			return it.Attachments[i].Path, nil
		default:
			return "", library.Errorf(library.NotFound, "the library does not know where the attachment's file is").
				WithHint("import its source again; files in archives, and outside the folder of their bibliography, are not read")
		}
	}
	return "", library.Errorf(library.NotFound, "the library has no attachment of this key")
}

// folderOf returns the folder in which the files of a source lie.
func folderOf(source string) string {
	if info, err := os.Stat(source); err == nil && info.IsDir() {
		return source
	}
	return filepath.Dir(source)
}

// lies reports whether a path is below a folder, by their names.
func lies(path, folder string) bool {
	at, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(at)
}

// readIn returns the content of a file in a folder, or the reason why it may not be
// read there.
func readIn(folder, path string, most int64) (content []byte, reason string, err error) {
	f, err := extract.OpenFolder(folder)
	if err != nil {
		return nil, "its folder can't be opened", nil
	}
	defer func() { _ = f.Close() }() // only read
	file, at, reason := f.Open(path)
	if reason != "" {
		return nil, reason, nil
	}
	defer func() { _ = file.Close() }() // only read
	if reason := extract.Refusal(file, at); reason != "" {
		return nil, reason, nil
	}
	content, err = io.ReadAll(io.LimitReader(file, most+1))
	switch {
	case err != nil:
		return nil, "it can't be read", nil
	case int64(len(content)) > most:
		return nil, "", library.Errorf(library.TooLarge, "the file has more than %d MB, which is the most that is read", most>>20)
	}
	return content, "", nil
}
