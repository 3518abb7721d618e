// Package ident cleans the identifiers that bibliographies hold.
package ident

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// separatorPattern is what ends a DOI before another one.
var separatorPattern = regexp.MustCompile(`(?i)[;,](?:10\.\d{4,}/|https?://|doi:)`)

// DOI returns the DOI in s, which may be a resolver's URL or have a prefix
// ("doi:"), and whether there is one. Its case stays as it is. Short DOIs
// ("10/fqd6hj") count.
func DOI(s string) (string, bool) {
	if strings.HasPrefix(s, "http:") || strings.HasPrefix(s, "https:") {
		if decoded, err := url.PathUnescape(s); err == nil {
			s = decoded
		}
	}
	if open := strings.Index(s, "%3C"); open >= 0 && open < strings.Index(s, "%3E") {
		s = strings.NewReplacer("%3C", "<", "%3E", ">").Replace(s)
	}
	start, end := find(s)
	if start < 0 {
		return "", false
	}
	doi := s[start:end]
	// "(doi:10.1000/1)": a bracket that was opened before the DOI is not its.
	if i := strings.IndexByte("])}", doi[len(doi)-1]); i >= 0 {
		before := s[:start]
		if strings.LastIndexByte(before, "[({"[i]) > strings.LastIndexByte(before, "])}"[i]) {
			doi = doi[:len(doi)-1]
		}
	}
	return doi, true
}

// maxDOIs bounds how many DOIs one value has.
const maxDOIs = 20

// DOIs returns the DOIs in s, as [DOI] does the first, each once.
func DOIs(s string) []string {
	var dois []string
	for len(dois) < maxDOIs {
		doi, ok := DOI(s)
		if !ok {
			break
		}
		if !slices.Contains(dois, doi) {
			dois = append(dois, doi)
		}
		_, end := find(s)
		s = s[end:]
	}
	return dois
}

// find returns where the first DOI in s begins and ends: "10." with at least
// four digits, or "10" of a short one, a slash, and the name up to white
// space, without a stop or comma at its end.
func find(s string) (start, end int) {
	for from := 0; ; {
		at := strings.Index(s[from:], "10")
		if at < 0 {
			return -1, -1
		}
		start = from + at
		from = start + 2
		rest := s[from:]
		if strings.HasPrefix(rest, ".") {
			digits := len(rest) - 1 - len(strings.TrimLeft(rest[1:], "0123456789"))
			if digits < 4 {
				continue
			}
			rest = rest[1+digits:]
		}
		name, ok := strings.CutPrefix(rest, "/")
		if !ok {
			continue
		}
		if white := strings.IndexAny(name, " \t\n\r\v\f\u00a0\u2028\u2029\u3000"); white >= 0 {
			name = name[:white]
		}
		if next := separatorPattern.FindStringIndex(name); next != nil {
			name = name[:next[0]]
		}
		if name = strings.TrimRight(name, ".,"); name != "" {
			return start, len(s) - len(rest) + 1 + len(name)
		}
	}
}
