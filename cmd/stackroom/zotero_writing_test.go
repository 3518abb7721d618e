package main

import (
	"slices"
	"strings"
	"testing"
)

// TestZoteroTakesWritesBack files, tidies and trashes works of a personal library over
// the server, and takes each change back. What was written is read at once.
func TestZoteroTakesWritesBack(t *testing.T) {
	s := zoteroServer(t)
	url, _ := serveZotero(t, s, "personal")
	ask := overREST(url)
	askUntilRead(t, ask)
	l := s.Libraries[0]
	id := l.id(l.Titles[0].Key)
	tags := func(tag string) int {
		a := ask(t, "list_tags", map[string]any{"library": l.ID, "prefix": tag})
		i := slices.IndexFunc(a.Tags, func(x struct {
			Tag   string
			Items int
		}) bool {
			return x.Tag == tag
		})
		if i < 0 {
			return 0
		}
		return a.Tags[i].Items
	}
	there := func() bool {
		return slices.Contains(ask(t, "search", map[string]any{"query": l.Titles[0].Words, "library": l.ID}).found(), id)
	}
	change := func(want, tool string, arguments map[string]any) toolAnswer {
		t.Helper()
		a := ask(t, tool, arguments)
		if a.Status != want {
			t.Fatalf("%s is %q, want %q: %.600s", tool, a.Status, want, a.text)
		}
		return a
	}

	added := change("done", "update_items", map[string]any{"ids": []string{id}, "add_tags": []string{"from the assistant"}})
	if n := tags("from the assistant"); n != 1 {
		t.Errorf("the new tag is on %d works", n)
	}
	change("done", "undo_changes", map[string]any{"receipt": added.Receipt})
	if n := tags("from the assistant"); n != 0 {
		t.Errorf("the tag that was taken back is on %d works", n)
	}

	planned := change("planned", "trash_items", map[string]any{"ids": []string{id}})
	if !there() {
		t.Error("a plan has changed something")
	}
	trashed := change("done", "apply_changes", map[string]any{"plan": planned.Plan})
	if there() {
		t.Error("the work is still found")
	}
	again := change("done", "apply_changes", map[string]any{"plan": planned.Plan})
	if again.Receipt != trashed.Receipt {
		t.Errorf("a plan that is carried out twice has receipts %q and %q", trashed.Receipt, again.Receipt)
	}
	change("done", "undo_changes", map[string]any{"receipt": trashed.Receipt})
	if !there() {
		t.Error("the work did not come back")
	}

	made := change("done", "organize", map[string]any{"library": l.ID, "action": "make_collection", "name": "From the assistant"})
	collection := func() bool {
		for _, c := range ask(t, "list_collections", map[string]any{"library": l.ID}).Collections {
			if c.Path == "From the assistant" {
				return true
			}
		}
		return false
	}
	receipt := made.Receipt
	for i, want := range []bool{false, true, false} { // the undo is taken back, too
		receipt = change("done", "undo_changes", map[string]any{"receipt": receipt}).Receipt
		if collection() != want {
			t.Errorf("after %d undos the collection is there: %v", i+1, !want)
		}
	}

	works := "@article{noether, title={Invariante Variationsprobleme}, author={Noether, Emmy}, journal={Nachrichten}, year=1918}\n" +
		"@book{weyl, title={Raum Zeit Materie}, author={Weyl, Hermann}, year=1918, note={Read twice}, shelf={B 12}}"
	items := change("done", "add_items", map[string]any{"works": works, "library": l.ID, "tags": []string{"from the assistant"}})
	if n := tags("from the assistant"); n != 2 {
		t.Errorf("%d works were added", n)
	}
	found := ask(t, "search", map[string]any{"query": "Invariante Variationsprobleme", "library": l.ID}).found()
	if len(found) == 0 {
		t.Fatal("the new work is not found")
	}
	written := change("done", "write_note", map[string]any{"id": found[0], "text": "# Why\n\nSymmetries and **conservation**."})
	if a := ask(t, "fetch", map[string]any{"id": found[0]}); !strings.Contains(a.text, "conservation") {
		t.Errorf("the note is not read: %.600s", a.text)
	}
	change("done", "undo_changes", map[string]any{"receipt": written.Receipt})
	change("done", "undo_changes", map[string]any{"receipt": items.Receipt})
	if n := tags("from the assistant"); n != 0 {
		t.Errorf("%d works are still there", n)
	}
}
