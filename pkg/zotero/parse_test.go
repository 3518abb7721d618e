package zotero

import (
	"encoding/json"
	"net/http"
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
		check func(o *Object, it *library.Item) bool
	}{
		"a parsed date of false":        {`{"meta":{"parsedDate":false},"data":{"date":"May 1999"}}`, func(_ *Object, it *library.Item) bool { return it.ParsedDate == "1999" }},
		"the server's date comes first": {`{"meta":{"parsedDate":"1999-05"},"data":{"date":"May 1999"}}`, func(_ *Object, it *library.Item) bool { return it.ParsedDate == "1999-05" }},
		"a date of another name":        {`{"data":{"itemType":"case","dateDecided":"1954-05-17"}}`, func(_ *Object, it *library.Item) bool { return it.ParsedDate == "1954-05-17" }},
		"a parent of false":             {`{"data":{"parentItem":false}}`, func(o *Object, _ *library.Item) bool { return o.Data.Parent == "" }},
		"deleted as 1":                  {`{"data":{"deleted":1}}`, func(o *Object, _ *library.Item) bool { return o.Data.Deleted }},
		"deleted as true":               {`{"data":{"deleted":true}}`, func(o *Object, _ *library.Item) bool { return o.Data.Deleted }},
		"deleted as 0":                  {`{"data":{"deleted":0}}`, func(o *Object, _ *library.Item) bool { return !o.Data.Deleted }},
		"a version as text":             {`{"version":"12","data":{}}`, func(o *Object, _ *library.Item) bool { return o.Version == 12 }},
		"times in seconds and as text":  {`{"data":{"mtime":"1234567890123"}}`, func(o *Object, _ *library.Item) bool { return o.Data.Fields["mtime"] == "1234567890123" }},
		"a null":                        {`{"data":{"md5":null,"title":null}}`, func(o *Object, _ *library.Item) bool { return len(o.Data.Fields) == 0 }},
		"relations as one and as many": {`{"data":{"relations":{"a":"x","b":["y","z"]}}}`, func(o *Object, _ *library.Item) bool {
			return len(o.Data.Relations["a"])+len(o.Data.Relations["b"]) == 3
		}},
		"relations as an empty array":     {`{"data":{"relations":[]}}`, func(o *Object, _ *library.Item) bool { return len(o.Data.Relations) == 0 }},
		"a position that is JSON in text": {`{"data":{"annotationPosition":"{\"pageIndex\":1}"}}`, func(o *Object, _ *library.Item) bool { return o.Data.Fields["annotationPosition"] != "" }},
		"a citation of false":             {`{"citation":false,"data":{}}`, func(o *Object, _ *library.Item) bool { return o.Citation == "" }},
		"children of false":               {`{"meta":{"numChildren":false},"data":{}}`, func(o *Object, _ *library.Item) bool { return o.Meta.Children == -1 }},
		"a tag that is bare text":         {`{"data":{"tags":["x",{"tag":"y"},7,null]}}`, func(_ *Object, it *library.Item) bool { return slices.Equal(it.Tags, []string{"x", "y", "7"}) }},
		"creators that are nobody":        {`{"data":{"creators":[null,{},{"name":"CERN"},"x"]}}`, func(_ *Object, it *library.Item) bool { return len(it.Creators) == 1 && it.Creators[0].Name == "CERN" }},
		"a citation key in extra":         {`{"data":{"extra":"PMID: 1\nCitation Key: foo2012\n"}}`, func(_ *Object, it *library.Item) bool { return it.Field("citationKey") == "foo2012" }},
		"no citation key in extra":        {`{"data":{"extra":"Citation Key:\nfoo 2012\n"}}`, func(_ *Object, it *library.Item) bool { return it.Field("citationKey") == "" }},
		"a citation key of its own":       {`{"data":{"citationKey":"bar","extra":"citation-key: foo"}}`, func(_ *Object, it *library.Item) bool { return it.Field("citationKey") == "bar" }},
		"a title with markup":             {`{"data":{"title":"N<sub>2</sub>O"}}`, func(_ *Object, it *library.Item) bool { return it.Title() == "N<sub>2</sub>O" }},
		"a case":                          {`{"data":{"itemType":"case","caseName":"Brown v. Board"}}`, func(_ *Object, it *library.Item) bool { return it.Title() == "Brown v. Board" }},
		"an unknown field":                {`{"data":{"fieldFromTheFuture":"x","another":{"a":1}}}`, func(_ *Object, it *library.Item) bool { return it.Field("fieldFromTheFuture") == "x" }},
		"who changed it":                  {`{"meta":{"createdByUser":{"username":"ada","name":""},"lastModifiedByUser":{"name":"Bob"}},"data":{}}`, func(_ *Object, it *library.Item) bool { return it.AddedBy == "ada" && it.ModifiedBy == "Bob" }},
	} {
		var o Object
		if err := json.Unmarshal([]byte(c.raw), &o); err != nil || !c.check(&o, itemOf("user:1", &o)) {
			t.Errorf("%s: %+v, %v", promise, o, err)
		}
	}
}

