package change_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

const uriBase = "http://zotero.org/groups/4711/items/"

// duplicates is a library with two works that are the same, and one related to the
// second.
type duplicates struct {
	*changetest.Library
	keys []string
}

func newDuplicates() *duplicates {
	d := &duplicates{Library: changetest.New(group, nil)}
	pdf := func(parent, title, md5 string) library.Data {
		return library.Data{"itemType": "attachment", "parentItem": parent, "linkMode": "imported_file", "contentType": "application/pdf", "title": title, "md5": md5}
	}
	page := func(parent, title, url string) library.Data {
		return library.Data{"itemType": "attachment", "parentItem": parent, "linkMode": "linked_url", "contentType": "text/html", "title": title, "url": url}
	}
	tag := func(name string, kind float64) any {
		if kind == 0 {
			return map[string]any{"tag": name}
		}
		return map[string]any{"tag": name, "type": kind}
	}
	d.add("KEPT0001", library.Data{"itemType": "book", "title": "On Light", "date": "1704", "publisher": "Printers",
		"tags": []any{tag("physics", 1), tag("old", 0)}, "collections": []any{"COLL0001"}, "dateAdded": "2026-02-01T00:00:00Z"})
	d.add("COPY0001", library.Data{"itemType": "book", "title": "On light", "date": "1704", "abstractNote": "Prisms.",
		"tags": []any{tag("physics", 0), tag("auto", 1), tag("old", 1)}, "collections": []any{"COLL0001", "COLL0002"}, "dateAdded": "2026-01-01T00:00:00Z",
		"relations": map[string]any{"dc:relation": uriBase + "THIRD001", "dc:replaces": []any{uriBase + "GONE0001"}}})
	d.add("THIRD001", library.Data{"itemType": "book", "title": "Third", "relations": map[string]any{"dc:relation": []any{uriBase + "COPY0001", uriBase + "OTHER001"}}})
	d.add("KPDF0001", pdf("KEPT0001", "PDF", "aa"))
	d.add("KWEB0001", page("KEPT0001", "Page", "https://a.example/2"))
	d.add("CPDF0001", pdf("COPY0001", "Full text", "aa"))
	d.add("CPDF0002", pdf("COPY0001", "Full text again", "aa"))
	d.add("CPDF0003", pdf("COPY0001", "Another", "bb"))
	d.add("CWEB0001", page("COPY0001", "Page", "https://a.example/1"))
	d.add("CWEB0002", page("COPY0001", "Page", "https://a.example/1"))
	d.add("CMARK001", library.Data{"itemType": "annotation", "parentItem": "CPDF0001", "annotationText": "rays"})
	d.add("CNOTE001", library.Data{"itemType": "note", "parentItem": "COPY0001",
		"note": `<p>See <a href="zotero://open-pdf/groups/4711/items/CPDF0001?page=2">it</a> <span data-citation="%2Fgroups%2F4711%2Fitems%2FCOPY0001%22">(A)</span></p>`})
	return d
}

func (d *duplicates) add(key string, data library.Data) {
	d.keys = append(d.keys, key)
	d.Put(library.Object{Kind: library.ItemObject, Key: key, Data: data})
}

func (d *duplicates) data(key string) library.Data { return d.Object(library.ItemObject, key).Data }

func (d *duplicates) all() map[string]library.Data {
	out := map[string]library.Data{}
	for _, key := range d.keys {
		out[key] = d.data(key)
	}
	return out
}

func (d *duplicates) tree(key string) change.Tree {
	t := change.Tree{Object: d.Object(library.ItemObject, key), Name: "work " + key}
	for _, below := range d.keys {
		if d.data(below)["parentItem"] == key {
			t.Below = append(t.Below, d.tree(below))
		}
	}
	return t
}

func (d *duplicates) merge(take ...string) *change.Merge {
	m := &change.Merge{Library: group, Kept: d.tree("KEPT0001"), Others: []change.Tree{d.tree("COPY0001")}, Take: take, NewKey: d.NewKey}
	for _, key := range change.RelatedKeys(group, m.Others[0].Object) {
		if o := d.Object(library.ItemObject, key); o.Data != nil {
			m.Related = append(m.Related, o)
		}
	}
	return m
}

