package sample

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

func works(t testing.TB) []shelf.Work {
	t.Helper()
	all, err := Works()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestLibrary holds what the sample library promises as a whole.
func TestLibrary(t *testing.T) {
	all := works(t)
	types, tags, languages := map[string]int{}, map[string]int{}, map[string]int{}
	top, below := map[string]int{}, map[string]int{}
	noted, annotated, complete, chars := 0, 0, 0, 0
	for _, w := range all {
		types[w.Item.Type]++
		languages[w.Item.Field("language")]++
		for _, tag := range w.Item.Tags {
			tags[tag]++
		}
		for _, path := range w.Collections {
			top[path[0]]++
			if len(path) > 1 {
				below[strings.Join(path, "/")]++
			}
		}
		if len(w.Item.Notes) > 0 {
			noted++
		}
		for _, a := range w.Item.Attachments {
			if len(a.Annotations) > 0 {
				annotated++
			}
			if a.Text.Complete() {
				complete++
			}
			chars += a.Text.Chars
		}
	}
	for _, c := range []struct {
		promise   string
		got, want int
	}{
		{"works", len(all), 64},
		{"item types", len(types), 12},
		{"languages", len(languages), 8},
		{"tags", len(tags), 30},
		{"top collections", len(top), 4},
		{"subcollections", len(below), 8},
		{"works with a note", noted, 20},
		{"attachments with annotations", annotated, 8},
		{"complete texts", complete, 2},
		{"characters of text", chars, 100_000},
	} {
		if c.got < c.want {
			t.Errorf("%s: %d, want at least %d", c.promise, c.got, c.want)
		}
	}
	if chars > 300_000 {
		t.Errorf("the texts have %d characters, more than start-up may index", chars)
	}
}

// TestUnique holds that nothing in the library can be taken for something
// else in it: an import of the same work must find one, not two.
func TestUnique(t *testing.T) {
	values := map[string]func(*shelf.Work) string{
		"title":        func(w *shelf.Work) string { return strings.ToLower(w.Item.Title()) },
		"citation key": func(w *shelf.Work) string { return w.Item.Field("citationKey") },
		"DOI":          func(w *shelf.Work) string { return strings.ToLower(w.Item.Field("DOI")) },
		"ISBN":         func(w *shelf.Work) string { return w.Item.Field("ISBN") },
		"origin":       func(w *shelf.Work) string { return w.Origin },
	}
	for name, value := range values {
		t.Run(name, func(t *testing.T) {
			seen := map[string]string{}
			for _, w := range works(t) {
				v := value(&w)
				if v == "" {
					continue
				}
				if first, ok := seen[v]; ok {
					t.Errorf("%s and %s have the same: %s", first, w.Origin, v)
				}
				seen[v] = w.Origin
			}
		})
	}
}

var (
	doiForm         = regexp.MustCompile(`^10\.[0-9]{4,9}/[!-~]+$`)
	citationKeyForm = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	dateForm        = regexp.MustCompile(`^-?[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$`)
	urlForm         = regexp.MustCompile(`^https?://[a-zA-Z0-9.:-]+/[!-~]*$`)
	colorForm       = regexp.MustCompile(`^#[0-9a-f]{6}$`)
	markup          = regexp.MustCompile(`<[a-zA-Z/!]|&[a-z]+;`)
)

// TestEveryWork holds what the library promises of each work.
func TestEveryWork(t *testing.T) {
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	last := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for _, w := range works(t) {
		it := &w.Item
		t.Run(it.Field("citationKey"), func(t *testing.T) {
			for _, c := range []struct {
				promise string
				kept    bool
			}{
				{"a citation key of letters and digits", citationKeyForm.MatchString(it.Field("citationKey"))},
				{"a title", it.Title() != ""},
				{"no markup in the title", !markup.MatchString(it.Title())},
				{"an abstract of 150 to 900 characters", between(utf8.RuneCountInString(it.Abstract()), 150, 900)},
				{"an abstract of more than one sentence", strings.Contains(it.Abstract(), ". ") || strings.Contains(it.Abstract(), "? ")},
				{"a creator, unless it is a court's decision", len(it.Creators) > 0 || it.Type == "case"},
				{"a date in parsed form", dateForm.MatchString(it.ParsedDate)},
				{"a year", yearKnown(it)},
				{"a collection", len(w.Collections) > 0},
				{"two to seven tags", between(len(it.Tags), 2, 7)},
				{"a DOI in form, if any", it.Field("DOI") == "" || doiForm.MatchString(it.Field("DOI"))},
				{"an ISBN with the right check digit, if any", it.Field("ISBN") == "" || validISBN(it.Field("ISBN"))},
				{"a web address, if any", it.Field("url") == "" || urlForm.MatchString(it.Field("url"))},
				{"added in 2026, in the past", it.Added.After(first) && it.Added.Before(last)},
				{"not changed since it was added", it.Modified.Equal(it.Added)},
				{"a text, or none, for each attachment", len(w.Texts) == len(it.Attachments)},
			} {
				if !c.kept {
					t.Errorf("lacks %s", c.promise)
				}
			}
			checkTags(t, it.Tags)
			checkCreators(t, it.Creators)
			checkCollections(t, w.Collections)
		})
	}
}

func between(n, low, high int) bool { return low <= n && n <= high }

func yearKnown(it *library.Item) bool {
	_, known := it.Year()
	return known
}

func checkTags(t *testing.T, tags []string) {
	t.Helper()
	for i, tag := range tags {
		if tag == "" || tag != strings.ToLower(tag) || tag != plaintext.Line(tag) {
			t.Errorf("tag %q is not in lower case on one line", tag)
		}
		if slices.Contains(tags[:i], tag) {
			t.Errorf("tag %q is there twice", tag)
		}
	}
}

func checkCreators(t *testing.T, creators []library.Creator) {
	t.Helper()
	for _, c := range creators {
		if c.Role == "" || c.Display() == "" || c.Name != "" && c.Given+c.Family != "" || c.Given != "" && c.Family == "" {
			t.Errorf("creator %+v is neither a person nor an institution with a role", c)
		}
	}
}

func checkCollections(t *testing.T, paths [][]string) {
	t.Helper()
	for _, path := range paths {
		for _, name := range path {
			if name == "" || name != strings.TrimSpace(name) {
				t.Errorf("collection %q has an empty or untidy name", path)
			}
		}
		if len(path) > 2 {
			t.Errorf("collection %q lies deeper than two levels", path)
		}
	}
}

// TestISBN holds the check itself to known numbers (ISO 2108).
func TestISBN(t *testing.T) {
	for isbn, want := range map[string]bool{
		"978-0-262-01153-2": true,
		"978-0-262-01153-3": false,
		"2-7073-0275-9":     true,
		"2-7073-0257-9":     false,
		"0-8044-2957-X":     true,
		"":                  false,
		"978-0":             false,
	} {
		if got := validISBN(isbn); got != want {
			t.Errorf("validISBN(%q) = %v", isbn, got)
		}
	}
}

// validISBN reports whether s is an ISBN of 10 or 13 digits with the right
// check digit.
func validISBN(s string) bool {
	s = strings.ReplaceAll(s, "-", "")
	sum := 0
	for i, r := range s {
		digit := int(r - '0')
		if r == 'X' && i == 9 && len(s) == 10 {
			digit = 10
		} else if r < '0' || r > '9' {
			return false
		}
		switch {
		case len(s) == 10:
			sum += (10 - i) * digit
		case i%2 == 1:
			sum += 3 * digit
		default:
			sum += digit
		}
	}
	return len(s) == 10 && sum%11 == 0 || len(s) == 13 && sum%10 == 0
}

// TestNames holds that names and titles of many scripts are there.
func TestNames(t *testing.T) {
	var all strings.Builder
	for _, w := range works(t) {
		all.WriteString(w.Item.Title() + "\n")
		for _, c := range w.Item.Creators {
			all.WriteString(c.Display() + "\n")
		}
	}
	for _, want := range []string{
		"Erdős", "Gödel", "Şengör", "İnalcık", "Szilárd", "Skłodowska", "Łukasz", "Spärck Jones", "Ramón y Cajal",
		"Pāṇini", "論語", "源氏物語", "こころ", "Менделеев", "ابن خلدون",
	} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no work has %q in its title or creators", want)
		}
	}
}

