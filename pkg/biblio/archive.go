package biblio

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/source"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Bounds on archives.
const (
	maxArchiveFiles   = 100_000
	maxBibliographies = 100
	// maxUnpacked is how large a file in an archive may be: 256 MiB.
	maxUnpacked = source.MaxBytes
	// maxRatio is how many bytes a packed byte may become; text and PDF stay
	// below 100. Small files are exempt.
	maxRatio  = 200
	freeBytes = 1 << 20
)

// holdsBibliography reports whether the beginning of a zip archive names a
// bibliography, or the files that Zotero exports beside one. Office documents
// and e-books are archives too.
func holdsBibliography(head []byte) bool {
	for rest := head[:min(len(head), DetectLength)]; ; {
		at := bytes.Index(rest, []byte("PK\x03\x04"))
		if at < 0 || len(rest) < at+30 {
			return false
		}
		rest = rest[at:]
		length := int(rest[26]) | int(rest[27])<<8
		name := string(rest[30:min(len(rest), 30+length)])
		base := path.Base(strings.ReplaceAll(name, `\`, "/"))
		switch {
		case strings.HasPrefix(name, "[Content_Types]") || name == "mimetype" || strings.HasPrefix(name, "META-INF/"):
			return false
		case HasEnding(base) && ending(base) != ".zip":
			return true
		case strings.Contains("/"+name, "/files/"):
			return true
		}
		rest = rest[4:]
	}
}

// readArchive reads the bibliographies in a zip archive. The document opens the
// files that its entries name.
func readArchive(ctx context.Context, r io.Reader, name string) (*Document, error) {
	archive, err := openArchive(ctx, r)
	if err != nil {
		return nil, err
	}
	doc := &Document{Open: archive.open}
	read := 0
	for _, f := range archive.bibliographies() {
		if read == maxBibliographies {
			doc.Skip(name, 1, fmt.Sprintf("the archive has more than %d bibliographies; the rest was not read", maxBibliographies))
			break
		}
		part, err := archive.read(ctx, f)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			doc.Skip(name+"/"+f.Name, 1, library.AsError(err).Message)
			continue
		}
		if part == nil {
			continue
		}
		read++
		merge(doc, part, path.Dir(f.Name), name)
	}
	if read == 0 {
		return nil, library.Errorf(library.Invalid, "the archive holds no bibliography").
			WithHint("zip the folder that Zotero exports with “Export Files”, with the .rdf or .bib file in it")
	}
	return doc, nil
}

// merge adds the entries of a bibliography in an archive, whose files are named
// from its folder.
func merge(doc, part *Document, folder, name string) {
	for _, e := range part.Entries {
		for i := range e.Files {
			if local, ok := inside(folder, e.Files[i].Path); ok {
				e.Files[i].Path = local
			}
		}
		doc.Entries = append(doc.Entries, e)
	}
	for _, p := range part.Problems {
		p.File = path.Join(name, p.File)
		doc.Problems = append(doc.Problems, p)
	}
}

// archive is a zip archive that is being read.
type archive struct {
	files  []*zip.File
	byName map[string]*zip.File
}

func openArchive(ctx context.Context, r io.Reader) (*archive, error) {
	data, size, err := readerAt(ctx, r)
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(data, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, library.Errorf(library.Invalid, "the archive is damaged or not a zip archive").WithHint("unzip it and import the folder").WithCause(err)
	}
	if len(z.File) > maxArchiveFiles {
		return nil, library.Errorf(library.TooLarge, "the archive has %d files, at most %d are read", len(z.File), maxArchiveFiles).WithHint("unzip it and import the folder")
	}
	a := &archive{files: z.File, byName: make(map[string]*zip.File, len(z.File))}
	for _, f := range z.File {
		if filepath.IsLocal(filepath.FromSlash(f.Name)) {
			a.byName[path.Clean(f.Name)] = f
		}
	}
	return a, nil
}

// readerAt returns the bytes of r: themselves if r can be read at any place, or
// else a copy of at most [source.MaxBytes].
func readerAt(ctx context.Context, r io.Reader) (io.ReaderAt, int64, error) {
	if file, ok := r.(interface {
		io.ReaderAt
		io.Seeker
	}); ok {
		size, err := file.Seek(0, io.SeekEnd)
		if err != nil {
			return nil, 0, library.AsError(err)
		}
		return file, size, nil
	}
	data, err := io.ReadAll(source.Bound(ctx, r, source.MaxBytes))
	if err != nil {
		return nil, 0, err
	}
	return bytes.NewReader(data), int64(len(data)), nil
}

// bibliographies returns the files that may be bibliographies, those nearest to
// the top first.
func (a *archive) bibliographies() []*zip.File {
	var found []*zip.File
	for _, f := range a.files {
		base := path.Base(f.Name)
		local := filepath.IsLocal(filepath.FromSlash(f.Name))
		if local && HasEnding(base) && ending(base) != ".zip" && !strings.HasPrefix(base, ".") && !strings.Contains("/"+f.Name, "/files/") && !strings.HasPrefix(f.Name, "__MACOSX/") {
			found = append(found, f)
		}
	}
	slices.SortStableFunc(found, func(x, y *zip.File) int { return strings.Count(x.Name, "/") - strings.Count(y.Name, "/") })
	return found
}

// read reads a bibliography; nil if the file is none.
func (a *archive) read(ctx context.Context, f *zip.File) (*Document, error) {
	in, err := unpack(f)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	head := make([]byte, DetectLength)
	n, err := io.ReadFull(in, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	as, ok := Detect(path.Base(f.Name), head[:n])
	if !ok || as == Archive {
		return nil, nil //nolint:nilnil // no bibliography is no error
	}
	return Read(ctx, io.MultiReader(bytes.NewReader(head[:n]), in), f.Name, as)
}

// open opens a file that an entry names. It fails with [fs.ErrNotExist] for a
// path that leads out of the archive or to nothing in it.
func (a *archive) open(name string) (io.ReadCloser, error) {
	local, ok := inside(".", name)
	f := a.byName[local]
	if !ok || f == nil || f.FileInfo().IsDir() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return unpack(f)
}

// inside returns the path of a file in an archive, named from a folder in it;
// false if that leads out.
func inside(folder, name string) (string, bool) {
	name = strings.ReplaceAll(name, `\`, "/")
	if path.IsAbs(name) || strings.Contains(name, ":") {
		return "", false
	}
	local := path.Join(folder, name)
	return local, filepath.IsLocal(filepath.FromSlash(local))
}

// unpack opens a file of an archive, bounded in size and ratio: what its header
// says is not believed.
func unpack(f *zip.File) (io.ReadCloser, error) {
	in, err := f.Open()
	if err != nil {
		return nil, library.Errorf(library.Invalid, "a file in the archive can't be unpacked").WithHint("unzip it and import the folder").WithCause(err)
	}
	limit := min(int64(maxUnpacked), max(freeBytes, maxRatio*int64(min(f.CompressedSize64, maxUnpacked))))
	return &unpacked{in: in, left: limit}, nil
}

// unpacked reads a packed file up to a bound.
type unpacked struct {
	in   io.ReadCloser
	left int64
}

func (u *unpacked) Read(p []byte) (int, error) {
	if u.left < 0 {
		return 0, library.Errorf(library.TooLarge, "a file in the archive is larger than 256 MiB, or unpacks to more than 200 times its size").
			WithHint("unzip the archive and import the folder")
	}
	if int64(len(p)) > u.left+1 {
		p = p[:u.left+1]
	}
	n, err := u.in.Read(p)
	if u.left -= int64(n); u.left < 0 {
		return u.Read(p[:0])
	}
	return n, err
}

func (u *unpacked) Close() error { return u.in.Close() }
