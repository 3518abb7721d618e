package resolvetest

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

type object = map[string]any

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

func date(year int) object {
	if year == 0 {
		return object{"date-parts": [][]any{{nil}}}
	}
	return object{"date-parts": [][]any{{year, 4}}}
}

func orNone(s string) []string {
	if s == "" {
		return []string{}
	}
	return []string{s}
}

// crossref answers as api.crossref.org.
func crossref(path string, q url.Values, listed, single, all []Work) (string, bool) {
	list := listed
	switch {
	case strings.HasPrefix(path, "works/"):
		if len(single) == 0 {
			return "", false
		}
		return encode(object{"status": "ok", "message-type": "work", "message": crossrefWork(single[0])}), true
	case q.Has("query.bibliographic"):
		list = search(q.Get("query.bibliographic"), all)
	}
	items := []object{}
	for _, w := range list {
		items = append(items, crossrefWork(w))
	}
	return encode(object{"status": "ok", "message-type": "work-list", "message": object{"total-results": len(items), "items": items}}), true
}

// search returns the five works that share most words with a query, also where
// they share few, as Crossref does.
func search(query string, all []Work) []Work {
	words := strings.Fields(strings.ToLower(query))
	score := func(w Work) int {
		n := 0
		text := strings.ToLower(fmt.Sprint(w.Title, " ", w.Authors, " ", w.Journal, " ", w.Year))
		for _, word := range words {
			if strings.Contains(text, strings.Trim(word, ".,;:()")) {
				n++
			}
		}
		return n
	}
	list := slices.DeleteFunc(slices.Clone(all), func(w Work) bool { return w.Agency != "" || w.DOI == "" })
	slices.SortStableFunc(list, func(a, b Work) int { return cmp.Compare(score(b), score(a)) })
	return list[:min(5, len(list))]
}

func crossrefWork(w Work) object {
	people := []object{}
	for i, a := range w.Authors {
		family, given, person := strings.Cut(a, ", ")
		p := object{"family": family, "given": given, "sequence": map[bool]string{true: "first", false: "additional"}[i == 0]}
		if !person {
			p = object{"name": a}
		}
		people = append(people, p)
	}
	o := object{
		"DOI": w.DOI, "type": cmp.Or(w.Type, "journal-article"), "title": orNone(w.Title), "subtitle": orNone(w.Subtitle), "author": people,
		"container-title": orNone(w.Journal), "short-container-title": orNone(w.Short), "volume": w.Volume, "issue": w.Issue, "page": w.Pages,
		"issued": date(cmp.Or(w.OnlineYear, w.Year)), "published-print": date(w.Year), "reference": []object{{"key": "ref1", "unstructured": "A. B. 1900"}},
	}
	var updates []object
	for _, u := range w.Updates {
		updates = append(updates, object{"DOI": u.DOI, "type": u.Type, "label": u.Type, "source": u.Source, "updated": date(2020)})
	}
	if updates != nil {
		o["updated-by"] = updates
	}
	return o
}

// dataCite answers as api.datacite.org.
func dataCite(path string, listed, single []Work) (string, bool) {
	if strings.HasPrefix(path, "dois/") {
		if len(single) == 0 {
			return "", false
		}
		return encode(object{"data": dataCiteWork(single[0])}), true
	}
	data := []object{}
	for _, w := range listed {
		data = append(data, dataCiteWork(w))
	}
	return encode(object{"data": data, "meta": object{"total": len(data)}}), true
}

func dataCiteWork(w Work) object {
	creators := []object{}
	for _, a := range w.Authors {
		family, given, _ := strings.Cut(a, ", ")
		creators = append(creators, object{"name": a, "familyName": family, "givenName": given, "nameType": "Personal"})
	}
	return object{"id": w.DOI, "type": "dois", "attributes": object{
		"doi": w.DOI, "titles": []object{{"title": w.Title}}, "creators": creators, "publisher": cmp.Or(w.Journal, "Zenodo"), "publicationYear": w.Year,
		"types": object{"resourceTypeGeneral": "Dataset", "schemaOrg": "Dataset", "citeproc": "dataset"}, "dates": []object{{"date": fmt.Sprintf("%d-03-01", w.Year), "dateType": "Issued"}},
		"schemaVersion": "http://datacite.org/schema/kernel-4",
	}}
}

// agency answers as doi.org/doiRA.
func agency(prefix string, all []Work) string {
	for _, w := range all {
		if strings.HasPrefix(w.DOI, prefix+"/") {
			return encode([]object{{"DOI": prefix, "RA": cmp.Or(w.Agency, "Crossref")}})
		}
	}
	return encode([]object{{"DOI": prefix, "status": "DOI does not exist"}})
}

