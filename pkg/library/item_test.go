package library_test

import (
	"slices"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestYear(t *testing.T) {
	for in, want := range map[string]int{"2008-06-26": 2008, "2008-06": 2008, "1866": 1866, "-0044": -44, "-0044-03-15": -44, "0476": 476} {
		if got, known := (&library.Item{ParsedDate: in}).Year(); got != want || !known {
			t.Errorf("%q: %d, %t", in, got, known)
		}
	}
	for _, in := range []string{"", "-", "n.d.", "c1900"} {
		if got, known := (&library.Item{ParsedDate: in}).Year(); known {
			t.Errorf("%q: %d", in, got)
		}
	}
}

func TestTitleAndContainerKnowEveryTypesOwnName(t *testing.T) {
	for _, c := range []struct{ field, value, title, container string }{
		{"title", "A", "A", ""}, {"caseName", "B", "B", ""}, {"nameOfAct", "C", "C", ""}, {"subject", "D", "D", ""},
		{"publicationTitle", "J", "", "J"}, {"university", "U", "", "U"}, {"bookTitle", "K", "", "K"},
	} {
		it := &library.Item{Fields: map[string]string{c.field: c.value}}
		if it.Title() != c.title || it.Container() != c.container {
			t.Errorf("%s: title %q, container %q", c.field, it.Title(), it.Container())
		}
	}
}

func TestCreatorNames(t *testing.T) {
	for _, c := range []struct {
		in                library.Creator
		display, sortable string
	}{
		{library.Creator{Given: "Ada", Family: "Lovelace"}, "Ada Lovelace", "Lovelace, Ada"},
		{library.Creator{Name: "CERN"}, "CERN", "CERN"},
		{library.Creator{Family: "Voltaire"}, "Voltaire", "Voltaire"},
		{library.Creator{Given: "Plato"}, "Plato", "Plato"},
	} {
		if c.in.Display() != c.display || c.in.Sortable() != c.sortable {
			t.Errorf("%+v: %q, %q", c.in, c.in.Display(), c.in.Sortable())
		}
	}
}

func TestTextStatusIsCompleteOnlyIfNothingIsMissing(t *testing.T) {
	for _, c := range []struct {
		in   library.TextStatus
		want bool
	}{
		{library.TextStatus{Available: true}, true},
		{library.TextStatus{Available: true, Pages: 3, PagesRead: 3}, true},
		{library.TextStatus{Available: true, Pages: 3, PagesRead: 2}, false},
		{library.TextStatus{Available: true, Reason: "the rest is an image"}, false},
		{library.TextStatus{}, false},
	} {
		if got := c.in.Complete(); got != c.want {
			t.Errorf("%+v: %t", c.in, got)
		}
	}
}

func TestItem_AllTagsHasThoseOfChildren(t *testing.T) {
	it := library.Item{
		Tags:  []string{"a", "b"},
		Notes: []library.Note{{Tags: []string{"b", "c"}}},
		Attachments: []library.Attachment{{Annotations: []library.Annotation{
			{Tags: []string{"d"}}, {Tags: []string{"a", "d", "e"}},
		}}},
	}
	if got := it.AllTags(); !slices.Equal(got, []string{"a", "b", "c", "d", "e"}) || len(it.Tags) != 2 {
		t.Errorf("tags %q of %q", got, it.Tags)
	}
}

func TestItem_TitleOfAFile(t *testing.T) {
	it := library.Item{Attachments: []library.Attachment{{Title: "PDF"}, {Filename: "report.pdf"}}}
	if got := it.Title(); got != "report.pdf" {
		t.Errorf("title %q", got)
	}
	it.Fields = map[string]string{"title": "A report"}
	if got := it.Title(); got != "A report" {
		t.Errorf("title %q", got)
	}
}

func TestCreator_DisplayInEastAsianOrder(t *testing.T) {
	for _, c := range []struct {
		creator library.Creator
		want    string
	}{
		{library.Creator{Family: "张", Given: "伟明"}, "张伟明"},
		{library.Creator{Family: "やまだ", Given: "タロウ"}, "やまだタロウ"},
		{library.Creator{Family: "김", Given: "민준"}, "김민준"},
		{library.Creator{Family: "张", Given: "Weiming"}, "Weiming 张"},
		{library.Creator{Family: "Zhang", Given: "伟明"}, "伟明 Zhang"},
		{library.Creator{Family: "张"}, "张"},
		{library.Creator{Given: "伟明"}, "伟明"},
	} {
		if got := c.creator.Display(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.creator, got, c.want)
		}
	}
}

func TestBestText(t *testing.T) {
	file := func(name, kind string) library.Attachment {
		return library.Attachment{Filename: name, ContentType: kind, Text: library.TextStatus{Available: true}}
	}
	long := func(a library.Attachment, chars int) library.Attachment {
		a.Text.Chars = chars
		return a
	}
	unread := file("a.pdf", "application/pdf")
	unread.Text.Available = false
	for _, c := range []struct {
		promise string
		files   []library.Attachment
		want    int
	}{
		{"no file", nil, -1},
		{"a file without text", []library.Attachment{unread}, -1},
		{"a web page is better than nothing", []library.Attachment{unread, file("p.html", "text/html")}, 1},
		{"a PDF before a web page", []library.Attachment{file("p.html", "text/html; charset=utf-8"), file("a.pdf", "application/pdf")}, 1},
		{"an EPUB before a web page", []library.Attachment{file("p", "application/xhtml+xml"), file("a.epub", "application/epub+zip")}, 1},
		{"another file before a web page", []library.Attachment{file("p.html", "TEXT/HTML"), file("a.txt", "text/plain")}, 1},
		{"a PDF before another file", []library.Attachment{file("a.txt", "text/plain"), file("a", "application/pdf")}, 1},
		{"the longest of the PDFs", []library.Attachment{long(file("a.pdf", ""), 5), long(file("b.pdf", ""), 70), long(file("c.pdf", ""), 7)}, 1},
		{"a short PDF before a long web page", []library.Attachment{long(file("p.html", "text/html"), 90), long(file("a.pdf", ""), 2)}, 1},
		{"the first of two PDFs", []library.Attachment{file("a.pdf", "application/pdf"), file("b.epub", "application/epub+zip")}, 0},
		{"by name without a type", []library.Attachment{file("p.htm", ""), file("", ""), file("a.docx", ""), file("A.PDF", "")}, 3},
		{"a link before no other file", []library.Attachment{file("", ""), file("a.docx", "")}, 1},
	} {
		if got := (&library.Item{Attachments: c.files}).BestText(); got != c.want {
			t.Errorf("%s: %d, want %d", c.promise, got, c.want)
		}
	}
}

func TestCreator_DisplaysEastAsianNames(t *testing.T) {
	for _, c := range []struct {
		creator library.Creator
		want    string
	}{
		{library.Creator{Family: "张", Given: "伟明"}, "张伟明"},
		{library.Creator{Family: "佐藤", Given: "マリー"}, "佐藤マリー"},
		{library.Creator{Family: "김", Given: "철수"}, "김철수"},
		{library.Creator{Family: "Zhang", Given: "Weiming"}, "Weiming Zhang"},
		{library.Creator{Family: "张", Given: "Weiming"}, "Weiming 张"},
		{library.Creator{Family: "张"}, "张"},
	} {
		if got := c.creator.Display(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.creator, got, c.want)
		}
	}
}
