package main

import "testing"

// TestZoteroTakesWritesBack files, tidies and trashes works of a personal library over
// the server, and takes each change back. What was written is read at once.
func TestZoteroTakesWritesBack(t *testing.T) {
	s := zoteroServer(t)
	url, _ := serveZotero(t, s, "personal")
	ask := overREST(url)
	askUntilRead(t, ask)
	l := s.Libraries[0]
	testTakesWritesBack(t, ask, l.ID, l.id(l.Titles[0].Key), l.Titles[0].Words)
}