// pubMed answers as PubMed's efetch.
func pubMed(list []Work) string {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC \"-//NLM//DTD PubMedArticle, 1st January 2025//EN\" \"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd\">\n<PubmedArticleSet>")
	for _, w := range list {
		fmt.Fprintf(&b, `<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">%s</PMID><Article><Journal><JournalIssue><Volume>%s</Volume><Issue>%s</Issue><PubDate><Year>%d</Year></PubDate></JournalIssue><Title>%s</Title><ISOAbbreviation>%s</ISOAbbreviation></Journal><ArticleTitle>%s.</ArticleTitle><Pagination><MedlinePgn>%s</MedlinePgn></Pagination><AuthorList>`,
			w.PMID, escape(w.Volume), escape(w.Issue), w.Year, escape(w.Journal), escape(w.Short), escape(w.Title), escape(w.Pages))
		for _, a := range w.Authors {
			family, given, _ := strings.Cut(a, ", ")
			fmt.Fprintf(&b, "<Author><LastName>%s</LastName><ForeName>%s</ForeName></Author>", escape(family), escape(given))
		}
		b.WriteString("</AuthorList></Article>")
		for _, u := range w.Updates {
			fmt.Fprintf(&b, `<CommentsCorrectionsList><CommentsCorrections RefType="%s"><PMID Version="1">77</PMID></CommentsCorrections></CommentsCorrectionsList>`, map[string]string{"retraction": "RetractionIn", "correction": "ErratumIn"}[u.Type])
		}
		b.WriteString("</MedlineCitation></PubmedArticle>")
	}
	return b.String() + "</PubmedArticleSet>"
}

// arXiv answers as export.arxiv.org/api/query.
func arXiv(list []Work) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>arXiv Query</title><id>http://arxiv.org/api/x</id>`)
	for _, w := range list {
		fmt.Fprintf(&b, `<entry><id>http://arxiv.org/abs/%sv2</id><updated>%d-08-02T00:41:18Z</updated><published>%d-06-12T17:57:34Z</published><title>%s</title>`, w.ArXiv, max(w.Year, w.OnlineYear), w.Year, escape(w.Title))
		for _, a := range w.Authors {
			family, given, _ := strings.Cut(a, ", ")
			fmt.Fprintf(&b, "<author><name>%s %s</name></author>", escape(given), escape(family))
		}
		fmt.Fprintf(&b, `<link href="http://arxiv.org/abs/%[1]sv2" rel="alternate" type="text/html"/><link title="pdf" href="http://arxiv.org/pdf/%[1]sv2" rel="related" type="application/pdf"/>`, w.ArXiv)
		b.WriteString(`<arxiv:comment xmlns:arxiv="http://arxiv.org/schemas/atom">12 pages</arxiv:comment></entry>`)
	}
	return b.String() + "</feed>"
}

// openLibrary answers as openlibrary.org/api/books.
func openLibrary(list []Work) string {
	books := object{}
	for _, w := range list {
		authors := []object{}
		for _, a := range w.Authors {
			family, given, _ := strings.Cut(a, ", ")
			authors = append(authors, object{"name": strings.TrimSpace(given + " " + family), "url": "https://openlibrary.org/authors/OL1A"})
		}
		books["ISBN:"+w.ISBN] = object{"title": w.Title, "subtitle": w.Subtitle, "authors": authors, "publish_date": fmt.Sprintf("March %d", w.Year), "publishers": []object{{"name": "Press"}}}
	}
	return encode(books)
}

// europePMC answers as Europe PMC's search.
func europePMC(query string, all []Work) string {
	results := []object{}
	for _, w := range all {
		if w.DOI != "" && strings.Contains(query, fmt.Sprintf("DOI:%q", strings.ToLower(w.DOI))) || w.PMID != "" && strings.Contains(query, "EXT_ID:"+w.PMID+" ") {
			o := object{"id": cmp.Or(w.PMID, "PPR1"), "source": "MED", "pmid": w.PMID, "doi": w.DOI, "title": w.Title, "pubTypeList": object{"pubType": []string{"Journal Article"}}}
			if w.EuropePMC != "" {
				o["commentCorrectionList"] = object{"commentCorrection": []object{{"id": "88", "source": "MED", "reference": "J. 2020", "type": w.EuropePMC}, {"id": "89", "source": "MED", "type": "Comment in"}}}
			}
			texts := []object{{"availabilityCode": "S", "documentStyle": "doi", "site": "DOI", "url": "https://doi.org/" + w.DOI}}
			for code, address := range w.EuropePMCPDFs {
				texts = append(texts, object{"availabilityCode": code, "documentStyle": "html", "url": address + "/html"}, object{"availabilityCode": code, "documentStyle": "pdf", "url": address})
			}
			o["fullTextUrlList"] = object{"fullTextUrl": texts}
			results = append(results, o)
		}
	}
	return encode(object{"version": "6.9", "hitCount": len(results), "resultList": object{"result": results}})
}

// openAlex answers as api.openalex.org.
func openAlex(path string, q url.Values, listed, single []Work) (string, bool) {
	if strings.HasPrefix(path, "works/") {
		if len(single) == 0 {
			return "", false
		}
		return encode(openAlexWork(single[0])), true
	}
	if q.Get("api_key") == "" {
		return "", false
	}
	results := []object{}
	for _, w := range listed {
		results = append(results, openAlexWork(w))
	}
	return encode(object{"meta": object{"count": len(results)}, "results": results}), true
}

func openAlexWork(w Work) object {
	var open any
	if w.OpenAlexPDF != "" {
		open = object{"is_oa": true, "landing_page_url": "https://example.org/about", "pdf_url": w.OpenAlexPDF}
	}
	return object{"best_oa_location": open, "id": "https://openalex.org/W1", "doi": "https://doi.org/" + strings.ToLower(w.DOI), "is_retracted": w.Retracted}
}
