package manuscript

import (
	"fmt"
	"strings"
)

// noteSeparators are the lines above footnotes, which Word asks for.
const noteSeparators = `<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>` +
	`<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>`

// wordStyle is a style of paragraphs.
type wordStyle struct {
	id, name, basedOn     string
	paragraph, characters string // properties, as XML
}

// paragraphStyles are the styles of a new document but for the headings and the
// bibliography.
var paragraphStyles = []wordStyle{
	{"BodyText", "Body Text", "Normal", `<w:spacing w:after="160"/>`, ""},
	{"Title", "Title", "Normal", `<w:keepNext/><w:spacing w:before="240" w:after="120"/><w:jc w:val="center"/>`, `<w:b/><w:sz w:val="36"/>`},
	{"Subtitle", "Subtitle", "Normal", `<w:spacing w:after="120"/><w:jc w:val="center"/>`, `<w:sz w:val="28"/>`},
	{"Author", "Author", "Normal", `<w:spacing w:after="40"/><w:jc w:val="center"/>`, ""},
	{"Date", "Date", "Normal", `<w:spacing w:after="240"/><w:jc w:val="center"/>`, ""},
	{"Abstract", "Abstract", "Normal", `<w:spacing w:after="240"/><w:ind w:left="720" w:right="720"/>`, `<w:sz w:val="22"/>`},
	{"Quote", "Quote", "Normal", `<w:spacing w:after="160"/><w:ind w:left="720" w:right="720"/>`, ""},
	{"SourceCode", "Source Code", "Normal", `<w:spacing w:after="160" w:line="240" w:lineRule="auto"/>`, `<w:rFonts w:ascii="Courier New" w:hAnsi="Courier New" w:cs="Courier New"/><w:sz w:val="20"/>`},
	{"ListParagraph", "List Paragraph", "Normal", `<w:spacing w:after="80"/>`, ""},
	{"Figure", "Figure", "Normal", `<w:spacing w:before="160" w:after="80"/><w:jc w:val="center"/>`, ""},
	{"Caption", "caption", "Normal", `<w:spacing w:after="160"/><w:jc w:val="center"/>`, `<w:i/><w:sz w:val="22"/>`},
	{"TableText", "Table Text", "Normal", `<w:spacing w:before="40" w:after="40" w:line="240" w:lineRule="auto"/>`, `<w:sz w:val="22"/>`},
	{"FootnoteText", "footnote text", "Normal", `<w:spacing w:after="40" w:line="240" w:lineRule="auto"/>`, `<w:sz w:val="20"/>`},
}

// xml writes the style.
func (s wordStyle) xml(b *strings.Builder) {
	b.WriteString(`<w:style w:type="paragraph" w:styleId="` + s.id + `"><w:name w:val="` + s.name + `"/>`)
	if s.basedOn != "" {
		b.WriteString(`<w:basedOn w:val="` + s.basedOn + `"/>`)
	}
	b.WriteString("<w:qFormat/>")
	if s.paragraph != "" {
		b.WriteString("<w:pPr>" + s.paragraph + "</w:pPr>")
	}
	if s.characters != "" {
		b.WriteString("<w:rPr>" + s.characters + "</w:rPr>")
	}
	b.WriteString("</w:style>")
}

