package shelf

import (
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// guessed returns a work as it is made of a PDF file.
func guessed(file, title string, fields ...string) Work {
	w := work("document", "Lovelace", append([]string{"title", title}, fields...)...)
	w.Item.Tags = []string{library.Unconfirmed}
	return withFile(w, file, "The text of "+title+", page after page. "+strings.Repeat("Ice. ", 20))
}

// withFile adds a file of one page to a work.
func withFile(w Work, name, text string) Work {
	w.Item.Attachments = []library.Attachment{{Title: name, Filename: name, ContentType: "application/pdf", Text: library.TextStatus{Available: true, Pages: 1, PagesRead: 1}}}
	w.Texts = [][]library.TextPage{{{Number: 1, Text: text}}}
	w.Origin = name
	return w
}

// TestImport_UnconfirmedWorkJoinsItsBibliography imports a PDF and an entry that are
// one work, or not, in both orders.
func TestImport_UnconfirmedWorkJoinsItsBibliography(t *testing.T) {
	long := "On the strength of ice"
	for _, c := range []struct {
		promise    string
		pdf, entry Work
		works      int
	}{
		{"DOI", guessed("a.pdf", "On the strength of ice in", "DOI", "10.5555/ice"), paper("ice1", long, "DOI", "10.5555/ICE"), 1},
		{"DOI, a title that is none", guessed("a.pdf", "Journal of Snow", "DOI", "10.5555/ice"), paper("ice1", long, "DOI", "10.5555/ICE"), 1},
		{"DOI, an erratum", guessed("a.pdf", "Erratum: "+long, "DOI", "10.5555/ice"), paper("ice1", long, "DOI", "10.5555/ICE"), 2},
		{"arXiv", guessed("a.pdf", "Journal of Snow", "extra", "arXiv: 1706.03762"), paper("ice1", long, "archiveID", "arXiv:1706.03762v2"), 1},
		{"title and year", guessed("a.pdf", "On the Strength of Ice", "date", "2020"), paper("ice1", long, "date", "2021"), 1},
		{"title, other year", guessed("a.pdf", long, "date", "2018"), paper("ice1", long, "date", "2021"), 2},
		{"title, other DOI", guessed("a.pdf", long, "DOI", "10.5555/a"), paper("ice1", long, "DOI", "10.5555/b"), 2},
		{"short title, other people", guessed("a.pdf", "Ice and snow"), paper("ice1", "Ice and snow"), 2},
		{"short title, same people", guessed("a.pdf", "Ice and snow"), func() Work {
			w := paper("ice1", "Ice and snow")
			w.Item.Creators = guessed("a.pdf", "").Item.Creators
			return w
		}(), 1},
		{"the same file", guessed("a.pdf", "Microsoft paper"), withFile(paper("ice1", long), "a.pdf", guessed("a.pdf", "Microsoft paper").Texts[0][0].Text), 1},
		{"a file of another name", guessed("b.pdf", "Microsoft paper"), withFile(paper("ice1", long), "a.pdf", guessed("a.pdf", "Microsoft paper").Texts[0][0].Text), 2},
		{"a file of another length", guessed("a.pdf", "Microsoft paper"), withFile(paper("ice1", long), "a.pdf", guessed("a.pdf", "Microsoft papers").Texts[0][0].Text), 2},
		{"a file with hardly a text", withFile(guessed("a.pdf", "Microsoft paper"), "a.pdf", "Scanned"), withFile(paper("ice1", long), "a.pdf", "Scanned"), 2},
	} {
		c.pdf.Item.ParsedDate, c.entry.Item.ParsedDate = c.pdf.Item.Field("date"), c.entry.Item.Field("date")
		for order, inputs := range map[string][]*Input{
			"PDF first": {input("papers", c.pdf), input("refs.bib", c.entry)}, "entry first": {input("refs.bib", c.entry), input("papers", c.pdf)},
			"one source": {input("all", c.pdf, c.entry)}, "one source, entry first": {input("all", c.entry, c.pdf)},
		} {
			dir := t.TempDir()
			for _, in := range inputs {
				synced(t, dir, in)
			}
			all := whole(t, mustOpen(t, dir))
			if len(all) != c.works {
				t.Errorf("%s, %s: %d works, want %d", c.promise, order, len(all), c.works)
				continue
			}
			if c.works > 1 {
				continue
			}
			if it := all[0]; it.IsUnconfirmed() || it.Title() != c.entry.Item.Title() || it.Type != "journalArticle" || it.Creators[0] != c.entry.Item.Creators[0] ||
				it.CitationKey != "ice1" || it.BestText() < 0 {
				t.Errorf("%s, %s: %+v", c.promise, order, it)
			}
			again := map[string]string{"PDF first": "0 added, 0 updated, 1 unchanged", "entry first": "0 added, 0 updated, 1 unchanged"}[order]
			for _, in := range inputs {
				if r := synced(t, dir, in); again != "" && !strings.HasPrefix(counts(r), again) {
					t.Errorf("%s, %s, again: %s", c.promise, order, counts(r))
				}
			}
		}
	}
}

// A work is unconfirmed again when only its file is left.
func TestImport_UnconfirmedWithoutItsBibliography(t *testing.T) {
	dir := t.TempDir()
	pdf, entry := guessed("a.pdf", "On the strength of ice"), paper("ice1", "On the strength of ice", "volume", "7")
	synced(t, dir, input("papers", pdf), input("refs.bib", entry))
	synced(t, dir, &Input{ID: "refs.bib"})
	if it := whole(t, mustOpen(t, dir))[0]; !it.IsUnconfirmed() || it.Field("volume") != "" || it.Type != "document" {
		t.Errorf("%+v", it)
	}
}

func TestImport_ConfirmedWorksAreNotJoinedByLikeness(t *testing.T) {
	dir := t.TempDir()
	text := guessed("a.pdf", "x").Texts[0][0].Text
	synced(t, dir, input("refs.bib", withFile(paper("ice1", "On the strength of ice"), "a.pdf", text), withFile(paper("ice2", "On the strength of ice", "volume", "2"), "a.pdf", text)))
	if all := whole(t, mustOpen(t, dir)); len(all) != 2 {
		t.Errorf("%d works", len(all))
	}
}

// Files without an identifier are one work only if title and first creator agree.
func TestImport_UnconfirmedWorksOfOneTitle(t *testing.T) {
	report := func(file, family string) Work {
		w := guessed(file, "Report on the ice of the lakes", "date", "2020")
		w.Item.Creators = work("document", family).Item.Creators
		return w
	}
	dir := t.TempDir()
	synced(t, dir, input("papers", guessed("a.pdf", "On the strength of ice", "DOI", "10.5555/ice"), guessed("b.pdf", "Lake tides", "DOI", "10.5555/ice")))
	if all := whole(t, mustOpen(t, dir)); len(all) != 2 {
		t.Errorf("one DOI, two titles: %d works", len(all))
	}
	for families, want := range map[[2]string]int{{"Lovelace", "Lovelace"}: 1, {"Lovelace", "Babbage"}: 2, {"", ""}: 2} {
		dir := t.TempDir()
		synced(t, dir, input("papers", report("a.pdf", families[0]), report("b.pdf", families[1])))
		if all := whole(t, mustOpen(t, dir)); len(all) != want {
			t.Errorf("%q: %d works, want %d", families, len(all), want)
		}
	}
}

// A file that was replaced by another version of it stays the same work; one that
// was removed takes its work with it.
func TestImport_ChangedFiles(t *testing.T) {
	dir := t.TempDir()
	synced(t, dir, input("papers", guessed("a.pdf", "Untitled draft"), guessed("b.pdf", "Tides and moons of the sea")))
	was := whole(t, mustOpen(t, dir))
	r := synced(t, dir, input("papers", guessed("a.pdf", "On the strength of ice")))
	if got := counts(r); got != "0 added, 1 updated, 0 unchanged, 0 merged, 1 removed, 0 kept; 1 works" {
		t.Error(got)
	}
	now := whole(t, mustOpen(t, dir))
	if !slices.ContainsFunc(was, func(it *library.Item) bool { return it.ID == now[0].ID && it.Title() == "Untitled draft" }) || now[0].Title() != "On the strength of ice" {
		t.Errorf("%+v", now[0])
	}
	r = synced(t, dir, input("papers", guessed("other.pdf", "Winds over the northern lakes")))
	if got := counts(r); got != "1 added, 0 updated, 0 unchanged, 0 merged, 1 removed, 0 kept; 1 works" {
		t.Error(got)
	}
}
