package csljson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/cslvar"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

func read(t testing.TB, text string) *model.Document {
	t.Helper()
	doc, err := Read(t.Context(), strings.NewReader(text), "x.json")
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// one reads a file of one entry.
func one(t testing.TB, text string) model.Entry {
	t.Helper()
	doc := read(t, text)
	if len(doc.Entries) != 1 {
		t.Fatalf("read %d entries, want 1 (%+v)", len(doc.Entries), doc.Problems)
	}
	return doc.Entries[0]
}

func TestFields(t *testing.T) {
	tests := []struct {
		name, in string
		itemType string
		want     map[string]string
	}{
		{"an article", `{"id":"doe2000","type":"article-journal","title":"T","container-title":"J","volume":12,"issue":"3","page":"1-9","DOI":"https://doi.org/10.1000/1","ISSN":["1234-5679","9876-5432"]}`,
			"journalArticle", map[string]string{"citationKey": "doe2000", "title": "T", "publicationTitle": "J", "volume": "12", "issue": "3", "pages": "1-9", "DOI": "10.1000/1", "ISSN": "1234-5679, 9876-5432"}},
		{"base fields", `{"type":"thesis","publisher":"U","genre":"PhD"}`, "thesis", map[string]string{"university": "U", "thesisType": "PhD"}},
		{"a hearing among bills", `{"type":"bill","publisher":"P"}`, "hearing", map[string]string{"publisher": "P"}},
		{"a programme in a book's type", `{"type":"book","version":"1.2"}`, "computerProgram", map[string]string{"versionNumber": "1.2"}},
		{"the place of a talk", `{"type":"speech","event-place":"Rome","event":"Conf"}`, "presentation", map[string]string{"place": "Rome", "meetingName": "Conf"}},
		{"unknown variables", `{"type":"book","title":"T","x-y":"z","nested":{"a":[1,{"b":null}]},"illustrator":[{"family":"A","given":"B"}],"event-date":{"date-parts":[[2001,2,3]]},"flag":true,"none":null}`,
			"book", map[string]string{"title": "T", "extra": "event-date: 2001-02-03\nflag: true\nillustrator: A || B\nnested: {\"a\":[1,{\"b\":null}]}\nx-y: z"}},
		{"a type of Crossref's", `{"type":"journal-article","title":"T"}`, "journalArticle", map[string]string{"title": "T"}},
		{"two DOIs", `{"type":"book","title":"T","DOI":"10.1000/1 10.1000/2"}`, "book", map[string]string{"title": "T", "DOI": "10.1000/1", "extra": "DOI: 10.1000/2"}},
		{"an unknown type", `{"type":"review-book","title":"T"}`, "document", map[string]string{"title": "T", "extra": "Type: review-book"}},
		{"the note's lines", `{"type":"article-journal","title":"T","note":"PMID: 12\noriginal-date: 1867\nJust a thought.\nPublication Title: J\nDOI: 10.1000/2\ntex.x: y\nauthor: A || B"}`,
			"journalArticle", map[string]string{"title": "T", "PMID": "12", "publicationTitle": "J", "DOI": "10.1000/2", "extra": "original-date: 1867\nJust a thought.\ntex.x: y"}},
		{"a note that contradicts", `{"type":"book","title":"T","note":"title: U"}`, "book", map[string]string{"title": "T", "extra": "title: U"}},
		{"a key that counts", `{"id":"ITEM-1","type":"book","title":"T"}`, "book", map[string]string{"title": "T"}},
		{"a key that is an address", `{"id":"http://zotero.org/users/1/items/A","type":"book","title":"T"}`, "book", map[string]string{"title": "T", "extra": "id: http://zotero.org/users/1/items/A"}},
		{"custom variables", `{"type":"book","custom":{"rating":5,"read":"yes"}}`, "book", map[string]string{"extra": "rating: 5\nread: yes"}},
		{"an abstract in JATS", `{"type":"book","abstract":"<jats:p>One</jats:p>"}`, "book", map[string]string{"abstractNote": "One"}},
		{"an access date", `{"type":"webpage","accessed":{"raw":"6 May 2009"}}`, "webpage", map[string]string{"accessDate": "2009-05-06"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := one(t, "["+tt.in+"]")
			if e.Item.Type != tt.itemType {
				t.Errorf("type %q, want %q", e.Item.Type, tt.itemType)
			}
			if diff := cmp.Diff(tt.want, e.Item.Fields); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDates(t *testing.T) {
	tests := []struct{ in, date, parsed string }{
		{`{"date-parts":[[2008,6,26]]}`, "2008-06-26", "2008-06-26"},
		{`{"date-parts":[["2008","06"]]}`, "2008-06", "2008-06"},
		{`{"date-parts":[["2008"]]}`, "2008", "2008"},
		{`{"date-parts":[[-44]]}`, "-0044", "-0044"},
		{`{"date-parts":[[1999],[2001]]}`, "1999/2001", "1999"},
		{`{"date-parts":[[1999]],"circa":true}`, "1999~", "1999"},
		{`{"date-parts":[[1999]],"circa":0}`, "1999", "1999"},
		{`{"date-parts":[[1999]],"season":1}`, "Spring 1999", "1999"},
		{`{"date-parts":[[1999]],"season":"Michaelmas"}`, "Michaelmas 1999", "1999"},
		{`{"date-parts":[[1999,22]]}`, "Summer 1999", "1999"},
		{`{"date-parts":[[2008,0,0]]}`, "2008", "2008"},
		{`{"date-parts":[[2008,6,99]]}`, "2008-06", "2008-06"},
		{`{"raw":"26 June 2008"}`, "26 June 2008", "2008-06-26"},
		{`{"literal":"in press"}`, "in press", ""},
		{`{"year":2008,"month":"6"}`, "2008-06", "2008-06"},
		{`"2008-06"`, "2008-06", "2008-06"},
		{`2008`, "2008", "2008"},
		{`{"date-parts":[]}`, "", ""},
		{`{"date-parts":[[null]]}`, "", ""},
		{`{"date-parts":"x"}`, "", ""},
		{`[]`, "", ""},
		{`true`, "", ""},
	}
	for _, tt := range tests {
		e := one(t, `{"type":"book","title":"T","issued":`+tt.in+`}`)
		if e.Item.Fields["date"] != tt.date || e.Item.ParsedDate != tt.parsed {
			t.Errorf("%s is %q, %q; want %q, %q", tt.in, e.Item.Fields["date"], e.Item.ParsedDate, tt.date, tt.parsed)
		}
	}
}

func TestNames(t *testing.T) {
	tests := []struct {
		in   string
		want []library.Creator
	}{
		{`"author":[{"family":"Lovelace","given":"Ada"},{"literal":"WHO"}]`, []library.Creator{{Role: "author", Family: "Lovelace", Given: "Ada"}, {Role: "author", Name: "WHO"}}},
		{`"author":[{"family":"Berg","given":"A.","non-dropping-particle":"van den"}]`, []library.Creator{{Role: "author", Family: "van den Berg", Given: "A."}}},
		{`"author":[{"family":"Alembert","given":"Jean","non-dropping-particle":"d'"}]`, []library.Creator{{Role: "author", Family: "d'Alembert", Given: "Jean"}}},
		{`"author":[{"family":"Humboldt","given":"W.","dropping-particle":"von"}]`, []library.Creator{{Role: "author", Family: "Humboldt", Given: "W. von"}}},
		{`"author":[{"family":"King","given":"M. L.","suffix":"Jr."}]`, []library.Creator{{Role: "author", Family: "King", Given: "M. L., Jr."}}},
		{`"author":["Doe, Jane","NASA",{},7]`, []library.Creator{{Role: "author", Family: "Doe", Given: "Jane"}, {Role: "author", Name: "NASA"}}},
		{`"author":{"family":"Doe"}`, []library.Creator{{Role: "author", Family: "Doe"}}},
		{`"collection-editor":[{"family":"A"}],"editor":[{"family":"B"}],"translator":[{"family":"C"}]`, []library.Creator{{Role: "seriesEditor", Family: "A"}, {Role: "editor", Family: "B"}, {Role: "translator", Family: "C"}}},
		{`"recipient":[{"family":"A"}]`, []library.Creator{{Role: "author", Family: "A"}}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, one(t, `{"type":"book",`+tt.in+`}`).Item.Creators); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.in, diff)
		}
	}
}

func TestForms(t *testing.T) {
	const item = `{"type":"book","title":"T"}`
	tests := map[string]struct {
		in      string
		entries int
	}{
		"an array":             {"[" + item + "," + item + "]", 2},
		"one item":             {item, 1},
		"an object with items": {`{"config": {"a": ["]", "["]}, "items": [` + item + "," + item + `], "more": 1}`, 2},
		"an item a line":       {item + "\n" + item + "\n", 2},
		"a byte-order mark":    {"\ufeff[" + item + "]", 1},
		"empty":                {"[]", 0},
		"nothing":              {" \n", 0},
		"a comma too many":     {"[" + item + ",]", 1},
		"a missing comma":      {"[" + item + item + "]", 2},
		"an end missing":       {"[" + item, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if doc := read(t, tt.in); len(doc.Entries) != tt.entries {
				t.Errorf("%d entries, want %d (%+v)", len(doc.Entries), tt.entries, doc.Problems)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	const good = `{"type":"book","title":"T"}`
	tests := []struct {
		name, in string
		entries  int
		line     int
		reason   string
	}{
		{"a file that ends", "[" + good + ",\n{\"type\":\"book\",\"ti", 1, 2, "the file ends inside it, or a quote or bracket in it is missing"},
		{"a value missing", "[" + good + ",\n{\"type\":},\n" + good + "]", 2, 2, "it is not valid JSON (line 2)"},
		{"a quote missing", "[" + good + ",\n{\"type\":\"book\",\n\"title\":\"T\n,\"author\":[{\"family\":\"A\"}]\n},\n" + good + "]", 2, 2, "a text in it has no end"},
		{"a quote missing in one line", "[" + good + `,{"type":"book,"author":[{"family":"A"},{"family":"B"}],"title":"T"},` + good + "," + good + "]", 3, 1, "the file ends inside it, or a quote or bracket in it is missing"},
		{"the last quote missing in one line", "[" + good + `,{"type":"book","title":"T},` + good + "," + good + "]", 3, 1, "the file ends inside it, or a quote or bracket in it is missing"},
		{"no type", `[{"title":"T"}]`, 1, 1, "it has no type and was taken for a document"},
		{"an unknown type", `[{"type":"treaty"}]`, 1, 1, "its type is not one of Zotero's and was taken for a document"},
		{"no item", "[" + good + `,{"a":{}}]`, 1, 1, "it has neither a type nor a title, so that it is no CSL item"},
		{"Latin-1", "[{\"type\":\"book\",\"title\":\"caf\xe9\"}]", 1, 1, "it is not in UTF-8 and was read as Windows-1252"},
		{"too deep", "[" + good + `,{"type":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}]", 1, 1, "it is nested too deeply"},
		{"too large", "[" + good + `,{"type":"book","title":"` + strings.Repeat("x", 9<<20) + `"},` + good + "]", 2, 1, "it is larger than 8 MiB"},
		{"a file that ends between entries", "[" + good + ",\n", 1, 2, "the file ends before its list of entries does; what came after this place is missing"},
		{"a list in an object that ends", `{"items":[` + good, 1, 1, "the file ends before its list of entries does; what came after this place is missing"},
		{"values between entries", "[" + good + ",\n7,null," + good + "]", 2, 2, "something that is no JSON object stands between the entries"},
		{"a date", `[{"type":"book","issued":"someday"}]`, 1, 1, "its date can't be read and is kept as it is written"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := read(t, tt.in)
			if len(doc.Entries) != tt.entries {
				t.Errorf("%d entries, want %d", len(doc.Entries), tt.entries)
			}
			if len(doc.Problems) != 1 || doc.Problems[0].Line != tt.line || doc.Problems[0].Reason != tt.reason {
				t.Errorf("problems %+v, want line %d: %s", doc.Problems, tt.line, tt.reason)
			}
		})
	}
}

func TestFilesThatAreNotCSL(t *testing.T) {
	for name, in := range map[string]string{
		"binary": "[\x00]", "prose": "Dear all", "BibTeX": "@book{a, title={T}}", "brackets": strings.Repeat("[", 1<<20) + "x",
		"braces": strings.Repeat("{", 1<<20), "another JSON": `{"name":{"a":1}}`, "a broken one": `[{"type":]`,
	} {
		t.Run(name, func(t *testing.T) {
			doc, err := Read(t.Context(), strings.NewReader(in), "x")
			if library.CodeOf(err) != library.Invalid || doc != nil {
				t.Errorf("Read gave %v, %v; want code invalid", doc, err)
			}
		})
	}
}

// itemTypes are Zotero's.
func itemTypes() []string {
	var types []string
	for _, names := range cslvar.New().Types {
		types = append(types, names...)
	}
	slices.Sort(types)
	return types
}

// full returns an item that has every field and creator role of its type.
func full(itemType string) *library.Item {
	item := &library.Item{Type: itemType, Fields: map[string]string{}, Tags: []string{"one", "two, three"}}
	for _, field := range zschema.Fields(itemType) {
		item.Fields[field] = "The " + field
	}
	for field, value := range map[string]string{
		"date": "2008-06-26", "dateEnacted": "1999-12", "dateDecided": "2001", "issueDate": "1990-02-27", "filingDate": "1989-01-01",
		"accessDate": "2010-01-02", "DOI": "10.1000/182", "originalDate": "1867", "priorityDate": "1988-01-01", "citationKey": "key",
	} {
		if item.Fields[field] != "" {
			item.Fields[field] = value
		}
	}
	for _, role := range zschema.Creators(itemType) {
		item.Creators = append(item.Creators, library.Creator{Role: role, Family: "van der " + role, Given: "Ada B. von, Jr."})
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
			if diff := cmp.Diff(want.Fields, got.Fields); diff != "" {
				t.Errorf("fields (-was +is):\n%s\n%s", diff, out.String())
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

// byRole returns the names of each role in their order: that is what CSL
// keeps.
func byRole(creators []library.Creator) map[string][]string {
	m := map[string][]string{}
	for _, c := range creators {
		m[c.Role] = append(m[c.Role], c.Sortable())
	}
	return m
}

func TestWrittenDates(t *testing.T) {
	tests := []struct{ date, want string }{
		{"2008-06-26", `{"date-parts":[[2008,6,26]]}`},
		{"June 2008", `{"date-parts":[[2008,6]]}`},
		{"1999/2001", `{"date-parts":[[1999],[2001]]}`},
		{"1999~", `{"circa":true,"date-parts":[[1999]]}`},
		{"Spring 1999", `{"date-parts":[[1999]],"season":1}`},
		{"-0044-03", `{"date-parts":[[-44,3]]}`},
		{"2008/06/26", `{"date-parts":[[2008,6,26]]}`},
		{"in press", `{"literal":"in press"}`},
	}
	for _, tt := range tests {
		if got, _ := json.Marshal(cslDate(tt.date, false)); string(got) != tt.want {
			t.Errorf("%q is written as %s, want %s", tt.date, got, tt.want)
		}
	}
}

func TestWriteIsValidJSON(t *testing.T) {
	hostile := "\"}],\n{\"type\":\"book\\\x00\u2028</script>\xff"
	items := []*library.Item{{}, {Type: "nothing", Fields: map[string]string{"title": hostile, "x": hostile}}, {Type: "book", Tags: []string{hostile}, Creators: []library.Creator{{Family: hostile, Given: hostile}}}}
	for n := range len(items) + 1 {
		var out bytes.Buffer
		if err := Write(&out, items[:n]); err != nil {
			t.Fatal(err)
		}
		var back []map[string]any
		if err := json.Unmarshal(out.Bytes(), &back); err != nil || len(back) != n {
			t.Errorf("%d items became %d: %v\n%s", n, len(back), err, out.String())
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{
		`[{"id":"a","type":"book","title":"T","issued":{"date-parts":[[2008,6]]},"author":[{"family":"A","given":"B","suffix":"Jr."}]}]`,
		`{"items":[{"type":"song","number":"1"}]}`, `[{"type":"bill","note":"Type: hearing\nx: y"}`, "[{\"a\":\"\n},\n{\"type\":\"book\"}]", `[[[[{}`, `{"type":"x","keyword":"a;b,c","id":1}`,
		"\xef\xbb\xbf[{\"title\":[\"a\",1,null]}]", "[{\"type\":\"book\",\"title\":\"\xe9\\ud800\"}]", `[{"type":"personal_communication","issued":{"season":4,"circa":1,"literal":""}}]`,
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
		again, err := Read(t.Context(), bytes.NewReader(out.Bytes()), "x")
		if err != nil {
			t.Fatal(err)
		}
		if len(again.Entries) != len(doc.Entries) {
			t.Fatalf("%d entries became %d:\n%s", len(doc.Entries), len(again.Entries), out.String())
		}
		for i := range items {
			if got := again.Entries[i].Item.Type; got != items[i].Type {
				t.Fatalf("a %s became a %s:\n%s", items[i].Type, got, out.String())
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var file bytes.Buffer
	for i := range 1000 {
		fmt.Fprintf(&file, `%c{"id":"key%d","type":"article-journal","title":"Title","author":[{"family":"Lovelace","given":"Ada"}],"container-title":"J","issued":{"date-parts":[[1843,9]]},"DOI":"10.1000/%d","abstract":"%s"}`,
			"[,"[min(1, i)], i, i, strings.Repeat("Some words of an abstract. ", 30))
	}
	file.WriteString("]")
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
