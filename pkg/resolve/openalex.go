package resolve

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
)

// openAlexWork is what of a work of OpenAlex is read.
type openAlexWork struct {
	DOI       string
	Retracted bool `json:"is_retracted"`
	Location  struct {
		PDF string `json:"pdf_url"`
	} `json:"best_oa_location"`
}

// openAlex asks OpenAlex whether works are retracted and where they are open: for one
// DOI, which costs nothing, or with a key for many in one call.
func (r *Resolver) openAlex(ctx context.Context, part []reference.Identifier) (answers, error) {
	query := r.contactQuery(url.Values{"select": {"id,doi,is_retracted,best_oa_location"}}, "mailto")
	if key := r.key(); key != "" {
		query.Set("api_key", key)
	}
	if len(part) == 1 {
		return r.openAlexSingle(ctx, part[0], query)
	}
	dois := make([]string, len(part))
	for i, id := range part {
		dois[i] = id.Value
	}
	query.Set("filter", "doi:"+strings.Join(dois, "|"))
	query.Set("per_page", strconv.Itoa(len(part)))
	s := r.services[OpenAlex]
	body, err := s.get(ctx, "/works", query, acceptJSON)
	if err != nil {
		return answers{}, err
	}
	var list struct{ Results []openAlexWork }
	if err := json.Unmarshal(body, &list); err != nil || list.Results == nil {
		return answers{}, s.unreadable(err)
	}
	var works []*Work
	for _, w := range list.Results {
		works = append(works, w.work())
	}
	return byID(works, part), nil
}

// openAlexSingle asks for one DOI.
func (r *Resolver) openAlexSingle(ctx context.Context, id reference.Identifier, query url.Values) (answers, error) {
	s := r.services[OpenAlex]
	body, err := s.get(ctx, "/works/doi:"+url.PathEscape(id.Value), query, acceptJSON)
	if library.CodeOf(err) == library.NotFound {
		return answers{}, nil
	}
	if err != nil {
		return answers{}, err
	}
	var w openAlexWork
	if err := json.Unmarshal(body, &w); err != nil {
		return answers{}, s.unreadable(err)
	}
	return byID([]*Work{w.work()}, []reference.Identifier{id}), nil
}

func (w openAlexWork) work() *Work {
	out := &Work{Service: OpenAlex, PDF: w.Location.PDF, ID: reference.Identifier{Kind: reference.DOI, Value: strings.TrimPrefix(strings.ToLower(w.DOI), "https://doi.org/")}}
	if w.Retracted {
		out.Notices = []Notice{{Kind: "retraction", By: OpenAlex}}
	}
	return out
}
