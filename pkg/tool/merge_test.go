package tool

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// twice returns a library that has a work with children twice, with the keys of the
// two.
func twice(t *testing.T) (l *changetest.Library, c *client, kept, copied *library.Item) {
	t.Helper()
	works := librarytest.Works()
	for _, w := range librarytest.Works() {
		if w.Item.Title() == librarytest.TitleEngine {
			w.Item.Fields["title"] += " again"
			w.Item.Notes = []library.Note{{Text: "A note"}}
			w.Item.Attachments = []library.Attachment{{Title: "A file", Annotations: []library.Annotation{{Text: "marked"}}}}
			w.Texts = nil
			works = append(works, w)
		}
	}
	l = changetest.New(library.Local, works)
	c = connectTo(t, catalogOf(t, fleet{l}, Options{Writing: writingOf(t, "")}), nil)
	page, err := l.Items(t.Context(), []string{itemKey(t, l, librarytest.TitleEngine), itemKey(t, l, librarytest.TitleEngine+" again")})
	if err != nil || len(page.Items) != 2 || len(page.Items[1].Notes) == 0 || len(page.Items[1].Attachments) == 0 {
		t.Fatalf("%+v, %v", page.Items, err)
	}
	return l, c, page.Items[0], page.Items[1]
}

func TestMergeItems_PlansAppliesAndUndoes(t *testing.T) {
	l, c, kept, copied := twice(t)
	early := l.Object(library.ItemObject, copied.ID.Key)
	early.Data["dateAdded"] = "2020-01-01T00:00:00Z"
	l.Put(early)
	late := l.Object(library.ItemObject, kept.ID.Key)
	late.Data["dateAdded"] = "2021-01-01T00:00:00Z"
	l.Put(late)
	plan := c.do(t, "merge_items", fmt.Sprintf(`{"keep":%q,"duplicates":[%q]}`, kept.ID, copied.ID))
	if plan.Status != statusPlanned || l.Writes != 0 || !strings.Contains(strings.Join(plan.Notices, " "), "added earlier") {
		t.Fatalf("%+v", plan)
	}
	shown := map[string]editLine{}
	for _, line := range plan.Changes {
		shown[line.ID] = line
	}
	if a, b := shown[kept.ID.String()], shown[copied.ID.String()]; a.Before["title"] != librarytest.TitleEngine || a.After["title"] != librarytest.TitleEngine ||
		b.Before["title"] != librarytest.TitleEngine+" again" || b.After["deleted"] != "true" {
		t.Errorf("%+v\n%+v", a, b)
	}
	done := c.apply(t, plan.Plan)
	if done.Status != statusDone || l.Object(library.ItemObject, copied.ID.Key).Data["deleted"] != true {
		t.Fatalf("%+v", done)
	}
	for _, key := range []string{copied.Notes[0].Key, copied.Attachments[0].Key} {
		if got := l.Object(library.ItemObject, key).Data["parentItem"]; got != kept.ID.Key {
			t.Errorf("%s is below %v", key, got)
		}
	}
	undone := c.do(t, "undo_changes", fmt.Sprintf(`{"receipt":%q}`, done.Receipt))
	for _, key := range []string{copied.Notes[0].Key, copied.Attachments[0].Key} {
		if got := l.Object(library.ItemObject, key).Data["parentItem"]; got != copied.ID.Key {
			t.Errorf("%s is below %v", key, got)
		}
	}
	if undone.Status != statusDone || l.Object(library.ItemObject, copied.ID.Key).Data["deleted"] != nil {
		t.Errorf("%+v", undone)
	}
}

