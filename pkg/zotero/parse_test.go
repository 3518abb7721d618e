package zotero

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestParseDate(t *testing.T) {
	for in, want := range map[string]string{
		"2015": "2015", "2015-03-01": "2015-03-01", "2015-03": "2015-03", "2015-03-01T12:00:00Z": "2015-03-01", "2015-03-01 12:00": "2015-03-01",
		"2015 March": "2015", "March 12, 2015": "2015", "2015/03/01": "2015", "03/2015": "2015", "2015-2016": "2015", "12.03.2015": "2015",
		"c1900": "1900", "-0044": "-0044", "2015-13": "2015", "20150301": "", "n.d.": "", "": "",
	} {
		if got := parseDate(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestOddData(t *testing.T) {
	for promise, c := range map[string]struct {
		raw   string
		check func(o *item, it *library.Item) bool
	}{
		"a parsed date of false":          {`{"meta":{"parsedDate":false},"data":{"date":"May 1999"}}`, func(_ *item, it *library.Item) bool { return it.ParsedDate == "1999" }},
		"the server's date comes first":   {`{"meta":{"parsedDate":"1999-05"},"data":{"date":"May 1999"}}`, func(_ *item, it *library.Item) bool { return it.ParsedDate == "1999-05" }},
		"a date of another name":          {`{"data":{"itemType":"case","dateDecided":"1954-05-17"}}`, func(_ *item, it *library.Item) bool { return it.ParsedDate == "1954-05-17" }},
		"a parent of false":               {`{"data":{"parentItem":false}}`, func(o *item, _ *library.Item) bool { return o.data.parent == "" }},
		"deleted as 1":                    {`{"data":{"deleted":1}}`, func(o *item, _ *library.Item) bool { return o.data.deleted }},
		"deleted as true":                 {`{"data":{"deleted":true}}`, func(o *item, _ *library.Item) bool { return o.data.deleted }},
		"deleted as 0":                    {`{"data":{"deleted":0}}`, func(o *item, _ *library.Item) bool { return !o.data.deleted }},
		"a version as text":               {`{"version":"12","data":{}}`, func(o *item, _ *library.Item) bool { return o.version == 12 }},
		"times in seconds and as text":    {`{"data":{"mtime":"1234567890123"}}`, func(o *item, _ *library.Item) bool { return o.data.fields["mtime"] == "1234567890123" }},
		"a null":                          {`{"data":{"md5":null,"title":null}}`, func(o *item, _ *library.Item) bool { return len(o.data.fields) == 0 }},
		"a position that is JSON in text": {`{"data":{"annotationPosition":"{\"pageIndex\":1}"}}`, func(o *item, _ *library.Item) bool { return o.data.fields["annotationPosition"] != "" }},
		"children of false":               {`{"meta":{"numChildren":false},"data":{}}`, func(o *item, _ *library.Item) bool { return o.meta.children == -1 }},
		"a tag that is bare text":         {`{"data":{"tags":["x",{"tag":"y"},7,null]}}`, func(_ *item, it *library.Item) bool { return slices.Equal(it.Tags, []string{"x", "y", "7"}) }},
		"creators without a name":         {`{"data":{"creators":[null,{},{"name":"CERN"},"x"]}}`, func(_ *item, it *library.Item) bool { return len(it.Creators) == 1 && it.Creators[0].Name == "CERN" }},
		"a citation key in extra":         {`{"data":{"extra":"PMID: 1\nCitation Key: foo2012\n"}}`, func(_ *item, it *library.Item) bool { return it.Field("citationKey") == "foo2012" }},
		"no citation key in extra":        {`{"data":{"extra":"Citation Key:\nfoo 2012\n"}}`, func(_ *item, it *library.Item) bool { return it.Field("citationKey") == "" }},
		"a citation key of its own":       {`{"data":{"citationKey":"bar","extra":"citation-key: foo"}}`, func(_ *item, it *library.Item) bool { return it.Field("citationKey") == "bar" }},
		"a title with markup":             {`{"data":{"title":"N<sub>2</sub>O"}}`, func(_ *item, it *library.Item) bool { return it.Title() == "N<sub>2</sub>O" }},
		"a case":                          {`{"data":{"itemType":"case","caseName":"Brown v. Board"}}`, func(_ *item, it *library.Item) bool { return it.Title() == "Brown v. Board" }},
		"an unknown field":                {`{"data":{"fieldFromTheFuture":"x","another":{"a":1}}}`, func(_ *item, it *library.Item) bool { return it.Field("fieldFromTheFuture") == "x" }},
		"who changed it":                  {`{"meta":{"createdByUser":{"username":"ada","name":""},"lastModifiedByUser":{"name":"Bob"}},"data":{}}`, func(_ *item, it *library.Item) bool { return it.AddedBy == "ada" && it.ModifiedBy == "Bob" }},
	} {
		var o item
		if err := json.Unmarshal([]byte(c.raw), &o); err != nil || !c.check(&o, workOf("user:1", &o)) {
			t.Errorf("%s: %+v, %v", promise, o, err)
		}
	}
}

func TestTagTerm(t *testing.T) {
	for in, want := range map[string]string{"plain": "plain", "-minus": `\-minus`, "a-b": "a-b", "a || b": ""} {
		if got := tagTerm(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	for promise, c := range map[string]struct {
		q    library.Query
		want []string
	}{
		"each has its own term":          {library.Query{TagsAll: []string{"-a", "b || c"}, TagsAny: []string{"x", "y"}}, []string{`\-a`, "x || y"}},
		"a choice that can't be written": {library.Query{TagsAny: []string{"x", "y || z"}}, nil},
	} {
		if got := filterOf(c.q); !slices.Equal(got.query["tag"], c.want) || got.notice() == "" {
			t.Errorf("%s: %q, %q", promise, got.query["tag"], got.notice())
		}
	}
}

func TestAskedOf(t *testing.T) {
	for in, want := range map[string]string{
		"Light": "Light", "what is the Light of": "Light", `"white light" prism`: `"white light" prism`, `prism "white light"`: `prism "white light"`,
		`unbalanced "quote`: "unbalanced quote", "Straße 100% a_b": "Straße 100 b", "  ": "", `"" " " %`: "",
		strings.Repeat("word ", 99): "word", "to be or not to be": "be not", "how is it": "how is it", "is it what that was": "is it what that",
	} {
		if got := askedOf(in); got.String() != want || got.cut {
			t.Errorf("%q: %q, want %q, cut %t", in, got.String(), want, got.cut)
		}
	}
	long := askedOf(strings.Repeat("a", 100) + " " + strings.Repeat("b", 60) + " " + strings.Repeat("c", 60) + " " + strings.Repeat("d", 60))
	if want := strings.Repeat("a", 64) + " " + strings.Repeat("b", 60) + " " + strings.Repeat("c", 60); long.String() != want || !long.cut {
		t.Errorf("a long query: %q, cut %t", long.String(), long.cut)
	}
}

func TestPagesAreCountedOnlyWhereTheyAreKnown(t *testing.T) {
	for promise, c := range map[string]struct {
		in       fullText
		numbered bool
		reason   bool
	}{
		"a form feed for each page":   {fullText{content: "a\fb\f", indexedPages: 2, totalPages: 2}, true, false},
		"no form feed after the last": {fullText{content: "a\fb", indexedPages: 2, totalPages: 2}, true, false},
		"one page":                    {fullText{content: "a", indexedPages: 1, totalPages: 1}, true, false},
		"form feeds that don't fit":   {fullText{content: "a\fb\fc", indexedPages: 2, totalPages: 2}, false, false},
		"no form feeds":               {fullText{content: "a b", indexedPages: 2, totalPages: 2}, false, false},
		"no form feeds, part of it":   {fullText{content: "a b", indexedPages: 2, totalPages: 9}, false, true},
		"characters":                  {fullText{content: "a b", indexedChars: 3, totalChars: 3}, false, false},
		"part of the characters":      {fullText{content: "a b", indexedChars: 3, totalChars: 30}, false, true},
	} {
		got := textOf(c.in)
		if (got.Status.Pages > 0) != c.numbered || (got.Pages[0].Number == 1) != c.numbered || (got.Status.Reason != "") != c.reason || !got.Status.Available {
			t.Errorf("%s: %+v", promise, got)
		}
	}
}

func FuzzObject(f *testing.F) {
	for _, s := range []string{
		`{"key":"ABCD2345","version":1,"meta":{"parsedDate":false,"numChildren":false},"data":{"itemType":"book","deleted":1,"relations":{"a":["b"]},"tags":[{"tag":"x"}]}}`,
		`{"data":{"mtime":1e300,"version":-1}}`, `[]`, `{"data":{"creators":{"a":1},"tags":"x"}}`, `{"key":"ABCD2345","data":{"itemType":"note","note":"<div><p>x</p></div>"}}`, `null`, `{"key":7}`,
		`{"key":"ABCD2345","data":{"itemType":"attachment","parentItem":"ABCD2346","note":"<p>n</p>"}}`, `{"key":"ABCD2345","data":{"itemType":"annotation","parentItem":"ABCD2346"}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var it item
		if json.Unmarshal(raw, &it) != nil {
			return
		}
		for _, o := range objectsOf("user:1", []item{it}) {
			set := 0
			for _, is := range []bool{o.Work != nil, o.Note != nil && o.Attachment == nil, o.Attachment != nil, o.Annotation != nil} {
				if is {
					set++
				}
			}
			if set != 1 || !validKey(o.Key) || (o.Work != nil) != (o.Parent == "") {
				t.Fatalf("%+v", o)
			}
		}
	})
}

func FuzzAnswers(f *testing.F) {
	for _, s := range []string{
		`{"key":"x","userID":1,"access":{"user":{"library":true},"groups":{"all":{"library":1},"7":{"write":"x"},"y":{}}}}`,
		`{"id":"7","data":{"admins":[1,"2",null],"libraryEditing":"admins"}}`, `{"data":{"parentCollection":false,"deleted":true}}`,
		`{"items":["A",1,null],"collections":"x"}`, `{"content":"a","indexedPages":-1,"totalPages":1e99}`, `[]`, `null`, `{"ABCD2345":"7"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(_ *testing.T, raw []byte) {
		var k key
		if json.Unmarshal(raw, &k) == nil {
			k.readsGroups()
			k.in(7)
		}
		var g group
		if json.Unmarshal(raw, &g) == nil {
			g.editableBy(1)
		}
		for _, v := range []json.Unmarshaler{&collection{}, &deletions{}, &fullText{}, &keyVersions{}} {
			_ = json.Unmarshal(raw, v)
		}
		parseMark(string(raw))
		parseDesktopMark(string(raw))
	})
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"one\ftwo\f", "", "\f\f\f", strings.Repeat("A sentence. ", 200), strings.Repeat("ä", 2000), "\xff\f\xfe"} {
		f.Add(s, 2)
	}
	f.Fuzz(func(t *testing.T, content string, pages int) {
		got := textOf(fullText{content: content, indexedPages: pages, totalPages: pages})
		n := 0
		for _, p := range got.Pages {
			if p.Offset != n {
				t.Fatalf("a page begins at %d, want %d", p.Offset, n)
			}
			n += utf8.RuneCountInString(p.Text)
		}
		if n != got.Status.Chars || got.Status.Available != (n > 0) {
			t.Fatalf("%d characters, the status is %+v", n, got.Status)
		}
	})
}

func FuzzAsked(f *testing.F) {
	for _, s := range []string{`"`, `"a b" c`, "\x00\x1b[31m", "\xff", strings.Repeat("a", 5000), "ﬀ İ ß"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := askedOf(s); utf8.RuneCountInString(got.String()) > maxAsked || strings.Count(got.String(), `"`)%2 != 0 {
			t.Fatalf("%q", got.String())
		}
		parseDate(s)
	})
}
