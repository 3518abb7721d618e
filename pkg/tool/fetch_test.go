package tool

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

func TestFetchShowsAWorkWhole(t *testing.T) {
	c := connect(t, one())
	var out fetchOutput
	c.ask(t, "fetch", `{"id":"`+c.idOf(t, librarytest.TitleEngine)+`"}`, &out)
	if out.Metadata["publicationTitle"] != "Scientific Memoirs" || out.Metadata["itemType"] != "journalArticle" || out.Metadata["year"] != "1843" || out.Metadata["library"] != "Home" {
		t.Errorf("metadata %q", out.Metadata)
	}
	if !slices.Equal(out.Creators, []creatorLine{{"Luigi Federico Menabrea", "author"}, {"Ada Lovelace", "translator"}}) {
		t.Errorf("creators %+v", out.Creators)
	}
	if len(out.Collections) != 1 || out.Collections[0].Path != "Reading/Machines" || !slices.Equal(out.Tags, []string{"computing", "history"}) {
		t.Errorf("collections %+v, tags %q", out.Collections, out.Tags)
	}
	if len(out.Notes) != 1 || !strings.Contains(out.Notes[0].Text, "Jacquard") || !strings.Contains(out.Text, "weaves algebraical patterns") {
		t.Errorf("notes %+v, text %q", out.Notes, out.Text)
	}
	if out.Truncated || out.NextCursor != "" || out.ReadTextCursor != "" || len(out.Notices) > 0 {
		t.Errorf("nothing is missing, yet %+v", out)
	}
	c.ask(t, "fetch", `{"id":"`+c.idOf(t, librarytest.TitleLight)+`"}`, &out)
	if len(out.Attachments) != 1 || !out.Attachments[0].Readable || out.Attachments[0].Pages != 3 || !strings.Contains(out.Text, "pages 1-3 of 3:\nMy design") {
		t.Errorf("attachments %+v, text %q", out.Attachments, out.Text)
	}
	if len(out.Annotations) != 1 || out.Annotations[0].Page != "2" || out.Annotations[0].Comment == "" || out.Annotations[0].Attachment != out.Attachments[0].Key {
		t.Errorf("annotations %+v", out.Annotations)
	}
}

func TestFetch_LeavesOutURLsThatRun(t *testing.T) {
	for address, shown := range map[string]bool{
		"https://example.org/a": true, "http://example.org": true, "www.example.org/a": true, "doi:10.1/x": true, "urn:isbn:1": true, "example.org:8080/a": true,
		"javascript:alert(1)": false, "\tJavaScript:alert(1)": false, "java\nscript:alert(1)": false, "java\u0001script:alert(1)": false, "\u200bjavascript:x": false,
		"data:text/html,x": false, "vbscript:x": false, "file:///etc/passwd": false, "blob:https://a/b": false, "view-source:javascript:x": false,
	} {
		item := library.Item{Type: "webpage", Fields: map[string]string{"title": "A page", "url": address}}
		c := connect(t, fleet{memory(library.GroupID(9), "Pages", []librarytest.Work{{Item: item}})})
		var out fetchOutput
		c.ask(t, "fetch", `{"id":"`+c.idOf(t, "A page")+`"}`, &out)
		if (out.Metadata["url"] != "") != shown || (len(out.Notices) == 0) != shown {
			t.Errorf("%q: %q, %q", address, out.Metadata["url"], out.Notices)
		}
	}
}