func TestTagTerm(t *testing.T) {
	for in, want := range map[string]string{"plain": "plain", "-minus": `\-minus`, "a-b": "a-b", "a || b": ""} {
		if got, ok := TagTerm(in); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %t", in, got, ok)
		}
	}
	q := library.Query{TagsAll: []string{"-a", "b || c"}, TagsAny: []string{"x", "y"}}
	if got := tagTerms(q); !slices.Equal(got, []string{`\-a`, "x || y"}) {
		t.Errorf("%q", got)
	}
	q = library.Query{TagsAny: []string{"x", "y || z"}}
	if got := tagTerms(q); len(got) != 0 {
		t.Errorf("a choice that can't be written whole: %q", got)
	}
}

func TestParseTerms(t *testing.T) {
	for in, want := range map[string]terms{
		"Light":                     {words: []string{"light"}, prefix: true, asked: "Light"},
		"what is the Light of":      {words: []string{"what", "is", "the", "light", "of"}, prefix: true, asked: "Light"},
		`"white light" prism`:       {words: []string{"prism"}, phrases: []string{"white light"}, prefix: true, asked: `"white light" prism`},
		`prism "white light"`:       {words: []string{"prism"}, phrases: []string{"white light"}, asked: `prism "white light"`},
		`unbalanced "quote`:         {words: []string{"unbalanced", "quote"}, prefix: true, asked: "unbalanced quote"},
		"Straße 100% a_b":           {words: []string{"strasse", "100", "a", "b"}, prefix: true, asked: "Straße 100"},
		"  ":                        {},
		`"" " " %`:                  {},
		strings.Repeat("word ", 99): {words: []string{"word"}, asked: "word", prefix: true},
	} {
		got := parseTerms(in)
		if !slices.Equal(got.words, want.words) || !slices.Equal(got.phrases, want.phrases) || len(want.words) > 0 && got.prefix != want.prefix {
			t.Errorf("%q: %+v, want %+v", in, got, want)
		}
		if want.asked != "" && !strings.HasPrefix(got.asked, want.asked) {
			t.Errorf("%q: asks Zotero %q, want %q", in, got.asked, want.asked)
		}
	}
}

func TestNextLink(t *testing.T) {
	for in, want := range map[string]string{
		`<https://api.zotero.org/a?start=25>; rel="next"`:                                  "https://api.zotero.org/a?start=25",
		`<https://h/1>; rel="first", <https://h/2>; rel="next", <https://h/3>; rel="last"`: "https://h/2",
		`<https://h/1>; rel="prev", <https://www.zotero.org/x>; rel="alternate"`:           "",
		`<https://h/2>;rel=next`: "https://h/2",
		``:                       "", `nonsense; rel="next"`: "",
	} {
		if got := nextLink(http.Header{"Link": {in}}); got != want {
			t.Errorf("%s: %q", in, got)
		}
	}
}

