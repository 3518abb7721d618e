package csl

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// Style is a parsed CSL style. It is immutable and safe for concurrent use.
type Style struct {
	id, title, shortTitle string
	parent                string // a dependent style's parent
	note                  bool
	defaultLocale         string
	hasBibliography       bool
	root                  *element
	macros                map[string]*element
}

// ParseStyle reads a style, at most 4 MiB. It fails on XML that is no CSL style,
// on a macro that is missing or calls itself, and on documents beyond the
// bounds of this package. A dependent style parses; it has a Parent and can't
// make a Processor.
func ParseStyle(r io.Reader) (*Style, error) {
	root, err := parseXML(r, "style")
	if err != nil {
		return nil, err
	}
	s := &Style{root: root, macros: map[string]*element{}}
	s.readInfo()
	for _, e := range root.children {
		if e.name == "macro" {
			s.macros[e.get("name")] = e
		}
	}
	if s.parent != "" {
		return s, nil
	}
	if root.child("citation") == nil {
		return nil, errors.New("csl: the style has no citation element")
	}
	if _, err := compileStyle(s, newTerms()); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Style) readInfo() {
	s.note = s.root.get("class") == "note"
	s.defaultLocale = normalLocale(s.root.get("default-locale"))
	s.hasBibliography = s.root.child("bibliography") != nil
	info := s.root.child("info")
	if info == nil {
		return
	}
	s.id = info.childText("id")
	s.title = info.childText("title")
	s.shortTitle = info.childText("title-short")
	for _, link := range info.children {
		if link.name == "link" && link.get("rel") == "independent-parent" {
			s.parent = path.Base(strings.TrimSpace(link.get("href")))
		}
	}
}

// ID is the style's identifier, usually a URL. It is a name, never an address to
// fetch from.
func (s *Style) ID() string { return s.id }

// Title is the style's full title.
func (s *Style) Title() string { return s.title }

// ShortTitle is the style's short title; "" if it has none.
func (s *Style) ShortTitle() string { return s.shortTitle }

// Parent is the name of the style that a dependent style stands for, without
// host and folder; "" for an independent style.
func (s *Style) Parent() string { return s.parent }

// IsNote tells whether citations go into notes.
func (s *Style) IsNote() bool { return s.note }

// DefaultLocale is the locale that the style asks for; "" for any.
func (s *Style) DefaultLocale() string { return s.defaultLocale }

// HasBibliography tells whether the style describes a bibliography.
func (s *Style) HasBibliography() bool { return s.hasBibliography }

// options are the global options of a style.
type options struct {
	class             string
	pageRange         string // page-range-format
	yearRange         string // year-range-format
	demoteParticle    string // demote-non-dropping-particle
	initializeHyphen  bool   // initialize-with-hyphen
	hasYearSuffix     bool   // cs:text renders the year suffix
	hasDisambiguate   bool   // a condition tests disambiguate
	citesByPosition   bool   // rendering depends on the position of cites
	numeric           bool   // citations render the citation number
	numericEntries    bool   // bibliography entries render the citation number
	addNames          bool
	addGiven          bool
	addYearSuffix     bool
	givenRule         string
	defaultLanguage   string // two letters
	nonBreakingNames  bool   // a non-breaking space joins particle and family name
	defaultLocaleSort string
}

func parseOptions(s *Style) options {
	root := s.root
	o := options{
		class: root.get("class"), pageRange: root.get("page-range-format"), yearRange: root.get("year-range-format"),
		demoteParticle: root.get("demote-non-dropping-particle"), givenRule: "by-cite",
		initializeHyphen: root.get("initialize-with-hyphen") != "false",
	}
	if o.demoteParticle == "" {
		o.demoteParticle = "display-and-sort"
	}
	locale := s.defaultLocale
	if locale == "" {
		locale = "en-US"
	}
	o.defaultLanguage = strings.ToLower(locale[:2])
	o.defaultLocaleSort = locale
	switch o.defaultLanguage {
	case "fr", "ru", "cs":
		o.nonBreakingNames = true
	}
	citation := root.child("citation")
	o.addNames = citation.get("disambiguate-add-names") == "true"
	o.addGiven = citation.get("disambiguate-add-givenname") == "true"
	o.addYearSuffix = citation.get("disambiguate-add-year-suffix") == "true"
	switch rule := citation.get("givenname-disambiguation-rule"); rule {
	case "all-names", "all-names-with-initials", "primary-name", "primary-name-with-initials":
		o.givenRule = rule
	}
	return o
}

// normalLocale brings a locale code into the form "de-AT"; "" stays.
func normalLocale(code string) string {
	code = strings.ReplaceAll(strings.TrimSpace(code), "_", "-")
	parts := strings.Split(code, "-")
	parts[0] = strings.ToLower(parts[0])
	if len(parts[0]) < 2 || len(parts[0]) > 8 {
		return ""
	}
	if len(parts) > 1 && len(parts[1]) == 2 {
		parts[1] = strings.ToUpper(parts[1])
	}
	return strings.Join(parts, "-")
}

// errStyle is an error in a style's content.
func errStyle(format string, args ...any) error {
	return fmt.Errorf("csl: style: "+format, args...)
}
