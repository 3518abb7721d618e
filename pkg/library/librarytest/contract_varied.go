package librarytest

import (
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// The titles of works with markup, as answers show them.
const (
	shownMarkup  = "Uptake of N2O by Homo sapiens Settlements"
	shownFormula = "α-decay and D2O below 10⁻³ kelvin"
)

// variedClauses returns the clauses that libraries with a shelf's search keep.
func variedClauses() []clause[library.Reader] {
	found := func(searches func() []found) func(*testing.T, library.Reader) {
		return testSearch(func(string) []found { return searches() })
	}
	return []clause[library.Reader]{
		{"Search_Operators", setWorks, OwnSearch, testSearch(operatorSearches)},
		{"Search_NamesWorks", setWorks, OwnSearch, testSearch(namedSearches)},
		{"Search_SaysWhatItDid", setWorks, OwnSearch, testSaysWhatItDid},
		{"Search_RelaxesPhrases", setWorks, OwnSearch, testRelaxed},
		{"Search_ComparesNames", setWorks, OwnSearch, testSearch(nameSearches)},
		{"Search_CorrectsWords", setWorks, OwnSearch, testCorrected},
		{"Search_FindsInflections", setVaried, OwnSearch, found(inflectionSearches)},
		{"Search_FindsChinese", setVaried, OwnSearch, found(chineseSearches)},
		{"Search_FindsJapanese", setVaried, OwnSearch, found(japaneseSearches)},
		{"Search_FindsKorean", setVaried, OwnSearch, found(koreanSearches)},
		{"Search_FindsThai", setVaried, OwnSearch, found(thaiSearches)},
		{"Search_FindsCyrillic", setVaried, OwnSearch, found(cyrillicSearches)},
		{"Search_FindsArabic", setVaried, OwnSearch, found(arabicSearches)},
		{"Search_FindsAccentsBothWays", setVaried, OwnSearch, found(accentSearches)},
		{"Search_FindsMarkupAsShown", setVaried, OwnSearch, found(markupSearches)},
		{"Search_FindsFormulasAsShown", setVaried, OwnSearch, found(formulaSearches)},
		{"Search_FindsWhatItShows", setVaried, OwnSearch, testShown},
		{"Search_FindsChildren", setVaried, OwnSearch, found(childSearches)},
		{"Search_RanksKnownPairs", setVaried, OwnSearch, testRanking},
		{"Search_TotalsAreComplete", setVaried, OwnSearch, testTotals},
		{"Items_ShowChildren", setVaried, OwnSearch, testChildren},
		{"Items_NameFilesWithoutTitle", setVaried, OwnSearch, testFileNames},
		{"Items_ShowEastAsianNames", setVaried, OwnSearch, testNames},
		{"Tags_AreOneWhateverTheEncoding", setVaried, OwnSearch, testTagForms},
		{"Tags_ListThoseOfChildren", setVaried, OwnSearch, testChildTags},
		{"Text_ReadsTheBestFileFirst", setVaried, OwnSearch, testBestFile},
		{"Passages_CountCharactersNotBytes", setVaried, OwnSearch, testRunes},
	}
}

func inflectionSearches() []found {
	return []found{
		{promise: "a singular finds plurals", q: library.Query{Text: "estuary sediments."}, first: titleEstuaries, source: library.SourceTitle},
		{promise: "a plural finds singulars", q: library.Query{Text: "hedgerows bird."}, first: titleHedgerow},
		{promise: "another form of a verb", q: library.Query{Text: "study of nests."}, first: titleHedgerow, source: library.SourceAbstract},
		{promise: "a phrase of other forms", q: library.Query{Text: `"tidal estuary"`}, only: []string{titleEstuaries}},
		{promise: "an unfinished word", q: library.Query{Text: "sedim"}, only: []string{titleEstuaries}},
	}
}

func chineseSearches() []found {
	return []found{
		{promise: "words of a title, not side by side", q: library.Query{Text: "神经网络 综述"}, first: titleChinese, source: library.SourceTitle},
		{promise: "a part of an abstract", q: library.Query{Text: "图像识别"}, first: titleChinese, source: library.SourceAbstract},
		{promise: "a phrase", q: library.Query{Text: `"神经网络"`}, only: []string{titleChinese}},
		{promise: "a phrase's order", q: library.Query{Text: `"网络神经"`}, only: []string{}},
		{promise: "one character at the end", q: library.Query{Text: "茶"}, only: []string{titleTea}},
		{promise: "one character at the begin", q: library.Query{Text: "简"}, only: []string{titleTea}},
		{promise: "a tag", q: library.Query{TagsAll: []string{"历史"}}, only: []string{titleTea}},
		{promise: "a name", q: library.Query{Creator: "张伟明"}, only: []string{titleChinese}},
		{promise: "a name in parts", q: library.Query{Creator: "伟明 张"}, only: []string{titleChinese}},
		{promise: "a family name", q: library.Query{Creator: "李"}, only: []string{titleChinese}},
		{promise: "parts of two names", q: library.Query{Creator: "张 娜"}, only: []string{}},
	}
}

func japaneseSearches() []found {
	return []found{
		{promise: "Han characters", q: library.Query{Text: "画像認識"}, first: titleJapanese, source: library.SourceTitle},
		{promise: "Katakana", q: library.Query{Text: "ニューラルネットワーク"}, only: []string{titleJapanese}},
		{promise: "Katakana of half width", q: library.Query{Text: "ﾆｭｰﾗﾙﾈｯﾄﾜｰｸ"}, only: []string{titleJapanese}},
		{promise: "decomposed Katakana", q: library.Query{Text: "テ\u3099ータ"}, first: titleJapanese, source: library.SourceAbstract},
		{promise: "Katakana of half width with marks", q: library.Query{Text: "ﾃﾞｰﾀ"}, first: titleJapanese},
		{promise: "Hiragana", q: library.Query{Text: "による"}, only: []string{titleJapanese}},
		{promise: "a name", q: library.Query{Creator: "佐藤マリー"}, only: []string{titleJapanese}},
	}
}

func koreanSearches() []found {
	return []found{
		{promise: "a word before its particle", q: library.Query{Text: "신경망"}, only: []string{titleKorean}, source: library.SourceAbstract},
		{promise: "a part of a word", q: library.Query{Text: "형태소"}, only: []string{titleKorean}, source: library.SourceTitle},
		{promise: "decomposed syllables", q: library.Query{Text: "\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165"}, only: []string{titleKorean}},
		{promise: "a name", q: library.Query{Creator: "김철수"}, only: []string{titleKorean}},
	}
}

func thaiSearches() []found {
	return []found{
		{promise: "a word of the title", q: library.Query{Text: "เครื่อง"}, only: []string{titleThai}, source: library.SourceTitle},
		{promise: "a phrase", q: library.Query{Text: `"เรียนรู้"`}, only: []string{titleThai}},
		{promise: "a phrase with other vowels", q: library.Query{Text: `"เรียนรี้"`}, only: []string{}},
		{promise: "a word of the abstract", q: library.Query{Text: "หนังสือ"}, first: titleThai, source: library.SourceAbstract},
	}
}

func cyrillicSearches() []found {
	return []found{
		{promise: "in capitals", q: library.Query{Text: "НАКАЗАНИЕ"}, only: []string{titleRussian}, source: library.SourceTitle},
		{promise: "a name without its marks", q: library.Query{Creator: "федор достоевский"}, only: []string{titleRussian}},
		{promise: "the abstract", q: library.Query{Text: "студенте."}, only: []string{titleRussian}, source: library.SourceAbstract},
	}
}

func arabicSearches() []found {
	return []found{
		{promise: "without vowel marks", q: library.Query{Text: "مقدمة الحاسوب"}, only: []string{titleArabic}, source: library.SourceTitle},
		{promise: "with vowel marks", q: library.Query{Text: "كتاب والبيانات"}, only: []string{titleArabic}, source: library.SourceAbstract},
		{promise: "a stretched word", q: library.Query{Text: "كتـــاب"}, only: []string{titleArabic}},
		{promise: "another form of a letter", q: library.Query{Text: "مقدمه"}, only: []string{titleArabic}},
		{promise: "a name without its hamza", q: library.Query{Creator: "احمد الخوارزمی"}, only: []string{titleArabic}},
	}
}

func accentSearches() []found {
	both := []string{titleComposed, titleDecomposed}
	return []found{
		{promise: "composed, without accents", q: library.Query{Text: "riviere gelee"}, only: []string{titleComposed}},
		{promise: "composed, with decomposed accents", q: library.Query{Text: "rivie\u0300re gele\u0301e"}, only: []string{titleComposed}},
		{promise: "decomposed, without accents", q: library.Query{Text: "creme brulee"}, only: []string{titleDecomposed}},
		{promise: "decomposed, with composed accents", q: library.Query{Text: "crème brûlée"}, only: []string{titleDecomposed}},
		{promise: "a decomposed abstract", q: library.Query{Text: "déjeuner"}, only: []string{titleDecomposed}, source: library.SourceAbstract},
		{promise: "names, composed", q: library.Query{Creator: "Lefèvre"}, only: both},
		{promise: "names, decomposed", q: library.Query{Creator: "Lefe\u0300vre"}, only: both},
		{promise: "names, without accents", q: library.Query{Creator: "lefevre"}, only: both},
		{promise: "a tag, composed", q: library.Query{TagsAll: []string{"café"}}, only: both},
		{promise: "a tag, decomposed", q: library.Query{TagsAny: []string{"cafe\u0301"}}, only: both},
		{promise: "a tag in capitals", q: library.Query{TagsAll: []string{"CAFÉ"}}, only: both},
		{promise: "a tag, without its accent", q: library.Query{TagsAll: []string{"cafe"}}, only: both},
	}
}

func markupSearches() []found {
	return []found{
		{promise: "a formula in tags", q: library.Query{Text: "N2O."}, only: []string{titleMarkup}, source: library.SourceTitle},
		{promise: "a formula in lowered digits", q: library.Query{Text: "N₂O."}, only: []string{titleMarkup}},
		{promise: "the source of a title", q: library.Query{Text: "N<sub>2</sub>O."}, only: []string{titleMarkup}},
		{promise: "a title as shown, as a phrase", q: library.Query{Text: `"` + shownMarkup + `"`}, only: []string{titleMarkup}},
		{promise: "a formula in the abstract", q: library.Query{Text: "CO2."}, only: []string{titleMarkup}, source: library.SourceAbstract},
		{promise: "a word that tags divide", q: library.Query{Text: "nadh."}, only: []string{titleMarkup}},
		{promise: "the name of a tag", q: library.Query{Text: "sub."}, only: []string{}},
		{promise: "another name of a tag", q: library.Query{Text: "span."}, only: []string{}},
		{promise: "an attribute", q: library.Query{Text: "variant."}, only: []string{}},
		{promise: "a tag as shown", q: library.Query{TagsAll: []string{"e. coli"}}, only: []string{titleMarkup}},
	}
}

func formulaSearches() []found {
	return []found{
		{promise: "a Greek letter", q: library.Query{Text: "α-decay"}, first: titleFormula, source: library.SourceTitle},
		{promise: "the source of a formula", q: library.Query{Text: `$\alpha$-decay`}, first: titleFormula},
		{promise: "a chemical formula", q: library.Query{Text: "D2O."}, only: []string{titleFormula}},
		{promise: "a power, as a phrase", q: library.Query{Text: `"10⁻³ kelvin"`}, only: []string{titleFormula}},
		{promise: "a power, typed plainly", q: library.Query{Text: `"10-3 kelvin"`}, only: []string{titleFormula}},
		{promise: "a title as shown, as a phrase", q: library.Query{Text: `"` + shownFormula + `"`}, only: []string{titleFormula}},
		{promise: "the name of a command", q: library.Query{Text: "alpha."}, only: []string{}},
		{promise: "another name of a command", q: library.Query{Text: "ce."}, only: []string{}},
	}
}

func childSearches() []found {
	lichens := []string{titleChildren}
	return []found{
		{promise: "a note", q: library.Query{Text: "moistened thalli"}, only: lichens, source: library.SourceNote},
		{promise: "a note in a file", q: library.Query{Text: "watermarked"}, only: lichens, source: library.SourceNote},
		{promise: "marked words", q: library.Query{Text: "crustose"}, only: lichens, source: library.SourceAnnotation, page: "12"},
		{promise: "a comment", q: library.Query{Text: "apothecia"}, only: lichens, source: library.SourceAnnotation, page: "13"},
		{promise: "a note's tag, by words", q: library.Query{Text: "reread"}, only: lichens, source: library.SourceTags},
		{promise: "an annotation's tag, by words", q: library.Query{Text: `"to verify"`}, only: lichens, source: library.SourceTags},
		{promise: "a note's tag, as a filter", q: library.Query{TagsAll: []string{"to reread"}}, only: lichens},
		{promise: "an annotation's tag, as a filter", q: library.Query{TagsAny: []string{"To Verify"}}, only: lichens},
		{promise: "tags of a work and of its children", q: library.Query{TagsAll: []string{"botany", "to verify", "to reread"}}, only: lichens},
		{promise: "no such tag on a child", q: library.Query{Text: "lichens", TagsNone: []string{"to verify"}}, only: []string{}},
		{promise: "a file's name for a title", q: library.Query{Text: "ledger"}, only: []string{nameOfFile}, source: library.SourceTitle},
	}
}

// testShown checks that a phrase copied from a passage finds its work.
func testShown(t *testing.T, r library.Reader) {
	for _, text := range []string{"uptake", "fluxes", "α decay", "déjeuner", "图像识别", "รู้"} {
		got, err := r.Search(t.Context(), library.Query{Text: text, Limit: 1})
		if err != nil || len(got.Items) != 1 || got.Items[0].Match == nil {
			t.Errorf("%q: %d hits, %v", text, len(got.Items), err)
			continue
		}
		hit := got.Items[0]
		again, err := r.Search(t.Context(), library.Query{Text: `"` + hit.Match.Text + `"`, Limit: 5})
		if err != nil || len(again.Items) != 1 || again.Items[0].Item.ID != hit.Item.ID {
			t.Errorf("the passage %q as a phrase: %q, %v", hit.Match.Text, titlesOf(again.Items), err)
		}
	}
}

// testRanking checks that of two works the one that answers a query better comes
// first.
func testRanking(t *testing.T, r library.Reader) {
	for _, c := range []struct {
		promise, query, better, worse string
	}{
		{"the title before the abstract", "kelp", titleKelp, titleCoast},
		{"a short title before a long one", "kelp", titleKelp, titleKelpTrade},
		{"the title before the abstract, of another word", "harbours", titleHarbour, titleCoast},
		{"all words before some", "kelp coast", titleCoast, titleKelp},
		{"both words before the rarer one", "spring kelp ashes", titleKelpTrade, titleKelp},
		{"the whole word before one that begins with it", "harbour", titleHarbour, titleCoast},
		{"the work that a DOI names first", "10.5555/plankton.77 spring tables", titlePlankton, "Spring Tables, Volume 1"},
	} {
		got, err := r.Search(t.Context(), library.Query{Text: c.query, Limit: 50})
		if err != nil {
			t.Errorf("%s: %v", c.promise, err)
			continue
		}
		titles := titlesOf(got.Items)
		better, worse := slices.Index(titles, c.better), slices.Index(titles, c.worse)
		if better < 0 || worse < 0 || better > worse {
			t.Errorf("%s: %q finds %q at %d and %q at %d of %q", c.promise, c.query, c.better, better, c.worse, worse, titles)
		}
		for i := 1; i < len(got.Items); i++ {
			if got.Items[i].Score > got.Items[i-1].Score {
				t.Errorf("%s: score %g follows %g", c.promise, got.Items[i].Score, got.Items[i-1].Score)
			}
		}
	}
}

// testTotals checks that a total is the number of works on all pages.
func testTotals(t *testing.T, r library.Reader) {
	for _, c := range []struct {
		q    library.Query
		want int
	}{
		{library.Query{}, len(Varied())},
		{library.Query{Text: "spring"}, 9},
		{library.Query{Text: "spring", ItemTypes: []string{"report"}}, 8},
		{library.Query{Text: "kelp spring"}, 0},
		{library.Query{Text: "kelp OR spring"}, 12},
		{library.Query{ItemTypes: []string{"thesis", "preprint"}}, 2},
		{library.Query{TagsNone: []string{"café"}}, len(Varied()) - 2},
		{library.Query{Text: "zxqvwy"}, 0},
		{library.Query{HasText: true}, 2},
		{library.Query{Text: "reef", HasText: true}, 2},
		{library.Query{Text: "-has:text"}, len(Varied()) - 2},
	} {
		for _, limit := range []int{1, 3, 100} {
			c.q.Limit = limit
			if got := meeting(walk(t, r, c.q)); len(got) != c.want {
				t.Errorf("%+v: %d works, want %d", c.q, len(got), c.want)
			}
		}
	}
}

// testChildren checks what a work shows of its children.
func testChildren(t *testing.T, r library.Reader) {
	it := find(t, r, titleChildren)
	var notes []string
	for _, n := range it.Notes {
		notes = append(notes, strings.TrimSpace(n.Text))
		if !validKey(n.Key) {
			t.Errorf("note %q has the key %q", n.Text, n.Key)
		}
	}
	if want := []string{"Thalli differ in colour when moistened.", "Digitised by the herbarium from a watermarked copy."}; !sameSet(notes, want) {
		t.Errorf("notes %q, want %q", notes, want)
	}
	if len(it.Attachments) != 1 || it.Attachments[0].Filename != "lichens.pdf" || len(it.Attachments[0].Annotations) != 2 {
		t.Fatalf("attachments %+v", it.Attachments)
	}
	marks := it.Attachments[0].Annotations
	if marks[0].Color != "#5fb236" || marks[0].Page != "12" || marks[0].Type != "highlight" || !slices.Equal(marks[0].Tags, []string{"to verify"}) {
		t.Errorf("first annotation %+v", marks[0])
	}
	if marks[1].Color != "#ff6666" || marks[1].Page != "13" || marks[1].Type != "underline" || marks[1].Comment != "compare the apothecia" {
		t.Errorf("second annotation %+v", marks[1])
	}
	if !sameSet(it.AllTags(), []string{"botany", "to reread", "to verify"}) || !slices.Equal(it.Tags, []string{"botany"}) {
		t.Errorf("tags %q, with those of children %q", it.Tags, it.AllTags())
	}
}

func testFileNames(t *testing.T, r library.Reader) {
	if it := find(t, r, nameOfFile); it.Field("title") != "" || len(it.Attachments) != 1 {
		t.Errorf("the work of a file is %+v", it)
	}
	got, err := r.Search(t.Context(), library.Query{Sort: library.SortTitle, ItemTypes: []string{"document", "thesis"}, Limit: 5})
	if titles := titlesOf(got.Items); err != nil || !slices.Equal(titles, []string{nameOfFile, titleKorean}) {
		t.Errorf("by title: %q, %v", titles, err)
	}
}

// testNames checks that East Asian names have the family name first.
func testNames(t *testing.T, r library.Reader) {
	for title, want := range map[string]string{
		titleChinese: "张伟明", titleJapanese: "佐藤マリー", titleKorean: "김철수", titleRussian: "Фёдор Достоевский",
	} {
		if it := find(t, r, title); len(it.Creators) == 0 || it.Creators[0].Display() != want {
			t.Errorf("creators %+v of %q, want %s first", it.Creators, title, want)
		}
	}
}

// tagsOf returns the tags with a prefix.
func tagsOf(t *testing.T, r library.Reader, prefix string) []library.Tag {
	t.Helper()
	got, err := r.Tags(t.Context(), library.TagQuery{Prefix: prefix, Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	if got.Total != len(got.Items) {
		t.Errorf("tags with %q: %d of %d", prefix, len(got.Items), got.Total)
	}
	return got.Items
}

func testTagForms(t *testing.T, r library.Reader) {
	for _, prefix := range []string{"caf", "café", "cafe\u0301", "CAFE"} {
		if got := tagsOf(t, r, prefix); !slices.Equal(got, []library.Tag{{Name: "café", Items: 2}}) {
			t.Errorf("tags with %q: %+v, want one on two works", prefix, got)
		}
	}
	if got := tagsOf(t, r, "E. c"); len(got) != 1 || got[0].Items != 1 {
		t.Errorf("a tag with markup: %+v", got)
	}
}

func testChildTags(t *testing.T, r library.Reader) {
	want := []library.Tag{{Name: "to reread", Items: 1}, {Name: "to verify", Items: 1}}
	if got := tagsOf(t, r, "to "); !slices.Equal(got, want) {
		t.Errorf("tags of children %+v, want %+v", got, want)
	}
}

// testBestFile checks that a work's text is that of its PDF or EPUB, and that the
// web page's is there by its key.
func testBestFile(t *testing.T, r library.Reader) {
	for title, file := range map[string]string{titlePDF: "letters.pdf", titleEPUB: "memoirs.epub"} {
		it := find(t, r, title)
		byKey := map[string]string{}
		for _, a := range it.Attachments {
			byKey[a.Key] = a.Filename
		}
		text := textOf(t, r, it.ID.Key, library.TextQuery{})
		if byKey[text.Attachment] != file || !strings.HasPrefix(joined(text), "Fog hid") {
			t.Errorf("the text of %q is that of %q: %.20q", title, byKey[text.Attachment], joined(text))
		}
		for key, name := range byKey {
			if strings.HasSuffix(name, ".html") {
				if page := textOf(t, r, it.ID.Key, library.TextQuery{Attachment: key}); !strings.HasPrefix(joined(page), "Cookies") {
					t.Errorf("the text of the web page is %.20q", joined(page))
				}
			}
		}
	}
}

func testRunes(t *testing.T, r library.Reader) {
	checkPlaces(t, r, find(t, r, titlePDF), "bell nine days")
}