func (d *duplicates) plan(t *testing.T, m *change.Merge) *change.Plan {
	t.Helper()
	edits, err := m.Edits()
	if err != nil {
		t.Fatal(err)
	}
	p, err := change.New(group, "merge_items", "Merge", alice, edits, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMerge_MakesOneWorkOfTwo(t *testing.T) {
	d := newDuplicates()
	before := d.all()
	j := change.NewJournal(changetest.NewStore(), nil, nil)
	r, err := j.Run(t.Context(), d, d.plan(t, d.merge("abstractNote")), alice)
	if err != nil || r.Count(library.EditDone) != len(r.Edits) {
		t.Fatalf("%+v, %v", r, err)
	}
	kept := d.data("KEPT0001")
	want := library.Data{
		"itemType": "book", "title": "On Light", "date": "1704", "publisher": "Printers", "abstractNote": "Prisms.", "dateAdded": "2026-02-01T00:00:00Z",
		"collections": []any{"COLL0001", "COLL0002"},
		"tags":        []any{map[string]any{"tag": "physics"}, map[string]any{"tag": "old"}, map[string]any{"tag": "auto", "type": 1.0}},
		"relations": map[string]any{
			"dc:relation": []any{uriBase + "THIRD001"}, "dc:replaces": []any{uriBase + "COPY0001", uriBase + "GONE0001"},
		},
	}
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Error(diff)
	}
	for key, want := range map[string]struct{ field, value string }{
		"CNOTE001": {"parentItem", "KEPT0001"}, "CPDF0002": {"parentItem", "KEPT0001"}, "CPDF0003": {"parentItem", "KEPT0001"}, "CWEB0002": {"parentItem", "KEPT0001"},
		"CMARK001": {"parentItem", "KPDF0001"}, "COPY0001": {"deleted", "true"}, "CPDF0001": {"deleted", "true"}, "CWEB0001": {"deleted", "true"},
		"KPDF0001": {"relations", "map[dc:replaces:[" + uriBase + "CPDF0001]]"}, "KWEB0001": {"relations", "map[dc:replaces:[" + uriBase + "CWEB0001]]"},
		"THIRD001": {"relations", "map[dc:relation:[" + uriBase + "KEPT0001 " + uriBase + "OTHER001]]"},
	} {
		if got := fmt.Sprint(d.data(key)[want.field]); got != want.value {
			t.Errorf("%s %s: %s, want %s", key, want.field, got, want.value)
		}
		if want.field != "deleted" && d.data(key)["deleted"] != nil {
			t.Errorf("%s is in the trash", key)
		}
	}
	if got := d.data("COPY0001")["relations"]; got != nil {
		t.Errorf("the duplicate has %v", got)
	}
	if html := fmt.Sprint(d.data("CNOTE001")["note"]); !strings.Contains(html, "/items/KPDF0001?page=2") || !strings.Contains(html, "%2Fitems%2FKEPT0001%22") {
		t.Errorf("links lead to %s", html)
	}
	takeBack(t, j, d.Library, r)
	if diff := cmp.Diff(before, d.all(), cmp.Comparer(func(a, b library.Data) bool { return change.Holds(a, b) && change.Holds(b, a) })); diff != "" {
		t.Error(diff)
	}
}

// TestMerge_LeavesOtherRelations has a work that replaced the duplicate before, and
// files that are related to each other.
func TestMerge_LeavesOtherRelations(t *testing.T) {
	d := newDuplicates()
	set := func(key, predicate, to string) {
		o := d.Object(library.ItemObject, key)
		o.Data["relations"] = map[string]any{predicate: []any{to}}
		d.Put(o)
	}
	set("THIRD001", "dc:replaces", uriBase+"COPY0001")
	set("CPDF0001", "dc:relation", uriBase+"KPDF0001")
	if _, err := change.NewJournal(changetest.NewStore(), nil, nil).Run(t.Context(), d, d.plan(t, d.merge()), alice); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"THIRD001": "map[dc:replaces:[" + uriBase + "COPY0001]]", "KPDF0001": "map[dc:replaces:[" + uriBase + "CPDF0001]]",
	} {
		if got := fmt.Sprint(d.data(key)["relations"]); got != want {
			t.Errorf("%s has relations %s, want %s", key, got, want)
		}
	}
}

