package shelf

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

var importTime = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func TestMerge_PutsEntriesTogether(t *testing.T) {
	old := &library.Item{
		Type: "journalArticle", ParsedDate: "1999",
		Fields: map[string]string{
			"title": "Old", "volume": "3", "citationKey": "old99", "extra": "PMID: 1\nOf interest.\nStatus: draft",
		},
		Creators: []library.Creator{{Role: "author", Family: "Old"}},
		Tags:     []string{"a", "b"}, Collections: []string{"AAAAAAAA"},
		Notes: []library.Note{
			{Key: "NNNNNNN2", Text: "A note about the method and its weaknesses."},
			{Key: "NNNNNNN3", Text: "Something else."},
		},
		Attachments: []library.Attachment{{
			Key: "TTTTTTT2", Filename: "a.pdf", Title: "PDF", Text: library.TextStatus{Available: true, Chars: 5},
			Annotations: []library.Annotation{{Key: "XXXXXXX2", Type: "highlight", Page: "1", Text: "words", Comment: "old"}},
		}},
	}
	fresh := &library.Item{
		Type: "document", ParsedDate: "2000",
		Fields: map[string]string{"title": "New", "issue": "4", "citationKey": "new00", "extra": "status: final\nMore."},
		Tags:   []string{"b", "c"}, Collections: []string{"BBBBBBBB"},
		Notes: []library.Note{{Text: "A note about the methods and their weaknesses."}, {Text: "A third one."}},
		Attachments: []library.Attachment{
			{Filename: "a.pdf", Text: library.TextStatus{Reason: "the file is missing"}, Annotations: []library.Annotation{
				{Type: "highlight", Page: "1", Text: "words", Comment: "new"}, {Type: "note", Comment: "mine"},
			}},
			{Filename: "b.pdf"},
		},
	}
	got, replaced := merge(old, fresh)
	want := &library.Item{
		Type: "journalArticle", ParsedDate: "2000", // a type that says less does not win
		Fields: map[string]string{
			"title": "New", "volume": "3", "issue": "4", "citationKey": "new00",
			"extra": "PMID: 1\nOf interest.\nstatus: final\nMore.\nids: old99",
		},
		Creators: old.Creators, Tags: []string{"a", "b", "c"}, Collections: []string{"AAAAAAAA", "BBBBBBBB"},
		Notes: []library.Note{
			{Key: "NNNNNNN2", Text: "A note about the method and its weaknesses."},
			{Key: "NNNNNNN3", Text: "Something else."},
			{Text: "A note about the methods and their weaknesses."},
			{Text: "A third one."},
		},
		Attachments: []library.Attachment{
			{Key: "TTTTTTT2", Filename: "a.pdf", Title: "PDF", Text: library.TextStatus{Available: true, Chars: 5}, Annotations: []library.Annotation{
				{Type: "highlight", Page: "1", Text: "words", Comment: "new"}, {Type: "note", Comment: "mine"},
			}},
			{Filename: "b.pdf"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("merged (-want +got):\n%s", diff)
	}
	if want := []string{"citationKey", "title"}; !slices.Equal(replaced, want) {
		t.Errorf("replaced %q, want %q", replaced, want)
	}
	if old.Tags[1] != "b" || len(old.Notes) != 2 || old.Notes[0].Text[0] != 'A' || len(old.Attachments[0].Annotations) != 1 {
		t.Error("merging changed the work that was there")
	}
}

// Taking the same entries again must come to the same work for all contents.
func TestMergingTheSameEntriesAgainChangesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		entries := make([]*library.Item, 1+random.IntN(4))
		for i := range entries {
			entries[i] = merged(canonical(randomItem(random)))
		}
		once := all(&library.Item{}, entries)
		if diff := cmp.Diff(once, all(once, entries)); diff != "" {
			t.Fatalf("again is not the same (-once +twice):\n%s\nentries %+v", diff, entries)
		}
	}
}

func all(it *library.Item, entries []*library.Item) *library.Item {
	for _, e := range entries {
		it, _ = merge(it, e)
	}
	return it
}

// randomItem returns an item of few different parts, so that items often
// share some.
func randomItem(r *rand.Rand) *library.Item {
	pick := func(options ...string) string { return options[r.IntN(len(options))] }
	it := &library.Item{
		Type: pick("document", "preprint", "book", "thesis"),
		Fields: map[string]string{
			"title": pick("", "One", "Two"), "citationKey": pick("", "a", "b", "c"),
			"extra": pick("", "x: 1", "x: 2", "x: 1\nx: 2", "prose\n\nprose", "ids: a, c\nx: 3", "  y :1\r\nhttps://x", "prose"),
		},
		ParsedDate: pick("", "1999", "2000"),
	}
	for range r.IntN(3) {
		it.Tags = append(it.Tags, pick("a", "b", "c"))
		it.Notes = append(it.Notes, library.Note{Text: pick("a note on method", "a note on methods", "a note on the method", "other"), Tags: []string{pick("p", "q")}})
		it.Attachments = append(it.Attachments, library.Attachment{
			Filename: pick("", "a.pdf", "b.pdf"), Title: pick("", "PDF"),
			Text:        library.TextStatus{Available: r.IntN(2) == 0, Reason: pick("", "gone")},
			Annotations: []library.Annotation{{Text: pick("", "w"), Comment: pick("c", "d"), Color: pick("", "red", "blue")}},
		})
		it.Creators = append(it.Creators, library.Creator{Role: "author", Family: pick("A", "B")})
	}
	return it
}
