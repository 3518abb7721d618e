package manuscript

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// wordBody is a body with a paragraph for each text, in runs that "|" separates.
func wordBody(paragraphs ...string) string {
	var b markup
	for _, p := range paragraphs {
		b.open("w:p")
		for run := range strings.SplitSeq(p, "|") {
			b.open("w:r")
			if inner, ok := strings.CutPrefix(run, "!"); ok {
				run = inner
				b.WriteString(`<w:rPr><w:b/><w:sz w:val="30"/></w:rPr>`)
			}
			b.element("w:t", run)
			b.close("w:r")
		}
		b.close("w:p")
	}
	return b.String()
}

// word returns a Word document with a body, and with further parts instead of
// those that it would have.
func word(t testing.TB, body string, more map[string]string) string {
	t.Helper()
	all := map[string]string{
		"[Content_Types].xml": contentTypes(), "_rels/.rels": packageRelations,
		"word/document.xml":            xmlHead + "<w:document " + wordNames + "><w:body>" + body + `<w:sectPr><w:pgSz w:w="1"/></w:sectPr></w:body></w:document>`,
		"word/_rels/document.xml.rels": xmlHead + `<Relationships xmlns="` + packageSpace + `/relationships"><Relationship Id="rId1" Type="` + relationSpace + `/styles" Target="styles.xml"/></Relationships>`,
		"word/styles.xml":              xmlHead + "<w:styles " + wordNames + `><w:style w:type="paragraph" w:styleId="Kop1"><w:name w:val="heading 1"/></w:style></w:styles>`,
		"word/theme/other.bin":         "\x00\x01other",
	}
	maps.Copy(all, more)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if err := writePart(z, name, strings.NewReader(all[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// withNotes returns a part with notes, and the relationships with it.
func withNotes(kind, body string) map[string]string {
	return map[string]string{
		"word/" + kind + ".xml":        xmlHead + "<w:" + kind + " " + wordNames + ">" + body + "</w:" + kind + ">",
		"word/_rels/document.xml.rels": xmlHead + `<Relationships xmlns="` + packageSpace + `/relationships"><Relationship Id="rId1" Type="` + relationSpace + `/styles" Target="styles.xml"/><Relationship Id="rId2" Type="` + relationSpace + `/` + kind + `" Target="/word/` + kind + `.xml"/></Relationships>`,
	}
}

// texts returns the texts of the paragraphs of a part. "*" is a reference to a
// footnote, and a tab also the place of one.
func texts(t testing.TB, part string) []string {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(part))
	var all []string
	inText := false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%v in %s", err, part)
		}
		switch token := token.(type) {
		case xml.StartElement:
			switch token.Name.Local {
			case "p":
				all = append(all, "")
			case "footnoteReference":
				all[len(all)-1] += "*"
			case "tab":
				if len(all) > 0 {
					all[len(all)-1] += "\t"
				}
			case "t":
				inText = true
			}
		case xml.EndElement:
			inText = inText && token.Name.Local != "t"
		case xml.CharData:
			if inText {
				all[len(all)-1] += string(token)
			}
		}
	}
}

func TestWord_CitesInRuns(t *testing.T) {
	for source, want := range map[string]string{
		"A [@doe99].":                        "A (Doe, 1999).",
		"A [see |!@do|e99, p. |3; @lee|10].": "A (see Doe, 1999, p. 3; Lee Ltd, 2010).",
		"@smith04| [p. 3] & <b> say":         "Smith and Roe (2004, p. 3) & <b> say",
		"A & [@doe99] & [@lee10] & b":        "A & (Doe, 1999) & (Lee Ltd, 2010) & b",
		`\@doe99 and a@doe99`:                "@doe99 and a@doe99",
		"[@{doe99}, S. 3 & 4] é [-@doe99]":   "(Doe, 1999, S. 3 & 4) é (1999)",
		"A [@x]":                             "A x?",
	} {
		out, reports := cited(t, word(t, wordBody(source), nil), DOCX, DOCX, "apa")
		doc := parts(t, out)["word/document.xml"]
		if got := texts(t, doc); got[0] != want || len(reports) > 0 || strings.Contains(doc, `xml:space="preserve" xml:space`) {
			t.Errorf("%q: %q, want %q; %q", source, got[0], want, reports)
		}
	}
}

func TestWord_KeepsEverythingElse(t *testing.T) {
	odd := `<w:p w:rsidR="1"><w:pPr><w:jc w:val="center"/><w:rPr><w:i/></w:rPr></w:pPr><w:proofErr w:type="spellStart"/><w:r><w:rPr><w:b/></w:rPr><w:t>Bold [@doe</w:t></w:r><w:proofErr w:type="spellEnd"/>` +
		`<w:r><w:t>99]</w:t></w:r><w:ins w:id="1" w:author="A"><w:r><w:t xml:space="preserve"> new [@lee10]</w:t></w:r></w:ins><w:del w:id="2" w:author="A"><w:r><w:delText>[@x]</w:delText></w:r></w:del>` +
		`<w:moveFrom w:id="3" w:author="A"><w:r><w:t>[@y]</w:t></w:r></w:moveFrom><w:r><w:instrText>[@z]</w:instrText></w:r><w:r><w:tab/><w:noBreakHyphen/></w:r></w:p>`
	source := word(t, odd+wordBody("Plain."), nil)
	out, _ := cited(t, source, DOCX, DOCX, "apa")
	before, after := parts(t, source), parts(t, out)
	for name, text := range before {
		if name != "word/document.xml" && name != "word/styles.xml" && after[name] != text {
			t.Errorf("%s changed", name)
		}
	}
	want := before["word/document.xml"]
	for _, change := range [][2]string{
		{`<w:t>Bold [@doe</w:t></w:r>`, `<w:t xml:space="preserve">Bold </w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">(Doe, 1999)</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve"></w:t></w:r>`},
		{`<w:t>99]</w:t>`, `<w:t></w:t>`},
		{` new [@lee10]</w:t></w:r>`, ` new </w:t></w:r><w:r><w:t xml:space="preserve">(Lee Ltd, 2010)</w:t></w:r><w:r><w:t xml:space="preserve"></w:t></w:r>`},
	} {
		if !strings.Contains(want, change[0]) {
			t.Fatal(change[0])
		}
		want = strings.Replace(want, change[0], change[1], 1)
	}
	begin, rest, _ := strings.Cut(after["word/document.xml"], `<w:p><w:pPr><w:pStyle w:val="Kop1"/>`)
	_, end, _ := strings.Cut(rest, `<w:sectPr>`)
	if got := begin + `<w:sectPr>` + end; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestWord_FormatsAsTheRun(t *testing.T) {
	out, _ := cited(t, word(t, wordBody("!A [see *x* @anon]"), nil), DOCX, DOCX, "apa")
	doc := parts(t, out)["word/document.xml"]
	if !strings.Contains(doc, `<w:r><w:rPr><w:b/><w:i/><w:sz w:val="30"/></w:rPr><w:t xml:space="preserve">No Author</w:t></w:r>`) {
		t.Error(doc)
	}
	for properties, want := range map[string]string{
		`<w:rFonts w:ascii="A"/><w:i w:val="0"/><w:vertAlign w:val="subscript"/><w:lang w:val="de"/>`: `<w:rPr><w:rFonts w:ascii="A"/><w:i/><w:vertAlign w:val="superscript"/><w:lang w:val="de"/></w:rPr>`,
		`<w:rPrChange w:id="1"><w:rPr><w:b/></w:rPr></w:rPrChange><w:sz w:val="3"/>`:                  `<w:rPr><w:i/><w:sz w:val="3"/><w:vertAlign w:val="superscript"/></w:rPr>`,
	} {
		if got := merged(properties, wordFormat{italic: true, raised: true}); got != want {
			t.Errorf("%s:\n got %s\nwant %s", properties, got, want)
		}
	}
}

func TestWord_MakesNotes(t *testing.T) {
	out, _ := cited(t, word(t, wordBody("A [see @doe99, 3], b |[@doe99]|. @smith04 say"), nil), DOCX, DOCX, "chicago-notes")
	all := parts(t, out)
	if got := texts(t, all["word/document.xml"])[0]; got != "A,* b.* Smith and Roe* say" {
		t.Errorf("%q", got)
	}
	want := []string{"", "", " See Jane Doe, First Book (Press, 1999), 3.", " Doe, First Book.", " “An Article,” Journal 3 (2004): 1–9."}
	if got := texts(t, all["word/footnotes.xml"]); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if !strings.Contains(all["[Content_Types].xml"], `<Override PartName="/word/footnotes.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"/></Types>`) ||
		!strings.Contains(all["word/_rels/document.xml.rels"], `Type="`+relationSpace+`/footnotes" Target="/word/footnotes.xml"/></Relationships>`) {
		t.Errorf("the footnotes have no relationship, or no type: %s, %s", all["[Content_Types].xml"], all["word/_rels/document.xml.rels"])
	}
	for _, style := range []string{"footnote text", "footnote reference", "Bibliography"} {
		if strings.Count(all["word/styles.xml"], `<w:name w:val="`+style+`"/>`) != 1 {
			t.Errorf("the style %s: %s", style, all["word/styles.xml"])
		}
	}
}

func TestWord_AddsToItsNotes(t *testing.T) {
	body := `<w:p><w:r><w:t>A [@doe99]</w:t></w:r><w:r><w:footnoteReference w:id="7"/></w:r><w:r><w:t xml:space="preserve"> [@doe99]</w:t></w:r></w:p>`
	more := withNotes("footnotes", noteSeparators+`<w:footnote w:id="7"><w:p><w:r><w:t>In [@doe99, 4]; and [@lee10].</w:t></w:r></w:p></w:footnote>`)
	source := word(t, body, more)
	m := read(t, source, DOCX)
	if got := []string{m.Citations[0].Where, m.Citations[1].Where, m.Citations[3].Where}; !slices.Equal(got, []string{"paragraph 1", "note 1", "paragraph 1"}) || m.Citations[1].Cites[0].Locator != "4" {
		t.Errorf("%q, %+v", got, m.Citations)
	}
	out, _ := cited(t, source, DOCX, DOCX, "chicago-notes")
	all := parts(t, out)
	want := []string{"", "", "In Doe, First Book, 4; and Lee Ltd, “A Page,” 2010, https://example.org/a_b?c=1&d=2.", " Jane Doe, First Book (Press, 1999).", " Doe, First Book."}
	if got := texts(t, all["word/footnotes.xml"]); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := regexp.MustCompile(`footnoteReference w:id="\d+"`).FindAllString(all["word/document.xml"], -1); !slices.Equal(got, []string{`footnoteReference w:id="8"`, `footnoteReference w:id="7"`, `footnoteReference w:id="9"`}) {
		t.Errorf("%q", got)
	}
	out, _ = cited(t, word(t, strings.ReplaceAll(body, "footnoteReference", "endnoteReference"), withNotes("endnotes", `<w:endnote w:id="7"><w:p><w:r><w:t>In [@doe99].</w:t></w:r></w:p></w:endnote>`)), DOCX, DOCX, "apa")
	if got := texts(t, parts(t, out)["word/endnotes.xml"]); got[0] != "In (Doe, 1999)." {
		t.Errorf("%q", got)
	}
}

func TestWord_PutsTheBibliographyInItsPlace(t *testing.T) {
	heading := func(s string) string {
		return `<w:p><w:pPr><w:pStyle w:val="Kop1"/></w:pPr><w:r><w:t>` + s + `</w:t></w:r></w:p>`
	}
	entry := "Doe, J. (1999). First book. Press."
	for _, c := range []struct {
		body string
		want []string
	}{
		{wordBody("[@doe99]"), []string{"(Doe, 1999)", "References", entry}},
		{wordBody("[@doe99]") + heading("Works"), []string{"(Doe, 1999)", "Works", entry}},
		{wordBody("[@doe99]") + heading("Works") + wordBody(" "), []string{"(Doe, 1999)", "Works", " ", entry}},
		{wordBody("[@doe99]", "{#refs}", "Last"), []string{"(Doe, 1999)", entry, "Last"}},
		{wordBody("[@doe99]", "::: {#|refs} :::", "Last"), []string{"(Doe, 1999)", entry, "Last"}},
		{wordBody("None."), []string{"None."}},
	} {
		out, _ := cited(t, word(t, c.body, nil), DOCX, DOCX, "apa")
		if got := texts(t, parts(t, out)["word/document.xml"]); !slices.Equal(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	out, _ := cited(t, word(t, wordBody("[@doe99]"), nil), DOCX, DOCX, "ieee")
	doc := parts(t, out)["word/document.xml"]
	if got := texts(t, doc); got[len(got)-1] != "\t[1]\tJ. Doe, First book. Oslo: Press, 1999." || !strings.Contains(doc, `<w:ind w:left="600" w:hanging="600"/>`) {
		t.Errorf("%q", got)
	}
}

func TestWord_KeepsNotesOutOfTextBoxes(t *testing.T) {
	box := `<w:p><w:r><mc:AlternateContent xmlns:mc="x"><mc:Choice><w:txbxContent>` + wordBody("B [@doe99]") + `</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>` + wordBody("B [@doe99]") + `</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r></w:p>`
	source := word(t, box, nil)
	if m := read(t, source, DOCX); len(m.Citations) != 1 {
		t.Errorf("%+v", m.Citations)
	}
	out, reports := cited(t, source, DOCX, DOCX, "chicago-notes")
	if got := texts(t, parts(t, out)["word/document.xml"]); got[1] != "B Jane Doe, First Book (Press, 1999)." || len(reports) != 1 {
		t.Errorf("%q, %q", got, reports)
	}
}

func TestWord_RefusesBadInput(t *testing.T) {
	good := word(t, wordBody("a"), nil)
	document := func(s string) map[string]string { return map[string]string{"word/document.xml": s} }
	bomb := xmlHead + `<!DOCTYPE a [<!ENTITY b "cccc"><!ENTITY d "&b;&b;">]><w:document ` + wordNames + `><w:body><w:p><w:r><w:t>&d;</w:t></w:r></w:p></w:body></w:document>`
	for name, c := range map[string]struct {
		source string
		want   library.Code
	}{
		"no archive":        {"text", library.Invalid},
		"a cut archive":     {good[:len(good)/2], library.Invalid},
		"no document":       {word(t, "", map[string]string{"_rels/.rels": `<Relationships/>`}), library.Invalid},
		"a missing part":    {word(t, "", map[string]string{"_rels/.rels": strings.Replace(packageRelations, "word/document.xml", "word/none.xml", 1)}), library.Invalid},
		"relations no XML":  {word(t, "", map[string]string{"_rels/.rels": `<Relationships`}), library.Invalid},
		"no XML":            {word(t, "", document("text <")), library.Invalid},
		"cut XML":           {word(t, "", document("<w:document "+wordNames+"><w:body>")), library.Invalid},
		"crossed elements":  {word(t, "<w:p></w:r></w:p>", nil), library.Invalid},
		"an XML bomb":       {word(t, "", document(bomb)), library.Invalid},
		"strict":            {word(t, "", document(`<w:document xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/main"><w:body/></w:document>`)), library.Invalid},
		"deep elements":     {word(t, strings.Repeat("<w:p>", 2*maxDepth), nil), library.Invalid},
		"a path outside":    {word(t, "", map[string]string{"../x": ""}), library.Invalid},
		"a path deeper out": {word(t, "", map[string]string{"word/../../x": ""}), library.Invalid},
		"an absolute path":  {word(t, "", map[string]string{"/x": ""}), library.Invalid},
		"a Windows path":    {word(t, "", map[string]string{`..\x`: ""}), library.Invalid},
		"a zip bomb":        {word(t, strings.Repeat("<w:p></w:p>", maxPart/10), nil), library.TooLarge},
	} {
		_, err := Read([]byte(c.source), DOCX)
		if library.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	var twice bytes.Buffer
	z := zip.NewWriter(&twice)
	for range 2 {
		if err := writePart(z, "word/document.xml", strings.NewReader("")); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(twice.Bytes(), DOCX); library.CodeOf(err) != library.Invalid {
		t.Errorf("a part twice: %v", err)
	}
}

func TestWord_RefusesTooManyParts(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: much work of one goroutine")
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range maxWordFiles + 1 {
		if err := writePart(z, strings.Repeat("a", i%100)+"/"+string(rune('a'+i%26))+strings.Repeat("b", i/100), strings.NewReader("")); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(b.Bytes(), DOCX); library.CodeOf(err) != library.TooLarge {
		t.Error(err)
	}
}

// TestWord_IsWhole checks what a word processor needs of a new document: parts,
// types, relationships, styles, lists and notes that exist.
func TestWord_IsWhole(t *testing.T) {
	for _, style := range []string{"apa", "ieee", "chicago-notes"} {
		out, reports := cited(t, everything, Markdown, DOCX, style)
		if len(reports) != 1 || !strings.Contains(reports[0], "mathematics") {
			t.Errorf("%q", reports)
		}
		checkWord(t, out)
	}
}

func checkWord(t *testing.T, docx string) {
	t.Helper()
	all := parts(t, docx)
	for name, data := range all {
		if ext := path.Ext(name); ext == ".xml" || ext == ".rels" {
			texts(t, data)
			if !strings.Contains(all["[Content_Types].xml"], `Extension="`+ext[1:]+`"`) {
				t.Errorf("%s has no type", name)
			}
		}
	}
	values := func(part, pattern string) []string {
		var found []string
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(all[part], -1) {
			found = append(found, m[1])
		}
		return found
	}
	for _, name := range values("[Content_Types].xml", `PartName="/([^"]+)"`) {
		if _, ok := all[name]; !ok {
			t.Errorf("there is a type for %s, and no such part", name)
		}
	}
	styles := values("word/styles.xml", `w:styleId="([^"]+)"`)
	for _, part := range []string{"word/document.xml", "word/footnotes.xml", "word/styles.xml"} {
		for _, id := range slices.Concat(values(part, `<w:(?:p|r|tbl)Style w:val="([^"]+)"`), values(part, `<w:basedOn w:val="([^"]+)"`)) {
			if !slices.Contains(styles, id) {
				t.Errorf("%s uses the style %s, which does not exist", part, id)
			}
		}
		relations := "word/_rels/" + path.Base(part) + ".rels"
		for _, id := range values(part, `r:(?:id|embed)="([^"]+)"`) {
			if !slices.Contains(values(relations, ` Id="([^"]+)"`), id) {
				t.Errorf("%s uses the relationship %s, which does not exist", part, id)
			}
		}
		for _, target := range values(relations, `Target="([^":]+)"/>`) {
			if _, ok := all["word/"+target]; !ok {
				t.Errorf("%s leads to %s, which does not exist", relations, target)
			}
		}
	}
	for _, id := range values("word/document.xml", `<w:numId w:val="(\d+)"`) {
		if !slices.Contains(values("word/numbering.xml", `<w:num w:numId="(\d+)"`), id) {
			t.Errorf("the list %s does not exist", id)
		}
	}
	notes := values("word/footnotes.xml", `<w:footnote w:id="(\d+)"`)
	if references := values("word/document.xml", `<w:footnoteReference w:id="(\d+)"`); !slices.Equal(references, notes) {
		t.Errorf("the footnotes %q, and references to %q", notes, references)
	}
	for _, anchor := range values("word/document.xml", `w:anchor="([^"]+)"`) {
		if !slices.Contains(values("word/document.xml", `<w:bookmarkStart w:id="\d+" w:name="([^"]+)"`), anchor) {
			t.Errorf("a link leads to %q, which does not exist", anchor)
		}
	}
}

func TestWord_CarriesEverything(t *testing.T) {
	out, _ := cited(t, everything, Markdown, DOCX, "apa")
	all := parts(t, out)
	doc := all["word/document.xml"]
	for _, want := range []string{
		`<w:pStyle w:val="Title"/></w:pPr><w:r><w:t xml:space="preserve">T </w:t></w:r><w:r><w:rPr><w:i/></w:rPr><w:t xml:space="preserve">i</w:t>`, `<w:pStyle w:val="Subtitle"/>`, `<w:pStyle w:val="Author"/>`, `<w:pStyle w:val="Date"/>`, `<w:pStyle w:val="Abstract"/>`,
		`<w:pStyle w:val="Heading1"/></w:pPr><w:bookmarkStart w:id="1" w:name="own"/>`, `<w:pStyle w:val="Heading6"/>`, `<w:rPr><w:b/></w:rPr><w:t xml:space="preserve">c</w:t>`, `<w:rPr><w:strike/></w:rPr><w:t xml:space="preserve">d</w:t>`,
		`<w:rPr><w:rStyle w:val="VerbatimChar"/></w:rPr><w:t xml:space="preserve">e</w:t>`, `<w:vertAlign w:val="subscript"/></w:rPr><w:t xml:space="preserve">2</w:t>`, `<w:vertAlign w:val="superscript"/></w:rPr><w:t xml:space="preserve">2</w:t>`,
		`<w:smallCaps/></w:rPr><w:t xml:space="preserve">h</w:t>`, `<w:u w:val="single"/></w:rPr><w:t xml:space="preserve">i</w:t>`, `<w:hyperlink w:anchor="own">`, `<w:r><w:br/></w:r>`, `<w:pStyle w:val="Quote"/>`,
		`<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>`, `<w:numPr><w:ilvl w:val="1"/><w:numId w:val="2"/></w:numPr>`, `<w:pStyle w:val="BodyText"/><w:ind w:left="720"/></w:pPr><w:r><w:t xml:space="preserve">more</w:t>`, `☒ `, `☐ `,
		`<w:tblStyle w:val="TableGrid"/>`, `<w:trPr><w:tblHeader/></w:trPr>`, `<w:jc w:val="right"/></w:pPr><w:r><w:t xml:space="preserve">3</w:t>`, `<w:jc w:val="center"/></w:pPr><w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">C</w:t>`,
		`<wp:extent cx="2865755" cy="1611987"/><wp:docPr id="1" name="Picture 1" descr="Cap t"/>`, `<w:pStyle w:val="Caption"/>`, `<w:pStyle w:val="SourceCode"/></w:pPr><w:r><w:t xml:space="preserve">func &lt;x&gt;() {}</w:t>`, `<w:pBdr>`,
		`<w:rPr><w:i/></w:rPr><w:t xml:space="preserve">n = 1</w:t>`, `<w:pStyle w:val="Bibliography"/></w:pPr><w:r><w:t xml:space="preserve">Doe, J. (1999). </w:t>`, `<w:pgSz w:w="11906" w:h="16838"/>`,
	} {
		if !strings.Contains(doc, want) {
			t.Errorf("no %s in %s", want, doc)
		}
	}
	if got := texts(t, all["word/footnotes.xml"]); !slices.Equal(got, []string{"", "", " Note one.", "Note two."}) {
		t.Errorf("%q", got)
	}
	for part, want := range map[string]string{
		"word/styles.xml":       `<w:name w:val="Bibliography"/><w:basedOn w:val="Normal"/><w:qFormat/><w:pPr><w:spacing w:after="60" w:line="480" w:lineRule="auto"/><w:ind w:left="720" w:hanging="720"/></w:pPr>`,
		"word/numbering.xml":    `<w:num w:numId="3"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/>`,
		"docProps/core.xml":     `<dc:title>T i</dc:title><dc:creator>A; B</dc:creator><dc:language>en-GB</dc:language>`,
		"word/media/image1.png": "\x89PNG",
	} {
		if !strings.Contains(all[part], want) {
			t.Errorf("no %s in %s", want, all[part])
		}
	}
}

func TestWord_TakesPicturesWithinBounds(t *testing.T) {
	for source, want := range map[string]string{
		"![a](none.png)": "no such file", "![a](../word.go)": "outside", "![a](https://example.org/a.png)": "on the web", "![a](kit.txt)": "no PNG, JPEG or GIF", "![a](big.png)": "larger than",
	} {
		c := read(t, "T "+source, Markdown).Cite(options(t, "apa", ""))
		var out bytes.Buffer
		err := c.Write(&out, DOCX, func(name string) (io.ReadCloser, error) {
			switch name {
			case "none.png":
				return nil, errors.New("there is no such file")
			case "kit.txt":
				return io.NopCloser(strings.NewReader("text")), nil
			case "big.png":
				return io.NopCloser(io.LimitReader(endless{}, maxPicture+1)), nil
			}
			return testdata(name)
		})
		if err != nil || len(c.NotCarried()) != 1 || !strings.Contains(c.NotCarried()[0], want) {
			t.Errorf("%s: %v, %q", source, err, c.NotCarried())
		}
		if got := texts(t, parts(t, out.String())["word/document.xml"]); got[0] != "T a" {
			t.Errorf("%s: %q", source, got)
		}
	}
	out, reports := cited(t, "![a](curve.png) ![b](./curve.png) ![c](curve.png)", Markdown, DOCX, "apa")
	if all := parts(t, out); len(reports) > 0 || all["word/media/image1.png"] == "" || strings.Count(all["word/document.xml"], "<w:drawing>") != 3 {
		t.Errorf("%q", reports)
	}
	for _, c := range []struct{ width, height, percent, cx, cy int }{
		{10, 20, 0, 95250, 190500}, {10_000, 100, 0, pageWidth, 57315}, {10, 20_000, 0, 3886, pageHeight}, {100, 100, 100, pageWidth, pageWidth},
	} {
		if cx, cy := (&picture{width: c.width, height: c.height}).size(c.percent); cx != c.cx || cy != c.cy {
			t.Errorf("%+v: %d, %d", c, cx, cy)
		}
	}
}

// endless reads zeros.
type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

func FuzzWord(f *testing.F) {
	for _, s := range []string{wordBody("A [see |!@do|e99, 3] \\@x"), `<w:p><w:r><w:t>&amp;[@doe99]&#64;</w:t><w:br/></w:r></w:p>`, "<w:p><w:r><w:t>a<b/>[@c]</w:t></w:r></w:p>", `<w:p><w:r><w:rPr><w:b/></w:rPr><w:tab/><w:t>@a&quot;</w:t></w:r></w:p>`} {
		f.Add(s)
	}
	o := options(f, "chicago-notes", "")
	f.Fuzz(func(t *testing.T, body string) {
		m, err := Read([]byte(word(t, body, nil)), DOCX)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := m.Cite(o).Write(&b, DOCX, testdata); err != nil {
			t.Error(err)
		}
		if _, err := Read(b.Bytes(), DOCX); err != nil {
			t.Errorf("%q can't be read again: %v", body, err)
		}
	})
}
