package csl

import (
	"errors"
	"fmt"
	"strings"
	"sync"
)

// Options choose how a Processor works.
type Options struct {
	// Locale is the language of terms and dates, such as "de-DE". It counts if
	// the style has no default locale, or if ForceLocale is set. "" is "en-US".
	Locale string
	// ForceLocale lets Locale win over the style's default locale.
	ForceLocale bool
}

// Processor renders citations and bibliographies in one style and language. It
// is immutable and safe for concurrent use.
type Processor struct {
	style   *Style
	program *program
	locale  string
	notices []string
	tools   sync.Pool
}

// NewProcessor makes a processor for a style, with locales from a source. A
// locale that the source does not have is replaced by English, with a notice. It
// fails for a dependent style, which must be resolved by its Parent first, and
// if the source has no English either.
func NewProcessor(style *Style, locales LocaleSource, options Options) (*Processor, error) {
	if style.parent != "" {
		return nil, fmt.Errorf("csl: the style %q depends on %q; use that one", style.title, style.parent)
	}
	p := &Processor{style: style, locale: style.defaultLocale}
	if wanted := normalLocale(options.Locale); wanted != "" && (p.locale == "" || options.ForceLocale) {
		p.locale = wanted
	}
	if p.locale == "" {
		p.locale = "en-US"
	}
	terms, found := loadTerms(style, locales, p.locale)
	if !found {
		p.notices = append(p.notices, "The locale "+p.locale+" is not available; English is used.")
	}
	if len(terms.entries) == 0 {
		return nil, errors.New("csl: neither the locale nor English is available")
	}
	program, err := compileStyle(style, terms)
	if err != nil {
		return nil, err
	}
	p.program = program
	program.setLanguage(style, options, p.locale)
	p.tools.New = func() any { return &renderTools{collator: newCollator(program.defaultLocaleSort)} }
	return p, nil
}

// setLanguage sets what follows from the language beyond its terms.
func (p *program) setLanguage(style *Style, options Options, locale string) {
	if sortLocale := normalLocale(style.root.get("default-locale-sort")); sortLocale != "" {
		p.defaultLocaleSort = sortLocale
	}
	if options.ForceLocale && options.Locale != "" {
		p.defaultLanguage = strings.ToLower(locale[:2])
		p.defaultLocaleSort = locale
	}
}

// Locale is the language that the processor renders in.
func (p *Processor) Locale() string { return p.locale }

// Notices say what the processor does otherwise than asked for.
func (p *Processor) Notices() []string { return append([]string(nil), p.notices...) }

// register makes the registry of a document.
func (p *Processor) register(works []*work) *registry {
	tools, _ := p.tools.Get().(*renderTools)
	r := newRegistry(p.program, works, tools)
	r.tools = tools
	return r
}

// release ends a registry's use of what is pooled.
func (p *Processor) release(r *registry) { p.tools.Put(r.tools) }

// renderTools are what rendering needs that is worth keeping.
type renderTools struct {
	collator *collator
	arena    arena
}

func newWorks(items []Item) []*work {
	works := make([]*work, len(items))
	for i := range items {
		works[i] = newWork(&items[i])
	}
	return works
}
