package library

import "strings"

// Extra returns the value of the first line "name: value" of the field "extra"
// that has one of these names, in any letter case, or "". Bibliography files and
// Zotero put there what a type has no field for.
func (it *Item) Extra(names ...string) string {
	for line := range strings.Lines(it.Field("extra")) {
		name, value, ok := CutExtra(line)
		for _, want := range names {
			if ok && value != "" && strings.EqualFold(name, want) {
				return value
			}
		}
	}
	return ""
}

// CutExtra divides a line of the field "extra" into name and value. ok is false if
// it has no name of at most 60 bytes: a longer one is prose with a colon in it.
func CutExtra(line string) (name, value string, ok bool) {
	const longestName = 60
	name, value, ok = strings.Cut(line, ":")
	if name = strings.TrimSpace(name); !ok || name == "" || len(name) > longestName || strings.HasPrefix(value, "//") {
		return "", "", false
	}
	return name, strings.TrimSpace(value), true
}

// DOI returns the work's DOI in lower case, or "".
func (it *Item) DOI() string {
	for _, s := range []string{it.Field("DOI"), it.Extra("DOI"), it.Field("url")} {
		if d := ParseDOI(s); d != "" {
			return d
		}
	}
	return ""
}

// ParseDOI returns the DOI that s is, with or without its scheme or resolver, in
// lower case, since DOI names do not tell case (ISO 26324); "" if s is none, or
// longer than 500 bytes.
func ParseDOI(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://")
	for _, prefix := range []string{"doi.org/", "dx.doi.org/", "www.doi.org/", "doi:"} {
		s = strings.TrimSpace(strings.TrimPrefix(s, prefix))
	}
	s = TrimDOI(s)
	registrant, suffix, ok := strings.Cut(s, "/")
	if !ok || suffix == "" || len(s) > 500 || !strings.HasPrefix(registrant, "10.") || digits(registrant[3:], ".") == "" || strings.ContainsAny(s, " \t\n") {
		return ""
	}
	return s
}

// TrimDOI returns a DOI that was found in a text, in lower case and without what
// belongs to the sentence around it: punctuation, and brackets that were opened
// before the DOI.
func TrimDOI(doi string) string {
	for doi != "" {
		last := doi[len(doi)-1]
		open := map[byte]string{')': "(", ']': "["}[last]
		if strings.IndexByte(".,;:!?' ", last) < 0 && (open == "" || strings.Count(doi, open) >= strings.Count(doi, string(last))) {
			break
		}
		doi = doi[:len(doi)-1]
	}
	return strings.ToLower(doi)
}

// ArXiv returns the work's arXiv identifier without its version, or "".
// https://info.arxiv.org/help/arxiv_identifier.html
func (it *Item) ArXiv() string {
	sources := []string{it.Extra("arXiv", "arXiv ID")}
	if archive := it.Field("archiveID"); strings.HasPrefix(strings.ToLower(archive), "arxiv:") {
		sources = append(sources, archive)
	}
	if strings.EqualFold(it.Extra("eprinttype", "archivePrefix"), "arxiv") {
		sources = append(sources, it.Extra("eprint"))
	}
	if d := ParseDOI(it.Field("DOI")); strings.HasPrefix(d, "10.48550/arxiv.") {
		sources = append(sources, strings.TrimPrefix(d, "10.48550/arxiv."))
	}
	if _, path, ok := strings.Cut(strings.ToLower(it.Field("url")), "arxiv.org/"); ok {
		sources = append(sources, strings.TrimPrefix(strings.TrimPrefix(path, "abs/"), "pdf/"))
	}
	for _, s := range sources {
		if id := ParseArXiv(s); id != "" {
			return id
		}
	}
	return ""
}

// ParseArXiv returns the arXiv identifier that s is, in lower case and without its
// version and its subject class: that of "1706.03762v5" and of
// "arXiv:hep-th/9901001 [hep-th]"; "" if s is none.
func ParseArXiv(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimSpace(strings.TrimPrefix(s, "arxiv:"))
	s, _, _ = strings.Cut(s, " ")
	s = strings.TrimSuffix(s, ".pdf")
	if i := strings.LastIndexByte(s, 'v'); i > 0 && digits(s[i+1:], "") != "" {
		s = s[:i]
	}
	if month, number, ok := strings.Cut(s, "."); ok && len(month) == 4 && (len(number) == 4 || len(number) == 5) && digits(month+number, "") != "" {
		return s
	}
	archive, number, ok := strings.Cut(s, "/")
	archive, _, _ = strings.Cut(archive, ".") // the subject class is not part of the name
	if ok && len(number) == 7 && digits(number, "") != "" && archive != "" && strings.Trim(archive, "abcdefghijklmnopqrstuvwxyz-") == "" {
		return archive + "/" + number
	}
	return ""
}

// PMID returns the work's PubMed identifier without leading zeros, or "".
func (it *Item) PMID() string {
	for _, s := range []string{it.Field("PMID"), it.Extra("PMID")} {
		if s = strings.TrimSpace(s); len(s) <= 9 && digits(s, "") != "" {
			return strings.TrimLeft(s, "0")
		}
	}
	return ""
}

// ISBNs returns the valid ISBNs of the work, each with 13 digits. Those of a part
// of a book are the book's.
func (it *Item) ISBNs() []string { return parseISBNs(it.Field("ISBN")) }

// parseISBNs returns the valid ISBNs in a field, each with 13 digits.
func parseISBNs(field string) []string {
	var all []string
	for part := range strings.FieldsFuncSeq(field, func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '\n' || r == '\t' }) {
		if isbn := ParseISBN(part); isbn != "" {
			all = append(all, isbn)
		}
	}
	return all
}

// ParseISBN returns an ISBN, with or without hyphens or spaces, as 13 digits, or ""
// if its check digit is wrong (ISO 2108).
func ParseISBN(s string) string {
	s = strings.ToUpper(strings.NewReplacer("-", "", "‐", "", "–", "", " ", "").Replace(s))
	switch {
	case len(s) == 13 && digits(s, "") != "" && isbn13Check(s[:12]) == s[12]:
		return s
	case len(s) == 10 && digits(s[:9], "") != "" && isbn10Check(s[:9]) == s[9]:
		return CompleteISBN(s[:9])
	}
	return ""
}

// CompleteISBN returns the ISBN of 13 digits that has the first 9 digits of an ISBN
// of ten or the first 12 of one of thirteen; "" for another number of digits.
func CompleteISBN(s string) string {
	if len(s) == 9 {
		s = "978" + s
	}
	if len(s) != 12 || digits(s, "") == "" {
		return ""
	}
	return s + string(isbn13Check(s))
}

// isbn13Check returns the check digit after 12 digits (ISO 2108).
func isbn13Check(s string) byte {
	sum := 0
	for i := range len(s) {
		sum += int(s[i]-'0') * (1 + 2*(i%2))
	}
	return byte('0' + (10-sum%10)%10)
}

// isbn10Check returns the check character after 9 digits.
func isbn10Check(s string) byte {
	sum := 0
	for i := range len(s) {
		sum += int(s[i]-'0') * (10 - i)
	}
	if n := (11 - sum%11) % 11; n < 10 {
		return byte('0' + n)
	}
	return 'X'
}

// digits returns s if it has at least one character and all are digits or in
// also; otherwise "".
func digits(s, also string) string {
	if strings.Trim(s, "0123456789"+also) != "" {
		return ""
	}
	return s
}
