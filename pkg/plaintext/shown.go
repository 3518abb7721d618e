package plaintext

import (
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Shown returns s as a reader sees it: cleaned (see [Clean]), without inline
// markup and with TeX formulas as text, so that "N<sub>2</sub>O" is "N2O" and
// "$\alpha$-decay" is "α-decay". This is what answers show and what is searched.
// What only looks like markup ("a < b", "$5 and $10") stays.
func Shown(s string) string {
	s = Clean(s)
	if strings.IndexByte(s, '$') >= 0 || strings.IndexByte(s, '\\') >= 0 {
		s = withoutTeX(s)
	}
	return WithoutTags(s)
}

// Name returns the name of a tag or a collection as a reader sees it, on one
// line: names that look the same are equal, however their accents are composed.
func Name(s string) string { return norm.NFC.String(Line(Shown(s))) }

// FoldName returns a name so that two names that differ only in case or in how
// they are encoded become one: by it tags are compared.
func FoldName(s string) string { return FoldCase(Name(s)) }

// Patterns over cleaned text. Names that are also words of formulas and prose
// ("a < b") count as tags only if what follows looks like one.
var (
	unseen   = regexp.MustCompile(`(?is)<!--.*?-->|<(?:script|style|(?:mml:)?annotation(?:-xml)?|(?:jats:)?tex-math)\b[^>]*>.*?</(?:script|style|(?:mml:)?annotation(?:-xml)?|(?:jats:)?tex-math)\s*>`)
	breaking = regexp.MustCompile(`(?i)<(?:br\s*/?|/(?:jats:)?(?:p|div|li|h[1-6]|tr|blockquote|title))\s*>`)
	autolink = regexp.MustCompile(`<((?:https?|ftp|mailto|data|javascript):[^<>\s]*)>`)
	tag      = regexp.MustCompile(`(?i)<!--|</?(?:[abipqsu](?:\s+[a-z-]+\s*=[^<>]*)?|(?:` +
		`abbr|address|applet|article|aside|audio|base|body|big|blockquote|br|button|canvas|center|cite|code|col|dd|del|div|dl|dt|em|embed|font|footer|form|frame|` +
		`h[1-6]|head|header|hr|html|iframe|img|input|ins|kbd|label|li|link|main|mark|math|meta|nav|nobr|object|ol|option|pre|sc|script|section|select|small|source|` +
		`span|strike|strong|style|sub|sup|svg|table|tbody|td|textarea|tfoot|th|thead|title|tr|tt|ul|var|video|` +
		`bold|italic|underline|monospace|roman|sans-serif|overline|sec|inline-formula|disp-formula|alternatives|tex-math|named-content|styled-content|ext-link|` +
		`m(?:i|n|o|s|row|sub|sup|subsup|frac|sqrt|root|text|space|over|under|underover|style|table|tr|td|fenced|phantom|padded|multiscripts|prescripts)|semantics|annotation(?:-xml)?|` +
		`(?:jats|mml|xhtml):[a-z0-9-]+)(?:[\s/][^<>]*)?)\s*/?>`)
)

// HasTags reports whether s has a tag of HTML, JATS or MathML.
func HasTags(s string) bool { return strings.IndexByte(s, '<') >= 0 && tag.MatchString(s) }

// WithoutTags returns s with the tags of HTML, JATS and MathML reduced to their
// text. What only looks like a tag ("a < b") stays. Entities are not decoded.
func WithoutTags(s string) string {
	if strings.IndexByte(s, '<') < 0 {
		return s
	}
	s = unseen.ReplaceAllString(s, "")
	s = breaking.ReplaceAllString(s, "\n")
	// Removing a tag can put another one together, so it goes on until nothing
	// changes.
	for range 8 {
		t := autolink.ReplaceAllString(tag.ReplaceAllString(s, ""), "$1")
		t = unseen.ReplaceAllString(t, "")
		if t == s {
			return s
		}
		s = t
	}
	return strings.ReplaceAll(s, "<", "‹")
}