func TestItemIDsAreTakenAsTheyComeAndRepaired(t *testing.T) {
	libs := fleet{memory(library.GroupID(4711), "Group", librarytest.Works())}
	c := connect(t, libs)
	id := c.idOf(t, librarytest.TitleLight)
	key := id[len("group:4711/"):]
	child := libs[0].(*librarytest.Memory)
	page, err := child.Items(t.Context(), []string{key})
	items := page.Items
	if err != nil {
		t.Fatal(err)
	}
	for promise, given := range map[string]string{
		"as search gives it":         id,
		"in lower case":              strings.ToLower(id),
		"in upper case":              strings.ToUpper(id),
		"with space around":          "  " + id + " ",
		"as a resource":              "stackroom://group%3A4711/items/" + key,
		"as a resource, colon bare":  "stackroom://group:4711/items/" + key,
		"as the resource's text":     "stackroom://group:4711/items/" + key + "/text",
		"the key of an attachment":   "group:4711/" + items[0].Attachments[0].Key,
		"the key of an annotation":   "group:4711/" + items[0].Attachments[0].Annotations[0].Key,
		"with invisible characters":  "group:\u200b4711/" + key,
		"the key's attachment, text": "stackroom://group%3a4711/items/" + items[0].Attachments[0].Key,
	} {
		t.Run(promise, func(t *testing.T) {
			var out fetchOutput
			c.ask(t, "fetch", fmt.Sprintf(`{"id":%q}`, given), &out)
			if out.ID != id {
				t.Errorf("%q, want %q", out.ID, id)
			}
			if child := strings.Contains(promise, "attachment") || strings.Contains(promise, "annotation"); child != (len(out.Notices) == 1) {
				t.Errorf("notices %q", out.Notices)
			}
		})
	}
	for promise, k := range map[string]struct {
		id    string
		code  library.Code
		words string
	}{
		"a bare key":              {key, library.NotFound, "put the library before it"},
		"no key":                  {"group:4711/", library.Invalid, "local/ABCD2345"},
		"nonsense":                {"<b>\x1b[31m", library.Invalid, "local/ABCD2345"},
		"another's library":       {"user:1/" + key, library.NotFound, "group:4711"},
		"a key that is not there": {"group:4711/NNNNNNNN", library.NotFound, "has no item NNNNNNNN"},
		"nothing":                 {"", library.Invalid, "id"},
	} {
		t.Run(promise, func(t *testing.T) {
			arguments, _ := json.Marshal(map[string]string{"id": k.id})
			if got := c.refuse(t, "fetch", string(arguments), k.code); !strings.Contains(got, k.words) {
				t.Errorf("%q does not say %q", got, k.words)
			}
		})
	}
}

// heavy returns a work with more of everything than an answer can hold.
func heavy() librarytest.Work {
	w := librarytest.Work{Item: library.Item{Type: "book", Fields: map[string]string{
		"title": strings.Repeat("Endless ", 200), "abstractNote": strings.Repeat("On and on. ", 2_000), "extra": strings.Repeat("x: y\n", 3_000),
	}}}
	for i := range 300 {
		w.Item.Fields[fmt.Sprintf("field%03d", i)] = strings.Repeat("v", 900)
		w.Item.Creators = append(w.Item.Creators, library.Creator{Role: "author", Name: fmt.Sprintf("Institution %d", i)})
		w.Item.Tags = append(w.Item.Tags, fmt.Sprintf("tag %d", i))
		w.Item.Notes = append(w.Item.Notes, library.Note{Text: fmt.Sprintf("note-%03d. ", i) + strings.Repeat("a \"word\" ", 50)})
	}
	w.Item.Notes = append(w.Item.Notes, library.Note{Text: strings.Repeat("long note ", 1_000) + "END"})
	a := library.Attachment{Title: "File", Text: library.TextStatus{Available: true, Pages: 40, PagesRead: 40}}
	for i := range 200 {
		a.Annotations = append(a.Annotations, library.Annotation{Type: "highlight", Text: fmt.Sprintf("mark-%03d. ", i), Page: fmt.Sprint(200 - i)})
	}
	w.Item.Attachments = []library.Attachment{a}
	var pages []library.TextPage
	offset := 0
	for i := range 40 {
		text := fmt.Sprintf("Page %d. ", i+1) + strings.Repeat("It \"is\" so\n", 400)
		pages = append(pages, library.TextPage{Number: i + 1, Offset: offset, Text: text})
		offset += len([]rune(text))
	}
	w.Texts = [][]library.TextPage{pages}
	return w
}

