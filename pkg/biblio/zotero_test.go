package biblio_test

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/edtf"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// fixtures returns the folder of real files, or skips the test.
func fixtures(t testing.TB) string {
	t.Helper()
	folder := os.Getenv("STACKROOM_FIXTURES")
	if folder == "" {
		t.Skip("STACKROOM_FIXTURES is not set: the files of Zotero and others are not at hand")
	}
	return folder
}

func readFile(t testing.TB, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// oracleItem is an item as Zotero has it.
type oracleItem struct {
	fields   map[string]string
	creators []string
}

func (o *oracleItem) UnmarshalJSON(data []byte) error {
	var raw map[string]any
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	o.fields = map[string]string{}
	for name, value := range raw {
		if s, ok := value.(string); ok {
			o.fields[name] = s
		}
	}
	list, _ := raw["creators"].([]any)
	for _, element := range list {
		c, _ := element.(map[string]any)
		part := func(name string) string { s, _ := c[name].(string); return s }
		o.creators = append(o.creators, name(part("creatorType"), part("firstName"), cmp.Or(part("lastName"), part("name"))))
	}
	return nil
}

func name(role, given, family string) string {
	return role + ": " + strings.TrimSuffix(family+", "+given, ", ")
}

func (o *oracleItem) first(fields ...string) string {
	for _, field := range fields {
		if s := o.fields[field]; s != "" {
			return s
		}
	}
	return ""
}

// doi returns the DOI; older versions of Zotero have it in "extra" for most
// item types.
func (o *oracleItem) doi() string {
	for line := range strings.Lines(o.fields["extra"]) {
		if doi, ok := strings.CutPrefix(line, "DOI: "); ok {
			return strings.TrimSpace(doi)
		}
	}
	return o.fields["DOI"]
}

// source is a file with what Zotero makes of its entries.
type source struct {
	name   string
	format biblio.Format
	data   []byte
	items  []oracleItem
	// byRole is set where the format groups creators by their roles.
	byRole bool
	// anyOrder is set where the items have another order than the file.
	anyOrder bool
	// folded is set where titles may differ in case and signs: the file was
	// exported from the items, with changes to suit LaTeX.
	folded bool
}

// tally is a row of the table.
type tally struct {
	entries, imported, repaired, skipped, equal, explained int
}

func (a *tally) add(b tally) {
	a.entries += b.entries
	a.imported += b.imported
	a.repaired += b.repaired
	a.skipped += b.skipped
	a.equal += b.equal
	a.explained += b.explained
}

// TestEqualsZotero reads what Zotero reads and compares item type, title,
// creators, date and DOI with Zotero's own result. The table it prints lists
// every entry that differs.
func TestEqualsZotero(t *testing.T) {
	sources := slices.Concat(translatorRows(t), cslPairs(t), bibtexPairs(t))
	sums := map[biblio.Format]*tally{}
	t.Logf("%-46s %7s %8s %8s %7s %5s %9s %6s", "file", "entries", "imported", "repaired", "skipped", "equal", "explained", "share")
	for _, src := range sources {
		got := compare(t, src)
		if sums[src.format] == nil {
			sums[src.format] = &tally{}
		}
		sums[src.format].add(got)
		logRow(t, src.name, got)
	}
	for format, sum := range sums {
		logRow(t, "all "+string(format), *sum)
		if sum.imported*1000 < sum.entries*995 {
			t.Errorf("%s: %d of %d entries imported", format, sum.imported, sum.entries)
		}
		if (sum.equal+sum.explained)*100 < sum.entries*97 {
			t.Errorf("%s: %d of %d entries equal Zotero's, %d more for a reason", format, sum.equal, sum.entries, sum.explained)
		}
	}
}

func logRow(t *testing.T, name string, row tally) {
	t.Logf("%-46s %7d %8d %8d %7d %5d %9d %5.1f%%", name, row.entries, row.imported, row.repaired, row.skipped, row.equal, row.explained,
		100*float64(row.equal)/float64(max(1, row.entries)))
}

// compare reads a source and compares it with its items, logging each
// difference.
func compare(t *testing.T, src source) tally {
	t.Helper()
	doc, err := biblio.Read(t.Context(), bytes.NewReader(src.data), src.name, src.format)
	if err != nil {
		t.Errorf("%s: %v", src.name, err)
		return tally{entries: len(src.items)}
	}
	row := tally{entries: len(src.items), imported: len(doc.Entries)}
	for _, p := range doc.Problems {
		if p.Severity == biblio.Skipped {
			row.skipped++
		} else {
			row.repaired++
		}
	}
	used := map[*library.Item]bool{}
	for i := range src.items {
		item := partner(doc.Entries, &src.items[i], i, src, used)
		used[item] = true
		if item == nil {
			t.Logf("    %s: no entry for %q", src.name, src.items[i].first("title"))
			continue
		}
		switch diff := differences(item, &src.items[i], src); {
		case diff == "":
			row.equal++
		case explanation(item, &src.items[i], diff) != "":
			row.explained++
			t.Logf("    %s, entry %d: %s (%s)", src.name, i+1, diff, explanation(item, &src.items[i], diff))
		default:
			t.Logf("    %s, entry %d: %s", src.name, i+1, diff)
		}
	}
	return row
}

// explanation says why a difference is not the reader's, or is meant; "" if it
// is neither.
func explanation(item *library.Item, want *oracleItem, diff string) string {
	one := strings.Count(diff, ", Zotero ") == 1
	switch {
	case one && strings.HasPrefix(diff, "DOI ") && (want.doi() == "" || strings.Contains(want.doi(), item.Fields["DOI"])):
		return "Zotero's schema had no DOI for the type, or it kept the resolver's address"
	case one && strings.HasPrefix(diff, "title ") && strings.EqualFold(item.Title(), want.first(titles()...)):
		return "Zotero changes the case of titles in capitals"
	case one && strings.HasPrefix(diff, "title ") && want.first(titles()...) == "":
		return "Zotero leaves out the title that the file has"
	case one && strings.HasPrefix(diff, "date ") && want.first("date") == "":
		return "Zotero leaves out the date that the file has"
	case strings.HasPrefix(diff, "DOI ") && want.doi() == "" && item.Type == "computerProgram":
		return "Zotero saves the authors of software as programmers later"
	case one && strings.HasPrefix(diff, "creators ") && len(item.Creators) < len(want.creators):
		return "Zotero has the same name twice"
	case one && strings.HasPrefix(diff, "date ") && fold(dateOf(item)) != "" && strings.HasPrefix(item.ParsedDate, want.first("date")):
		return "the file says more of the date"
	}
	return ""
}

// partner returns the entry that stands for Zotero's item: the one at its
// place, or the one of its key or title that is most like it.
func partner(entries []biblio.Entry, want *oracleItem, i int, src source, used map[*library.Item]bool) *library.Item {
	if !src.anyOrder {
		if i < len(entries) {
			return &entries[i].Item
		}
		return nil
	}
	key, title := want.first("citationKey"), fold(want.first(titles()...))
	var best *library.Item
	for k := range entries {
		item := &entries[k].Item
		same := key != "" && item.Fields["citationKey"] == key || key == "" && fold(item.Title()) == title
		if !same || used[item] {
			continue
		}
		if differences(item, want, src) == "" {
			return item
		}
		if best == nil {
			best = item
		}
	}
	return best
}

func titles() []string { return []string{"title", "caseName", "nameOfAct", "subject"} }

// fold leaves the letters and digits of s, in lower case, without markup.
func fold(s string) string {
	s = regexp.MustCompile(`<[^>]*>`).ReplaceAllString(s, "")
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// differences says how an item differs from Zotero's in the five things that
// matter most; "" if it doesn't.
func differences(item *library.Item, want *oracleItem, src source) string {
	var diffs []string
	check := func(what, got, want string) {
		if got != want {
			diffs = append(diffs, fmt.Sprintf("%s %q, Zotero %q", what, got, want))
		}
	}
	check("type", item.Type, want.fields["itemType"])
	title, wantedTitle := oneLine(item.Title()), oneLine(want.first(titles()...))
	if !src.folded || fold(title) != fold(wantedTitle) {
		check("title", title, wantedTitle)
	}
	check("DOI", item.Fields["DOI"], want.doi())
	date, dated := dateOf(item), want.first("date", "dateEnacted", "dateDecided", "issueDate")
	if date != dated {
		iso, _ := edtf.Parse(dated)
		check("date", cmp.Or(item.ParsedDate, date), cmp.Or(iso, dated))
	}
	var creators []string
	for _, c := range item.Creators {
		creators = append(creators, name(c.Role, c.Given, cmp.Or(c.Family, c.Name)))
	}
	wanted := slices.Clone(want.creators)
	if src.byRole {
		byName := func(a, b string) int { return cmp.Compare(role(a), role(b)) }
		slices.SortStableFunc(creators, byName)
		slices.SortStableFunc(wanted, byName)
	}
	check("creators", strings.Join(creators, "; "), strings.Join(wanted, "; "))
	return strings.Join(diffs, "; ")
}

func role(s string) string { r, _, _ := strings.Cut(s, ":"); return r }

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func dateOf(item *library.Item) string {
	for _, field := range []string{"date", "dateEnacted", "dateDecided", "issueDate"} {
		if s := item.Fields[field]; s != "" {
			return s
		}
	}
	return ""
}

// translatorRows returns the test cases of Zotero's own translators.
func translatorRows(t *testing.T) []source {
	formats := map[string]biblio.Format{
		"BibTeX.js": biblio.BibTeX, "RIS.js": biblio.RIS, "MEDLINEnbib.js": biblio.PubMed, "CSL JSON.js": biblio.CSLJSON,
		"Endnote XML.js": biblio.EndNoteXML, "ReferBibIX.js": biblio.Refer, "Web of Science Tagged.js": biblio.WebOfScience, "PubMed XML.js": biblio.PubMedXML,
		"RefWorks Tagged.js": biblio.RefWorks, "MODS.js": biblio.MODS, "Datacite JSON.js": biblio.DataCite, "OpenAlex JSON.js": biblio.OpenAlex,
	}
	lines := bufio.NewScanner(bytes.NewReader(readFile(t, fixtures(t), "translators-testcases", "imports.jsonl")))
	lines.Buffer(nil, 16<<20)
	var sources []source
	for number := 1; lines.Scan(); number++ {
		var row struct {
			Translator, Input string
			Items             []oracleItem
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if format, ok := formats[row.Translator]; ok {
			sources = append(sources, source{
				name: fmt.Sprintf("%s, line %d", row.Translator, number), format: format, data: []byte(row.Input), items: row.Items,
			})
		}
	}
	return sources
}

// cslPairs returns CSL-JSON that Zotero and Better BibTeX wrote, with the
// items they wrote it from.
func cslPairs(t *testing.T) []source {
	folder := fixtures(t)
	var written map[string]json.RawMessage
	var items map[string]oracleItem
	if err := json.Unmarshal(readFile(t, folder, "zotero-utilities", "citeProcJSExport.json"), &written); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(readFile(t, folder, "zotero-client", "itemJSON.json"), &items); err != nil {
		t.Fatal(err)
	}
	all := source{name: "citeProcJSExport.json", format: biblio.CSLJSON, byRole: true}
	var list []json.RawMessage
	for _, itemType := range slices.Sorted(func(yield func(string) bool) {
		for key := range written {
			if !yield(key) {
				return
			}
		}
	}) {
		list = append(list, written[itemType])
		all.items = append(all.items, asCSLTells(items[itemType]))
	}
	all.data, _ = json.Marshal(list)
	sources := []source{all}
	for csl, zotero := range map[string]string{
		"CSL-exporters-ignore-Fields-to-omit-from-export-setting-1179.csl.json": "csl-exporters-1179.zotero-items.json",
		"Date-export-to-Better-CSL-JSON-360-811.csl.json":                       "Date-export-to-Better-CSL-JSON-360-811.json",
	} {
		var exported struct{ Items []oracleItem }
		if err := json.Unmarshal(readFile(t, folder, "better-bibtex", zotero), &exported); err != nil {
			t.Fatal(err)
		}
		for i := range exported.Items {
			exported.Items[i] = asCSLTells(exported.Items[i])
		}
		sources = append(sources, source{
			name: csl[:min(46, len(csl))], format: biblio.CSLJSON, byRole: true, anyOrder: true,
			data: readFile(t, folder, "better-bibtex", csl), items: exported.Items,
		})
	}
	return sources
}

// bibtexPairs returns BibTeX that people reported to Better BibTeX, with the
// items that it makes of it. (What it exports to BibTeX is no such pair: the
// format has fewer item types than Zotero.)
func bibtexPairs(t *testing.T) []source {
	var imported struct{ Items []oracleItem }
	if err := json.Unmarshal(readFile(t, fixtures(t), "better-bibtex", "entries-discarded-873.zotero-items.json"), &imported); err != nil {
		t.Fatal(err)
	}
	return []source{{
		name: "entries-discarded-873.bib", format: biblio.BibTeX, byRole: true, anyOrder: true, folded: true,
		data:  readFile(t, fixtures(t), "better-bibtex", "entries-discarded-873.bib"),
		items: slices.DeleteFunc(imported.Items, func(o oracleItem) bool { return o.fields["itemType"] == "note" }),
	}}
}

// asCSLTells changes an item to what Zotero makes of the CSL-JSON that was
// written from it. Roles that CSL doesn't know are not written. Letters,
// e-mails and messages are one type, of which Zotero makes letters; podcasts
// share theirs with television. Better BibTeX writes the years before our era
// as historians count them, -334 for EDTF's -0333, and lets a date in "extra"
// override the field.
func asCSLTells(item oracleItem) oracleItem {
	dates := map[string]string{
		"BC tests: -0333": "-0334", "BC tests 2: -0099-07-12/-0043-03-15": "-0100-07-12/-0044-03-15",
		"Date=2010 & Extra=issued:2011": "2011",
	}
	if date := dates[item.fields["title"]]; date != "" {
		item.fields["date"] = date
	}

	item.creators = slices.DeleteFunc(slices.Clone(item.creators), func(c string) bool {
		return slices.Contains([]string{"wordsBy", "cosponsor", "commenter", "counsel", "attorneyAgent"}, role(c))
	})
	switch item.fields["itemType"] {
	case "email", "instantMessage":
		item.fields["itemType"] = "letter"
	case "podcast":
		item.fields["itemType"] = "tvBroadcast"
		for i, c := range item.creators {
			item.creators[i] = strings.Replace(c, "podcaster:", "host:", 1)
		}
	}
	return item
}

// TestReadsEveryEntry reads real files for which there is no oracle: every
// entry must be there, and have a title where the file gives it one.
func TestReadsEveryEntry(t *testing.T) {
	folder := fixtures(t)
	tests := []struct {
		file  string
		entry string // what begins an entry, at the beginning of a line
		title []string
	}{
		{"asreview-ris/_baseline.ris", "TY  -", []string{"TI  - ", "T1  - "}},
		{"asreview-ris/baseline_reference_types.ris", "TY  -", nil},
		{"asreview-ris/baseline_tag-notes_zotero.ris", "TY  -", []string{"TI  - "}},
		{"asreview-ris/baseline_zotero.ris", "TY  -", []string{"TI  - "}},
		{"asreview-ris/faulty_year.ris", "TY  -", []string{"TI  - "}},
		{"asreview-ris/ovid_zotero.ris", "TY  -", []string{"TI  - "}},
		{"asreview-ris/proquest.ris", "TY  -", []string{"T1  - "}},
		{"asreview-ris/pubmed_zotero.ris", "TY  -", []string{"TI  - "}},
		{"revtools-ris/avian_ecology_bibliography.ris", "TY  -", []string{"TI  - ", "T1  - "}},
		{"revtools-ris/restoration_pubmed.nbib", "PMID- ", []string{"TI  - "}},
		{"zotero-client/book_and_child_note.ris", "TY  -", []string{"TI  - "}},
		{"better-bibtex/bulk-performance-test.bib", "@", []string{"  title = "}},
		{"biblatex/biblatex-examples.bib", "@", nil},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			data := readFile(t, folder, filepath.FromSlash(tt.file))
			format, ok := biblio.Detect(tt.file, data)
			if !ok {
				t.Fatal("the format was not recognised")
			}
			doc, err := biblio.Read(t.Context(), bytes.NewReader(data), tt.file, format)
			if err != nil {
				t.Fatal(err)
			}
			entries, titles := count(data, tt.entry), 0
			if format == biblio.BibTeX {
				entries -= count(data, "@string") + count(data, "@comment") + count(data, "@preamble") + count(data, "@xdata") + count(data, "@set")
			}
			for _, begin := range tt.title {
				titles += count(data, begin)
			}
			titled, created, dated := 0, 0, 0
			for _, e := range doc.Entries {
				titled += min(1, len(e.Item.Title()))
				created += min(1, len(e.Item.Creators))
				dated += min(1, len(e.Item.ParsedDate))
			}
			t.Logf("%d entries, %d read, %d with title, %d with creators, %d dated, %d problems", entries, len(doc.Entries), titled, created, dated, len(doc.Problems))
			if len(doc.Entries)*1000 < entries*995 {
				t.Errorf("%d of %d entries read", len(doc.Entries), entries)
			}
			if titled < titles {
				t.Errorf("%d entries have a title, the file has %d", titled, titles)
			}
			for _, p := range doc.Problems {
				t.Logf("    %s:%d: %s: %s", p.File, p.Line, p.Severity, p.Reason)
			}
		})
	}
}

func count(data []byte, begin string) int {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	return bytes.Count(bytes.ToLower(append([]byte("\n"), data...)), []byte("\n"+strings.ToLower(begin)))
}
