package main

import (
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestZoteroSite_Link(t *testing.T) {
	for id, want := range map[library.ID]string{
		"user:475425": "https://www.zotero.org/users/475425/items/ABCD2345",
		"group:4711":  "https://www.zotero.org/groups/4711/items/ABCD2345",
	} {
		if got := (zoteroSite{}).Link(library.ItemID{Library: id, Key: "ABCD2345"}); got != want {
			t.Errorf("%s: %q", id, got)
		}
	}
}