// wordStyles returns the part with the styles.
func (c *Cited) wordStyles() string {
	var b strings.Builder
	var language markup
	language.empty("w:lang", "w:val", c.documentLanguage())
	b.WriteString(xmlHead + "<w:styles " + wordNames + `><w:docDefaults><w:rPrDefault><w:rPr>` +
		`<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="SimSun" w:cs="Times New Roman"/><w:sz w:val="24"/>` + language.String() + `</w:rPr></w:rPrDefault>` +
		`<w:pPrDefault><w:pPr><w:spacing w:after="0" w:line="276" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>` +
		`<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>`)
	for level, size := range []int{32, 28, 26, 24, 24, 24} {
		wordStyle{
			fmt.Sprintf("Heading%d", level+1), fmt.Sprintf("heading %d", level+1), "Normal",
			fmt.Sprintf(`<w:keepNext/><w:keepLines/><w:spacing w:before="320" w:after="120"/><w:outlineLvl w:val="%d"/>`, level),
			fmt.Sprintf(`<w:b/>%s<w:sz w:val="%d"/>`, map[bool]string{true: "<w:i/>"}[level > 3], size),
		}.xml(&b)
	}
	for _, s := range paragraphStyles {
		s.xml(&b)
	}
	wordStyle{"Bibliography", "Bibliography", "Normal", c.entryProperties(), ""}.xml(&b)
	b.WriteString(`<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/></w:style>` +
		`<w:style w:type="character" w:styleId="FootnoteReference"><w:name w:val="footnote reference"/><w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>` +
		`<w:style w:type="character" w:styleId="VerbatimChar"><w:name w:val="Verbatim Char"/><w:rPr><w:rFonts w:ascii="Courier New" w:hAnsi="Courier New" w:cs="Courier New"/></w:rPr></w:style>` +
		`<w:style w:type="character" w:styleId="Hyperlink"><w:name w:val="Hyperlink"/><w:rPr><w:color w:val="0563C1"/><w:u w:val="single"/></w:rPr></w:style>` +
		`<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:left w:w="108" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>` +
		`<w:style w:type="table" w:styleId="TableGrid"><w:name w:val="Table Grid"/><w:basedOn w:val="TableNormal"/><w:tblPr><w:tblBorders>` + tableBorders() + `</w:tblBorders></w:tblPr></w:style></w:styles>`)
	return b.String()
}

func tableBorders() string {
	var b strings.Builder
	for _, side := range []string{"top", "left", "bottom", "right", "insideH", "insideV"} {
		b.WriteString("<w:" + side + ` w:val="single" w:sz="4" w:space="0" w:color="auto"/>`)
	}
	return b.String()
}

// entryProperties sets the entries of the bibliography as the style wants them:
// with a hanging indent, or with a tab behind a number.
func (c *Cited) entryProperties() string {
	bib := c.bibliography
	if bib == nil {
		return ""
	}
	spacing := fmt.Sprintf(`<w:spacing w:after="%d" w:line="%d" w:lineRule="auto"/>`, 60+120*min(max(bib.EntrySpacing, 0), 3), 240*min(max(bib.LineSpacing, 1), 3))
	switch {
	case bib.SecondFieldAlign != "":
		return `<w:tabs><w:tab w:val="left" w:pos="600"/></w:tabs>` + spacing + `<w:ind w:left="600" w:hanging="600"/>`
	case bib.HangingIndent:
		return spacing + `<w:ind w:left="720" w:hanging="720"/>`
	}
	return spacing
}

// numbering returns the part with the lists: bullets, numbers, and a numbering
// for each list.
func (w *wordWriter) numbering() string {
	var b strings.Builder
	b.WriteString(xmlHead + "<w:numbering " + wordNames + ">")
	for id, ordered := range []bool{false, true} {
		fmt.Fprintf(&b, `<w:abstractNum w:abstractNumId="%d"><w:multiLevelType w:val="hybridMultilevel"/>`, id)
		for level := range 9 {
			format, text := "bullet", [...]string{"•", "–", "◦"}[level%3]
			if ordered {
				format, text = [...]string{"decimal", "lowerLetter", "lowerRoman"}[level%3], fmt.Sprintf("%%%d.", level+1)
			}
			fmt.Fprintf(&b, `<w:lvl w:ilvl="%d"><w:start w:val="1"/><w:numFmt w:val="%s"/><w:lvlText w:val="%s"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="%d" w:hanging="360"/></w:pPr></w:lvl>`,
				level, format, text, 720*(level+1))
		}
		b.WriteString("</w:abstractNum>")
	}
	for i, list := range w.lists {
		abstract, start := 0, 1
		if list.on {
			abstract, start = 1, max(list.level, 0)
		}
		fmt.Fprintf(&b, `<w:num w:numId="%d"><w:abstractNumId w:val="%d"/>`, i+1, abstract)
		if list.on {
			for level := range 9 {
				fmt.Fprintf(&b, `<w:lvlOverride w:ilvl="%d"><w:startOverride w:val="%d"/></w:lvlOverride>`, level, start)
			}
		}
		b.WriteString("</w:num>")
	}
	b.WriteString("</w:numbering>")
	return b.String()
}
