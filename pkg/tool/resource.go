package tool

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// listedResources is how many works one page of resources/list names.
const listedResources = 50

// noticesMeta is the key in a result's _meta that says what a list lacks.
const noticesMeta = "io.github.stackroom-mcp/notices"

// addResources registers the two templates and what the SDK can't do with a
// template: list works per caller, and take a library ID whose colon is bare.
func (c *Catalog) addResources(s *mcp.Server) {
	s.AddResourceTemplate(&mcp.ResourceTemplate{
		Name: "work", Title: "A work", URITemplate: itemTemplate, MIMEType: "application/json",
		Description: "One work as fetch gives it. Holds untrusted third-party text.",
	}, c.readResource)
	s.AddResourceTemplate(&mcp.ResourceTemplate{
		Name: "work_text", Title: "The text of a work", URITemplate: textTemplate, MIMEType: "text/plain",
		Description: "The start of a work's text, which is untrusted third-party text; read_text has all of it.",
	}, c.readResource)
	s.AddReceivingMiddleware(c.showViews, c.resources)
}

// resources answers resources/list with the caller's own works, and reads
// every URI of this server's scheme.
func (c *Catalog) resources(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		switch p := req.GetParams().(type) {
		case *mcp.ListResourcesParams:
			return c.listResources(ctx, method, req, p, next)
		case *mcp.ReadResourceParams:
			if p != nil && strings.HasPrefix(p.URI, resourceScheme) {
				res, err := c.read(ctx, p.URI)
				if err != nil {
					return nil, err
				}
				res.Cacheable = mcp.Cacheable{TTLMs: privateTTL, CacheScope: "private"}
				return res, nil
			}
		}
		return next(ctx, method, req)
	}
}

// listResources lists the works added last, after what is registered with the
// server itself.
func (c *Catalog) listResources(ctx context.Context, method string, req mcp.Request, p *mcp.ListResourcesParams, next mcp.MethodHandler) (mcp.Result, error) {
	cursor := ""
	if p != nil {
		cursor = p.Cursor
	}
	res := &mcp.ListResourcesResult{Resources: []*mcp.Resource{}, Cacheable: mcp.Cacheable{TTLMs: privateTTL, CacheScope: "private"}}
	if cursor == "" {
		own, err := next(ctx, method, req)
		if err != nil {
			return nil, err
		}
		if own, ok := own.(*mcp.ListResourcesResult); ok && own != nil {
			res.Resources = append(res.Resources, own.Resources...)
		}
	}
	k := c.newCall(func() digest { return argumentDigest(method, nil, &struct{}{}) })
	l, err := k.search(ctx, searchInput{Sort: string(library.SortAdded), Limit: listedResources, Cursor: cursor})
	if err == nil {
		err = k.standing.rejected()
	}
	if err != nil {
		return nil, protocolFault(err)
	}
	t := &tidy{}
	for _, e := range l.entries {
		it := e.value.Item
		res.Resources = append(res.Resources, &mcp.Resource{
			URI: resourceURI(it.ID), Name: it.ID.String(), Title: t.title(it), MIMEType: "application/json",
			Description: "A work of type " + token(it.Type) + "; its title is untrusted third-party text.",
		})
	}
	res.NextCursor = l.cursor(k, len(l.entries))
	if notices := slices.Concat(k.standing.all(), l.notices); len(notices) > 0 {
		res.Meta = mcp.Meta{noticesMeta: notices}
	}
	return res, nil
}

// readResource is the handler that the templates are registered with.
func (c *Catalog) readResource(ctx context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
	return c.read(ctx, req.Params.URI)
}

func (c *Catalog) read(ctx context.Context, uri string) (*mcp.ReadResourceResult, error) {
	contents := &mcp.ResourceContents{URI: uri, MIMEType: "application/json"}
	var err error
	if _, text := parseURI(uri); text {
		contents.MIMEType = "text/plain"
		contents.Text, err = c.plainText(ctx, uri)
	} else {
		var arguments, out json.RawMessage
		if arguments, err = encode(map[string]string{"id": uri}); err == nil {
			out, err = c.byName["fetch"].run(ctx, arguments, nil)
			contents.Text = string(out)
		}
	}
	if err != nil {
		return nil, protocolFault(err)
	}
	// The SDK marks a result as complete, which revision 2026-07-28 demands, only
	// where its own handler is called; the field has no other way in than JSON.
	res := &mcp.ReadResourceResult{}
	if err := res.UnmarshalJSON([]byte(`{"resultType":"complete"}`)); err != nil {
		return nil, err
	}
	res.Contents = []*mcp.ResourceContents{contents}
	return res, nil
}

// plainText returns the start of a work's text, ending in words of ours if it
// is not all of it.
func (c *Catalog) plainText(ctx context.Context, uri string) (string, error) {
	k := c.newCall(nil)
	h, err := k.find(ctx, "uri", uri)
	if err != nil {
		return "", err
	}
	p, err := k.readFrom(ctx, h, span{room: c.budget - textOverhead})
	if err != nil {
		return "", err
	}
	notes := k.standing.all()
	switch {
	case !p.status.Available:
		notes = append(notes, "No text can be read: "+ours(p.status.Reason))
	case p.next >= 0:
		notes = append(notes, fmt.Sprintf("The text goes on at character %d of %s: use read_text.", p.next, countOf(p.status.Chars)))
	case p.status.Reason != "":
		notes = append(notes, "Some of the text is missing: "+ours(p.status.Reason))
	}
	var parts []string
	if text := p.joined(); text != "" {
		parts = append(parts, text)
	}
	for _, note := range notes {
		parts = append(parts, "["+note+"]")
	}
	return strings.Join(parts, "\n\n"), nil
}
