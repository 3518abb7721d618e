package resolve

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
)

// dataCiteYears are the parts of a work of DataCite that package biblio does not
// read: all of its years.
type dataCiteYears struct {
	Attributes struct {
		DOI             string
		PublicationYear json.Number
		Dates           []struct{ Date, DateType string }
	}
}

// dataCite asks DataCite for DOIs, in one call.
func (r *Resolver) dataCite(ctx context.Context, part []reference.Identifier) (answers, error) {
	read := func(body []byte) ([]*Work, error) { return r.readDataCite(ctx, body) }
	if len(part) == 1 && strings.Contains(part[0].Value, ",") {
		return r.single(ctx, DataCite, "/dois/", part[0], read)
	}
	dois := make([]string, len(part))
	for i, id := range part {
		dois[i] = id.Value
	}
	query := r.contactQuery(url.Values{"ids": {strings.Join(dois, ",")}, "page[size]": {strconv.Itoa(len(part))}}, "mailto")
	body, err := r.services[DataCite].get(ctx, "/dois", query, acceptJSON)
	if err != nil {
		return answers{}, err
	}
	works, err := read(body)
	return byID(works, part), err
}

// readDataCite reads an answer of DataCite: a list, or one work.
func (r *Resolver) readDataCite(ctx context.Context, body []byte) ([]*Work, error) {
	s := r.services[DataCite]
	var answer struct{ Data json.RawMessage }
	if err := json.Unmarshal(body, &answer); err != nil || len(answer.Data) == 0 {
		return nil, s.unreadable(err)
	}
	list := []json.RawMessage{answer.Data}
	if answer.Data[0] == '[' {
		list = nil
		if err := json.Unmarshal(answer.Data, &list); err != nil {
			return nil, s.unreadable(err)
		}
	}
	var works []*Work
	for _, raw := range list {
		doc, err := biblio.Read(ctx, bytes.NewReader(raw), "", biblio.DataCite)
		if ctx.Err() != nil {
			return nil, library.AsError(ctx.Err())
		}
		var years dataCiteYears
		if err != nil || len(doc.Entries) != 1 || json.Unmarshal(raw, &years) != nil {
			return nil, s.unreadable(err)
		}
		it := &doc.Entries[0].Item
		w := &Work{Known: reference.Known{Item: it}, Service: DataCite, ID: reference.Identifier{Kind: reference.DOI, Value: strings.ToLower(years.Attributes.DOI)}}
		w.Years = years.all()
		works = append(works, w)
	}
	return works, nil
}

// all returns the years in which the work was published.
func (y *dataCiteYears) all() []int {
	texts := []string{string(y.Attributes.PublicationYear)}
	for _, d := range y.Attributes.Dates {
		switch d.DateType {
		case "Issued", "Available", "Submitted", "Updated":
			texts = append(texts, d.Date)
		}
	}
	var years []int
	for _, text := range texts {
		year, err := strconv.Atoi(text[:min(len(text), 4)])
		if err == nil && year > 0 && !slices.Contains(years, year) {
			years = append(years, year)
		}
	}
	return years
}

// agencies asks doi.org which agency registers the prefixes of DOIs that neither
// Crossref nor DataCite has, a call each, at most [MaxCalls]. It returns the DOIs
// that another agency registers.
func (a *asking) agencies(ctx context.Context, missing []reference.Identifier) (others []reference.Identifier) {
	if len(missing) == 0 || !a.Asks(DOIOrg) || !a.Asks(Crossref) || !a.Asks(DataCite) {
		return nil
	}
	byPrefix := map[string][]reference.Identifier{}
	var prefixes []string
	for _, id := range missing {
		prefix, _, _ := strings.Cut(id.Value, "/")
		if byPrefix[prefix] == nil {
			prefixes = append(prefixes, prefix)
		}
		byPrefix[prefix] = append(byPrefix[prefix], id)
	}
	asked := Asked{Service: DOIOrg}
	for _, prefix := range prefixes {
		ids := byPrefix[prefix]
		agency, ok := a.keptAgency(prefix)
		if !ok && (asked.Err != nil || asked.Calls == MaxCalls) {
			asked.Unanswered += len(ids)
			continue
		}
		if !ok {
			asked.Calls++
			if agency, asked.Err = a.agency(ctx, prefix); asked.Err != nil {
				asked.Unanswered += len(ids)
				continue
			}
		}
		asked.Answered += len(ids)
		if agency == "" || agency == string(Crossref) || agency == string(DataCite) {
			continue
		}
		others = append(others, ids...)
		a.mu.Lock()
		for _, id := range ids {
			a.report.Agencies[id] = agency
		}
		a.mu.Unlock()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.report.Asked = append(a.report.Asked, asked)
	return others
}

// keptAgency returns the agency of a prefix that was asked for before.
func (r *Resolver) keptAgency(prefix string) (agency string, ok bool) {
	works, ok := r.kept.get(DOIOrg, prefix)
	if len(works) == 1 {
		agency = string(works[0].Service)
	}
	return agency, ok
}

// agency asks doi.org for the agency of a prefix, "" if none registers it.
func (r *Resolver) agency(ctx context.Context, prefix string) (string, error) {
	s := r.services[DOIOrg]
	body, err := s.get(ctx, "/doiRA/"+url.PathEscape(prefix), nil, acceptJSON)
	if library.CodeOf(err) == library.NotFound {
		body, err = []byte(`[{}]`), nil
	}
	if err != nil {
		return "", err
	}
	var list []struct{ RA string }
	if err := json.Unmarshal(body, &list); err != nil || len(list) != 1 || len(list[0].RA) > 40 {
		return "", s.unreadable(err)
	}
	r.kept.put(DOIOrg, prefix, &Work{Service: Service(list[0].RA)})
	return list[0].RA, nil
}
