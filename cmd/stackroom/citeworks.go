package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/csl"
	"github.com/stackroom-mcp/stackroom/pkg/csl/styles"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/secret"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// defaultStyle is the style of a manuscript that names none.
const defaultStyle = "apa"

// processor returns the style, and its processor in the language of the
// manuscript.
func (c *citeCommand) processor(p *process, k *citing) (*csl.Style, *csl.Processor, error) {
	available, err := openStyles(k.settings, upstream.Hooks{})
	if err != nil {
		return nil, nil, err
	}
	style, err := c.findStyle(p, k, available)
	if err != nil {
		return nil, nil, err
	}
	locale := c.Locale
	if locale == "" {
		locale = k.manuscript.Metadata.Language
	}
	processor, err := csl.NewProcessor(style, available, csl.Options{Locale: locale, ForceLocale: locale != ""})
	if err != nil {
		return nil, nil, library.Errorf(library.Invalid, "the citation style can't be used").WithHint("use another one, such as apa").WithCause(err)
	}
	return style, processor, nil
}

// findStyle returns the style of the command line, else that of the manuscript:
// a file beside it, or a name.
func (c *citeCommand) findStyle(p *process, k *citing, available *styles.Library) (*csl.Style, error) {
	name := c.Style
	own := k.manuscript.Metadata.Style
	switch {
	case strings.HasSuffix(name, ".csl"):
		f, err := os.Open(name)
		if err != nil {
			return nil, library.Errorf(library.NotFound, "the style %s can't be read", name).WithCause(err)
		}
		defer f.Close()
		return parsedStyle(p, f, name, available)
	case name == "" && strings.HasSuffix(own, ".csl"):
		if f, err := openBeside(k.folder, own); err == nil {
			defer f.Close()
			return parsedStyle(p, f, own, available)
		}
		name = strings.TrimSuffix(filepath.Base(own), ".csl")
	case name == "" && own != "":
		name = own
	case name == "":
		name = defaultStyle
	}
	return namedStyle(p, name, available)
}

// namedStyle returns the style with a name. Where another one comes closest, it
// says so.
func namedStyle(p *process, name string, available *styles.Library) (*csl.Style, error) {
	found, err := available.Find(p.ctx, name)
	if err != nil {
		return nil, library.Errorf(library.NotFound, "no citation style %q is available", plaintext.Line(name)).
			WithHint("built in are acm, ama, apa, chicago-author-date, chicago-notes, harvard, ieee, mla, nature and vancouver; name any other as a .csl file, or set STACKROOM_STYLES to a folder of them").WithCause(err)
	}
	if found.Near {
		fmt.Fprintf(p.stderr, "stackroom: note: no style is called %q; %s comes closest\n", plaintext.Line(name), found.Name)
	}
	return found.Style, nil
}

// parsedStyle reads a style. One that stands for another is looked up by its
// name.
func parsedStyle(p *process, r io.Reader, name string, available *styles.Library) (*csl.Style, error) {
	style, err := csl.ParseStyle(r)
	if err != nil {
		return nil, library.Errorf(library.Invalid, "%s is no citation style that can be used", plaintext.Line(name)).WithCause(err)
	}
	if style.Parent() != "" {
		return namedStyle(p, style.Parent(), available)
	}
	return style, nil
}

// works finds the works of the manuscript's keys: in the bibliography files of
// the command line, in those that the manuscript names, and in the libraries.
func (c *citeCommand) works(p *process, k *citing) (*citedWorks, error) {
	w := &citedWorks{byKey: map[string]csl.Item{}, where: "the libraries"}
	entries := &entryIndex{byKey: map[string]*library.Item{}, byFold: map[string]*library.Item{}}
	for _, path := range c.Bibliography {
		f, err := os.Open(path)
		if err == nil {
			err = entries.read(p.ctx, f, path)
			_ = f.Close() // only read
		}
		if err != nil {
			return nil, about(path, err)
		}
	}
	for _, name := range k.manuscript.Metadata.Bibliographies {
		f, err := openBeside(k.folder, name)
		if err == nil {
			err = entries.read(p.ctx, f, name)
			_ = f.Close() // only read
		}
		if err != nil {
			w.notices = append(w.notices, fmt.Sprintf("the bibliography %s, which the manuscript names, is not used: %v", name, err))
		}
	}
	if len(entries.items) > 0 {
		w.where = "the bibliography files and the libraries"
	}
	if err := w.fromEntries(k.manuscript.Keys(), entries); err != nil {
		return nil, err
	}
	if k.manuscript.Metadata.NoCiteAll {
		if err := w.all(entries); err != nil {
			return nil, err
		}
	}
	rest := slices.DeleteFunc(k.manuscript.Keys(), func(key string) bool { _, ok := w.byKey[key]; return ok })
	if len(rest) == 0 {
		return w, nil
	}
	found, err := c.inLibraries(p, k.settings, rest)
	if err != nil {
		return nil, err
	}
	maps.Copy(w.byKey, found.ByName)
	w.notices = append(w.notices, found.Notices...)
	return w, nil
}

