package zotero

import (
	"net/url"
	"strconv"
	"strings"
)

// maxKeys is how many keys the API's documentation promises to take in one
// call, and maxPage how many objects it returns.
const (
	maxKeys = 50
	maxPage = 100
)

// Parameters choose and order what a list returns
// (https://www.zotero.org/support/dev/web_api/v3/basics). The zero value asks
// for everything, in the server's order, in pages of 100.
type Parameters struct {
	Search     string // quick search; every word must match
	Everything bool   // Search looks into full texts too
	ItemType   string // "book || thesis", "-attachment || note"
	// Tags must all hold; each is a name, "a || b", or "-a". See [TagTerm].
	Tags           []string
	Since          int64 // only what changed after this version; 0 is everything
	IncludeTrashed bool
	Sort           string
	Descending     bool
	Start, Limit   int // Limit 0 is 100, the most
	// Include adds to each item what the server renders: "data,bib,csljson".
	Include string
	Style   string // citation style, for bib and citation
	keys    []string
}

// TagTerm returns the term that means exactly the tag of that name, and
// whether there is one: a name with " || " in it can't be written.
func TagTerm(name string) (string, bool) {
	if strings.Contains(name, "||") {
		return "", false
	}
	if strings.HasPrefix(name, "-") {
		return `\` + name, true
	}
	return name, true
}

func (p *Parameters) values() url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("q", p.Search)
	if p.Search != "" && p.Everything {
		v.Set("qmode", "everything")
	}
	set("itemType", p.ItemType)
	for _, tag := range p.Tags {
		v.Add("tag", tag)
	}
	if p.Since > 0 {
		v.Set("since", strconv.FormatInt(p.Since, 10))
	}
	if p.IncludeTrashed {
		v.Set("includeTrashed", "1")
	}
	set("include", p.Include)
	set("style", p.Style)
	if len(p.keys) > 0 {
		v.Set("itemKey", strings.Join(p.keys, ","))
		return v // the server pages such a call by its own rule
	}
	if p.Sort != "" {
		v.Set("sort", p.Sort)
		v.Set("direction", "asc")
		if p.Descending {
			v.Set("direction", "desc")
		}
	}
	if p.Start > 0 {
		v.Set("start", strconv.Itoa(p.Start))
	}
	limit := p.Limit
	if limit <= 0 || limit > maxPage {
		limit = maxPage
	}
	v.Set("limit", strconv.Itoa(limit))
	return v
}

// validKeys returns the keys of that form. Any other would make the server
// drop the filter and answer with the first items of the library.
func validKeys(keys []string) []string {
	valid := make([]string, 0, len(keys))
	for _, key := range keys {
		if validKey(key) {
			valid = append(valid, key)
		}
	}
	return valid
}
