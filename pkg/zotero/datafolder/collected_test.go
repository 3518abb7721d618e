package datafolder_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zotero/datafolder/datafoldertest"
)

// TestRealItems_AreWhole reads one of each collected item, and compares it with
// what the translator of Zotero says of it.
func TestRealItems_AreWhole(t *testing.T) {
	items := datafoldertest.Collected(t)
	dir := t.TempDir()
	datafoldertest.Large(t, dir, items, len(items)).Close()
	r := reader(t, open(t, dir), "user:local-AbCd1234")
	for n, want := range items {
		it := item(t, r, datafoldertest.Key('W', n))
		if it == nil {
			t.Fatalf("item %d is missing", n)
		}
		fields := map[string]string{}
		for name, value := range want {
			text, is := value.(string)
			if n, number := value.(float64); number {
				text, is = strconv.FormatFloat(n, 'f', -1, 64), true
			}
			switch {
			case !is || text == "" || name == "itemType" || name == "key" || name == "dateAdded" || name == "dateModified":
			case name == "accessDate":
				fields[name] = it.Fields[name]
			default:
				fields[name] = text
			}
		}
		if key := it.Fields["citationKey"]; key != "" {
			fields["citationKey"] = key // also from extra
		}
		if diff := cmp.Diff(fields, it.Fields); diff != "" {
			t.Errorf("item %d (-want +got):\n%s", n, diff)
		}
		if it.Type != want["itemType"] || len(it.Attachments) != 1 {
			t.Errorf("item %d: a %s with %d attachments", n, it.Type, len(it.Attachments))
		}
		if diff := cmp.Diff(tagsOf(want), it.Tags, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("item %d, tags (-want +got):\n%s", n, diff)
		}
		if diff := cmp.Diff(creatorsOf(want), it.Creators, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("item %d, creators (-want +got):\n%s", n, diff)
		}
	}
}

// tagsOf returns the tags of an item, sorted, each once.
func tagsOf(d data) []string {
	var tags []string
	all, _ := d["tags"].([]any)
	for _, e := range all {
		t, _ := e.(map[string]any)
		if name, _ := t["tag"].(string); name != "" {
			tags = append(tags, name)
		}
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}

func creatorsOf(d data) []library.Creator {
	var creators []library.Creator
	all, _ := d["creators"].([]any)
	for _, e := range all {
		m, _ := e.(map[string]any)
		text := func(name string) string { s, _ := m[name].(string); return s }
		c := library.Creator{Role: text("creatorType"), Given: text("firstName"), Family: text("lastName")}
		if name := text("name"); name != "" {
			c = library.Creator{Role: c.Role, Name: name}
		} else if m["fieldMode"] == 1.0 {
			c = library.Creator{Role: c.Role, Name: c.Family}
		}
		creators = append(creators, c)
	}
	return creators
}
