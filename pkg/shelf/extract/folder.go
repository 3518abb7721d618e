package extract

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// The reasons why a file is not opened.
const (
	reasonOutside = "the file lies outside the bibliography's folder"
	reasonHidden  = "a part of the file's path begins with a dot; hidden files are not read"
	reasonMissing = "the file is not there"
	reasonAddress = "it is an address; addresses are not fetched"
	reasonOpen    = "the file can't be opened"
	reasonKind    = "files of this kind are not read"
)

// maxLinks is the most symbolic links that are followed on the way to a file.
const maxLinks = 40

// Folder reads the files that a bibliography names. A bibliography is
// untrusted: it may come from the network and name any file of this machine.
// So a file is read only if
//
//   - it lies in the folder or below it, also after every symbolic link on the
//     way to it is resolved,
//   - no part of its path below the folder begins with a dot, and
//   - its name ends as a document's does (see [Read]).
//
// Nothing outside the folder is opened or looked at.
type Folder struct {
	root *os.Root
	dirs []string // absolute names of the folder: as given, and with links resolved
}

// OpenFolder opens a folder. The caller closes it.
func OpenFolder(dir string) (*Folder, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, err
	}
	f := &Folder{root: root, dirs: []string{abs}}
	if resolved, err := filepath.EvalSymlinks(abs); err == nil && resolved != abs {
		f.dirs = append(f.dirs, resolved)
	}
	return f, nil
}

// Close closes the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Text is what one file holds.
type Text struct {
	// Path is the file that was opened, relative to the folder, with symbolic
	// links resolved and slashes between its parts; "" if none was opened.
	Path   string
	Pages  []library.TextPage
	Status library.TextStatus
}

// Read returns the text of the file that a bibliography names: by a path
// relative to the folder, an absolute path, either with slashes or with
// backslashes, or a file URL. A file that can't or may not be read is no
// error: the status says why. The only error is that of a context that has
// ended.
func (f *Folder) Read(ctx context.Context, name string) (Text, error) {
	if err := ctx.Err(); err != nil {
		return Text{}, err
	}
	file, at, reason := f.Open(name)
	if reason != "" {
		return Text{Status: library.TextStatus{Reason: reason}}, nil
	}
	defer file.Close()
	t := Text{Path: at}
	var err error
	t.Pages, t.Status, err = read(ctx, file, kindOf(at))
	return t, err
}

// Open opens the file that a bibliography names, as [Folder.Read] does, and returns
// its path below the folder, or the reason why it can't or may not be read. The
// caller closes it.
func (f *Folder) Open(name string) (file *os.File, at, reason string) {
	if at, reason = f.Locate(name); reason != "" {
		return nil, "", reason
	}
	if file, reason = f.open(at); reason != "" {
		return nil, "", reason
	}
	return file, at, ""
}

// Locate returns the path below the folder, with symbolic links resolved and slashes
// between its parts, of a file that a bibliography names, or the reason why it is
// not read.
func (f *Folder) Locate(name string) (at, reason string) {
	name, reason = plainPath(name)
	if reason != "" {
		return "", reason
	}
	at, ok := f.relative(name)
	switch {
	case !ok:
		return "", reasonOutside
	case hidden(at):
		return "", reasonHidden
	}
	at, reason = f.resolve(at)
	switch {
	case reason != "":
		return "", reason
	case hidden(at): // a link led there
		return "", reasonHidden
	case kindOf(at) == kindUnknown:
		return "", reasonKind
	}
	return at, ""
}

// open opens a regular file of a size that is read. Pipes and devices, which
// could block or never end, are refused.
func (f *Folder) open(at string) (*os.File, string) {
	info, err := f.root.Lstat(filepath.FromSlash(at))
	if err == nil && !info.Mode().IsRegular() {
		return nil, "it is not a file"
	}
	if reason := openReason(err); reason != "" {
		return nil, reason
	}
	if reason := sizeReason(info.Size()); reason != "" {
		return nil, reason
	}
	file, err := f.root.Open(filepath.FromSlash(at))
	return file, openReason(err)
}

func openReason(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, fs.ErrNotExist):
		return reasonMissing
	}
	return reasonOpen
}

var (
	driveForm   = regexp.MustCompile(`^[A-Za-z]:`)
	addressForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]+://`)
)

// plainPath returns the path that a bibliography's name of a file means, with
// slashes: that of a file URL (RFC 8089), or the name itself.
func plainPath(name string) (plain, reason string) {
	name = strings.ReplaceAll(strings.TrimSpace(name), `\`, "/")
	switch {
	case len(name) > 5 && strings.EqualFold(name[:5], "file:"):
		u, err := url.Parse(name)
		if err != nil {
			return "", reasonOpen
		}
		if u.Host != "" && !strings.EqualFold(u.Host, "localhost") {
			return "", reasonOutside
		}
		name = u.Path
		if u.Opaque != "" { // file:papers/x.pdf
			if name, err = url.PathUnescape(u.Opaque); err != nil {
				return "", reasonOpen
			}
		}
		if driveForm.MatchString(strings.TrimPrefix(name, "/")) {
			name = name[1:] // file:///C:/x.pdf
		}
		name = strings.ReplaceAll(name, `\`, "/")
	case addressForm.MatchString(name):
		return "", reasonAddress
	}
	if name == "" || strings.ContainsRune(name, 0) {
		return "", reasonOpen
	}
	return name, ""
}

// relative returns a path as relative to the folder, cleaned, and whether it
// lies in it. It looks at the names only.
func (f *Folder) relative(name string) (string, bool) {
	local := filepath.FromSlash(name)
	if !filepath.IsAbs(local) {
		if driveForm.MatchString(name) || strings.HasPrefix(name, "/") { // another system's absolute path
			return "", false
		}
		local = filepath.Clean(local)
		return filepath.ToSlash(local), filepath.IsLocal(local)
	}
	for _, dir := range f.dirs {
		if at, err := filepath.Rel(dir, local); err == nil && filepath.IsLocal(at) {
			return filepath.ToSlash(at), true
		}
	}
	return "", false
}

// resolve returns the path with its symbolic links resolved, which never
// leaves the folder.
func (f *Folder) resolve(at string) (resolved, reason string) {
	rest := strings.Split(at, "/")
	resolved = "."
	for links := 0; len(rest) > 0; {
		next := path.Join(resolved, rest[0])
		info, err := f.root.Lstat(filepath.FromSlash(next))
		if err != nil {
			return "", openReason(err)
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			resolved, rest = next, rest[1:]
			continue
		}
		target, err := f.root.Readlink(filepath.FromSlash(next))
		if links++; err != nil || links > maxLinks {
			return "", reasonOpen
		}
		target = filepath.ToSlash(target)
		if !filepath.IsAbs(filepath.FromSlash(target)) {
			target = path.Join(resolved, target)
		}
		target, ok := f.relative(target)
		if !ok {
			return "", reasonOutside
		}
		resolved, rest = ".", append(strings.Split(target, "/"), rest[1:]...)
	}
	return resolved, ""
}

// hidden reports whether a part of a clean path begins with a dot.
func hidden(at string) bool {
	return slices.ContainsFunc(strings.Split(at, "/"), func(part string) bool { return strings.HasPrefix(part, ".") })
}
