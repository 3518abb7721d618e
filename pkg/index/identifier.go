package index

import (
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/question"
)

// identifiersOf returns everything by which exactly this work is known.
func identifiersOf(it *library.Item) []question.ID {
	var ids idList
	ids.add(question.KeyOf(it.ID.Key))
	ids.add(question.KeyOf(it.Field("citationKey")))
	ids.add(question.KeyOf(it.CitationKey))
	for _, isbn := range strings.FieldsFunc(it.Field("ISBN"), func(r rune) bool { return r == ' ' || r == ',' || r == ';' }) {
		ids.isbn(isbn)
	}
	for _, name := range []string{"DOI", "url", "archiveID", "archiveLocation", "number"} {
		s := it.Field(name)
		ids.add(question.DOIIn(s))
		if strings.Contains(strings.ToLower(s), "arxiv") {
			ids.add(question.ArXivIn(s))
		}
	}
	ids.add(question.PubMedIn("pmid:" + it.Field("PMID")))
	ids.add(question.PubMedIn(it.Field("url")))
	ids.add(question.NormalURL(it.Field("url")))
	ids.extra(it.Field("extra"))
	return ids
}

// idList collects identifiers.
type idList []question.ID

func (l *idList) add(id question.ID, ok bool) {
	if ok {
		*l = append(*l, id)
	}
}

func (l *idList) isbn(s string) {
	id, _, ok := question.ISBNOf(s)
	l.add(id, ok)
}

// extra adds the identifiers in Zotero's "extra" field, a line "name: value"
// each.
func (l *idList) extra(extra string) {
	for line := range strings.Lines(extra) {
		name, value, ok := strings.Cut(line, ":")
		if value = strings.TrimSpace(value); !ok || value == "" {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "citation key":
			l.add(question.KeyOf(value))
		case "ids": // former citation keys
			for _, key := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' }) {
				l.add(question.KeyOf(key))
			}
		case "doi":
			l.add(question.DOIIn(value))
		case "isbn":
			l.isbn(value)
		case "arxiv", "eprint":
			l.add(question.ArXivIn(value))
		case "pmid":
			l.add(question.PubMedIn("pmid:" + value))
		case "url":
			l.add(question.NormalURL(value))
		}
	}
}

// identifiersIn returns the identifiers among the words of a query, if it has
// few. Only those are taken that look like nothing else.
func identifiersIn(text string) []question.ID {
	const most = 16
	var ids idList
	n := 0
	for w := range strings.FieldsSeq(text) {
		if n++; n > most {
			break
		}
		if len(w) < 9 || !strings.ContainsAny(w, "0123456789") {
			continue
		}
		ids.add(question.DOIIn(w))
		ids.add(question.ArXivIn(w))
		if id, sure, ok := question.ISBNOf(w); sure {
			ids.add(id, ok)
		}
	}
	return ids
}

// containerFields name where a work appeared, in full and for short.
var containerFields = [...]string{
	"publicationTitle", "journalAbbreviation", "bookTitle", "proceedingsTitle", "conferenceName", "encyclopediaTitle", "dictionaryTitle",
	"websiteTitle", "blogTitle", "forumTitle", "programTitle", "series", "seriesTitle",
}

// containerWords returns the words of the names of where a work appeared, folded.
func containerWords(a *analyzer, it *library.Item) []string {
	var words []string
	for _, name := range containerFields {
		if s := it.Field(name); s != "" {
			a.Reset(plaintext.Shown(s))
			for a.Next() {
				words = append(words, string(a.Word))
			}
		}
	}
	return words
}
