package zotero_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/zotero"
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

// recorded says of each recorded answer what it is and so what is checked.
// The first row that fits a file counts.
var recorded = []struct {
	files string // a pattern of path.Match
	check func(t *testing.T, raw []byte)
}{
	// Items: every text field, creator, tag, collection, relation and date is kept.
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
	// Lists of names: all have one.
	{"web-library/responses/creator-fields.json", checkNames},
	{"web-library/responses/item-*.json", checkNames},
	{"pyzotero/item_fields.json", checkNames},
	{"pyzotero/item_types.json", checkNames},
	{"zotero-api-client/item-types-data.json", checkNames},
	// Collections: key, name, parent, count.
	{"web-library/responses/min-user-groups.json", checkGroups},
	{"web-library/responses/*-collections.json", checkCollections},
	{"pyzotero/collection_doc.json", checkCollections},
	{"pyzotero/collections_doc.json", checkCollections},
	{"zotero-api-client/multi-object-get-response.json", checkCollections},
	{"zotero-ios/collectionresponse_*.json", checkCollections},
	{"zotero-ios/test_collection.json", checkCollections},
	// Groups: ID, name, type, owner.
	{"pyzotero/groups_doc.json", checkGroups},
	{"zotero-api-client/user-groups-response.json", checkGroups},
	// Tags: name, kind, count.
	{"web-library/responses/*-tags*.json", checkTags},
	{"pyzotero/collection_tags.json", checkTags},
	{"pyzotero/tags_doc.json", checkTags},
	{"zotero-api-client/tags-data-response.json", checkTags},
	// Saved searches: name and conditions.
	{"zotero-api-client/searches-data-response.json", checkSearches},
	{"zotero-ios/searchresponse_*.json", checkSearches},
	{"zotero-ios/test_search.json", checkSearches},
	// Keys: user, and the rights in each library.
	{"zotero-api-client/keys-current-response.json", checkKey},
	{"zotero-ios/test_keys.json", checkKey},
	// Versions and settings: as many as there are.
	{"pyzotero/*_versions.json", checkMap},
	{"zotero-api-client/settings-response.json", checkMap},
	// Results of writes: the items in them are kept; those without hold keys alone.
	{"web-library/responses/test-group-*.json", checkNested},
	{"web-library/responses/test-user-tags*.json", checkTags},
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
	each(t, raw, func(o zotero.Object, plain map[string]any) {
		data := within(plain, "data")
		if data == nil {
			data = plain
		}
		for _, fault := range lostOf(o, data) {
			t.Errorf("%s: %s", o.Key, fault)
		}
		if want, _ := within(plain, "meta")["parsedDate"].(string); o.Meta.ParsedDate != want {
			t.Errorf("%s: parsed date %q, want %q", o.Key, o.Meta.ParsedDate, want)
		}
	})
}

// lostOf says what of an item's data the decoded item doesn't have.
func lostOf(o zotero.Object, data map[string]any) []string {
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
			expect(o.Key == s, "key %q", s)
		case name == "itemType":
			expect(o.Data.Type == s, "type %q", s)
		case name == "parentItem":
			expect(o.Data.Parent == s, "parent %q", s)
		case name == "dateAdded":
			expect(!o.Data.Added.IsZero(), "added %q", s)
		case name == "dateModified":
			expect(!o.Data.Modified.IsZero(), "modified %q", s)
		default:
			expect(o.Data.Fields[name] == s, "field %s %q, want %q", name, o.Data.Fields[name], s)
		}
	}
	expect(len(o.Data.Creators) == count("creators"), "%d creators of %d", len(o.Data.Creators), count("creators"))
	expect(len(o.Data.Tags) == count("tags"), "%d tags of %d", len(o.Data.Tags), count("tags"))
	expect(len(o.Data.Collections) == count("collections"), "%d collections of %d", len(o.Data.Collections), count("collections"))
	for predicate, value := range within(data, "relations") {
		want := 1
		if list, ok := value.([]any); ok {
			want = len(list)
		}
		expect(len(o.Data.Relations[predicate]) == want, "%d of %d relations %s", len(o.Data.Relations[predicate]), want, predicate)
	}
	deleted := data["deleted"] != nil && data["deleted"] != false && data["deleted"] != 0.0
	expect(o.Data.Deleted == deleted, "deleted %t, want %t", o.Data.Deleted, deleted)
	return lost
}

func checkCollections(t *testing.T, raw []byte) {
	each(t, raw, func(c zotero.Collection, plain map[string]any) {
		data := within(plain, "data")
		parent, _ := data["parentCollection"].(string)
		items, _ := within(plain, "meta")["numItems"].(float64)
		if c.Key != plain["key"] || c.Name != data["name"] || c.Parent != parent || c.Items != int(items) || c.Name == "" {
			t.Errorf("%+v of %v", c, plain)
		}
	})
}

func checkGroups(t *testing.T, raw []byte) {
	each(t, raw, func(g zotero.Group, plain map[string]any) {
		data := within(plain, "data")
		if float64(g.ID) != plain["id"] || g.Name != data["name"] || g.Type != data["type"] || float64(g.Owner) != data["owner"] || g.Name == "" {
			t.Errorf("%+v of %v", g, plain)
		}
	})
}

func checkTags(t *testing.T, raw []byte) {
	each(t, raw, func(tag zotero.Tag, plain map[string]any) {
		items, _ := within(plain, "meta")["numItems"].(float64)
		kind, _ := within(plain, "meta")["type"].(float64)
		if tag.Tag != plain["tag"] || tag.Items != int(items) || tag.Automatic != (kind == 1) || tag.Tag == "" {
			t.Errorf("%+v of %v", tag, plain)
		}
	})
}

func checkSearches(t *testing.T, raw []byte) {
	each(t, raw, func(s zotero.Search, plain map[string]any) {
		conditions, _ := within(plain, "data")["conditions"].([]any)
		if s.Key != plain["key"] || s.Name != within(plain, "data")["name"] || len(s.Conditions) != len(conditions) || len(conditions) == 0 || s.Conditions[0].Condition == "" {
			t.Errorf("%+v of %v", s, plain)
		}
	})
}

func checkNames(t *testing.T, raw []byte) {
	each(t, raw, func(n zotero.Named, plain map[string]any) {
		if n.Name == "" || n.Localized != plain["localized"] {
			t.Errorf("%+v of %v", n, plain)
		}
	})
}

func checkKey(t *testing.T, raw []byte) {
	each(t, raw, func(k zotero.Key, plain map[string]any) {
		access := within(plain, "access")
		right := func(m map[string]any, name string) bool { ok, _ := m[name].(bool); return ok }
		if float64(k.UserID) != plain["userID"] || k.Username != plain["username"] || k.User.Library != right(within(access, "user"), "library") ||
			k.User.Write != right(within(access, "user"), "write") {
			t.Errorf("%+v of %v", k, plain)
		}
		for name, rights := range within(access, "groups") {
			m, _ := rights.(map[string]any)
			if name == "all" && k.AllGroups.Library != right(m, "library") {
				t.Errorf("all groups: %+v of %v", k.AllGroups, m)
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
				var o zotero.Object
				if err := json.Unmarshal(again, &o); err != nil || o.Key != v["key"] || o.Data.Type != v["itemType"] {
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
