package datafolder

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/zotero/datafolder/datafoldertest"
)

// TestCensus_SumsChangeWithEachChange changes one thing of an item at a time.
func TestCensus_SumsChangeWithEachChange(t *testing.T) {
	s, f := folderOf(t)
	const lib = datafoldertest.Personal
	f.Collection(lib, "CCCC2222", "Sea", "")
	f.Put(lib, data{"key": "AAAA2222", "itemType": "book", "title": "One"})
	f.Put(lib, data{"key": "AAAA3333", "itemType": "book", "title": "Two"})
	f.Put(lib, data{"key": "PPPP2222", "itemType": "attachment", "parentItem": "AAAA2222", "linkMode": "imported_file", "filename": "a.pdf"})
	head, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{
		`UPDATE items SET dateAdded = '2001-01-01 00:00:00' WHERE key = 'PPPP2222'`,
		`UPDATE items SET dateModified = '2001-01-01 00:00:00' WHERE key = 'PPPP2222'`,
		`UPDATE items SET clientDateModified = '2001-01-01 00:00:00' WHERE key = 'PPPP2222'`,
		`UPDATE items SET version = 7 WHERE key = 'PPPP2222'`,
		`UPDATE items SET synced = 1 WHERE key = 'PPPP2222'`,
		`UPDATE items SET itemTypeID = itemTypeID + 100 WHERE key = 'PPPP2222'`,
		`UPDATE itemAttachments SET parentItemID = (SELECT itemID FROM items WHERE key = 'AAAA3333')`,
		`INSERT INTO collectionItems (itemID, collectionID) SELECT itemID, collectionID FROM items, collections WHERE items.key = 'PPPP2222'`,
		`INSERT INTO fulltextItems (itemID, indexedPages) SELECT itemID, 1 FROM items WHERE key = 'PPPP2222'`,
		`UPDATE fulltextItems SET totalPages = 2`, `UPDATE fulltextItems SET indexedChars = 3`, `UPDATE fulltextItems SET totalChars = 4`,
	} {
		f.Exec(change)
		changes, err := s.Since(t.Context(), head.Mark)
		if err != nil || len(changes.Objects) != 1 || changes.Objects[0].Key != "PPPP2222" {
			t.Errorf("%s: %+v, %v", change, changes, err)
		}
		head = changes.Head
	}
	for _, change := range []string{`UPDATE collections SET collectionName = 'Ocean'`, `INSERT INTO deletedCollections (collectionID) VALUES (1)`} {
		f.Exec(change)
		changes, err := s.Since(t.Context(), head.Mark)
		if err != nil || changes.Collections == nil || len(changes.Objects) != 0 || changes.Head.Mark == head.Mark {
			t.Errorf("%s: %+v, %v", change, changes, err)
		}
		head = changes.Head
	}
}

// TestSums_AreKeptOfTheLastStates makes more states than are kept.
func TestSums_AreKeptOfTheLastStates(t *testing.T) {
	dir := t.TempDir()
	var digests []string
	for n := range keptSums + 2 {
		c := &census{members: []member{{key: "AAAA2222", sum: uint64(n)}, {key: "AAAA3333", sum: 1 << 63}}, digest: strings.Repeat("0", 31) + string(rune('0'+n))}
		if err := keepSums(dir, personal, c); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(time.Duration(n-10) * time.Minute)
		if err := os.Chtimes(sumsFile(dir, personal, c.digest), at, at); err != nil {
			t.Fatal(err)
		}
		digests = append(digests, c.digest)
	}
	for n, digest := range digests {
		got := readSums(dir, personal, digest)
		if n < 2 {
			if got != nil {
				t.Errorf("state %d is kept", n)
			}
			continue
		}
		if diff := cmp.Diff(sums{"AAAA2222": uint64(n), "AAAA3333": 1 << 63}, got); diff != "" {
			t.Errorf("state %d:\n%s", n, diff)
		}
		if readSums(dir, "group:1", digest) != nil {
			t.Error("sums of another library")
		}
	}
	path := sumsFile(dir, personal, digests[3])
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range b {
		b[at] ^= 1
		if _, err := parseSums(b); err == nil {
			t.Errorf("byte %d is not checked", at)
		}
		if _, err := parseSums(b[:at]); err == nil {
			t.Errorf("a file of %d bytes is whole", at)
		}
		b[at] ^= 1
	}
}
