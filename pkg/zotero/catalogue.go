package zotero

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// exportFormats are the formats of [Client.Export]
// (https://www.zotero.org/support/dev/web_api/v3/basics#export_formats).
var exportFormats = [...]string{
	"bib", "bibtex", "biblatex", "bookmarks", "coins", "csljson", "csv", "mods", "refer",
	"rdf_bibliontology", "rdf_dc", "rdf_zotero", "ris", "tei", "wikipedia",
}

// Export returns items as the server's translators write them, one page of
// them: at most 100 items. The format "bib" is an HTML bibliography in
// p.Style, which takes no paging or order.
func (c *Client) Export(ctx context.Context, s Scope, format string, p Parameters) ([]byte, error) {
	if !slices.Contains(exportFormats[:], format) {
		return nil, library.Errorf(library.Invalid, "Zotero doesn't write that format")
	}
	query := p.values()
	query.Set("format", format)
	if format == "bib" {
		for _, name := range []string{"sort", "direction", "start", "limit"} {
			query.Del(name)
		}
	}
	res, err := c.get(ctx, s.cred, s.path+"/items", query, "*/*")
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

// Schema returns the schema of all item types: one JSON document of about
// 400 kB, the same for everybody.
func (c *Client) Schema(ctx context.Context) ([]byte, error) {
	res, err := c.get(ctx, upstream.Credential{}, "/schema", nil, jsonType)
	if err != nil {
		return nil, err
	}
	if !json.Valid(res.Body) {
		return nil, unreadable(errNotObject)
	}
	return res.Body, nil
}

// ItemTypes lists the item types.
func (c *Client) ItemTypes(ctx context.Context) ([]Named, error) {
	return c.named(ctx, "/itemTypes", nil)
}

// ItemFields lists the fields of all item types.
func (c *Client) ItemFields(ctx context.Context) ([]Named, error) {
	return c.named(ctx, "/itemFields", nil)
}

// ItemTypeFields lists the fields of one item type.
func (c *Client) ItemTypeFields(ctx context.Context, itemType string) ([]Named, error) {
	return c.named(ctx, "/itemTypeFields", url.Values{"itemType": {itemType}})
}

// ItemTypeCreatorTypes lists the creator types of one item type.
func (c *Client) ItemTypeCreatorTypes(ctx context.Context, itemType string) ([]Named, error) {
	return c.named(ctx, "/itemTypeCreatorTypes", url.Values{"itemType": {itemType}})
}

// CreatorFields lists the fields of creators.
func (c *Client) CreatorFields(ctx context.Context) ([]Named, error) {
	return c.named(ctx, "/creatorFields", nil)
}

// Template returns an empty item of a type as the server wants it filled in;
// linkMode is required for an attachment, annotationType for an annotation.
func (c *Client) Template(ctx context.Context, itemType, linkMode, annotationType string) (json.RawMessage, error) {
	query := url.Values{"itemType": {itemType}}
	if linkMode != "" {
		query.Set("linkMode", linkMode)
	}
	if annotationType != "" {
		query.Set("annotationType", annotationType)
	}
	template, _, err := getOne[json.RawMessage](ctx, c, upstream.Credential{}, "/items/new", query)
	return template, err
}

func (c *Client) named(ctx context.Context, path string, query url.Values) ([]Named, error) {
	res, err := c.get(ctx, upstream.Credential{}, path, query, jsonType)
	if err != nil {
		return nil, err
	}
	return decodeList[Named](res.Body)
}
