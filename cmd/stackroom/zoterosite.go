package main

import (
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// zoteroSite has the kinds of Zotero's libraries and the web pages of their
// items.
type zoteroSite struct{}

// Kinds implements [access.Provider].
func (zoteroSite) Kinds() []library.Kind { return []library.Kind{library.KindUser, library.KindGroup} }

// Link implements [access.Provider].
func (zoteroSite) Link(id library.ItemID) string {
	_, number, _ := strings.Cut(string(id.Library), ":")
	return "https://www.zotero.org/" + string(id.Library.Kind()) + "s/" + number + "/items/" + id.Key
}