// fromEntries takes the works of bibliography files.
func (w *citedWorks) fromEntries(keys []string, entries *entryIndex) error {
	for _, key := range keys {
		it := entries.byKey[key]
		if it == nil {
			it = entries.byFold[strings.ToLower(key)]
		}
		if it == nil {
			continue
		}
		item, err := entryItem(it)
		if err != nil {
			return err
		}
		w.byKey[key] = item
	}
	return nil
}

// all takes every work of the bibliography files into the bibliography.
func (w *citedWorks) all(entries *entryIndex) error {
	if len(entries.items) == 0 {
		w.notices = append(w.notices, "nocite of all works takes those of bibliography files, and there is none")
	}
	for _, it := range entries.items {
		item, err := entryItem(it)
		if err != nil {
			return err
		}
		w.further = append(w.further, item)
	}
	return nil
}

// entryItem returns the work of a bibliography file under its key.
func entryItem(it *library.Item) (csl.Item, error) {
	item, err := tool.CSLItem(it)
	item.ID = "bibliography/" + it.Field("citationKey")
	return item, err
}

// entryIndex finds the works of bibliography files by their keys.
type entryIndex struct {
	items         []*library.Item
	byKey, byFold map[string]*library.Item // the first one of several counts
}

// read adds the works of a file.
func (e *entryIndex) read(ctx context.Context, r io.Reader, name string) error {
	head, err := io.ReadAll(io.LimitReader(r, headBytes))
	if err != nil {
		return err
	}
	format, ok := biblio.Detect(filepath.Base(name), head)
	if !ok || format == biblio.Archive {
		return biblio.Refusal(filepath.Base(name), head)
	}
	doc, err := biblio.Read(ctx, io.MultiReader(bytes.NewReader(head), r), filepath.Base(name), format)
	if err != nil {
		return err
	}
	for i := range doc.Entries {
		it := &doc.Entries[i].Item
		key := it.Field("citationKey")
		if key == "" {
			key = biblio.CitationKey(it)
		}
		if e.byKey[key] != nil {
			continue
		}
		e.items = append(e.items, it)
		e.byKey[key] = it
		if fold := strings.ToLower(key); e.byFold[fold] == nil {
			e.byFold[fold] = it
		}
	}
	return nil
}

// inLibraries finds works in the libraries that the configuration names.
func (c *citeCommand) inLibraries(p *process, settings *config.Config, keys []string) (*tool.Works, error) {
	logger := slog.New(slog.DiscardHandler)
	secrets, err := secret.Open(p.ctx, secretOptions(settings, logger, nil))
	if err != nil {
		return nil, err
	}
	defer secrets.Close()
	keyring, err := masterRing(settings, secrets, logger)
	if err != nil {
		return nil, err
	}
	libs, err := openLibraries(p.ctx, &libraryOptions{config: settings, secrets: secrets, keyring: keyring, logger: logger})
	if err != nil {
		return nil, err
	}
	defer libs.Close()
	catalog, err := tool.NewCatalog(chosenLibraries{libs, c.Library}, tool.Options{})
	if err != nil {
		return nil, err
	}
	return catalog.Works(p.ctx, keys)
}

// chosenLibraries are those of the libraries that have one of the IDs, or all.
type chosenLibraries struct {
	tool.Libraries
	ids []string
}

// List implements [tool.Libraries].
func (l chosenLibraries) List(ctx context.Context) ([]library.Info, error) {
	infos, err := l.Libraries.List(ctx)
	if len(l.ids) == 0 {
		return infos, err
	}
	var chosen []library.Info
	for _, id := range l.ids {
		at := slices.IndexFunc(infos, func(i library.Info) bool { return strings.EqualFold(string(i.ID), id) })
		if at < 0 {
			return nil, library.Errorf(library.NotFound, "there is no library %s", plaintext.Line(id)).WithHint("doctor lists the libraries")
		}
		chosen = append(chosen, infos[at])
	}
	return chosen, err
}
