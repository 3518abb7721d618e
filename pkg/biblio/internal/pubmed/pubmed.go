// Package pubmed reads the XML of PubMed
// (https://dtd.nlm.nih.gov/ncbi/pubmed/doc/out/).
package pubmed

import (
	"context"
	"io"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/draft"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/edtf"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/xmltree"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Read reads a file. Errors are those of [xmltree.Document], and code Invalid
// for a file without an article.
func Read(ctx context.Context, r io.Reader, name string) (*model.Document, error) {
	doc, err := xmltree.Document(ctx, r, name, []string{"PubmedArticle", "PubmedBookArticle"}, func(n *xmltree.Node) (model.Entry, []string) {
		if n.Name == "PubmedBookArticle" {
			return book(n.First("BookDocument")), nil
		}
		return article(n), nil
	})
	if err == nil && len(doc.Entries)+len(doc.Problems) == 0 {
		return nil, library.Errorf(library.Invalid, "the file holds no article of PubMed").WithHint("save from PubMed in format PubMed, and import the .nbib file")
	}
	return doc, err
}

// preprint is PubMed's identifier of the publication type Preprint.
const preprint = "D000076942"

// markup are the elements that titles and abstracts have, and Zotero's.
var markup = map[string]string{"i": "i", "b": "b", "sup": "sup", "sub": "sub"}

func article(n *xmltree.Node) model.Entry {
	citation := n.First("MedlineCitation")
	a := citation.First("Article")
	itemType := "journalArticle"
	for _, t := range a.All("PublicationTypeList/PublicationType") {
		if t.Attr("UI") == preprint {
			itemType = "preprint"
		}
	}
	d := draft.New(itemType)
	title := a.First("ArticleTitle").Rich(markup)
	if title == "" {
		title = a.First("VernacularTitle").Rich(markup)
	}
	d.Set("title", strings.TrimSuffix(title, "."))
	pages(d, a)
	journal(d, a)
	people(d, a.All("AuthorList"))
	for _, language := range a.All("Language") {
		d.Set("language", language.Text())
	}
	for _, heading := range citation.All("MeshHeadingList/MeshHeading/DescriptorName") {
		d.Tag(heading.Text())
	}
	for _, keyword := range citation.All("KeywordList/Keyword") {
		d.Tag(keyword.Text())
	}
	d.SetText("abstractNote", abstract(a.All("Abstract/AbstractText")))
	for _, id := range n.All("PubmedData/ArticleIdList/ArticleId") {
		switch id.Attr("IdType") {
		case "doi":
			d.Set("DOI", id.Text())
		case "pmc":
			d.Set("PMCID", id.Text())
		}
	}
	if d.Get("DOI") == "" {
		for _, id := range a.All("ELocationID") {
			if id.Attr("EIdType") == "doi" {
				d.Set("DOI", id.Text())
			}
		}
	}
	d.Set("PMID", citation.TextAt("PMID"))
	return model.Entry{Item: d.Item()}
}

// pages sets the pages, or the number that stands for them.
func pages(d *draft.Draft, a *xmltree.Node) {
	pii := ""
	for _, id := range a.All("ELocationID") {
		if id.Attr("EIdType") == "pii" {
			pii = id.Text()
		}
	}
	if d.Type() == "preprint" {
		d.Set("archiveID", pii)
		return
	}
	if medline := a.TextAt("Pagination/MedlinePgn"); medline != "" {
		d.Set("pages", draft.WholePages(medline))
	} else {
		d.Set("pages", pii)
	}
}

// journal sets what the article appeared in, and when.
func journal(d *draft.Draft, a *xmltree.Node) {
	j := a.First("Journal")
	title, short := j.TextAt("Title"), j.TextAt("ISOAbbreviation")
	if open := strings.LastIndex(title, " ("); open > 0 && strings.HasSuffix(title, ")") {
		d.Set("place", title[open+2:len(title)-1])
		title = title[:open]
	}
	if title == "" {
		title = short
	}
	if d.Type() == "preprint" {
		d.Set("repository", title)
	} else {
		d.Set("publicationTitle", title)
		d.Set("journalAbbreviation", short)
		d.Set("ISSN", j.TextAt("ISSN"))
	}
	issue := j.First("JournalIssue")
	d.Set("volume", issue.TextAt("Volume"))
	d.Set("issue", issue.TextAt("Issue"))
	d.Set("date", date(issue.First("PubDate")))
}

// date returns a date as ISO 8601, or in PubMed's words.
func date(n *xmltree.Node) string {
	year, month, day := n.TextAt("Year"), n.TextAt("Month"), n.TextAt("Day")
	if year == "" {
		return n.TextAt("MedlineDate")
	}
	text := strings.Join(strings.Fields(day+" "+month+" "+year), " ")
	if strings.Trim(month, "0123456789") == "" && month != "" {
		text = strings.TrimSuffix(year+"-"+month+"-"+day, "-")
	}
	if iso, ok := edtf.Parse(text); ok && (month == "" || len(iso) > len(year)) {
		return iso
	}
	if season := n.TextAt("Season"); season != "" {
		return season + " " + year
	}
	return text
}

// people adds the names of lists; a list says whether they are editors.
func people(d *draft.Draft, lists []*xmltree.Node) {
	for _, list := range lists {
		role := "author"
		if list.Attr("Type") == "editors" {
			role = "editor"
		}
		for _, a := range list.All("Author") {
			given := a.TextAt("ForeName")
			if given == "" {
				given = a.TextAt("FirstName")
			}
			if suffix := a.TextAt("Suffix"); suffix != "" && given != "" {
				given += ", " + suffix
			}
			d.Creator(library.Creator{Role: role, Given: draft.Initials(given, false), Family: a.TextAt("LastName"), Name: a.TextAt("CollectiveName")})
		}
	}
}

// abstract joins the parts of an abstract, with their labels.
func abstract(parts []*xmltree.Node) string {
	var b strings.Builder
	for _, p := range parts {
		text := p.Rich(nil)
		if text == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		if label := p.Attr("Label"); label != "" && label != "UNLABELLED" {
			b.WriteString(label + ": ")
		}
		b.WriteString(text)
	}
	return b.String()
}

// book makes an entry of a book of the NCBI Bookshelf, or of a chapter.
func book(n *xmltree.Node) model.Entry {
	chapter := n.First("ArticleTitle").Rich(markup)
	b := n.First("Book")
	title := strings.TrimSuffix(b.First("BookTitle").Rich(markup), ".")
	itemType := "book"
	if chapter != "" {
		itemType = "bookSection"
	}
	d := draft.New(itemType)
	if chapter != "" {
		d.Set("title", strings.TrimSuffix(chapter, "."))
		d.Set("publicationTitle", title)
		people(d, n.All("AuthorList"))
	} else {
		d.Set("title", title)
	}
	people(d, b.All("AuthorList"))
	for field, path := range map[string]string{
		"edition": "Edition", "series": "CollectionTitle", "volume": "Volume", "place": "Publisher/PublisherLocation", "publisher": "Publisher/PublisherName", "ISBN": "Isbn",
	} {
		d.Set(field, b.TextAt(path))
	}
	d.Set("date", date(b.First("PubDate")))
	d.Set("language", n.TextAt("Language"))
	d.SetText("abstractNote", abstract(n.All("Abstract/AbstractText")))
	d.Set("rights", n.TextAt("Abstract/CopyrightInformation"))
	d.Set("PMID", n.TextAt("PMID"))
	for _, id := range n.All("ArticleIdList/ArticleId") {
		if id.Attr("IdType") == "bookaccession" {
			d.Set("callNumber", id.Text())
			d.Set("url", "http://www.ncbi.nlm.nih.gov/books/"+id.Text()+"/")
		}
	}
	return model.Entry{Item: d.Item()}
}
