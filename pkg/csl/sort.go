package csl

import (
	"bytes"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// sortFieldSeparator stands between family and given names in sort keys. It
// comes before all letters.
const sortFieldSeparator = "|"

// collator makes keys whose bytes are in the order of a language, without regard
// to case, accents and punctuation, and with numbers by their value. It is used
// by one goroutine at a time.
type collator struct {
	collator *collate.Collator
	buffer   collate.Buffer
}

func newCollator(locale string) *collator {
	tag, err := language.Parse(locale)
	if err != nil {
		tag = language.AmericanEnglish
	}
	return &collator{collator: collate.New(tag, collate.Loose, collate.Numeric)}
}

// key is the key of a text; nil if it is empty.
func (k *collator) key(s string) []byte {
	if s == "" {
		return nil
	}
	var key []byte
	for word := range strings.FieldsFuncSeq(strings.ToLower(s), isKeySpace) {
		word = strings.Map(dropPunctuation, word)
		if word == "" {
			continue
		}
		key = append(key, k.collator.KeyFromString(&k.buffer, word)...)
		k.buffer.Reset()
		// Less than any weight, so that shorter words come first.
		key = append(key, 0, 1)
	}
	if key == nil {
		return []byte{}
	}
	return key
}

func isKeySpace(r rune) bool { return r == ' ' || r == '|' }

func dropPunctuation(r rune) rune {
	if unicode.IsPunct(r) || unicode.IsSpace(r) {
		return -1
	}
	return r
}

// compareKeys orders two lists of keys; what has no key comes last.
func compareKeys(a, b [][]byte, keys []sortKey) int {
	for i := range keys {
		if i >= len(a) || i >= len(b) {
			break
		}
		switch {
		case a[i] == nil && b[i] == nil:
			continue
		case a[i] == nil:
			return 1
		case b[i] == nil:
			return -1
		}
		if c := bytes.Compare(a[i], b[i]); c != 0 {
			if keys[i].descending {
				return -c
			}
			return c
		}
	}
	return 0
}

func sortStable[T any](list []T, compare func(a, b T) int) { slices.SortStableFunc(list, compare) }

// sortKeys renders an item's sort keys.
func (r *registry) sortKeys(e *entry, l *layout, a area) [][]byte {
	keys := make([][]byte, len(l.sort))
	for i := range l.sort {
		keys[i] = r.collate.key(r.sortText(e, &l.sort[i], a))
	}
	return keys
}

func (r *registry) sortText(e *entry, k *sortKey, a area) string {
	w := e.work
	switch {
	case k.isMacro, k.names != nil, k.date != nil:
	case k.variable == varCitationNumber:
		if a == areaBibliographySort {
			return padNumber(itoa(e.cited))
		}
		return padNumber(itoa(e.number))
	case k.variable == varCitationLabel:
		c := r.newContext(w, e, a)
		return c.citationLabel()
	case variableTable[k.variable].kind == kindNumber:
		return padNumber(w.text[k.variable])
	default:
		return stripMarkup(w.text[k.variable])
	}
	c := r.newContext(w, e, a)
	c.bare = true
	c.settings = newDisambiguation()
	c.sortKey = &k.etAl
	var dates strings.Builder
	c.dates = &dates
	used := r.arena.used
	defer r.arena.release(used)
	root := c.open(nil)
	switch {
	case k.names != nil:
		k.names.render(c)
	case k.date != nil:
		k.date.render(c)
	default:
		for _, n := range k.nodes {
			n.render(c)
		}
	}
	c.close()
	r.levels = c.levels[:0]
	if dates.Len() > 0 {
		return dates.String()
	}
	root.purge()
	return flatText(root)
}

// stripMarkup removes tags.
func stripMarkup(s string) string {
	if !strings.Contains(s, "<") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] == '<' {
			if _, n := tagAt(s[i:]); n > 0 {
				i += n
				continue
			}
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// padNumber brings the first number of a text to a fixed width.
func padNumber(s string) string {
	i := strings.IndexFunc(s, unicode.IsDigit)
	if i < 0 {
		return s
	}
	digits := s[i : i+digitCount(s[i:])]
	if len(digits) >= 20 || digits == "" {
		return digits
	}
	return strings.Repeat("0", 20-len(digits)) + digits
}