// TestLongTitle holds that one work has a title that no list shows whole.
func TestLongTitle(t *testing.T) {
	longest := 0
	for _, w := range works(t) {
		longest = max(longest, utf8.RuneCountInString(w.Item.Title()))
	}
	if longest < 200 {
		t.Errorf("the longest title has %d characters", longest)
	}
}

// TestDeterministic holds that two calls give the same works, and that what a
// caller does to its own leaves the next one's alone.
func TestDeterministic(t *testing.T) {
	first, second := works(t), works(t)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Fatal(diff)
	}
	first[0].Item.Fields["title"] = "changed"
	first[0].Item.Tags[0] = "changed"
	if diff := cmp.Diff(second, works(t)); diff != "" {
		t.Error(diff)
	}
}

// TestSearchable holds that the works one would expect have the words people
// ask with in what is indexed of them.
func TestSearchable(t *testing.T) {
	for question, want := range map[string][]string{
		"transformers attention": {"vaswani2017attention", "alammar2018illustrated"},
		"causal inference":       {"pearl2009causality", "holland1986statistics", "rubin1974estimating"},
		"double helix":           {"watson1953molecular", "franklin1953molecular"},
		"turing machine":         {"turing1937computable", "demol2018turing"},
		"nature light colours":   {"newton1730opticks", "newton1672letter"},
	} {
		found := map[string]bool{}
		for _, w := range works(t) {
			text := searchable(&w.Item)
			found[w.Item.Field("citationKey")] = !slices.ContainsFunc(strings.Fields(question), func(word string) bool {
				return !strings.Contains(text, word)
			})
		}
		for _, key := range want {
			if !found[key] {
				t.Errorf("%q does not find %s", question, key)
			}
		}
	}
}

