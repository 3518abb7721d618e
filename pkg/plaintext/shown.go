package plaintext

import (
	"regexp"
	"strings"
)

// Shown returns s as a reader sees it: cleaned (see [Clean]) and without inline
// markup, so that "N<sub>2</sub>O" is "N2O". This is what answers show and what
// is searched. What only looks like markup ("a < b") stays.
func Shown(s string) string {
	s = Clean(s)
	if strings.IndexByte(s, '<') < 0 {
		return s
	}
	return withoutTags(s)
}

// Patterns over cleaned text. Names that are also words of formulas and prose
// ("a < b") count as tags only if what follows looks like one.
var (
	unseen   = regexp.MustCompile(`(?is)<!--.*?-->|<(?:script|style)\b[^>]*>.*?</(?:script|style)\s*>`)
	breaking = regexp.MustCompile(`(?i)<(?:br\s*/?|/(?:p|div|li|h[1-6]|tr|blockquote))\s*>`)
	autolink = regexp.MustCompile(`<((?:https?|ftp|mailto|data|javascript):[^<>\s]*)>`)
	tag      = regexp.MustCompile(`(?i)<!--|</?(?:[abipqsu](?:\s+[a-z-]+\s*=[^<>]*)?|(?:abbr|address|applet|article|aside|audio|base|body|big|blockquote|br|button|canvas|center|cite|code|col|dd|del|div|dl|dt|em|embed|font|footer|form|frame|h[1-6]|head|header|hr|html|iframe|img|input|ins|kbd|label|li|link|main|mark|math|meta|nav|nobr|object|ol|option|pre|sc|script|section|select|small|source|span|strike|strong|style|sub|sup|svg|table|tbody|td|textarea|tfoot|th|thead|title|tr|tt|ul|var|video)(?:[\s/][^<>]*)?)\s*/?>`)
)

// withoutTags returns s with HTML reduced to its text. Removing a tag can put
// another one together, so it goes on until nothing changes.
func withoutTags(s string) string {
	s = unseen.ReplaceAllString(s, "")
	s = breaking.ReplaceAllString(s, "\n")
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
