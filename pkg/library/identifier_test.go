package library

import "testing"

func TestIdentifiers_Spellings(t *testing.T) {
	for _, c := range []struct {
		read     func(string) string
		in, want string
	}{
		{ParseDOI, "doi:10.1000/182", "10.1000/182"},
		{ParseDOI, "http://dx.doi.org/10.1000/ABC.", "10.1000/abc"},
		{ParseDOI, "10.1000.1/x", "10.1000.1/x"},
		{ParseDOI, "(10.1000/a(b)c)", ""},
		{ParseDOI, "10.1000/a(b).)", "10.1000/a(b)"},
		{TrimDOI, "10.1000/A[b]?!')", "10.1000/a[b]"},
		{TrimDOI, "10.1000/a(b)", "10.1000/a(b)"},
		{CompleteISBN, "080442957", "9780804429573"},
		{CompleteISBN, "978316148410", "9783161484100"},
		{CompleteISBN, "97831614841", ""},
		{CompleteISBN, "97831614841X", ""},
		{ParseDOI, "11.1000/x", ""},
		{ParseDOI, "10.1000", ""},
		{ParseDOI, "10.x/y", ""},
		{ParseDOI, "https://example.org/10.1000/x", ""},
		{ParseArXiv, "arXiv:1706.03762v5 [cs.CL]", "1706.03762"},
		{ParseArXiv, "0704.0001", "0704.0001"},
		{ParseArXiv, "math.GT/0309136v2", "math/0309136"},
		{ParseArXiv, "hep-th/9901001.pdf", "hep-th/9901001"},
		{ParseArXiv, "17060.3762", ""},
		{ParseArXiv, "../0309136", ""},
		{firstISBN, "ISBN 0-8044-2957-X", "9780804429573"},
		{firstISBN, "978-3-16-148410-0; 1234567890", "9783161484100"},
		{firstISBN, "1234567890123", ""},
	} {
		if got := c.read(c.in); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

func firstISBN(s string) string {
	all := parseISBNs(s)
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

func TestItem_Identifiers(t *testing.T) {
	for _, c := range []struct {
		name string
		read func(*Item) string
		it   Item
		want string
	}{
		{"a DOI", (*Item).DOI, Item{Fields: map[string]string{"DOI": "https://doi.org/10.5555/ABC"}}, "10.5555/abc"},
		{"a DOI in extra", (*Item).DOI, Item{Fields: map[string]string{"extra": "tex.x: y\nDOI: 10.5555/ABC"}}, "10.5555/abc"},
		{"a DOI as the URL", (*Item).DOI, Item{Fields: map[string]string{"url": "http://dx.doi.org/10.5555/ABC"}}, "10.5555/abc"},
		{"no DOI", (*Item).DOI, Item{Fields: map[string]string{"url": "https://example.org/10.5555/abc"}}, ""},
		{"an arXiv ID in extra", (*Item).ArXiv, Item{Fields: map[string]string{"extra": "arXiv: 1706.03762v5"}}, "1706.03762"},
		{"an arXiv ID in a DOI", (*Item).ArXiv, Item{Fields: map[string]string{"DOI": "10.48550/arXiv.1706.03762"}}, "1706.03762"},
		{"an arXiv ID in a URL", (*Item).ArXiv, Item{Fields: map[string]string{"url": "https://arxiv.org/pdf/1706.03762v2.pdf"}}, "1706.03762"},
		{"an eprint", (*Item).ArXiv, Item{Fields: map[string]string{"extra": "eprinttype: arxiv\neprint: hep-th/9901001"}}, "hep-th/9901001"},
		{"an eprint elsewhere", (*Item).ArXiv, Item{Fields: map[string]string{"extra": "eprinttype: jstor\neprint: 1706.03762"}}, ""},
		{"a PMID", (*Item).PMID, Item{Fields: map[string]string{"extra": "PMID: 00123"}}, "123"},
		{"prose with a colon", func(it *Item) string { return it.Extra("note") }, Item{Fields: map[string]string{"extra": "note://x\nnote: y"}}, "y"},
	} {
		if got := c.read(&c.it); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
