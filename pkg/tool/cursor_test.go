package tool

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// sealed returns b as a cursor with the right checksum: the best that a forger
// can do.
func sealed(b []byte) string {
	return base64.RawURLEncoding.EncodeToString(append(b, checksum(b)...))
}

func TestCursorsThatAreNotOursAreRefused(t *testing.T) {
	c := connect(t, fleet{memory(library.Local, "Home", librarytest.Many(30))})
	var out searchOutput
	c.ask(t, "search", `{"query":"study"}`, &out)
	good := out.NextCursor
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	body := raw[:len(raw)-checksumBytes]
	forged := func(marks ...mark) string { return encodeCursor(digest(body[1:1+digestBytes]), marks) }
	for promise, cursor := range map[string]string{
		"truncated":         good[:len(good)-3],
		"longer":            good + "AAAA",
		"another version":   sealed(append([]byte{9}, body[1:]...)),
		"not base64":        "no cursor!",
		"empty inside":      sealed(nil),
		"cut and sealed":    sealed(body[:len(body)-2]),
		"grown and sealed":  sealed(append(slices.Clone(body), 1, 2, 3)),
		"too few numbers":   forged(mark{name: "local", numbers: []int64{1}}),
		"an absurd offset":  forged(mark{name: "local", numbers: []int64{maxOffset + 1, 2, 3, 0}}),
		"a negative offset": forged(mark{name: "local", numbers: []int64{-1, 2, 3, 0}}),
		"half a position":   forged(mark{"local", []int64{1, 2, 3, 0}, []string{"", "ABCD2345"}}),
		"another half":      forged(mark{name: "local", numbers: []int64{1, 2, 3, 0, 5}}),
		"no statistics":     forged(mark{name: "statistics"}, mark{name: "local", numbers: []int64{1, 31, 3, 0}}),
		"bad statistics":    forged(mark{name: "statistics", texts: []string{"x"}}, mark{name: "local", numbers: []int64{1, 31, 3, 0}}),
		"another's mark":    forged(mark{name: "since", numbers: []int64{1}}, mark{name: "local", numbers: []int64{1, 31, 3, 0}}),
		"very long":         strings.Repeat("A", maxCursorChars+1),
	} {
		t.Run(promise, func(t *testing.T) {
			words := c.refuse(t, "search", fmt.Sprintf(`{"query":"study","cursor":%q}`, cursor), library.Invalid)
			if !strings.Contains(words, `"cursor"`) {
				t.Errorf("%q does not name the cursor", words)
			}
		})
	}
	for promise, arguments := range map[string]string{
		"another query":  `{"query":"river","cursor":%q}`,
		"another sort":   `{"query":"study","sort":"title","cursor":%q}`,
		"another filter": `{"query":"study","tags":["a"],"cursor":%q}`,
	} {
		t.Run(promise, func(t *testing.T) {
			if words := c.refuse(t, "search", fmt.Sprintf(arguments, good), library.Invalid); !strings.Contains(words, "other arguments") {
				t.Errorf("%q", words)
			}
		})
	}
	for tool, arguments := range map[string]string{
		"list_tags": `{"cursor":%q}`, "recent_changes": `{"cursor":%q}`, "list_libraries": `{"cursor":%q}`,
		"list_collections": `{"cursor":%q}`, "export": `{"query":"study","cursor":%q}`,
		"fetch": `{"id":"` + out.Results[0].ID + `","cursor":%q}`, "read_text": `{"id":"` + out.Results[0].ID + `","cursor":%q}`,
	} {
		if words := c.refuse(t, tool, fmt.Sprintf(arguments, good), library.Invalid); !strings.Contains(words, `"cursor"`) {
			t.Errorf("%s: %q", tool, words)
		}
	}
	c.ask(t, "search", fmt.Sprintf(`{"query":"study","limit":3,"cursor":%q}`, good), &out)
	if out.Returned != 3 {
		t.Error("another limit is no other listing")
	}
}

func TestCursorSaysWhenALibraryChanged(t *testing.T) {
	ctx := t.Context()
	open := func(version int64, extra ...library.ID) *call {
		libs := fleet{librarytest.NewMemory(library.Info{ID: library.Local, Version: version}, librarytest.Many(30))}
		for _, id := range extra {
			libs = append(libs, memory(id, "", librarytest.Many(2)))
		}
		return &call{libs: libs, budget: DefaultResultChars, digest: func() digest { return digest{} }}
	}
	page := func(c *call, cursor string) (*listing[library.Hit], string) {
		l, err := c.search(ctx, searchInput{filter: filter{Query: "study"}, Limit: 10, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		return l, l.cursor(c, len(l.entries))
	}
	_, cursor := page(open(100), "")
	for promise, k := range map[string]struct {
		c    *call
		want string
	}{
		"unchanged":          {open(100), ""},
		"changed":            {open(101), "changed since"},
		"a library came new": {open(100, library.GroupID(5)), "group:5 is new"},
	} {
		l, _ := page(k.c, cursor)
		if got := strings.Join(l.notices, "; "); (k.want == "") != (got == "") || !strings.Contains(got, k.want) {
			t.Errorf("%s: notices %q", promise, got)
		}
	}
	_, both := page(open(100, library.GroupID(5)), "")
	l, _ := page(open(100), both)
	if got := strings.Join(l.notices, "; "); !strings.Contains(got, "group:5 is no longer among yours") {
		t.Errorf("a library went away: %q", got)
	}
	other := &call{libs: fleet{memory(library.GroupID(9), "", librarytest.Many(2))}, budget: DefaultResultChars, digest: func() digest { return digest{} }}
	if _, err := other.search(ctx, searchInput{filter: filter{Query: "study"}, Limit: 10, Cursor: both}); library.CodeOf(err) != library.NotFound {
		t.Errorf("a cursor of libraries none of which is the caller's: %v", err)
	}
}

func FuzzCursor(f *testing.F) {
	d := digest{1, 2, 3}
	f.Add(encodeCursor(d, nil))
	f.Add(encodeCursor(d, []mark{{"local", []int64{10, 31, 7, 2, 42}, []string{"value", "ABCD2345"}}, {"group:4711", []int64{0, 0, 0, 0}, nil}}))
	f.Add(encodeCursor(digest{}, []mark{{"since", []int64{1_700_000_000}, nil}}))
	f.Add(sealed(append(append([]byte{cursorVersion}, d[:]...), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)))
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		marks, err := decodeCursor(s, d)
		if err != nil {
			if library.CodeOf(err) != library.Invalid {
				t.Fatalf("%v", err)
			}
			// What a cursor holds is checked even if it is sealed well.
			marks, err = decodeCursor(sealed(append(append([]byte{cursorVersion}, d[:]...), s...)), d)
		}
		if err == nil {
			again, err := decodeCursor(encodeCursor(d, marks), d)
			if err != nil || !slices.EqualFunc(marks, again, func(a, b mark) bool {
				return a.name == b.name && slices.Equal(a.numbers, b.numbers) && slices.Equal(a.texts, b.texts)
			}) {
				t.Fatalf("%v becomes %v, %v", marks, again, err)
			}
		}
	})
}
