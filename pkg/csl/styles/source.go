package styles

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// ErrNotFound is returned by a Source that does not have what was asked for.
var ErrNotFound = errors.New("not found")

// Source has styles and locales by name. Names are lower case letters, digits and
// hyphens; a Source never takes an address from a style.
type Source interface {
	// Style returns the text of a style, or an error that wraps ErrNotFound.
	Style(ctx context.Context, name string) ([]byte, error)
	// Locale returns the text of the locale with a code such as "de-AT", or an
	// error that wraps ErrNotFound.
	Locale(ctx context.Context, code string) ([]byte, error)
	// Names lists the styles, as far as the source can; in any order.
	Names(ctx context.Context) ([]string, error)
}

//go:embed data
var builtIn embed.FS

// BuiltIn is the source of the styles and locales that come with the package.
func BuiltIn() Source { return fileSource{fsys: builtIn, folders: []string{"data"}} }

// Folder is a source over a folder with style files such as "apa.csl" and locale
// files such as "locales-de-DE.xml", also in its subfolders "hidden",
// "dependent" and "locales", as Zotero and the official repository keep them.
// Links that lead out of the folder are not followed.
func Folder(folder string) (Source, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("the styles folder: %w", err)
	}
	return fileSource{fsys: root.FS(), folders: []string{".", "hidden", "dependent", "locales"}}, nil
}

// fileSource reads files from a file system.
type fileSource struct {
	fsys    fs.FS
	folders []string
}

func (s fileSource) Style(_ context.Context, name string) ([]byte, error) {
	return s.read(name + ".csl")
}

func (s fileSource) Locale(_ context.Context, code string) ([]byte, error) {
	return s.read("locales-" + code + ".xml")
}

func (s fileSource) read(file string) ([]byte, error) {
	for _, folder := range s.folders {
		data, err := fs.ReadFile(s.fsys, path.Join(folder, file))
		if err == nil {
			return data, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
	}
	return nil, fmt.Errorf("%s: %w", file, ErrNotFound)
}

func (s fileSource) Names(context.Context) ([]string, error) {
	var names []string
	for _, folder := range s.folders {
		entries, err := fs.ReadDir(s.fsys, folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("listing styles: %w", err)
		}
		for _, e := range entries {
			if name, ok := strings.CutSuffix(e.Name(), ".csl"); ok && validName(name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Fetcher gets a file below a configured address, such as "apa.csl" or
// "dependent/energy.csl". What does not exist is an error that wraps
// ErrNotFound. It is the only place that knows a host.
type Fetcher interface {
	Fetch(ctx context.Context, file string) ([]byte, error)
}

// Repository is a source over addresses that hold the official repositories of
// styles and of locales, or copies of them. It can't list its styles. locales
// may be nil.
func Repository(styles, locales Fetcher) Source { return repository{styles, locales} }

type repository struct {
	styles, locales Fetcher
}

func (r repository) Style(ctx context.Context, name string) ([]byte, error) {
	data, err := r.styles.Fetch(ctx, name+".csl")
	if errors.Is(err, ErrNotFound) {
		return r.styles.Fetch(ctx, "dependent/"+name+".csl")
	}
	return data, err
}

func (r repository) Locale(ctx context.Context, code string) ([]byte, error) {
	if r.locales == nil {
		return nil, ErrNotFound
	}
	return r.locales.Fetch(ctx, "locales-"+code+".xml")
}

func (r repository) Names(context.Context) ([]string, error) { return nil, nil }

// validName tells the names of styles: letters, digits and hyphens.
func validName(name string) bool {
	if name == "" || len(name) > 200 {
		return false
	}
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' || c == '.' && i == 0 {
			return false
		}
	}
	return true
}
