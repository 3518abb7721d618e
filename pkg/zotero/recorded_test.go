package zotero

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fixtures returns the folder of recorded answers.
func fixtures(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("STACKROOM_FIXTURES")
	if dir == "" {
		t.Skip("STACKROOM_FIXTURES doesn't name the folder of recorded answers")
	}
	return dir
}

// recorded says what each recorded answer is, and so what is checked. The first
// row that matches a file counts.
var recorded = []struct {
	files string // a pattern of path.Match
	check func(t *testing.T, raw []byte)
}{
	// Items: every text field, creator, tag, collection and date is kept.
	{"web-library/responses/annotation-item.json", checkItems},
	{"web-library/responses/identifier-search-web-results.json", checkItems},
	{"web-library/responses/new-item-*.json", checkItems},
	{"web-library/responses/search-by-identifier*.json", checkItems},
	{"pyzotero/attachments_doc.json", checkItems},
	{"pyzotero/item_doc.json", checkItems},
	{"pyzotero/items_doc.json", checkItems},
	{"pyzotero/item_template.json", checkItems},
	{"zotero-api-client/item-data.json", checkItems},
	{"zotero-api-client/single-object-get-response.json", checkItems},
	{"zotero-ios/itemresponse_*.json", checkItems},
	{"zotero-ios/test_annotation_*.json", checkItems},
	{"zotero-ios/test_item_attachment.json", checkItems},
	{"zotero-ios/test_thesis_item.json", checkItems},
	// Lists of names.
	{"web-library/responses/creator-fields.json", notRead},
	{"web-library/responses/item-*.json", notRead},
	{"pyzotero/item_fields.json", notRead},
	{"pyzotero/item_types.json", notRead},
	{"zotero-api-client/item-types-data.json", notRead},
	// Collections: key, name, parent, count.
	{"web-library/responses/min-user-groups.json", checkGroups},
	{"web-library/responses/*-collections.json", checkCollections},
	{"pyzotero/collection_doc.json", checkCollections},
	{"pyzotero/collections_doc.json", checkCollections},
	{"zotero-api-client/multi-object-get-response.json", checkCollections},
	{"zotero-ios/collectionresponse_*.json", checkCollections},
	{"zotero-ios/test_collection.json", checkCollections},
	// Groups: ID, name, owner.
	{"pyzotero/groups_doc.json", checkGroups},
	{"zotero-api-client/user-groups-response.json", checkGroups},
	// Tags.
	{"web-library/responses/*-tags*.json", notRead},
	{"pyzotero/collection_tags.json", notRead},
	{"pyzotero/tags_doc.json", notRead},
	{"zotero-api-client/tags-data-response.json", notRead},
	// Saved searches.
	{"zotero-api-client/searches-data-response.json", notRead},
	{"zotero-ios/searchresponse_*.json", notRead},
	{"zotero-ios/test_search.json", notRead},
	// Keys: user, and the rights in each library.
	{"zotero-api-client/keys-current-response.json", checkKey},
	{"zotero-ios/test_keys.json", checkKey},
	// Versions and settings: as many as there are.
	{"pyzotero/*_versions.json", checkMap},
	{"zotero-api-client/settings-response.json", checkMap},
	// Results of writes: the items in them are kept; those without hold keys alone.
	{"web-library/responses/test-group-*.json", checkNested},
	{"web-library/responses/test-user-tags*.json", notRead},
	{"web-library/responses/test-user-*.json", checkNested},
	{"pyzotero/creation_doc.json", checkMap},
	{"zotero-api-client/multi-*-write-response.json", checkMap},
	// Whole libraries, as a web client keeps them: every item is kept.
	{"web-library/state/minimal.json", checkMap},
	{"web-library/state/*.json", checkNested},
	// The recognizer's answer, which is no answer of the API.
	{"web-library/responses/recognizer-response-attention.json", checkMap},
}

func TestEveryRecordedAnswerDecodes(t *testing.T) {
	root := fixtures(t)
	seen := 0
	for _, folder := range []string{"web-library/responses", "web-library/state", "pyzotero", "zotero-api-client", "zotero-ios"} {
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(folder), "*.json"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", folder, len(files), err)
		}
		for _, file := range files {
			name := folder + "/" + filepath.Base(file)
			at := slices.IndexFunc(recorded, func(row struct {
				files string
				check func(t *testing.T, raw []byte)
			}) bool {
				ok, _ := path.Match(row.files, name)
				return ok
			})
			if at < 0 {
				t.Errorf("%s: no row of the table says what it is", name)
				continue
			}
			seen++
			t.Run(name, func(t *testing.T) {
				raw, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				recorded[at].check(t, raw)
			})
		}
	}
	t.Logf("%d files", seen)
}

// each decodes raw, an array or one of its kind, and calls check with every
// value and what plain JSON has of it.
func each[T any](t *testing.T, raw []byte, check func(value T, plain map[string]any)) {
	t.Helper()
	if !strings.HasPrefix(strings.TrimSpace(string(raw)), "[") {
		raw = []byte("[" + string(raw) + "]")
	}
	var values []T
	var plains []map[string]any
	if err := json.Unmarshal(raw, &values); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &plains); err != nil {
		t.Fatal(err)
	}
	if len(values) == 0 {
		t.Fatal("nothing in it")
	}
	for i := range values {
		check(values[i], plains[i])
	}
}

