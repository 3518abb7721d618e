package csl

import (
	"errors"
	"io"
	"strings"
)

// Locale holds the terms, date formats and options of one language. It is
// immutable and safe for concurrent use.
type Locale struct {
	code string
	root *element
}

// ParseLocale reads a CSL locale file, at most 4 MiB.
func ParseLocale(r io.Reader) (*Locale, error) {
	root, err := parseXML(r, "locale")
	if err != nil {
		return nil, err
	}
	code := normalLocale(root.get("lang"))
	if code == "" {
		return nil, errors.New("csl: the locale has no xml:lang")
	}
	return &Locale{code: code, root: root}, nil
}

// Code is the locale's language, such as "de-AT".
func (l *Locale) Code() string { return l.code }

// LocaleSource finds locales by their codes, such as "de-AT".
type LocaleSource interface {
	// Locale returns the locale with exactly this code, if there is one.
	Locale(code string) (*Locale, bool)
}

// primaryDialect is the locale that stands for a language. For languages that
// are not listed it is the language's own code.
func primaryDialect(language string) string {
	if code, ok := primaryDialects[language]; ok {
		return code
	}
	return language
}

var primaryDialects = map[string]string{
	"af": "af-ZA", "ar": "ar", "bal": "bal-PK", "bg": "bg-BG", "brh": "brh-PK", "ca": "ca-AD", "cs": "cs-CZ",
	"cy": "cy-GB", "da": "da-DK", "de": "de-DE", "el": "el-GR", "en": "en-US", "es": "es-ES", "et": "et-EE",
	"eu": "eu", "fa": "fa-IR", "fi": "fi-FI", "fr": "fr-FR", "gl": "gl-ES", "he": "he-IL", "hi": "hi-IN",
	"hr": "hr-HR", "hu": "hu-HU", "hy": "hy-AM", "id": "id-ID", "is": "is-IS", "it": "it-IT", "ja": "ja-JP",
	"km": "km-KH", "ko": "ko-KR", "la": "la", "lij": "lij-IT", "lt": "lt-LT", "lv": "lv-LV", "mn": "mn-MN",
	"ms": "ms-MY", "nb": "nb-NO", "nl": "nl-NL", "nn": "nn-NO", "pa": "pa-PK", "pl": "pl-PL", "pt": "pt-PT",
	"ro": "ro-RO", "ru": "ru-RU", "sk": "sk-SK", "sl": "sl-SI", "sr": "sr-Cyrl-RS", "sv": "sv-SE", "th": "th-TH",
	"tr": "tr-TR", "uk": "uk-UA", "vi": "vi-VN", "zh": "zh-CN",
}

// loadTerms merges what the locale files and the style say for one language,
// the weakest first: English, the language's primary dialect, the dialect, then
// the style's own locale elements. found is false if no file has the language.
func loadTerms(s *Style, source LocaleSource, code string) (t *terms, found bool) {
	t = newTerms()
	language, _, dialect := strings.Cut(code, "-")
	primary := primaryDialect(language)
	chain := []string{"en-US"}
	if primary != "en-US" {
		chain = append(chain, primary)
	}
	if dialect && code != primary && code != "en-US" {
		chain = append(chain, code)
	}
	for _, c := range chain {
		l, ok := source.Locale(c)
		if !ok {
			continue
		}
		t.merge(l.root)
		if own, _, _ := strings.Cut(c, "-"); own == language {
			found = true
		}
	}
	// Without a dialect, the style's elements for the primary dialect count.
	if !dialect {
		code = primary
	}
	wanted := []string{"", language, code}
	if language == code {
		wanted = wanted[:2]
	}
	for _, want := range wanted {
		for _, e := range s.root.children {
			if e.name == "locale" && normalLocale(e.get("lang")) == want {
				t.merge(e)
				if want != "" {
					found = true
				}
			}
		}
	}
	return t, found
}
