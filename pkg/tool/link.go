package tool

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// doi is a DOI after its resolver or scheme, if any (DOI Handbook, 2.2).
var doi = regexp.MustCompile(`(?i)^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.[0-9]{4,9}/\S+)$`)

// maxURL bounds an address, in bytes; a longer one is as good as none.
const maxURL = 2_000

// itemURL returns the address of the work for people: its DOI's, the one in its
// record, its page at the library's provider, or else its page or its resource at
// this server. It is never empty, since clients cite by it.
func (c *call) itemURL(it *library.Item) string {
	if m := doi.FindStringSubmatch(plaintext.Line(it.Field("DOI"))); m != nil && len(m[1]) < maxURL {
		u := url.URL{Scheme: "https", Host: "doi.org", Path: "/" + m[1]}
		return u.String()
	}
	if s, ok := webAddress(it.Field("url")); ok {
		return s
	}
	if c.link != nil {
		if s := c.link(it.ID); s != "" {
			return s
		}
	}
	if s := c.pageOf(it.ID); s != "" {
		return s
	}
	return resourceURI(it.ID)
}

// pageOf returns the address of a work's page at this server, or "".
func (c *call) pageOf(id library.ItemID) string {
	if c.pages == "" {
		return ""
	}
	return c.pages + "/" + url.PathEscape(string(id.Library)) + "/" + url.PathEscape(id.Key)
}

// withoutPage returns the item ID in the URL of a work's page at this server, and
// every other text as it is.
func (c *call) withoutPage(name string) string {
	rest, ok := strings.CutPrefix(strings.TrimSpace(name), c.pages+"/")
	if c.pages == "" || !ok {
		return name
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, _, _ = strings.Cut(rest, "?")
	if id, err := url.PathUnescape(strings.TrimSuffix(rest, "/")); err == nil {
		return id
	}
	return name
}

// webAddress returns an untrusted address in canonical form, if it is one that
// a browser opens and that hides no credentials.
func webAddress(s string) (string, bool) {
	s = plaintext.Line(s)
	if len(s) > maxURL {
		return "", false
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "", false
	}
	s = u.String()
	return s, !strings.ContainsAny(s, " <>\"'`\\^{|}") && len(s) <= maxURL
}

// runs reports whether a browser that opens s would run it, show it as a page
// or open a local file. Browsers skip white space and control characters in a
// scheme (https://url.spec.whatwg.org/#concept-basic-url-parser).
func runs(s string) bool {
	var scheme strings.Builder
	for _, r := range s {
		switch {
		case r == ':':
			return slices.Contains([]string{"javascript", "vbscript", "data", "file", "blob", "view-source"}, strings.ToLower(scheme.String()))
		case r <= ' ' || unicode.Is(unicode.Cf, r) || unicode.IsSpace(r):
		case scheme.Len() > len("view-source"):
			return false
		default:
			scheme.WriteRune(r)
		}
	}
	return false
}

// The resources' URIs (RFC 6570 templates). The colon of a library ID is
// percent-encoded: left bare, it would begin a port number.
const (
	resourceScheme = "stackroom://"
	itemsSegment   = "/items/"
	textSuffix     = "/text"
	itemTemplate   = resourceScheme + "{library}" + itemsSegment + "{key}"
	textTemplate   = itemTemplate + textSuffix
)

// resourceURI returns the URI of a work's resource.
func resourceURI(id library.ItemID) string {
	return resourceScheme + strings.Replace(string(id.Library), ":", "%3A", 1) + itemsSegment + id.Key
}

// parseURI returns the item ID in the URI of a work's resource, or "", and
// whether the URI is that of the work's text. The colon may stand as it is.
func parseURI(uri string) (id string, text bool) {
	rest, ok := strings.CutPrefix(uri, resourceScheme)
	lib, key, found := strings.Cut(rest, itemsSegment)
	if !ok || !found {
		return "", false
	}
	lib = strings.Replace(strings.Replace(lib, "%3A", ":", 1), "%3a", ":", 1)
	key, text = strings.CutSuffix(key, textSuffix)
	return lib + "/" + key, text
}
