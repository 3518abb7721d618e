package tool

import (
	"context"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// complete answers completion/complete for the arguments that take a library's
// own names: library, collection and tag of the prompts, and the library of
// the resource templates. Other arguments of what there is have no
// completions; a prompt or template that there isn't is an error.
func (c *Catalog) complete(ctx context.Context, req *mcp.CompleteRequest) (*mcp.CompleteResult, error) {
	p := req.Params
	template := p.Ref.Type == "ref/resource"
	if !known(p.Ref) {
		return nil, protocolFault(library.Errorf(library.Invalid, "no such prompt or resource template"))
	}
	k := &call{libs: c.libs, budget: c.budget}
	chosen := ""
	if p.Context != nil {
		chosen = p.Context.Arguments[libraryName]
	}
	var values []string
	var total int
	var err error
	switch typed := new(tidy).line(p.Argument.Value, maxName); p.Argument.Name {
	case libraryName:
		values, err = k.completeLibrary(ctx, typed, template)
	case collectionName:
		values, err = k.completeCollection(ctx, chosen, typed)
	case tagName:
		values, total, err = k.completeTag(ctx, chosen, typed)
	}
	if err != nil {
		return nil, protocolFault(err)
	}
	return completion(values, total), nil
}

func known(ref *mcp.CompleteReference) bool {
	if ref.Type == "ref/resource" {
		return ref.URI == itemTemplate || ref.URI == textTemplate
	}
	return slices.ContainsFunc(prompts(), func(p prompt) bool { return p.name == ref.Name })
}

// maxCompletions is the most values of one answer (MCP, "Completion").
const maxCompletions = 100

func completion(values []string, total int) *mcp.CompleteResult {
	total = max(total, len(values))
	shown := append([]string{}, values[:min(len(values), maxCompletions)]...)
	return &mcp.CompleteResult{Completion: mcp.CompletionResultDetails{
		Values: shown, Total: total, HasMore: total > len(shown),
	}}
}

// starts reports whether s begins as typed, without regard to case and to how
// accents are encoded.
func starts(s, typed string) bool {
	return strings.HasPrefix(plaintext.FoldCase(s), plaintext.FoldCase(typed))
}

// completeLibrary offers the IDs of the libraries whose ID or name begins as
// typed: an ID is never ambiguous.
func (c *call) completeLibrary(ctx context.Context, typed string, template bool) ([]string, error) {
	all, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	var values []string
	for _, lib := range all {
		if starts(string(lib.ID), typed) || !template && starts(new(tidy).line(lib.Name, maxName), typed) {
			values = append(values, string(lib.ID))
		}
	}
	return values, nil
}

// completeCollection offers the paths that begin as typed, or whose last name
// does.
func (c *call) completeCollection(ctx context.Context, chosen, typed string) ([]string, error) {
	all, _, _, err := c.portions(ctx, chosen, "", "")
	if err != nil {
		return nil, err
	}
	l, err := gather(ctx, c, all, maxCollections, func(ctx context.Context, r library.Reader, _ portion, _ int) (library.Page[node], error) {
		page, err := r.Collections(ctx)
		return library.Page[node]{Items: tree(page.Items), Total: len(page.Items)}, err
	}, func(a, b entry[node]) int { return a.branch - b.branch })
	if err != nil {
		return nil, err
	}
	var values []string
	for _, e := range l.entries {
		path := new(tidy).line(e.value.path, maxTitle)
		if (starts(path, typed) || starts(path[strings.LastIndexByte(path, '/')+1:], typed)) && !slices.Contains(values, path) {
			values = append(values, path)
		}
	}
	return values, nil
}

// completeTag offers the tags that begin as typed, the most used first.
func (c *call) completeTag(ctx context.Context, chosen, typed string) ([]string, int, error) {
	all, _, _, err := c.portions(ctx, chosen, "", "")
	if err != nil {
		return nil, 0, err
	}
	l, err := gather(ctx, c, all, maxCompletions, func(ctx context.Context, r library.Reader, _ portion, limit int) (library.Page[library.Tag], error) {
		return r.Tags(ctx, library.TagQuery{Prefix: typed, Limit: limit})
	}, func(a, b entry[library.Tag]) int { return b.value.Items - a.value.Items })
	if err != nil {
		return nil, 0, err
	}
	var values []string
	for _, e := range l.entries {
		if tag := new(tidy).line(e.value.Name, maxEntryChars); !slices.Contains(values, tag) {
			values = append(values, tag)
		}
	}
	if l.total() == len(l.entries) {
		return values, len(values), nil
	}
	return values, l.total(), nil
}