func within(m map[string]any, name string) map[string]any {
	inner, _ := m[name].(map[string]any)
	return inner
}

func checkItems(t *testing.T, raw []byte) {
	each(t, raw, func(o item, plain map[string]any) {
		data := within(plain, "data")
		if data == nil {
			data = plain
		}
		for _, fault := range lostOf(o, data) {
			t.Errorf("%s: %s", o.key, fault)
		}
		if want, _ := within(plain, "meta")["parsedDate"].(string); o.meta.parsedDate != want {
			t.Errorf("%s: parsed date %q, want %q", o.key, o.meta.parsedDate, want)
		}
	})
}

// lostOf says what of an item's data the decoded item doesn't have.
func lostOf(o item, data map[string]any) []string {
	lost := []string{}
	expect := func(ok bool, format string, args ...any) {
		if !ok {
			lost = append(lost, fmt.Sprintf(format, args...))
		}
	}
	count := func(name string) int { list, _ := data[name].([]any); return len(list) }
	for name, value := range data {
		s, isText := value.(string)
		switch {
		case !isText || s == "", name == "invalidProp":
		case name == "key":
			expect(o.key == s, "key %q", s)
		case name == "itemType":
			expect(o.data.kind == s, "type %q", s)
		case name == "parentItem":
			expect(o.data.parent == s, "parent %q", s)
		case name == "dateAdded":
			expect(!o.data.added.IsZero(), "added %q", s)
		case name == "dateModified":
			expect(!o.data.modified.IsZero(), "modified %q", s)
		default:
			expect(o.data.fields[name] == s, "field %s %q, want %q", name, o.data.fields[name], s)
		}
	}
	expect(len(o.data.creators) == count("creators"), "%d creators of %d", len(o.data.creators), count("creators"))
	expect(len(o.data.tags) == count("tags"), "%d tags of %d", len(o.data.tags), count("tags"))
	expect(len(o.data.collections) == count("collections"), "%d collections of %d", len(o.data.collections), count("collections"))
	deleted := data["deleted"] != nil && data["deleted"] != false && data["deleted"] != 0.0
	expect(o.data.deleted == deleted, "deleted %t, want %t", o.data.deleted, deleted)
	return lost
}

func checkCollections(t *testing.T, raw []byte) {
	each(t, raw, func(c collection, plain map[string]any) {
		data := within(plain, "data")
		parent, _ := data["parentCollection"].(string)
		items, _ := within(plain, "meta")["numItems"].(float64)
		if c.key != plain["key"] || c.name != data["name"] || c.parent != parent || c.items != int(items) || c.name == "" {
			t.Errorf("%+v of %v", c, plain)
		}
	})
}

func checkGroups(t *testing.T, raw []byte) {
	each(t, raw, func(g group, plain map[string]any) {
		data := within(plain, "data")
		if float64(g.id) != plain["id"] || g.name != data["name"] || float64(g.owner) != data["owner"] || g.name == "" {
			t.Errorf("%+v of %v", g, plain)
		}
	})
}

// notRead is the check of answers to routes that the package does not use.
func notRead(*testing.T, []byte) {}

func checkKey(t *testing.T, raw []byte) {
	each(t, raw, func(k key, plain map[string]any) {
		access := within(plain, "access")
		right := func(m map[string]any, name string) bool { ok, _ := m[name].(bool); return ok }
		if float64(k.user) != plain["userID"] || k.personal.library != right(within(access, "user"), "library") ||
			k.personal.write != right(within(access, "user"), "write") {
			t.Errorf("%+v of %v", k, plain)
		}
		for name, rights := range within(access, "groups") {
			m, _ := rights.(map[string]any)
			if name == "all" && k.all.library != right(m, "library") {
				t.Errorf("all groups: %+v of %v", k.all, m)
			}
		}
	})
}

func checkMap(t *testing.T, raw []byte) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil || len(m) == 0 {
		t.Errorf("%d entries, %v", len(m), err)
	}
}

// checkNested finds items wherever they are in a document and checks each.
func checkNested(t *testing.T, raw []byte) {
	var document any
	if err := json.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	seen := 0
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		case map[string]any:
			if data := within(v, "data"); data != nil && (data["itemType"] != nil || data["parentCollection"] != nil) {
				seen++
				again, _ := json.Marshal(v)
				if data["itemType"] != nil {
					checkItems(t, again)
				} else {
					checkCollections(t, again)
				}
				return
			}
			// A client's own form of an item, without its envelope.
			if v["itemType"] != nil && v["version"] != nil && v["key"] != nil {
				seen++
				again, _ := json.Marshal(v)
				var o item
				if err := json.Unmarshal(again, &o); err != nil || o.key != v["key"] || o.data.kind != v["itemType"] {
					t.Errorf("%v: %v", v["key"], err)
				}
				return
			}
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(document)
	if seen == 0 {
		t.Error("no item in it")
	}
}
