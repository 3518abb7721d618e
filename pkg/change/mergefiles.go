package change

import (
	"regexp"
	"slices"
	"strings"
)

// samePDF returns the attachment of the kept work with the same PDF: equal MD5, and
// both kept in the library's storage or both linked.
func (r *merger) samePDF(a Tree) (Tree, bool) {
	at := slices.IndexFunc(r.Kept.Below, func(k Tree) bool {
		return isPDF(k) && !empty(a.Data["md5"]) && a.Data["md5"] == k.Data["md5"] && isLinked(a) == isLinked(k)
	})
	if at < 0 || !isPDF(a) {
		return Tree{}, false
	}
	return r.Kept.Below[at], true
}

// samePage returns the link or snapshot of the kept work that stands for another: one
// of its title and URL, else one of its title. A snapshot with annotations has none.
func (r *merger) samePage(a Tree) (Tree, bool) {
	if !isPage(a) || len(a.Below) > 0 {
		return Tree{}, false
	}
	sameTitle := func(k Tree) bool {
		return isPage(k) && !r.web[k.Key] && a.Data["linkMode"] == k.Data["linkMode"] && Same("title", a.Data["title"], k.Data["title"])
	}
	at := slices.IndexFunc(r.Kept.Below, func(k Tree) bool { return sameTitle(k) && Same("url", a.Data["url"], k.Data["url"]) })
	if at < 0 {
		at = slices.IndexFunc(r.Kept.Below, sameTitle)
	}
	if at < 0 {
		return Tree{}, false
	}
	return r.Kept.Below[at], true
}

func isPDF(t Tree) bool {
	return textOf(t.Data, "itemType") == "attachment" && textOf(t.Data, "contentType") == "application/pdf"
}

func isLinked(t Tree) bool { return textOf(t.Data, "linkMode") == "linked_file" }

// isPage reports whether an attachment is a link or a snapshot of a web page.
func isPage(t Tree) bool {
	mode := textOf(t.Data, "linkMode")
	return textOf(t.Data, "itemType") == "attachment" && (mode == "linked_url" || mode == "imported_url") && !isPDF(t)
}

// itemKeys finds the keys of items that the HTML of a note names in links and in its
// attributes, where the slashes of a URI may be escaped.
var itemKeys = regexp.MustCompile(`(?:/|%2F)items(?:/|%2F)[A-Z0-9]{8}\b`)

// keyChars is the length of an item's key.
const keyChars = 8

// renameKeys replaces keys of items in the HTML of a note.
func renameKeys(html string, renamed map[string]string) string {
	return itemKeys.ReplaceAllStringFunc(html, func(s string) string {
		path, key := s[:len(s)-keyChars], s[len(s)-keyChars:]
		if to, ok := renamed[key]; ok {
			return path + to
		}
		return s
	})
}

// linkedKeys returns the keys of items that the HTML of a note names, in order.
func linkedKeys(html string) []string {
	found := itemKeys.FindAllString(html, -1)
	for i, s := range found {
		found[i] = strings.TrimSpace(s[len(s)-keyChars:])
	}
	return found
}