func TestMergeItems_RefusesBadInput(t *testing.T) {
	l, c, kept, copied := twice(t)
	other := "local/" + itemKey(t, l, librarytest.TitleLight)
	note := "local/" + copied.Notes[0].Key
	for _, in := range []struct {
		arguments string
		code      library.Code
		says      string
	}{
		{fmt.Sprintf(`"keep":%q`, kept.ID), library.Invalid, "duplicates"},
		{fmt.Sprintf(`"keep":%q,"duplicates":[]`, kept.ID), library.Invalid, "duplicates"},
		{fmt.Sprintf(`"keep":%q,"duplicates":[%q]`, kept.ID, kept.ID), library.Invalid, "no other work"},
		{fmt.Sprintf(`"keep":%q,"duplicates":[%q]`, kept.ID, other), library.Invalid, "item type"},
		{fmt.Sprintf(`"keep":%q,"duplicates":[%q]`, kept.ID, note), library.Invalid, "only works"},
		{fmt.Sprintf(`"keep":%q,"duplicates":[%q]`, note, kept.ID), library.Invalid, "only works"},
		{fmt.Sprintf(`"keep":%q,"duplicates":["local/NONE2345"]`, kept.ID), library.NotFound, "NONE2345"},
		{fmt.Sprintf(`"keep":%q,"duplicates":[%q],"take":["colour"]`, kept.ID, copied.ID), library.Invalid, "colour"},
	} {
		if text := c.fail(t, "merge_items", `{`+in.arguments+`}`, in.code); !strings.Contains(text, in.says) {
			t.Errorf("%s: %s", in.arguments, text)
		}
	}
	trashed := l.Object(library.ItemObject, copied.Notes[0].Key)
	trashed.Data["deleted"] = 1
	l.Put(trashed)
	for _, line := range c.do(t, "merge_items", fmt.Sprintf(`{"keep":%q,"duplicates":[%q]}`, kept.ID, copied.ID)).Changes {
		if line.ID == note {
			t.Errorf("a note in the trash is moved: %+v", line)
		}
	}
	gone := l.Object(library.ItemObject, copied.ID.Key)
	gone.Data["deleted"] = 1
	l.Put(gone)
	c.fail(t, "merge_items", fmt.Sprintf(`{"keep":%q,"duplicates":[%q]}`, kept.ID, copied.ID), library.NotFound)
	if l.Writes != 0 {
		t.Errorf("%d writes", l.Writes)
	}
}

// noteless is a library whose notes the caller may not read.
type noteless struct{ *changetest.Library }

func (l noteless) Info(ctx context.Context) (library.Info, error) {
	info, err := l.Library.Info(ctx)
	info.HidesNotes = true
	return info, err
}

// TestMergeItems_RefusesUnseenNotes merges with a key that may not read notes: those of
// a duplicate would go to the trash.
func TestMergeItems_RefusesUnseenNotes(t *testing.T) {
	l, _, kept, copied := twice(t)
	for _, confirm := range []Confirm{ConfirmChanges, ConfirmNever} {
		c := connectTo(t, catalogOf(t, fleet{noteless{l}}, Options{Writing: writingOf(t, confirm)}), nil)
		text := c.fail(t, "merge_items", fmt.Sprintf(`{"keep":%q,"duplicates":[%q]}`, kept.ID, copied.ID), library.Forbidden)
		if !strings.Contains(text, "may not read notes") || !strings.Contains(text, "settings/keys") || l.Writes != 0 {
			t.Errorf("%d writes: %s", l.Writes, text)
		}
	}
}

func TestMergeItems_RefusesTwoLibraries(t *testing.T) {
	a, b := changetest.New(library.Local, librarytest.Works()), changetest.New("group:1", librarytest.Works())
	c := connectTo(t, catalogOf(t, fleet{a, b}, Options{Writing: writingOf(t, "")}), nil)
	key := itemKey(t, a, librarytest.TitleEngine)
	if text := c.fail(t, "merge_items", fmt.Sprintf(`{"keep":"local/%s","duplicates":["group:1/%s"]}`, key, key), library.Invalid); !strings.Contains(text, "library") {
		t.Error(text)
	}
}
