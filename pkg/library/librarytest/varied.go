package librarytest

import (
	"fmt"
	"slices"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Titles of the works in [Varied] that tests look for, as a reader sees them.
const (
	titleEstuaries  = "Tidal Estuaries and Sediment Budgets"
	titleHedgerow   = "Hedgerow Birds of the Western Counties"
	titleChinese    = "深度神经网络综述与展望"
	titleTea        = "简论中国茶"
	titleJapanese   = "畳み込みニューラルネットワークによる画像認識"
	titleKorean     = "한국어 형태소 분석의 연구"
	titleThai       = "การเรียนรู้ของเครื่องเบื้องต้น"
	titleRussian    = "Преступление и наказание"
	titleArabic     = "مقدّمة في علم الحاسوب"
	titleMarkup     = "Uptake of N<sub>2</sub>O by <i>Homo sapiens</i> Settlements"
	titleFormula    = `$\alpha$-decay and \ce{D2O} below $10^{-3}$ kelvin`
	titleComposed   = "Étude sur la rivière gelée"
	titleDecomposed = "Cre\u0300me bru\u0302le\u0301e: une chronique"
	titleChildren   = "A Field Guide to Lichens"
	titlePDF        = "Letters from a Lighthouse"
	titleEPUB       = "Memoirs of a Cartographer"

	nameOfFile = "quarterly-ledger.pdf" // of the work without a title

	titleKelp      = "Kelp Forests"
	titleCoast     = "A Survey of the Northern Coast"
	titleHarbour   = "Harbour Engineering"
	titlePlankton  = "Plankton Blooms in Spring"
	titleKelpTrade = "The Kelp Trade: Burning, Shipping, and Selling Ashes on the Islands of the North in Two Centuries"
)

// Varied returns a library for the clauses on languages, scripts, markup,
// children, files and ranking. Each call makes a new one.
func Varied() []Work {
	works := slices.Concat(inflected(), scripts(), marked(), withChildren(), ranked())
	for i := range works {
		at := time.Date(2026, 4, 1, 8, i, 0, 0, time.UTC)
		works[i].Item.Added, works[i].Item.Modified = at, at
	}
	return works
}

// titled returns a work of a type with a title and an abstract.
func titled(itemType, title, abstract string, creators ...library.Creator) Work {
	w := Work{Item: library.Item{Type: itemType, Fields: map[string]string{}, Creators: creators}}
	if title != "" {
		w.Item.Fields["title"] = title
	}
	if abstract != "" {
		w.Item.Fields["abstractNote"] = abstract
	}
	return w
}

func author(family, given string) library.Creator {
	return library.Creator{Role: "author", Family: family, Given: given}
}

func inflected() []Work {
	return []Work{
		titled("journalArticle", titleEstuaries, "Deposits carried by rivers were measured at four stations."),
		titled("book", titleHedgerow, "The authors studied nesting and singing."),
	}
}

func scripts() []Work {
	tea := titled("book", titleTea, "")
	tea.Item.Tags = []string{"历史"}
	return []Work{
		titled("journalArticle", titleChinese, "本文回顾了卷积模型在图像识别中的应用。", author("张", "伟明"), author("李", "娜")),
		tea,
		titled("journalArticle", titleJapanese, "手書き文字のデータを用いて評価した。", author("佐藤", "マリー")),
		titled("thesis", titleKorean, "신경망을 이용한 번역 체계를 다룬다.", author("김", "철수")),
		titled("book", titleThai, "หนังสือเล่มนี้อธิบายการจำแนกภาพ"),
		titled("book", titleRussian, "Роман о студенте и процентщице.", author("Достоевский", "Фёдор")),
		titled("book", titleArabic, "كِتَابٌ عن الخوارزميّات والبيانات", author("الخوارزمي", "أحمد")),
	}
}

func marked() []Work {
	markup := titled("journalArticle", titleMarkup, "Fluxes of CO<sub>2</sub> &amp; <span style=\"font-variant:small-caps;\">nad</span>h where a < b.")
	markup.Item.Tags = []string{"<i>E. coli</i>"}
	composed := titled("journalArticle", titleComposed, "Une enquête menée en hiver.", author("Lefèvre", "Zoé"))
	composed.Item.Tags = []string{"café"}
	decomposed := titled("journalArticle", titleDecomposed, "Un de\u0301jeuner a\u0300 la campagne.", author("Lefe\u0300vre", "Ame\u0301lie"))
	decomposed.Item.Tags = []string{"cafe\u0301"}
	return []Work{markup, titled("preprint", titleFormula, `The rate is $\Gamma \sim 10^{-3}$.`), composed, decomposed}
}

func withChildren() []Work {
	lichens := titled("book", titleChildren, "", author("Acharius", "Erik"))
	lichens.Item.Tags = []string{"botany"}
	lichens.Item.Notes = []library.Note{{Text: "Thalli differ in colour when moistened.", Tags: []string{"to reread"}}}
	lichens.Item.Attachments = []library.Attachment{{
		Title: "Scan", Filename: "lichens.pdf", ContentType: "application/pdf",
		Annotations: []library.Annotation{
			{Type: "highlight", Text: "crustose species", Color: "#5fb236", Page: "12", Tags: []string{"to verify"}},
			{Type: "underline", Text: "foliose species", Comment: "compare the apothecia", Color: "#ff6666", Page: "13"},
		},
	}}
	lichens.FileNotes = []string{"Digitised by the herbarium from a watermarked copy."}
	untitled := titled("document", "", "")
	untitled.Item.Attachments = []library.Attachment{{Filename: nameOfFile, ContentType: "application/pdf"}}
	return []Work{
		lichens, untitled,
		filed(titlePDF, library.Attachment{Title: "Web page", Filename: "page.html", ContentType: "text/html"},
			library.Attachment{Title: "Article", Filename: "letters.pdf", ContentType: "application/pdf"}),
		filed(titleEPUB, library.Attachment{Title: "Web page", Filename: "memoirs.html", ContentType: "text/html"},
			library.Attachment{Title: "Book", Filename: "memoirs.epub", ContentType: "application/epub+zip"}),
	}
}

// filed returns a work with a web page and a file, which have two pages of text
// each.
func filed(title string, page, file library.Attachment) Work {
	w := titled("book", title, "")
	w.Item.Attachments = []library.Attachment{page, file}
	w.Texts = [][]library.TextPage{
		pagesOf("Cookies and a menu precede the words.\n", "A footer ends them.\n"),
		pagesOf("Fog hid the reef — for nine days.\n", "The keeper rang a bell every quarter of an hour.\n"),
	}
	for i := range w.Item.Attachments {
		w.Item.Attachments[i].Text = library.TextStatus{Available: true, Pages: 2, PagesRead: 2}
	}
	return w
}

// pagesOf returns pages of text, from page 1.
func pagesOf(texts ...string) []library.TextPage {
	pages := make([]library.TextPage, len(texts))
	offset := 0
	for i, text := range texts {
		pages[i] = library.TextPage{Number: i + 1, Offset: offset, Text: text}
		offset += len([]rune(text))
	}
	return pages
}

// ranked returns works of which a question is answered by one better than by
// another.
func ranked() []Work {
	plankton := titled("journalArticle", titlePlankton, "Diatoms follow the light.")
	plankton.Item.Fields["DOI"] = "10.5555/plankton.77"
	works := []Work{
		titled("book", titleKelp, "An introduction."),
		titled("report", titleCoast, "Among other matters, kelp is mentioned, and so are seals and harbours."),
		titled("book", titleHarbour, "Breakwaters and quays."),
		plankton,
		titled("book", titleKelpTrade, "Merchants and ashes."),
	}
	for i := range 8 { // a word that many works have
		works = append(works, titled("report", fmt.Sprintf("Spring Tables, Volume %d", i+1), ""))
	}
	return works
}
