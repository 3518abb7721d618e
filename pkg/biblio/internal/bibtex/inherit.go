package bibtex

import (
	"slices"
	"strings"
)

// visit tells how far inheritance has come with an entry.
type visit uint8

const (
	unvisited visit = iota
	visiting        // its parents are being visited: meeting it again is a cycle
	visited
)

// maxAncestors is how many generations of parents are followed.
const maxAncestors = 16

// inherit gives each entry the fields of those that its crossref and xdata
// fields name, wherever in the file they stand. The rules are biber's
// (BibLaTeX manual, appendix B), which are BibTeX's for files written for
// BibTeX.
//
// budget is how many bytes may be inherited; what is used is taken from it.
func inherit(entries []*entry, budget *int) {
	family := family{byKey: make(map[string]*entry, len(entries)), budget: budget}
	for _, e := range entries {
		for _, key := range []string{e.key, strings.ToLower(e.key)} {
			if _, taken := family.byKey[key]; !taken && key != "" {
				family.byKey[key] = e
			}
		}
	}
	for _, e := range entries {
		family.visit(e, 0)
	}
}

// family are the entries of a file by key, and by key in lower case.
type family struct {
	byKey map[string]*entry
	// budget is how many bytes may still be inherited: a large value of a
	// parent must not become a large value of each of its many children.
	budget *int
}

// find returns the entry with that key, or nil.
func (f family) find(key string) *entry {
	key = strings.TrimSpace(key)
	if e, ok := f.byKey[key]; ok {
		return e
	}
	return f.byKey[strings.ToLower(key)]
}

// visit completes an entry, its parents first.
func (f family) visit(e *entry, generation int) {
	if e.visit != unvisited || generation > maxAncestors {
		return
	}
	e.visit = visiting
	for key := range strings.SplitSeq(e.get("xdata"), ",") {
		if parent := f.find(key); parent != nil && parent != e {
			f.visit(parent, generation+1)
			f.addMissing(e, parent.fields)
			e.remove("xdata")
		}
	}
	if key := e.get("crossref"); key != "" {
		if parent := f.find(key); parent != nil && parent != e {
			f.visit(parent, generation+1)
			f.addMissing(e, crossFields(e, parent))
			e.remove("crossref")
		}
	}
	e.visit = visited
}

func (e *entry) remove(name string) {
	e.fields = slices.DeleteFunc(e.fields, func(f field) bool { return f.name == name })
}

// synonyms are fields of which a child that has one doesn't inherit another.
var synonyms = map[string]string{
	"year": "date", "month": "date", "day": "date", "journal": "journaltitle",
	"address": "location", "school": "institution", "rights": "copyright",
}

// addMissing adds the fields that the entry doesn't have.
func (f family) addMissing(e *entry, fields []field) {
	has := map[string]bool{}
	for _, field := range e.fields {
		has[synonym(field.name)] = true
	}
	for _, field := range fields {
		if has[synonym(field.name)] {
			continue
		}
		if *f.budget -= len(field.value); *f.budget < 0 {
			e.repair("it inherits more than the file may hold; not all of it came in")
			return
		}
		e.fields = append(e.fields, field)
	}
}

func synonym(name string) string {
	if s, ok := synonyms[name]; ok {
		return s
	}
	return name
}

// ownFields are what belongs to the parent alone: what biber leaves out, and
// what would make a child look like its parent.
var ownFields = map[string]bool{
	"ids": true, "crossref": true, "xref": true, "xdata": true, "entryset": true, "entrysubtype": true, "execute": true,
	"label": true, "options": true, "presort": true, "related": true, "relatedoptions": true,
	"relatedstring": true, "relatedtype": true, "shorthand": true, "shorthandintro": true, "sortkey": true,
	"sorttitle": true, "indextitle": true, "indexsorttitle": true, "shorttitle": true, "key": true,
	"doi": true, "url": true, "urldate": true, "eprint": true, "eprinttype": true, "eprintclass": true,
	"archiveprefix": true, "primaryclass": true, "pmid": true, "pmcid": true, "mrnumber": true, "zmnumber": true,
	"abstract": true, "note": true, "annote": true, "annotation": true, "addendum": true, "comment": true, "review": true,
	"keywords": true, "keyword": true, "groups": true, "mendeley-groups": true, "mendeley-tags": true,
	"file": true, "pdf": true, "pages": true, "pagetotal": true, "numpages": true, "itemtype": true,
	"timestamp": true, "date-added": true, "date-modified": true, "dateadded": true, "datemodified": true, "owner": true,
	"biburl": true, "bibsource": true,
}

// crossFields returns what a child inherits from a parent by crossref.
func crossFields(child, parent *entry) []field {
	title, subtitle, addon := "title", "subtitle", "titleaddon"
	part := isPart(child.kind)
	switch {
	case part && isMultiVolume(parent.kind):
		title, subtitle, addon = "maintitle", "mainsubtitle", "maintitleaddon"
	case part:
		title, subtitle, addon = "booktitle", "booksubtitle", "booktitleaddon"
	case isMultiVolume(parent.kind):
		title, subtitle, addon = "maintitle", "mainsubtitle", "maintitleaddon"
	case parent.kind == "periodical":
		title, subtitle, addon = "journaltitle", "journalsubtitle", "journaltitleaddon"
	}
	// BibTeX's way is a parent that says itself what booktitle its parts have.
	isShort := parent.get("booktitle") != ""
	var fields, authors []field
	for _, f := range parent.fields {
		switch {
		case part && isShort && (f.name == "title" || f.name == "subtitle"):
			continue
		case f.name == "title":
			f.name = title
		case f.name == "subtitle":
			f.name = subtitle
		case f.name == "titleaddon":
			f.name = addon
		case f.name == "author" && part && (child.kind == "inbook" || child.kind == "bookinbook" || child.kind == "suppbook"):
			authors = append(authors, f)
			f.name = "bookauthor"
		case ownFields[f.name] || strings.HasPrefix(f.name, "bdsk-"):
			continue
		}
		fields = append(fields, f)
	}
	return append(fields, authors...)
}

// isPart reports whether an entry of that type is a part of a book.
func isPart(kind string) bool {
	switch kind {
	case "inbook", "bookinbook", "suppbook", "incollection", "suppcollection", "inproceedings", "conference", "inreference":
		return true
	}
	return false
}

// isMultiVolume reports whether an entry of that type is a work in several
// volumes.
func isMultiVolume(kind string) bool { return strings.HasPrefix(kind, "mv") }
