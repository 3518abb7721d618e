package resolvetest

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// translationFault fails as a translation server does, and reports whether it did.
func translationFault(w http.ResponseWriter, f Fault) bool {
	switch f {
	case Choice:
		w.WriteHeader(http.StatusMultipleChoices)
		_, _ = io.WriteString(w, encode(object{"url": "https://tides.example/list", "session": "9y5s0EW6m5GgLm0", "items": object{"u1": "One work", "u2": "Another work"}}))
	case Several:
		_, _ = io.WriteString(w, encode([]object{translatedItem(Work{Title: "One work"}), translatedItem(Work{Title: "Another work"})}))
	case NoTranslator:
		http.Error(w, "No translators available", http.StatusNotImplemented)
	case Unread:
		http.Error(w, "Remote page not found", http.StatusBadRequest)
	case Huge:
		_, _ = io.WriteString(w, `[{"itemType":"book","title":"`+strings.Repeat("a", 8<<20)+`"}]`)
	default:
		return false
	}
	return true
}

// translation answers as a translation server: /web for the address of a page, and
// /search for an identifier, both as text.
func translation(w http.ResponseWriter, req *http.Request, path, question string, works []Work, f Fault) {
	if req.Method != http.MethodPost || req.Header.Get("Content-Type") != "text/plain" {
		w.WriteHeader(http.StatusUnsupportedMediaType)
		return
	}
	at := slices.IndexFunc(works, func(w Work) bool {
		if path == "web" {
			return w.URL != "" && w.URL == question
		}
		return slices.Contains([]string{"doi:" + strings.ToLower(w.DOI), "isbn:" + w.ISBN, "pmid:" + w.PMID, "arxiv:" + w.ArXiv}, kindOf(question)+question)
	})
	if f == Wrong {
		works, at = []Work{{DOI: "10.9999/other", ISBN: "9780140449136", PMID: "999", ArXiv: "9999.99999", Title: "Another work"}}, 0
	}
	if at < 0 {
		translationFault(w, NoTranslator)
		return
	}
	answer := encode([]object{translatedItem(works[at]), {"key": "NNNNNNNN", "version": 0, "itemType": "note", "parentItem": "AAAAAAAA", "note": "<p>A note</p>", "tags": []object{}}})
	if f == Cut {
		w.Header().Set("Content-Length", fmt.Sprint(len(answer)/2))
		answer = answer[:len(answer)/2]
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = io.WriteString(w, answer)
}

// kindOf returns the kind of an identifier that does not name its kind.
func kindOf(question string) string {
	switch {
	case strings.Contains(question, ":"):
		return ""
	case strings.HasPrefix(question, "10."):
		return "doi:"
	}
	return "isbn:"
}

func translatedItem(w Work) object {
	creators := []object{}
	for _, a := range w.Authors {
		family, given, _ := strings.Cut(a, ", ")
		creators = append(creators, object{"creatorType": "author", "firstName": given, "lastName": family})
	}
	o := object{
		"key": "AAAAAAAA", "version": 0, "itemType": cmp.Or(w.Type, "journalArticle"), "title": w.Title, "creators": creators, "date": strings.TrimLeft(fmt.Sprint(w.Year), "0"), "publicationTitle": w.Journal,
		"volume": w.Volume, "issue": w.Issue, "pages": w.Pages, "DOI": w.DOI, "ISBN": w.ISBN, "url": w.URL, "accessDate": "2026-11-29T08:00:00Z", "libraryCatalog": "A catalogue",
		"tags": []object{{"tag": "tides", "type": 1}}, "collections": []string{}, "relations": object{},
	}
	o["extra"] = strings.Join(slices.DeleteFunc([]string{"PMID: " + w.PMID, "arXiv:" + w.ArXiv}, func(line string) bool { return strings.HasSuffix(line, ":") || strings.HasSuffix(line, " ") }), "\n")
	return o
}
