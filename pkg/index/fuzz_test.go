package index

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// hostile are texts that parsers of queries and texts have stumbled over.
var hostile = []string{
	`a OR (b AND -c) title:d* year:>1990 in:notes e`, "NOT", "has:text a OR -has:text", "a|b||c", "author:x tag:y journal:z type:w key:v doi:10.1/x", "1914-1918", "Nature 171, 737", "@k",
	"", " ", `"`, `""`, `"a`, `a"b"c"`, `"a b" "c`, "“a”b„c“", "+a -b *c ~d:e /f.*/ [g TO h]", "\x00\xff\xfe", "a\u0301\u0302", "\u0301",
	"ß ø ł đ æ œ ı İ ſ ﬁ Ⅷ ½", "机器学习", "한국어", "ภาษาไทย", "ー", "a机b", "don't l'eau O'Brien's", strings.Repeat("a ", 300), strings.Repeat("é", 200),
	"10.1000/xyz(1)", "10.", "978-3-16-148410-0", "arXiv:math.GT/0309136v1", "2301.00001", "\u202e\u200dx", "computati", strings.Repeat("\"a b\" ", 40),
}

func FuzzParseQuery(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q := parse(newAnalyzer(), text)
		if len(q.words) > maxQueryWords || len(q.phrases) > library.MaxQueryPhrases {
			t.Errorf("%d words, %d phrases", len(q.words), len(q.phrases))
		}
		seen := map[wordKey]bool{}
		for _, w := range q.words {
			key := wordKey{w.term, w.in}
			if w.term == "" || len(w.term) > plaintext.MaxWordBytes+8 || w.count < 1 || seen[key] || w.in == 0 {
				t.Errorf("word %+v", w)
			}
			seen[key] = true
		}
		for _, p := range q.phrases {
			if len(p.words) == 0 || len(p.words) > maxPhraseWords {
				t.Errorf("phrase of %d words", len(p.words))
			}
			for _, i := range p.places {
				if i < 0 || i >= len(q.words) {
					t.Errorf("a word of a phrase at %d of %d", i, len(q.words))
				}
			}
		}
		for _, id := range q.identifiers {
			if id.Value == "" {
				t.Errorf("identifier %v", id)
			}
		}
	})
}

func FuzzSearch(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, text, query string) {
		it := &library.Item{ID: library.ItemID{Key: "KEY22222"}, Fields: map[string]string{"title": "fixed", "abstractNote": text, "extra": text, "DOI": text, "ISBN": text}}
		it.Tags, it.Creators = []string{text}, []library.Creator{{Name: text}}
		src := fixed{it, []library.TextPage{{Number: 1, Text: text}}}
		x, err := New(src).With(t.Context(), src, []Document{{Item: it, Texts: []Text{{Attachment: "A", Pages: src.pages}}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range []library.Query{{Text: query}, {Text: text}, {Creator: query, TagsAny: []string{query}, Text: query}, {Text: "title:(" + query + ") OR -" + query}, {Text: query + "* " + text, Sort: library.SortTitle}} {
			q.Limit = 1
			r, err := x.Search(t.Context(), q, nil)
			if err != nil {
				t.Fatal(err)
			}
			complete := 0
			for _, h := range r.Hits {
				if h.Lacks == nil {
					complete++
				}
			}
			if len(r.Hits) > 1 || complete != r.Total || (r.Unmet == "") != (r.Total > 0 || q.Text == "") {
				t.Errorf("%q: total %d, hits %+v, %q", q.Text, r.Total, r.Hits, r.Unmet)
			}
			for _, h := range r.Hits {
				checkPassage(t, h.Match, maxSnippet)
			}
		}
		found, err := x.Passages(t.Context(), "KEY22222", library.PassageQuery{Question: query, Limit: 20})
		if err != nil {
			t.Fatal(err)
		}
		for i := range found {
			checkPassage(t, &found[i], chunkMax)
		}
	})
}

func checkPassage(t *testing.T, p *library.Passage, most int) {
	t.Helper()
	if p == nil {
		return
	}
	if n := utf8.RuneCountInString(p.Text); n > most || p.Start < 0 || p.End-p.Start != n {
		t.Errorf("%d characters from %d to %d", n, p.Start, p.End)
	}
}

// fixed is a source of one work.
type fixed struct {
	item  *library.Item
	pages []library.TextPage
}

func (s fixed) Item(string) (*library.Item, bool)                { return s.item, true }
func (s fixed) Pages(string, string) ([]library.TextPage, error) { return s.pages, nil }

func FuzzChunks(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, 40)
	}
	f.Add("A sentence. ", 500)
	f.Add("word ", 900)
	f.Add("字", 3000)
	f.Fuzz(func(t *testing.T, text string, times int) {
		if times < 0 || times > 3000 || len(text)*times > 1<<16 {
			t.Skip()
		}
		text = strings.Repeat(text, times)
		at := 0
		chunks(text, func(c chunk) bool {
			if strings.TrimSpace(text[at:max(at, c.start)]) != "" || c.start < at {
				t.Fatalf("text lost or doubled between %d and %d", at, c.start)
			}
			if c.end <= c.start || c.end-c.start > chunkMax || c.tail < c.end || c.tail-c.end > tailBytes || c.tail > len(text) {
				t.Fatalf("chunk %+v of %d bytes", c, len(text))
			}
			if utf8.ValidString(text) && (!utf8.ValidString(text[c.start:c.end]) || !utf8.ValidString(text[c.end:c.tail])) {
				t.Fatalf("chunk %+v cuts a character", c)
			}
			if c.rune != utf8.RuneCountInString(text[:c.start]) {
				t.Fatalf("chunk %+v begins at character %d", c, utf8.RuneCountInString(text[:c.start]))
			}
			at = c.end
			return true
		})
		if strings.TrimSpace(text[at:]) != "" {
			t.Errorf("%d bytes left over", len(text)-at)
		}
	})
}

func FuzzStoredRecords(f *testing.F) {
	f.Add(record{date: 19480701, added: 1 << 60, title: "a title"}.encode())
	f.Add(place{"ATTACH22", 3, chunk{1, 2, 3, 1}}.encode())
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, ok := decodeRecord(b); ok {
			if again, ok := decodeRecord(r.encode()); !ok || again != r {
				t.Errorf("%+v became %+v", r, again)
			}
		}
		if p, ok := decodePlace(b); ok {
			if again, ok := decodePlace(p.encode()); !ok || again != p {
				t.Errorf("%+v became %+v", p, again)
			}
		}
	})
}
