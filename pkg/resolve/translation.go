package resolve

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// untranslated reports whether an error of the translation server says that it has
// no work: no translator (501), several works to choose from (300), or a page that
// it does not read (400).
func untranslated(err error) bool {
	switch upstream.StatusOf(err) {
	case http.StatusNotImplemented, http.StatusMultipleChoices, http.StatusBadRequest:
		return true
	}
	return false
}

// translated asks the translation server for the work of one identifier.
func (r *Resolver) translated(ctx context.Context, part []reference.Identifier) (answers, error) {
	s, id := r.services[Translation], part[0]
	question := id.Value
	if id.Kind == reference.PMID || id.Kind == reference.ArXiv {
		question = id.String() // a number alone is not read as one
	}
	body, err := s.post(ctx, "/search", nil, question)
	if untranslated(err) {
		return answers{}, nil
	}
	if err != nil {
		return answers{}, err
	}
	works, err := readTranslated(body)
	if err != nil {
		return answers{}, s.unreadable(err)
	}
	for _, it := range works {
		if w := stating(it, id); w != nil {
			return answers{works: map[reference.Identifier]*Work{id: w}}, nil
		}
	}
	return answers{foreign: len(works) > 0}, nil
}

// stating returns the work that was found for an identifier, nil if it states
// another identifier of that kind.
func stating(it *library.Item, id reference.Identifier) *Work {
	stated := reference.FromItem(it).IDs
	if !slices.Contains(stated, id) && slices.ContainsFunc(stated, func(other reference.Identifier) bool { return other.Kind == id.Kind }) {
		return nil
	}
	return &Work{Known: reference.Known{Item: it}, Service: Translation, ID: id}
}

// translatedPage asks the translation server for the work of a page. It fails with
// [library.Invalid] if the server has no translator for it, and does not send the
// address of a page that is not public.
func (r *Resolver) translatedPage(ctx context.Context, page *url.URL) (*library.Item, error) {
	s := r.services[Translation]
	if err := r.public(ctx, page); err != nil {
		return nil, err
	}
	body, err := s.post(ctx, "/web", url.Values{"single": {"1"}}, page.String())
	if err != nil && !untranslated(err) {
		return nil, err
	}
	var works []*library.Item
	if err == nil {
		if works, err = readTranslated(body); err != nil {
			return nil, s.unreadable(err)
		}
	}
	if len(works) != 1 || onlyTitled(works[0]) {
		return nil, noTranslator().WithCause(err)
	}
	works[0].Fields["url"] = page.String()
	return works[0], nil
}

func noTranslator() *library.Error {
	return library.Errorf(library.Invalid, "the translation server has no translator for the page")
}

// onlyTitled reports whether a work is what the server states of every page: its
// title. The page's own metadata state at least as much.
func onlyTitled(it *library.Item) bool {
	return it.Type == "webpage" && len(it.Creators) == 0 && it.Field("date") == ""
}
