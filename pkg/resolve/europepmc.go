package resolve

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/reference"
)

// europePMCList is an answer of Europe PMC's search.
type europePMCList struct {
	ResultList *struct {
		Result []struct {
			PMID, DOI   string
			PubTypeList struct{ PubType []string }
			Corrections struct {
				List []struct{ ID, Source, Type string } `json:"commentCorrection"`
			} `json:"commentCorrectionList"`
			Texts struct {
				List []europePMCText `json:"fullTextUrl"`
			} `json:"fullTextUrlList"`
		}
	}
}

// europePMCText is the address of a text.
type europePMCText struct{ AvailabilityCode, DocumentStyle, URL string }

// openPDF returns the address of the first PDF file that is open access or free to
// read, "" if there is none.
func openPDF(texts []europePMCText) string {
	for _, t := range texts {
		if t.DocumentStyle == "pdf" && (t.AvailabilityCode == "OA" || t.AvailabilityCode == "F") {
			return t.URL
		}
	}
	return ""
}

// europePMC asks Europe PMC what it says of DOIs and PMIDs, in one call.
func (r *Resolver) europePMC(ctx context.Context, part []reference.Identifier) (answers, error) {
	s := r.services[EuropePMC]
	terms := make([]string, len(part))
	for i, id := range part {
		terms[i] = `DOI:"` + id.Value + `"`
		if id.Kind == reference.PMID {
			terms[i] = "(EXT_ID:" + id.Value + " AND SRC:MED)"
		}
	}
	// A work can be there as preprint and as article.
	query := r.contactQuery(url.Values{"query": {strings.Join(terms, " OR ")}, "resultType": {"core"}, "format": {"json"}, "pageSize": {strconv.Itoa(2 * len(part))}}, "email")
	body, err := s.get(ctx, "/europepmc/webservices/rest/search", query, acceptJSON)
	if err != nil {
		return answers{}, err
	}
	var list europePMCList
	if err := json.Unmarshal(body, &list); err != nil || list.ResultList == nil {
		return answers{}, s.unreadable(err)
	}
	out := answers{works: map[reference.Identifier]*Work{}}
	for _, found := range list.ResultList.Result {
		var all []Notice
		for _, c := range found.Corrections.List {
			kind := linkKind(c.Type)
			if kind == "" {
				continue
			}
			n := Notice{Kind: kind, By: EuropePMC}
			if c.Source == "MED" && c.ID != "" {
				n.ID = "pmid:" + c.ID
			}
			all = append(all, n)
		}
		all = withRetractedType(all, EuropePMC, found.PubTypeList.PubType)
		for _, id := range []reference.Identifier{{Kind: reference.DOI, Value: strings.ToLower(found.DOI)}, {Kind: reference.PMID, Value: found.PMID}} {
			if slices.Contains(part, id) {
				w := &Work{Service: EuropePMC, ID: id, PDF: openPDF(found.Texts.List), Notices: all}
				if before := out.works[id]; before != nil {
					w.PDF, w.Notices = cmp.Or(before.PDF, w.PDF), mergeNotices(before.Notices, all)
				}
				out.works[id] = w
			}
		}
	}
	return out, nil
}
