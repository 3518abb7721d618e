package ris

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// itemTypes are Zotero's.
func itemTypes() []string {
	return strings.Fields(`artwork audioRecording bill blogPost book bookSection case computerProgram
		conferencePaper dataset dictionaryEntry document email encyclopediaArticle film forumPost hearing
		instantMessage interview journalArticle letter magazineArticle manuscript map newspaperArticle patent
		podcast preprint presentation radioBroadcast report standard statute thesis tvBroadcast
		videoRecording webpage`)
}

// full returns an item that has every field and creator role of its type.
func full(itemType string) *library.Item {
	item := &library.Item{Type: itemType, Fields: map[string]string{}, Tags: []string{"one", "two, three"}}
	for _, field := range zschema.Fields(itemType) {
		item.Fields[field] = "The " + field
	}
	for field, value := range map[string]string{
		"date": "2008-06-26", "dateEnacted": "1999-12", "dateDecided": "2001", "issueDate": "1990-02-27", "filingDate": "1989-01-01",
		"accessDate": "2010-01-02 03:04:05", "DOI": "10.1000/182", "pages": "1-10", "ISBN": "978-1-234-56789-7", "ISSN": "1234-5679",
		"url": "https://example.org/a", "originalDate": "1867", "priorityDate": "1988-01-01",
	} {
		if item.Fields[field] != "" {
			item.Fields[field] = value
		}
	}
	for _, role := range zschema.Creators(itemType) {
		item.Creators = append(item.Creators, library.Creator{Role: role, Family: "van " + role, Given: "Ada B., Jr."})
	}
	item.Creators = append(item.Creators, library.Creator{Role: zschema.PrimaryCreator(itemType), Name: "Institute of Things, City"})
	return item
}

func TestRoundTrip(t *testing.T) {
	for _, itemType := range itemTypes() {
		t.Run(itemType, func(t *testing.T) {
			want := full(itemType)
			var out bytes.Buffer
			if err := Write(&out, []*library.Item{want}); err != nil {
				t.Fatal(err)
			}
			got := one(t, out.String()).Item
			if got.Type != itemType {
				t.Errorf("type %q", got.Type)
			}
			for field, value := range want.Fields {
				if got.Fields[field] != value {
					t.Errorf("%s is %q, was %q", field, got.Fields[field], value)
				}
			}
			if diff := cmp.Diff(byRole(want.Creators), byRole(got.Creators)); diff != "" {
				t.Errorf("creators (-was +is):\n%s\n%s", diff, out.String())
			}
			if diff := cmp.Diff(want.Tags, got.Tags); diff != "" {
				t.Errorf("tags (-was +is):\n%s", diff)
			}
		})
	}
}

// byRole returns the names of each role in their order: that is what RIS
// keeps. A type that has no main creators of its own is written as having
// authors.
func byRole(creators []library.Creator) map[string][]string {
	m := map[string][]string{}
	for _, c := range creators {
		m[c.Role] = append(m[c.Role], c.Sortable())
	}
	return m
}

func TestRoundTripKeepsWhatIsHard(t *testing.T) {
	long := strings.Repeat("Something that takes a long line. ", 4)
	want := &library.Item{
		Type: "journalArticle",
		Fields: map[string]string{
			"title": "On the <b>-tag & p < 0.05", "abstractNote": long + "\nTwo", "date": "Spring 1999",
			"extra": "PMID: x\nfree: text: with: colons\nplain",
		},
		Notes: []library.Note{{Text: "First\nline\n\nSecond *paragraph* a_b_c 1 < 2"}},
	}
	var out bytes.Buffer
	if err := Write(&out, []*library.Item{want, {Type: "book"}, {}}); err != nil {
		t.Fatal(err)
	}
	doc := read(t, out.String())
	if len(doc.Entries) != 3 {
		t.Fatalf("%d entries, want 3:\n%s", len(doc.Entries), out.String())
	}
	got := doc.Entries[0].Item
	if got.Fields["abstractNote"] != strings.TrimSpace(long)+"\nTwo" {
		t.Errorf("abstract %q", got.Fields["abstractNote"])
	}
	if got.Fields["PMID"] != "x" || got.Fields["extra"] != "free: text: with: colons\nplain" {
		t.Errorf("extra %q", got.Fields["extra"])
	}
	if len(got.Notes) != 1 || strings.Join(strings.Fields(got.Notes[0].Text), " ") != "First line Second *paragraph* a_b_c 1 < 2" {
		t.Errorf("notes %+v", got.Notes)
	}
	if got.Fields["date"] != "Spring 1999" || got.ParsedDate != "1999" {
		t.Errorf("date %q, %q", got.Fields["date"], got.ParsedDate)
	}
}