func TestPagesAreCountedOnlyWhereTheyAreKnown(t *testing.T) {
	for promise, c := range map[string]struct {
		in       FullText
		numbered bool
		reason   bool
	}{
		"a form feed for each page":   {FullText{Content: "a\fb\f", IndexedPages: 2, TotalPages: 2}, true, false},
		"no form feed after the last": {FullText{Content: "a\fb", IndexedPages: 2, TotalPages: 2}, true, false},
		"one page":                    {FullText{Content: "a", IndexedPages: 1, TotalPages: 1}, true, false},
		"form feeds that don't fit":   {FullText{Content: "a\fb\fc", IndexedPages: 2, TotalPages: 2}, false, false},
		"no form feeds":               {FullText{Content: "a b", IndexedPages: 2, TotalPages: 2}, false, false},
		"no form feeds, part of it":   {FullText{Content: "a b", IndexedPages: 2, TotalPages: 9}, false, true},
		"characters":                  {FullText{Content: "a b", IndexedChars: 3, TotalChars: 3}, false, false},
		"part of the characters":      {FullText{Content: "a b", IndexedChars: 3, TotalChars: 30}, false, true},
	} {
		got := paged(c.in)
		if (got.status.Pages > 0) != c.numbered || (got.pages[0].Number == 1) != c.numbered || (got.status.Reason != "") != c.reason || !got.status.Available {
			t.Errorf("%s: %+v", promise, got)
		}
	}
}

func FuzzObject(f *testing.F) {
	for _, s := range []string{
		`{"key":"ABCD2345","version":1,"meta":{"parsedDate":false,"numChildren":false},"data":{"itemType":"book","deleted":1,"relations":{"a":["b"]},"tags":[{"tag":"x"}]}}`,
		`{"data":{"mtime":1e300,"version":-1}}`, `[]`, `{"data":{"creators":{"a":1},"tags":"x"}}`, `{"data":{"itemType":"note","note":"<div><p>x</p></div>"}}`, `null`, `{"key":7}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		objects, err := decodeList[Object](append(append([]byte("["), raw...), ']'))
		if err != nil {
			return
		}
		byKey := map[string]*Object{}
		for i := range objects {
			itemOf("user:1", &objects[i]) // as it was fetched
		}
		(&interner{}).slim(objects)
		for i := range objects {
			byKey[objects[i].Key] = &objects[i]
		}
		works, keys := worksOf("user:1", byKey, nil)
		for _, w := range works {
			if keys[w.item.ID.Key] != w {
				t.Errorf("%s is not found by its key", w.item.ID)
			}
			w.parts()
		}
	})
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"one\ftwo\f", "", "\f\f\f", strings.Repeat("A sentence. ", 200), strings.Repeat("ä", 2000), "\xff\f\xfe"} {
		f.Add(s, 2, 0, 3)
	}
	f.Fuzz(func(t *testing.T, content string, pages, from, limit int) {
		full := paged(FullText{Content: content, IndexedPages: pages, TotalPages: pages})
		n := 0
		for _, p := range full.pages {
			if p.Offset != n {
				t.Fatalf("a page begins at %d, want %d", p.Offset, n)
			}
			n += utf8.RuneCountInString(p.Text)
		}
		if n != full.status.Chars {
			t.Fatalf("%d characters, the status says %d", n, full.status.Chars)
		}
		if from >= 0 && limit > 0 {
			if from, to, err := full.span(library.TextQuery{Offset: from, Limit: limit}); err == nil {
				got := 0
				for _, p := range full.between(from, to) {
					got += utf8.RuneCountInString(p.Text)
				}
				if got != to-from {
					t.Fatalf("%d characters from %d to %d", got, from, to)
				}
			}
		}
		for _, p := range full.passages("ABCD2345") {
			if p := p.passage(library.ItemID{}, 0); p.Text == "" || p.Start < 0 || p.End > n {
				t.Fatalf("%+v of %d", p, n)
			}
		}
	})
}

func FuzzTerms(f *testing.F) {
	for _, s := range []string{`"`, `"a b" c`, "\x00\x1b[31m", "\xff", strings.Repeat("a", 5000), "ﬀ İ ß"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := parseTerms(s)
		if len(got.words) > maxWords || len(got.phrases) > maxWords || utf8.RuneCountInString(got.asked) > maxAsked {
			t.Fatalf("%+v", got)
		}
		parseDate(s)
		nextLink(http.Header{"Link": {s}})
		if folded := fold(s); strings.HasPrefix(folded, " ") || strings.HasSuffix(folded, " ") || strings.Contains(folded, "  ") {
			t.Fatalf("%q folds to %q", s, folded)
		}
	})
}