// searchable returns an item's own words in lower case.
func searchable(it *library.Item) string {
	parts := append([]string{it.Title(), it.Abstract()}, it.Tags...)
	for _, n := range it.Notes {
		parts = append(parts, n.Text)
	}
	return strings.ToLower(strings.Join(parts, "\n"))
}

// TestDamaged holds that damaged data is an error with the file's name.
func TestDamaged(t *testing.T) {
	for name, data := range map[string]string{
		"not JSON":          `[{"type": "book"`,
		"a field misspelt":  `[{"type": "book", "feilds": {}}]`,
		"a date that isn't": `[{"type": "book", "added": "yesterday"}]`,
		"a text not there":  `[{"type": "book", "attachments": [{"file": "none.txt"}]}]`,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(fstest.MapFS{"works/a.json": {Data: []byte(data)}})
			if got != nil || library.CodeOf(err) != library.Internal || !strings.Contains(err.Error(), "works/a.json") {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

// FuzzRead holds that no data makes reading it panic, and that what is read
// has a text or none for each attachment.
func FuzzRead(f *testing.F) {
	names, err := fs.Glob(files, "works/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, []byte("one\ftwo"))
	}
	f.Add([]byte(`[{"attachments": [{"file": "a.txt"}], "notes": [[]], "collections": [""]}]`), []byte("\f\f"))
	f.Fuzz(func(t *testing.T, data, text []byte) {
		got, err := read(fstest.MapFS{"works/a.json": {Data: data}, "texts/a.txt": {Data: text}})
		if err != nil && library.CodeOf(err) != library.Internal {
			t.Error(err)
		}
		for _, w := range got {
			if len(w.Texts) != len(w.Item.Attachments) {
				t.Errorf("%d texts for %d attachments", len(w.Texts), len(w.Item.Attachments))
			}
		}
	})
}

// TestSchema holds that item types, fields and creator roles are Zotero's.
func TestSchema(t *testing.T) {
	dir := os.Getenv("STACKROOM_FIXTURES")
	if dir == "" {
		t.Skip("STACKROOM_FIXTURES names no folder with Zotero's schema")
	}
	data, err := os.ReadFile(filepath.Join(dir, "schema", "schema-v43.json"))
	if err != nil {
		t.Skip("STACKROOM_FIXTURES has no schema/schema-v43.json")
	}
	var schema struct {
		ItemTypes []struct {
			ItemType     string
			Fields       []struct{ Field string }
			CreatorTypes []struct{ CreatorType string }
		}
	}
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	fields, roles := map[string][]string{}, map[string][]string{}
	for _, it := range schema.ItemTypes {
		for _, f := range it.Fields {
			fields[it.ItemType] = append(fields[it.ItemType], f.Field)
		}
		for _, c := range it.CreatorTypes {
			roles[it.ItemType] = append(roles[it.ItemType], c.CreatorType)
		}
	}
	for _, w := range works(t) {
		it := &w.Item
		for name := range maps.Keys(it.Fields) {
			if !slices.Contains(fields[it.Type], name) {
				t.Errorf("%s: a %s has no field %q", w.Origin, it.Type, name)
			}
		}
		for _, c := range it.Creators {
			if !slices.Contains(roles[it.Type], c.Role) {
				t.Errorf("%s: a %s has no %q", w.Origin, it.Type, c.Role)
			}
		}
	}
}

func BenchmarkWorks(b *testing.B) {
	for b.Loop() {
		if _, err := Works(); err != nil {
			b.Fatal(err)
		}
	}
}