// hostile is text that tries to become a tag or an entry of its own.
const hostile = "x\r\nER  - \r\nTY  - BOOK\r\nTI  - injected\rAU  - Evil, E\nER - \u2028TY  - JOUR\nAB  - y"

func TestHostileTextStaysText(t *testing.T) {
	item := full("journalArticle")
	for field := range item.Fields {
		item.Fields[field] += hostile
	}
	item.Creators = []library.Creator{{Role: "author", Family: hostile, Given: hostile}, {Role: "editor", Name: hostile}, {Role: "x\nER  - ", Name: hostile}}
	item.Tags = []string{hostile}
	item.Notes = []library.Note{{Text: hostile}}
	item.Attachments = []library.Attachment{{URL: hostile}}
	var out bytes.Buffer
	if err := Write(&out, []*library.Item{item}); err != nil {
		t.Fatal(err)
	}
	if e := one(t, out.String()); !strings.HasPrefix(e.Item.Title(), "The title") {
		t.Errorf("title %q", e.Item.Title())
	}
	text := "\n" + strings.ReplaceAll(out.String(), "\r", "\n")
	for _, tag := range []string{"TY", "ER", "TI", "AB"} {
		if n := strings.Count(text, "\n"+tag+"  - ") + strings.Count(text, "\n"+tag+" - "); n != 1 {
			t.Errorf("%d lines begin with %s, want 1", n, tag)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"TY  - JOUR\nTI  - T\nER  - \n", "TY - CHAP\nSP - 1\nEP - 2\n\nER -", "TY  - BOOK\nN1  - Record ID: 1\nVL  - 2\nA1  - A\nN1  - Author Role: editor and translator\nER  - ",
		"\ufeffTY  - PAT\r\nDA  - 1990/02/27/\r\nPY  - 1990\rER  - ", "KW  - a;b\nc\nL1  - file:///x.pdf\n", "\xff\xfeT\x00Y\x00", "TY  - ELEC\nM1  - 2009\nVL  - 2009\n", hostile,
		"TY  - THES\nM2  - Type: podcast\nM2  - Author: A || B\n", "PMID- 1\nTI  - A\n      b\n\nPMID- 2\nPG  - 12-3\n", "N1  - Extent of Work: 3\nN1  - Packaging Method: vols\nTY  - BOOK\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := Read(t.Context(), bytes.NewReader(data), "x")
		if err != nil {
			if code := library.CodeOf(err); code != library.Invalid && code != library.TooLarge {
				t.Fatalf("error %v has code %s", err, code)
			}
			return
		}
		var items []*library.Item
		for i := range doc.Entries {
			items = append(items, &doc.Entries[i].Item)
			if doc.Entries[i].Line < 1 || doc.Entries[i].Item.Type == "" {
				t.Fatalf("entry %d has no line or type", i)
			}
		}
		var out bytes.Buffer
		if err := Write(&out, items); err != nil {
			t.Fatal(err)
		}
		again, err := Read(t.Context(), &out, "x")
		if err != nil {
			t.Fatal(err)
		}
		if len(again.Entries) != len(doc.Entries) {
			t.Fatalf("%d entries became %d", len(doc.Entries), len(again.Entries))
		}
		for i := range items {
			if got := again.Entries[i].Item.Type; got != items[i].Type {
				t.Fatalf("a %s became a %s", items[i].Type, got)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var file bytes.Buffer
	for i := range 1000 {
		fmt.Fprintf(&file, "TY  - JOUR\nTI  - Title %d\nAU  - Lovelace, Ada\nAU  - Babbage, Charles\nT2  - Journal\nPY  - 1843\nDA  - 1843/09/01/\nSP  - 1\nEP  - 9\nDO  - 10.1000/%d\nAB  - %s\nKW  - one\nKW  - two\nER  - \n\n", i, i, strings.Repeat("Some words of an abstract. ", 30))
	}
	b.SetBytes(int64(file.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(b.Context(), bytes.NewReader(file.Bytes()), "x"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	items := make([]*library.Item, 1000)
	for i := range items {
		items[i] = full("journalArticle")
	}
	b.ReportAllocs()
	for b.Loop() {
		var out bytes.Buffer
		if err := Write(&out, items); err != nil {
			b.Fatal(err)
		}
	}
}