func TestFetchLosesNothingOfAWorkThatIsTooLong(t *testing.T) {
	c := connect(t, fleet{memory(library.Local, "Home", []librarytest.Work{heavy()})})
	var found searchOutput
	c.ask(t, "search", `{"query":""}`, &found)
	id := found.Results[0].ID
	notes, marks, last, cursor, pages := map[string]string{}, []string{}, "", "", 0
	for {
		var out fetchOutput
		c.ask(t, "fetch", fmt.Sprintf(`{"id":%q,"cursor":%q}`, id, cursor), &out)
		if pages == 0 && (!out.Truncated || out.ReadTextCursor == "" || len(out.Notices) < 4) {
			t.Errorf("what was cut is not said: %q", out.Notices)
		}
		for _, n := range out.Notes {
			notes[n.Key] += n.Text
		}
		for _, a := range out.Annotations {
			marks = append(marks, a.Page)
		}
		pages++
		if cursor = out.NextCursor; cursor == "" {
			last = strings.Join(out.Notices, " ")
			break
		}
		if !out.Truncated {
			t.Error("there is more, but it is not called truncated")
		}
	}
	if len(notes) != 301 || len(marks) != 200 || pages < 3 {
		t.Errorf("%d notes and %d annotations on %d pages; %s", len(notes), len(marks), pages, last)
	}
	if !slices.IsSortedFunc(marks, func(a, b string) int { m, _ := pageNumber(a); n, _ := pageNumber(b); return m - n }) {
		t.Errorf("annotations out of reading order: %q", marks)
	}
	if !slices.ContainsFunc(slices.Collect(valuesOf(notes)), func(s string) bool { return len(s) == 10_003 && strings.HasSuffix(s, "END") }) {
		t.Error("the long note is not whole")
	}
}

