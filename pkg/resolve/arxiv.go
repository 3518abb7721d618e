package resolve

import (
	"context"
	"encoding/xml"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
)

// arXivFeed is an answer of arXiv's API, in Atom.
type arXivFeed struct {
	XMLName xml.Name     `xml:"feed"`
	Entries []arXivEntry `xml:"entry"`
}

type arXivEntry struct {
	ID        string   `xml:"id"`
	Title     string   `xml:"title"`
	Published string   `xml:"published"`
	Updated   string   `xml:"updated"`
	Authors   []string `xml:"author>name"`
	DOI       string   `xml:"doi"`
	Journal   string   `xml:"journal_ref"`
	Comment   string   `xml:"comment"`
	Links     []struct {
		Title string `xml:"title,attr"`
		To    string `xml:"href,attr"`
	} `xml:"link"`
}

// arXiv asks arXiv for its identifiers, in one call.
func (r *Resolver) arXiv(ctx context.Context, part []reference.Identifier) (answers, error) {
	s := r.services[ArXiv]
	ids := make([]string, len(part))
	for i, id := range part {
		ids[i] = id.Value
	}
	body, err := s.get(ctx, "/api/query", url.Values{"id_list": {strings.Join(ids, ",")}, "max_results": {strconv.Itoa(len(part))}}, "application/atom+xml")
	if err != nil {
		return answers{}, err
	}
	var feed arXivFeed
	if err := xml.Unmarshal(body, &feed); err != nil {
		return answers{}, s.unreadable(err)
	}
	var works []*Work
	for i := range feed.Entries {
		if w := feed.Entries[i].work(); w != nil {
			works = append(works, w)
		}
	}
	return byID(works, part), nil
}

var (
	arXivVersion = regexp.MustCompile(`v\d+$`)
	withdrawn    = regexp.MustCompile(`(?i)\bwithdrawn\b`)
)

// work returns an entry as a preprint, nil for one that reports an error.
func (e *arXivEntry) work() *Work {
	_, id, ok := strings.Cut(e.ID, "/abs/")
	if !ok {
		return nil
	}
	id = strings.ToLower(arXivVersion.ReplaceAllString(strings.TrimSpace(id), ""))
	it := &library.Item{Type: "preprint", Fields: map[string]string{
		"title": strings.Join(strings.Fields(e.Title), " "), "repository": "arXiv", "archiveID": "arXiv:" + id, "date": e.Published[:min(len(e.Published), 10)],
	}}
	if e.DOI != "" {
		it.Fields["DOI"] = e.DOI
	}
	for _, name := range e.Authors {
		it.Creators = append(it.Creators, library.Creator{Role: "author", Name: name})
	}
	w := &Work{Known: reference.Known{Item: it}, Service: ArXiv, ID: reference.Identifier{Kind: reference.ArXiv, Value: id}}
	for _, link := range e.Links {
		if link.Title == "pdf" {
			w.PDF = strings.Replace(link.To, "http://", "https://", 1)
		}
	}
	from, err := strconv.Atoi(e.Published[:min(len(e.Published), 4)])
	to, err2 := strconv.Atoi(e.Updated[:min(len(e.Updated), 4)])
	if err == nil && err2 == nil {
		for year := from; year <= min(to, from+50); year++ { // a version each may be cited
			w.Years = append(w.Years, year)
		}
	}
	if withdrawn.MatchString(e.Comment) {
		w.Notices = []Notice{{Kind: "withdrawal", By: ArXiv, Source: "its comment"}}
	}
	return w
}
