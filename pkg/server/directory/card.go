package directory

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/server/origin"
)

// The media types of the documents.
const (
	cardType    = "application/mcp-server-card+json"
	catalogType = "application/ai-catalog+json"
)

// cardSchema names the version of the card's form.
const cardSchema = "https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json"

// Card describes the server to clients that look for one (SEP-2127,
// modelcontextprotocol/experimental-ext-server-card, schema.ts).
type Card struct {
	Schema      string      `json:"$schema"`
	Name        string      `json:"name"`        // "<reversed domain>/<name>"
	Version     string      `json:"version"`     // at most 255 characters
	Description string      `json:"description"` // 1 to 100 characters
	Title       string      `json:"title,omitempty"`
	WebsiteURL  string      `json:"websiteUrl,omitempty"`
	Repository  *Repository `json:"repository,omitempty"`
	Icons       []Icon      `json:"icons,omitempty"`
	Remotes     []Remote    `json:"remotes,omitempty"`
}

// Repository is where the source is.
type Repository struct {
	URL    string `json:"url"`
	Source string `json:"source"` // such as "github"
}

// Icon is a picture of the server.
type Icon struct {
	URL   string   `json:"src"`
	Type  string   `json:"mimeType"`
	Sizes []string `json:"sizes"`
}

// Remote is where the server is reached.
type Remote struct {
	Type     string   `json:"type"`
	URL      string   `json:"url"`
	Headers  []Header `json:"headers,omitempty"`
	Versions []string `json:"supportedProtocolVersions"`
}

// Header is a header that a client has to send.
type Header struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Required    bool   `json:"isRequired"`
	Secret      bool   `json:"isSecret"`
}

// catalog lists the servers of a domain: this one.
type catalog struct {
	Version string  `json:"specVersion"`
	Entries []entry `json:"entries"`
}

// entry is a server in a catalog.
type entry struct {
	Identifier string `json:"identifier"`
	Type       string `json:"type"`
	URL        string `json:"url"`
}

// writeCard serves the card.
func (d *Directory) writeCard(w http.ResponseWriter, r *http.Request) {
	d.writeDocument(w, r, cardType, d.card(origin.BaseURL(d.options.PublicURL, r)))
}

// card returns the card of the server at a URL.
func (d *Directory) card(base string) Card {
	c := d.options.Card
	c.Schema = cardSchema
	c.Icons = []Icon{{URL: base + iconPath, Type: "image/png", Sizes: []string{d.options.IconSize}}}
	remote := Remote{Type: "streamable-http", URL: base + "/mcp", Versions: mcp.SupportedProtocolVersions()}
	if d.options.Token {
		remote.Headers = []Header{{
			Name: "Authorization", Description: `"Bearer " and the access token that the operator of the server gave you`, Required: true, Secret: true,
		}}
	}
	c.Remotes = []Remote{remote}
	return c
}

// writeCatalog serves the catalog.
func (d *Directory) writeCatalog(w http.ResponseWriter, r *http.Request) {
	base := origin.BaseURL(d.options.PublicURL, r)
	host := base
	if u, err := url.Parse(base); err == nil {
		host = u.Hostname()
	}
	_, name, _ := strings.Cut(d.options.Card.Name, "/")
	d.writeDocument(w, r, catalogType, catalog{Version: "1.0", Entries: []entry{{
		Identifier: "urn:air:" + host + ":mcp:" + name, Type: cardType, URL: base + cardPath,
	}}})
}

// writeDocument serves a document of discovery.
func (d *Directory) writeDocument(w http.ResponseWriter, r *http.Request, kind string, document any) {
	body, err := json.Marshal(document)
	if err != nil { // texts alone
		http.Error(w, "the document can't be written", http.StatusInternalServerError)
		return
	}
	share(w.Header())
	if d.options.PublicURL == "" { // the document has the host that the request named
		w.Header().Set("Cache-Control", "no-store")
	}
	publish(w, r, kind, body)
}
