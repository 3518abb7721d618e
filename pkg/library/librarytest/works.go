// Package librarytest holds the contract that every library keeps, as one
// test suite, and an in-memory library for the tests of what builds on
// libraries.
package librarytest

import (
	"fmt"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Work is a work to put into a library under test. The library may give it
// keys of its own, so tests know works by their titles.
type Work struct {
	Item        library.Item
	Collections [][]string           // paths, the top one first
	Texts       [][]library.TextPage // of Item.Attachments, by position
	// FileNotes are the notes in the files themselves, of Item.Attachments by
	// position. A library shows them among the work's notes.
	FileNotes []string
}

// Titles of the works in [Works] that tests look for.
const (
	TitleEngine    = "Sketch of the Analytical Engine"
	TitleLight     = "A Treatise on Light and Colours"
	TitleOperators = "Über lineare Operatoren"
	TitleHeredity  = "Experiments in Plant Heredity"
	TitleSociety   = "The Letters of a Learned Society"
	TitleUndated   = "An Undated Broadside"
)

// Works returns a small library in which every promise of [library.Reader]
// can be seen: types, creators, tags, nested collections, notes, annotations
// and texts with pages. Each call makes a new one.
func Works() []Work {
	return []Work{engine(), light(), operators(), heredity(), society(), undated()}
}

func engine() Work {
	return Work{
		Item: library.Item{
			Type: "journalArticle",
			Fields: map[string]string{
				"title": TitleEngine, "publicationTitle": "Scientific Memoirs", "date": "October 1843", "volume": "3",
				"pages": "666-731", "citationKey": "lovelace1843sketch", "DOI": "10.5555/engine.1843",
				"abstractNote": "Describes a machine that weaves algebraical patterns, and the first published program for it.",
			},
			Creators: []library.Creator{
				{Role: "author", Given: "Luigi Federico", Family: "Menabrea"},
				{Role: "translator", Given: "Ada", Family: "Lovelace"},
			},
			Tags: []string{"computing", "history"}, ParsedDate: "1843-10",
			Added:    time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC),
			Modified: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC),
			Notes:    []library.Note{{Text: "Compare with the punched cards of Jacquard's loom."}},
		},
		Collections: [][]string{{"Reading", "Machines"}},
	}
}

func light() Work {
	return Work{
		Item: library.Item{
			Type: "book",
			Fields: map[string]string{
				"title": TitleLight, "publisher": "Royal Printers", "place": "London", "date": "1704",
				"abstractNote": "Experiments with prisms show that white light is a mixture.",
			},
			Creators: []library.Creator{{Role: "author", Given: "Isaac", Family: "Newton"}},
			Tags:     []string{"physics", "history"}, ParsedDate: "1704",
			Added:    time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
			Modified: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
			Attachments: []library.Attachment{{
				Title: "Full text", Filename: "light.txt", ContentType: "text/plain",
				Text: library.TextStatus{Available: true, Pages: 3, PagesRead: 3},
				Annotations: []library.Annotation{{
					Type: "highlight", Text: "refrangible rays", Comment: "the decisive experimentum crucis", Color: "#ffd400", Page: "2",
				}},
			}},
		},
		Collections: [][]string{{"Reading"}},
		Texts: [][]library.TextPage{{
			{Number: 1, Offset: 0, Text: "My design in this book is not to explain the properties of light by hypotheses.\n"},
			{Number: 2, Offset: 80, Text: "Lights which differ in colour differ also in degrees of refrangibility.\n"},
			{Number: 3, Offset: 152, Text: "The whiteness of the sun's light is compounded of all the primary colours.\n"},
		}},
	}
}

func operators() Work {
	return Work{
		Item: library.Item{
			Type: "thesis",
			Fields: map[string]string{
				"title": TitleOperators, "university": "Göttingen", "date": "1932-05-17", "language": "de",
				"abstractNote": "Spektraltheorie unbeschränkter Operatoren.",
			},
			Creators: []library.Creator{{Role: "author", Given: "Jürgen", Family: "Müller"}},
			Tags:     []string{"mathematics"}, ParsedDate: "1932-05-17",
			Added:    time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC),
			Modified: time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC),
		},
		Collections: [][]string{{"Mathematics"}},
	}
}

func heredity() Work {
	return Work{
		Item: library.Item{
			Type: "journalArticle",
			Fields: map[string]string{
				"title": TitleHeredity, "publicationTitle": "Proceedings of the Society", "date": "1866",
				"abstractNote": "Crossing peas reveals constant ratios among the hybrids' descendants.",
			},
			Creators: []library.Creator{{Role: "author", Given: "Gregor", Family: "Mendel"}},
			Tags:     []string{"biology", "history"}, ParsedDate: "1866",
			Added:    time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC),
			Modified: time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC),
		},
		Collections: [][]string{{"Reading"}, {"Biology"}},
	}
}

func society() Work {
	return Work{
		Item: library.Item{
			Type:       "book",
			Fields:     map[string]string{"title": TitleSociety, "date": "2008-06", "abstractNote": "Three centuries of correspondence."},
			Creators:   []library.Creator{{Role: "editor", Name: "Royal Society of Letters"}},
			Tags:       []string{"history", "letters"},
			ParsedDate: "2008-06",
			Added:      time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC),
			Modified:   time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC),
		},
	}
}

func undated() Work {
	return Work{
		Item: library.Item{
			Type:     "document",
			Fields:   map[string]string{"title": TitleUndated},
			Added:    time.Date(2026, 3, 6, 9, 0, 0, 0, time.UTC),
			Modified: time.Date(2026, 3, 6, 9, 0, 0, 0, time.UTC),
		},
	}
}

// Many returns n works that differ in title, year and creator, for tests of
// paging and of size.
func Many(n int) []Work {
	words := strings.Fields("river mountain copper signal harvest lantern meadow orchard granite compass")
	works := make([]Work, n)
	for i := range works {
		year := 1900 + i%120
		works[i] = Work{Item: library.Item{
			Type: "journalArticle",
			Fields: map[string]string{
				"title":        fmt.Sprintf("Study %04d of the %s", i, words[i%len(words)]),
				"abstractNote": fmt.Sprintf("On %s and %s, a survey.", words[(i/3)%len(words)], words[(i/7)%len(words)]),
				"date":         fmt.Sprint(year),
				"citationKey":  fmt.Sprintf("study%04d", i),
			},
			Creators:   []library.Creator{{Role: "author", Given: "Pat", Family: fmt.Sprintf("Scholar%d", i%50)}},
			Tags:       []string{fmt.Sprintf("tag-%02d", i%25)},
			ParsedDate: fmt.Sprint(year),
			Added:      time.Date(2026, 1, 1, 0, 0, i, 0, time.UTC),
			Modified:   time.Date(2026, 1, 1, 0, 0, i, 0, time.UTC),
		}}
	}
	return works
}
