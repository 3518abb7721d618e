package question

import (
	"strconv"
	"strings"
)

// field says what the value of a field is compared with.
type field struct {
	kind Kind
	in   Part   // of Text
	id   IDKind // of Identifier
}

// fieldOf returns the field of a name, in any letter case.
func fieldOf(name string) (field, bool) {
	switch strings.ToLower(name) {
	case "author", "authors", "creator", "creators", "editor", "au", "by":
		return field{kind: Author}, true
	case "tag", "tags", "keyword", "keywords", "subject":
		return field{kind: Tag}, true
	case "journal", "publication", "publicationtitle", "container", "source", "venue", "book", "booktitle", "proceedings", "series":
		return field{kind: Journal}, true
	case "year", "years", "date", "published":
		return field{kind: Years}, true
	case "type", "itemtype", "kind":
		return field{kind: Type}, true
	case "has":
		return field{kind: HasText}, true
	}
	if kind, ok := idField(name); ok {
		return field{kind: Identifier, id: kind}, true
	}
	if part, ok := partOf(name); ok {
		return field{kind: Text, in: part}, true
	}
	return field{}, false
}

// idField returns the kind of identifier that a field holds.
func idField(name string) (IDKind, bool) {
	switch strings.ToLower(name) {
	case "key", "citekey", "citationkey", "id":
		return Key, true
	case "doi":
		return DOI, true
	case "isbn":
		return ISBN, true
	case "arxiv":
		return ArXiv, true
	case "pmid", "pubmed":
		return PubMed, true
	case "url":
		return URL, true
	}
	return 0, false
}

// partOf returns the part of a work that a name stands for.
func partOf(name string) (Part, bool) {
	switch strings.ToLower(name) {
	case "title", "titles", "ti":
		return Title, true
	case "creator", "creators", "author", "authors":
		return Creators, true
	case "tag", "tags", "keyword", "keywords":
		return Tags, true
	case "abstract", "abstracts", "summary":
		return Abstract, true
	case "note", "notes":
		return Notes, true
	case "annotation", "annotations", "highlight", "highlights", "comment", "comments":
		return Annotations, true
	case "metadata", "publisher", "extra":
		return Metadata, true
	case "fulltext", "text", "content", "body":
		return Fulltext, true
	}
	return 0, false
}

// partsOf returns the parts in a list such as "notes,tags".
func partsOf(list string) (parts Part, ok bool) {
	for name := range strings.SplitSeq(list, ",") {
		part, ok := partOf(name)
		if !ok {
			return 0, false
		}
		parts |= part
	}
	return parts, true
}

// isText reports whether the value of a field "has:" means the texts of attachments.
func isText(value string) bool {
	part, ok := partOf(strings.TrimRight(value, ",.;"))
	return ok && part&Fulltext != 0
}

// isScheme reports whether a name before a colon begins an identifier or an
// address, so that it is no attempt at a field.
func isScheme(name string) bool {
	switch strings.ToLower(name) {
	case "http", "https", "ftp", "urn", "mailto", "hdl", "pmcid", "info", "eprint", "oclc", "zotero":
		return true
	}
	return false
}

// Bounds of a year, and the years that a bare range such as 1970-1980 may have:
// others are numbers.
const (
	minYear, maxYear           = -9999, 9999
	minRangeYear, maxRangeYear = 1000, 2100
)

// yearsOf reads the value of a field "year:".
func yearsOf(s string) (from, to int, ok bool) {
	from, to = minYear, maxYear
	switch {
	case strings.HasPrefix(s, ">="):
		from, ok = yearOf(s[2:])
	case strings.HasPrefix(s, "<="):
		to, ok = yearOf(s[2:])
	case strings.HasPrefix(s, ">"):
		from, ok = yearOf(s[1:])
		from++
	case strings.HasPrefix(s, "<"):
		to, ok = yearOf(s[1:])
		to--
	default:
		return yearSpan(s)
	}
	return from, to, ok
}

// yearSpan reads "1990", "1990-2000", "1990-" and "-1990".
func yearSpan(s string) (from, to int, ok bool) {
	for _, dash := range [...]string{"..", "–", "—"} {
		s = strings.Replace(s, dash, "-", 1)
	}
	first, last, span := strings.Cut(s, "-")
	if !span {
		from, ok = yearOf(first)
		return from, from, ok
	}
	from, to = minYear, maxYear
	fromOK, toOK := true, true
	if first != "" {
		from, fromOK = yearOf(first)
	}
	if last != "" {
		to, toOK = yearOf(last)
	}
	return from, to, fromOK && toOK && first+last != "" && from <= to
}

func yearOf(s string) (int, bool) {
	if s == "" || len(s) > 4 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// rangeOf reads a bare range of years.
func rangeOf(s string) (from, to int, ok bool) {
	if len(s) < len("1970-1980") || len(s) > len("1970—1980") {
		return 0, 0, false
	}
	s = strings.NewReplacer("–", "-", "—", "-").Replace(s)
	if len(s) != len("1970-1980") || s[4] != '-' {
		return 0, 0, false
	}
	from, to, ok = yearSpan(s)
	return from, to, ok && from >= minRangeYear && to <= maxRangeYear
}
