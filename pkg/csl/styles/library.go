// Package styles finds CSL styles and locales: ten styles and five locales that
// come with it, those of a folder, and those of a repository whose address the
// deployment configures.
package styles

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
)

// maxParents bounds how many dependent styles may stand for each other in a row.
const maxParents = 5

// maxCached bounds the styles and locales that are kept parsed. The most that a
// deployment usually has in use is about ten.
const maxCached = 200

// Library finds styles and locales in several sources, the first one first, and
// keeps them parsed. It is safe for concurrent use.
type Library struct {
	sources []Source

	mu      sync.Mutex
	styles  map[string]*csl.Style
	locales map[string]*csl.Locale // nil for a locale that no source has
	infos   map[string]info        // what styles say of themselves, by name
}

// New makes a library over sources. The built-in styles and locales are always
// there, after the others.
func New(sources ...Source) *Library {
	return &Library{
		sources: append(slices.Clone(sources), BuiltIn()),
		styles:  map[string]*csl.Style{}, locales: map[string]*csl.Locale{},
		infos: map[string]info{},
	}
}

// Found is a style that was looked up.
type Found struct {
	Style *csl.Style
	// Name is the style's name, such as "apa".
	Name string
	// Near is set if the name that was asked for is not the style's ID, name or
	// title.
	Near bool
}

// Find returns the style with a given ID, name or title, or else the one whose
// name or title is near. Dependent styles are resolved to what they stand for.
// An error that wraps ErrNotFound names the styles that come close.
func (l *Library) Find(ctx context.Context, wanted string) (Found, error) {
	name := styleName(wanted)
	if builtIn := alias(name); builtIn != "" && !l.has(ctx, name) {
		name = builtIn
	}
	if validName(name) {
		style, err := l.style(ctx, name)
		if err == nil {
			return Found{Style: style, Name: name}, nil
		}
		if !errors.Is(err, ErrNotFound) {
			return Found{}, err
		}
	}
	return l.near(ctx, wanted)
}

// styleName is the name in an ID such as "http://www.zotero.org/styles/apa".
func styleName(wanted string) string {
	wanted = strings.TrimSpace(wanted)
	if strings.Contains(wanted, "/") {
		wanted = path.Base(wanted)
	}
	wanted = strings.TrimSuffix(strings.ToLower(wanted), ".csl")
	return strings.Join(strings.Fields(wanted), "-")
}

func (l *Library) has(ctx context.Context, name string) bool {
	_, err := l.style(ctx, name)
	return err == nil
}

// style returns a style by its name, with its parent in its place if it is
// dependent.
func (l *Library) style(ctx context.Context, name string) (*csl.Style, error) {
	if !validName(name) {
		return nil, fmt.Errorf("the style %q: %w", name, ErrNotFound)
	}
	l.mu.Lock()
	style := l.styles[name]
	l.mu.Unlock()
	if style != nil {
		return style, nil
	}
	current := name
	for range maxParents {
		style, err := l.parse(ctx, current)
		if err != nil {
			return nil, err
		}
		if style.Parent() == "" {
			l.keep(name, style)
			return style, nil
		}
		current = styleName(style.Parent())
	}
	return nil, fmt.Errorf("the style %q depends on others more than %d deep", name, maxParents)
}

func (l *Library) parse(ctx context.Context, name string) (*csl.Style, error) {
	if !validName(name) {
		return nil, fmt.Errorf("the style %q: %w", name, ErrNotFound)
	}
	data, err := l.read(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("the style %q: %w", name, err)
	}
	style, err := csl.ParseStyle(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("the style %q: %w", name, err)
	}
	return style, nil
}

// read reads a style from the first source that has it. A source that fails does
// not hide what the ones after it have.
func (l *Library) read(ctx context.Context, name string) ([]byte, error) {
	var failure error
	for _, s := range l.sources {
		data, err := s.Style(ctx, name)
		if err == nil {
			return data, nil
		}
		if !errors.Is(err, ErrNotFound) && failure == nil {
			failure = err
		}
	}
	if failure != nil {
		return nil, failure
	}
	return nil, ErrNotFound
}

func (l *Library) keep(name string, style *csl.Style) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.styles) >= maxCached {
		clear(l.styles)
	}
	l.styles[name] = style
}

// Locale returns the locale with a code, from the first source that has it. It
// makes a Library a csl.LocaleSource. What can't be read counts as missing.
func (l *Library) Locale(code string) (*csl.Locale, bool) {
	l.mu.Lock()
	locale, known := l.locales[code]
	l.mu.Unlock()
	if known {
		return locale, locale != nil
	}
	locale, certain := l.parseLocale(code)
	if !certain {
		return nil, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.locales) >= maxCached {
		clear(l.locales)
	}
	l.locales[code] = locale
	return locale, locale != nil
}

// parseLocale reads a locale; certain is false if it is missing only since a
// source failed.
func (l *Library) parseLocale(code string) (locale *csl.Locale, certain bool) {
	if !validName(strings.ToLower(code)) {
		return nil, true
	}
	certain = true
	for _, s := range l.sources {
		data, err := s.Locale(context.Background(), code)
		if err != nil {
			certain = certain && errors.Is(err, ErrNotFound)
			continue
		}
		if locale, err := csl.ParseLocale(bytes.NewReader(data)); err == nil {
			return locale, true
		}
	}
	return nil, certain
}

// Names lists the styles of all sources that can list theirs, in order.
func (l *Library) Names(ctx context.Context) ([]string, error) {
	var names []string
	for _, s := range l.sources {
		own, err := s.Names(ctx)
		if err != nil {
			return nil, err
		}
		names = append(names, own...)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