func valuesOf(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

func TestReadTextGivesAllTextInOrder(t *testing.T) {
	work := heavy()
	var want strings.Builder
	for _, p := range work.Texts[0] {
		want.WriteString(p.Text)
	}
	c := connect(t, fleet{memory(library.Local, "Home", []librarytest.Work{work})})
	var found searchOutput
	c.ask(t, "search", `{"query":""}`, &found)
	id := found.Results[0].ID
	read := func(cursor string, from int) string {
		got := ""
		for i := 0; ; i++ {
			var out readTextOutput
			arguments := fmt.Sprintf(`{"id":%q,"cursor":%q,"max_chars":%d}`, id, cursor, 37_000-i%2*30_000)
			c.ask(t, "read_text", arguments, &out)
			if out.Completeness.Complete || out.Completeness.Chars != want.Len() || out.Completeness.Pages != 40 {
				t.Fatalf("completeness %+v", out.Completeness)
			}
			n := 0
			for _, p := range out.Pages {
				if p.Offset != from+len(got) {
					t.Fatalf("page at %d, want %d", p.Offset, from+len(got))
				}
				got += p.Text
				n += len(p.Text)
			}
			if n != out.Completeness.CharsReturned {
				t.Errorf("%d characters returned, it says %d", n, out.Completeness.CharsReturned)
			}
			if cursor = out.NextCursor; cursor == "" {
				return got
			}
		}
	}
	if got := read("", 0); got != want.String() {
		t.Errorf("read %d characters of %d, or others", len(got), want.Len())
	}
	var work1 fetchOutput
	c.ask(t, "fetch", fmt.Sprintf(`{"id":%q}`, id), &work1)
	var first readTextOutput
	c.ask(t, "read_text", fmt.Sprintf(`{"id":%q,"cursor":%q}`, id, work1.ReadTextCursor), &first)
	at := first.Pages[0].Offset
	if got := read(work1.ReadTextCursor, at); got != want.String()[at:] {
		t.Error("the cursor of fetch does not lead to the rest")
	}
}

func TestReadTextByPages(t *testing.T) {
	c := connect(t, one())
	id := c.idOf(t, librarytest.TitleLight)
	for pages, want := range map[string]struct {
		returned string
		complete bool
	}{
		"2": {"2", false}, "2-3": {"2-3", false}, "1-3": {"1-3", true}, "2-": {"2-3", false}, "1 - 99": {"1-3", true}, "1–2": {"1-2", false},
	} {
		var out readTextOutput
		c.ask(t, "read_text", fmt.Sprintf(`{"id":%q,"pages":%q}`, id, pages), &out)
		if out.Completeness.PagesReturned != want.returned || out.Completeness.Complete != want.complete || out.NextCursor != "" {
			t.Errorf("pages %s: %+v, cursor %q", pages, out.Completeness, out.NextCursor)
		}
	}
	var out readTextOutput
	c.ask(t, "read_text", fmt.Sprintf(`{"id":%q}`, id), &out)
	if !out.Completeness.Complete || out.Completeness.PagesReadable != 3 || len(out.Pages) != 3 || out.Truncated {
		t.Errorf("the whole text: %+v", out.Completeness)
	}
	c.ask(t, "read_text", fmt.Sprintf(`{"id":%q}`, c.idOf(t, librarytest.TitleEngine)), &out)
	if out.Completeness.Complete || out.Completeness.Readable || out.Completeness.Reason == "" || len(out.Pages) != 0 {
		t.Errorf("a work without text: %+v", out.Completeness)
	}
	for arguments, words := range map[string]string{
		`"pages":"4"`:                  "3 pages",
		`"pages":"0"`:                  "pages",
		`"pages":"5-3"`:                "pages",
		`"pages":"one"`:                "pages",
		`"pages":"1","question":"why"`: "question",
		`"max_chars":37001`:            "max_chars",
		`"cursor":"AAAA"`:              "cursor",
		`"question":"why","limit":21`:  "limit",
		`"question":["a","b"]`:         "question",
		`"question":"` + strings.Repeat("a", 1_001) + `"`: "at most 1000",
	} {
		if got := c.refuse(t, "read_text", fmt.Sprintf(`{"id":%q,%s}`, id, arguments), library.Invalid); !strings.Contains(got, words) {
			t.Errorf("%.60s: %q", arguments, got)
		}
	}
	c.refuse(t, "read_text", fmt.Sprintf(`{"id":%q,"attachment":"NNNNNNNN"}`, id), library.NotFound)
}

func TestPagesOfALongTextGoOnByCursorAndStopWhereAsked(t *testing.T) {
	c := connect(t, fleet{memory(library.Local, "Home", []librarytest.Work{heavy()})})
	var found searchOutput
	c.ask(t, "search", `{"query":""}`, &found)
	var seen []int
	cursor := ""
	for {
		var out readTextOutput
		c.ask(t, "read_text", fmt.Sprintf(`{"id":%q,"pages":"5-20","cursor":%q}`, found.Results[0].ID, cursor), &out)
		for _, p := range out.Pages {
			if len(seen) == 0 || seen[len(seen)-1] != p.Page {
				seen = append(seen, p.Page)
			}
		}
		if cursor = out.NextCursor; cursor == "" {
			break
		}
	}
	if len(seen) != 16 || seen[0] != 5 || seen[15] != 20 {
		t.Errorf("pages %v", seen)
	}
}

func TestReadTextAnswersAQuestion(t *testing.T) {
	c := connect(t, one())
	id := c.idOf(t, librarytest.TitleLight)
	var out readTextOutput
	c.ask(t, "read_text", fmt.Sprintf(`{"id":%q,"question":"what is the whiteness of light","limit":2}`, id), &out)
	if len(out.Passages) != 2 || !strings.Contains(out.Passages[0].Text, "whiteness") || out.Passages[0].Source != "fulltext" || out.Passages[0].End <= out.Passages[0].Start {
		t.Errorf("passages %+v", out.Passages)
	}
	if out.Completeness.Complete || out.Completeness.Pages != 3 || len(out.Pages) > 0 {
		t.Errorf("completeness %+v", out.Completeness)
	}
	c.ask(t, "read_text", fmt.Sprintf(`{"id":%q,"question":"zxqvwy"}`, id), &out)
	if len(out.Passages) != 0 || len(out.Notices) != 1 {
		t.Errorf("nothing matches: %+v, %q", out.Passages, out.Notices)
	}
}