func TestRelatedKeys_AreOfTheLibrary(t *testing.T) {
	o := library.Object{Data: library.Data{"relations": map[string]any{
		"dc:relation": []any{uriBase + "BBBB2222", "http://zotero.org/groups/4712/items/CCCC2222", "https://elsewhere.example/DDDD2222"}, "dc:replaces": uriBase + "AAAA2222",
	}}}
	if got := change.RelatedKeys(group, o); !slices.Equal(got, []string{"AAAA2222", "BBBB2222"}) {
		t.Errorf("related to %q", got)
	}
}

func TestMerge_ShowsWhatDiffers(t *testing.T) {
	d := newDuplicates()
	p := d.plan(t, d.merge())
	for _, e := range p.Edits {
		want := map[string]library.Data{
			"KEPT0001": {"title": "On Light", "publisher": "Printers"}, "COPY0001": {"title": "On light", "abstractNote": "Prisms."},
		}[e.Key]
		if diff := cmp.Diff(want, e.Stay); len(want)+len(e.Stay) > 0 && diff != "" {
			t.Errorf("%s: %s", e.Key, diff)
		}
		if e.Name == "" || (e.After["deleted"] != nil) != (e.Step > 0) {
			t.Errorf("%+v", e)
		}
	}
}

func TestMerge_RefusesFieldsThatAreNotThere(t *testing.T) {
	d := newDuplicates()
	for _, field := range []string{"volumes", "DOI", "publisher", "itemType", "tags"} {
		if _, err := d.merge(field).Edits(); library.CodeOf(err) != library.Invalid || !strings.Contains(fmt.Sprint(err), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestMerge_KeepsDifferentFiles changes one thing of an equal PDF, page or snapshot at
// a time.
func TestMerge_KeepsDifferentFiles(t *testing.T) {
	for _, c := range []struct{ key, field, value string }{
		{"CPDF0001", "md5", "cc"}, {"CPDF0001", "md5", ""}, {"CPDF0001", "linkMode", "linked_file"}, {"CPDF0001", "contentType", "application/epub+zip"},
		{"CWEB0001", "title", "Other"}, {"CWEB0001", "linkMode", "imported_url"},
	} {
		d := newDuplicates()
		data := d.data(c.key)
		data[c.field] = c.value
		d.Put(library.Object{Kind: library.ItemObject, Key: c.key, Data: data})
		for _, e := range d.plan(t, d.merge()).Edits {
			if e.Key == c.key && (e.After["parentItem"] != "KEPT0001" || e.After["deleted"] != nil) {
				t.Errorf("%+v: %v", c, e.After)
			}
		}
	}
	d := newDuplicates()
	d.add("CMARK002", library.Data{"itemType": "annotation", "parentItem": "CWEB0001", "annotationText": "on a snapshot"})
	for _, e := range d.plan(t, d.merge()).Edits {
		if e.Key == "CWEB0001" && e.After["parentItem"] != "KEPT0001" {
			t.Errorf("a page with annotations: %v", e.After)
		}
	}
}

func TestMerge_PrefersThePageOfTheSameAddress(t *testing.T) {
	d := newDuplicates()
	data := d.data("KWEB0001")
	data["url"] = "https://a.example/1"
	d.add("KWEB0002", data)
	for _, e := range d.plan(t, d.merge()).Edits {
		if e.Key == "KWEB0002" && !strings.Contains(fmt.Sprint(e.After["relations"]), "CWEB0001") {
			t.Errorf("%v", e.After)
		}
	}
}

func TestMerge_KeepsTheNotesOfFiles(t *testing.T) {
	for _, c := range []struct{ kept, copied, want string }{
		{"", "<p>mine</p>", "<p>mine</p>"}, {"<p>yours</p>", "<p>mine</p>", "<p>yours</p>"}, {"<p>mine</p>", "<p>mine</p>", "<p>mine</p>"},
	} {
		d := newDuplicates()
		for key, text := range map[string]string{"KPDF0001": c.kept, "CPDF0001": c.copied} {
			data := d.data(key)
			data["note"] = text
			d.Put(library.Object{Kind: library.ItemObject, Key: key, Data: data})
		}
		m := d.merge()
		p := d.plan(t, m)
		made := slices.IndexFunc(p.Edits, func(e change.Edit) bool { return e.Version == 0 })
		if (made >= 0) != (c.kept != "" && c.kept != c.copied) {
			t.Errorf("%+v: a note is made: %v", c, made >= 0)
		}
		j := change.NewJournal(changetest.NewStore(), nil, nil)
		if _, err := j.Run(t.Context(), d, p, alice); err != nil {
			t.Fatal(err)
		}
		if got := d.data("KPDF0001")["note"]; got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
		if left := d.data("CPDF0001")["note"]; left != nil && left != "" {
			t.Errorf("%+v: the merged file keeps %v", c, left)
		}
		if made >= 0 && d.data(p.Edits[made].Key)["note"] != c.copied {
			t.Errorf("%+v: %v", c, d.data(p.Edits[made].Key))
		}
	}
}

// TestMerge_IsBeforeOrAfter refuses or loses each edit in turn: nothing is in the trash
// unless all that was below it is moved, and a second plan does the rest.
func TestMerge_IsBeforeOrAfter(t *testing.T) {
	edits := newDuplicates()
	n := len(edits.plan(t, edits.merge()).Edits)
	for i := range n {
		d := newDuplicates()
		p := d.plan(t, d.merge())
		bad := p.Edits[i].Key
		o := d.Object(library.ItemObject, bad)
		o.Version = 0
		d.Put(o) // changed meanwhile
		j := change.NewJournal(changetest.NewStore(), nil, nil)
		before := d.all()
		r, err := j.Run(t.Context(), d, p, alice)
		if err != nil {
			t.Fatal(err)
		}
		if p.Edits[i].Step == 0 && (d.data("COPY0001")["deleted"] != nil || d.data("CPDF0001")["deleted"] != nil) {
			t.Errorf("%s was refused and its work is in the trash", bad)
		}
		again, changed, err := change.Again(t.Context(), d, r, time.Now())
		if err != nil || again == nil || len(changed) != 1 || changed[0].Key != bad {
			t.Fatalf("%s: %+v, %+v, %v", bad, again, changed, err)
		}
		second, err := j.Run(t.Context(), d, again, alice)
		if err != nil || second.Count(library.EditDone) != len(second.Edits) || d.data("COPY0001")["deleted"] != true {
			t.Fatalf("%s: %+v, %v", bad, second, err)
		}
		takeBack(t, j, d.Library, second)
		takeBack(t, j, d.Library, r)
		for key, data := range d.all() {
			if !change.Holds(data, before[key]) || !change.Holds(before[key], data) {
				t.Errorf("%s, %s: %s", bad, key, cmp.Diff(before[key], data))
			}
		}
	}
}

func TestSame_ComparesRelationsAndLinks(t *testing.T) {
	for _, c := range []struct {
		field string
		a, b  any
		want  bool
	}{
		{"relations", map[string]any{"dc:relation": "a"}, map[string]any{"dc:relation": []any{"a"}}, true},
		{"relations", map[string]any{"dc:relation": []any{"a", "b"}}, map[string]any{"dc:relation": []string{"b", "a"}}, true},
		{"relations", map[string]any{"dc:relation": "a"}, map[string]any{"dc:replaces": "a"}, false},
		{"note", `<a href="/items/ABCD2345">x</a>`, `<a href="/items/ABCD2346">x</a>`, false},
		{"note", `<p><a href="/items/ABCD2345">x</a></p>`, `<a href="/items/ABCD2345">x</a>`, true},
	} {
		if got := change.Same(c.field, c.a, c.b); got != c.want {
			t.Errorf("%v, %v: %v", c.a, c.b, got)
		}
	}
}
