package resolve

import (
	"bytes"
	"context"
	"encoding/xml"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
)

// pubMedSet is what of PubMed's XML package biblio does not read: further years
// and notices.
type pubMedSet struct {
	XMLName  xml.Name        `xml:"PubmedArticleSet"`
	Articles []pubMedArticle `xml:"PubmedArticle"`
}

type pubMedArticle struct {
	PMID    string   `xml:"MedlineCitation>PMID"`
	Years   []string `xml:"MedlineCitation>Article>Journal>JournalIssue>PubDate>Year"`
	Online  []string `xml:"MedlineCitation>Article>ArticleDate>Year"`
	Short   []string `xml:"MedlineCitation>Article>Journal>ISOAbbreviation"`
	Medline []string `xml:"MedlineCitation>MedlineJournalInfo>MedlineTA"`
	Types   []string `xml:"MedlineCitation>Article>PublicationTypeList>PublicationType"`
	Links   []struct {
		RefType string `xml:"RefType,attr"`
		PMID    string `xml:"PMID"`
	} `xml:"MedlineCitation>CommentsCorrectionsList>CommentsCorrections"`
}

// pubMed asks PubMed for PMIDs, in one call.
func (r *Resolver) pubMed(ctx context.Context, part []reference.Identifier) (answers, error) {
	s := r.services[PubMed]
	ids := make([]string, len(part))
	for i, id := range part {
		ids[i] = id.Value
	}
	query := r.contactQuery(url.Values{"db": {"pubmed"}, "id": {strings.Join(ids, ",")}, "retmode": {"xml"}, "tool": {"stackroom"}}, "email")
	body, err := s.get(ctx, "/entrez/eutils/efetch.fcgi", query, acceptXML)
	if err != nil {
		return answers{}, err
	}
	var set pubMedSet
	if err := xml.Unmarshal(body, &set); err != nil {
		return answers{}, s.unreadable(err)
	}
	if len(set.Articles) == 0 {
		return answers{}, nil
	}
	doc, err := biblio.Read(ctx, bytes.NewReader(body), "", biblio.PubMedXML)
	if err != nil {
		return answers{}, s.unreadable(err)
	}
	var works []*Work
	for i := range doc.Entries {
		it := &doc.Entries[i].Item
		at := slices.IndexFunc(set.Articles, func(a pubMedArticle) bool { return a.PMID == it.Fields["PMID"] })
		if at < 0 {
			continue // a book of PubMed's, which has no PMID of an article
		}
		a := &set.Articles[at]
		w := &Work{Known: reference.Known{Item: it, Years: yearsOf(a.Years, a.Online), Journals: slices.Concat(a.Short, a.Medline)}, Service: PubMed, ID: reference.Identifier{Kind: reference.PMID, Value: a.PMID}}
		w.Notices = a.notices()
		works = append(works, w)
	}
	return byID(works, part), nil
}

func yearsOf(lists ...[]string) []int {
	var years []int
	for _, text := range slices.Concat(lists...) {
		if year, err := strconv.Atoi(text); err == nil && !slices.Contains(years, year) {
			years = append(years, year)
		}
	}
	return years
}

// noticeTypes are the notices that PubMed ("RetractionIn") and Europe PMC
// ("Retraction in") name, in lower case without spaces.
var noticeTypes = map[string]string{
	"retractionin": "retraction", "retractedin": "retraction", "partialretractionin": "partial_retraction", "erratumin": "correction", "correctedandrepublishedin": "correction",
	"expressionofconcernin": "expression_of_concern", "updatein": "update",
	"retractionof": "notice_of_retraction", "erratumfor": "notice_of_correction", "expressionofconcernfor": "notice_of_expression_of_concern",
}

// linkKind returns the kind of a notice from its type at PubMed or Europe PMC,
// "" for a link that is no notice.
func linkKind(s string) string {
	return noticeTypes[strings.ToLower(strings.ReplaceAll(s, " ", ""))]
}

// notices returns what PubMed says became of the article.
func (a *pubMedArticle) notices() []Notice {
	var all []Notice
	for _, l := range a.Links {
		if kind := linkKind(l.RefType); kind != "" {
			n := Notice{Kind: kind, By: PubMed}
			if l.PMID != "" {
				n.ID = "pmid:" + l.PMID
			}
			all = append(all, n)
		}
	}
	return withRetractedType(all, PubMed, a.Types)
}

// withRetractedType adds a retraction that only the publication type tells.
func withRetractedType(all []Notice, by Service, types []string) []Notice {
	if slices.Contains(types, "Retracted Publication") && !slices.ContainsFunc(all, func(n Notice) bool { return n.Kind == "retraction" }) {
		all = append(all, Notice{Kind: "retraction", By: by})
	}
	return all
}
