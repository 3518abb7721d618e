package zotero_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// newReplicas returns replicas in a folder of the test, which ask Zotero what has
// changed before each answer.
func newReplicas(t testing.TB) *replica.Replicas {
	t.Helper()
	return replicasWith(t, replica.Options{Fresh: time.Nanosecond})
}

// replicasWith returns replicas in a folder of the test.
func replicasWith(t testing.TB, o replica.Options) *replica.Replicas {
	t.Helper()
	o.Dir = t.TempDir()
	r := replica.New(o)
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	return r
}

// whole waits until the replica of a library with these works is complete, with
// their texts.
func whole(t testing.TB, replicas *replica.Replicas, r library.Reader, works []librarytest.Work) library.Reader {
	t.Helper()
	texts := 0
	for _, w := range works {
		for _, pages := range w.Texts {
			texts += min(len(pages), 1)
		}
	}
	for range 1000 {
		if _, err := r.Search(t.Context(), library.Query{Limit: 1}); err != nil {
			t.Fatal(err)
		}
		if all := replicas.State(); len(all) > 0 && all[0].Complete && all[0].Texts >= texts {
			return r
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the library was not read")
	return nil
}

// TestReplicaKeepsTheContract runs over replicas of a personal library, a group's
// and the desktop app's.
func TestReplicaKeepsTheContract(t *testing.T) {
	for name, open := range map[string]func(t *testing.T, f *fakeZotero, works []librarytest.Work, r zotero.Replicas) (library.Reader, error){
		"user": func(t *testing.T, f *fakeZotero, works []librarytest.Work, r zotero.Replicas) (library.Reader, error) {
			f.addLibrary("user", f.user, works)
			f.grant("good", true)
			return zotero.NewKeyring(newClient(t, f, zotero.Options{}), r, []string{"good"}, zotero.KeyringOptions{}).Open(t.Context(), library.UserID(f.user))
		},
		"group": func(t *testing.T, f *fakeZotero, works []librarytest.Work, r zotero.Replicas) (library.Reader, error) {
			f.addLibrary("group", 4711, works)
			f.grant("good", true, 4711)
			m := zotero.NewMembers(newClient(t, f, zotero.Options{}), r, credentialOf)
			return m.Open(calling(t.Context(), "good"), library.GroupID(4711))
		},
		"desktop": func(t *testing.T, f *fakeZotero, works []librarytest.Work, r zotero.Replicas) (library.Reader, error) {
			f.local = true
			f.addLibrary("user", 0, works)
			return zotero.NewDesktop(newClient(t, f, zotero.Options{}), r).Open(t.Context(), library.UserID(1))
		},
	} {
		if testing.Short() && name != "group" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			librarytest.Run(t, func(t *testing.T, works []librarytest.Work) library.Reader {
				replicas := newReplicas(t)
				r, err := open(t, newFake(t), works, replicas)
				if err != nil {
					t.Fatal(err)
				}
				return whole(t, replicas, r, works)
			})
		})
	}
}

// TestReplica_FollowsZotero makes each kind of change and sees it in the replica.
func TestReplica_FollowsZotero(t *testing.T) {
	f := newFake(t)
	l := f.addLibrary("group", 4711, librarytest.Works())
	f.grant("good", true, 4711)
	replicas := newReplicas(t)
	r, err := newMembersOver(newClient(t, f, zotero.Options{}), replicas).Open(calling(t.Context(), "good"), "group:4711")
	if err != nil {
		t.Fatal(err)
	}
	whole(t, replicas, r, librarytest.Works())
	light, engine := l.keyOf(librarytest.TitleLight), l.keyOf(librarytest.TitleEngine)
	found := func(text string) []string {
		page, err := r.Search(t.Context(), library.Query{Text: text, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		all := []string{}
		for _, h := range page.Items {
			all = append(all, h.Item.ID.Key)
		}
		return all
	}
	for _, c := range []struct {
		name   string
		change func()
		text   string
		want   string
	}{
		{"an edit", func() { l.touch(light, map[string]any{"title": "Quixotic light"}) }, "quixotic", light},
		{"to the trash", func() { l.touch(light, map[string]any{"deleted": 1}) }, "quixotic", ""},
		{"restored", func() { l.touch(light, map[string]any{"deleted": nil}) }, "quixotic", light},
		{"with what was below it", func() {}, "experimentum", light},
		{"a note moved", func() { l.touch("NTE22222", map[string]any{"parentItem": light}) }, "jacquard", light},
		{"a note moved back", func() { l.touch("NTE22222", map[string]any{"parentItem": engine}) }, "jacquard", engine},
		{"a note by itself", func() { l.touch("NTE22222", map[string]any{"parentItem": false}) }, "jacquard", "NTE22222"},
		{"a note of an attachment", func() {
			l.put("ATTACHAA", map[string]any{"itemType": "attachment", "parentItem": light, "linkMode": "imported_file", "note": "<p>Borrowed</p>"})
		}, "borrowed", light},
		{"removed", func() { l.drop(light) }, "borrowed", ""},
	} {
		f.change(c.change)
		got := strings.Join(found(c.text), " ")
		if got != c.want {
			t.Errorf("%s: found %q, want %q", c.name, got, c.want)
		}
		if n := f.called("since="); n == 0 {
			t.Errorf("%s: Zotero was not asked", c.name)
		}
	}
}

// TestReplica_KeepsTheOrderOfAnnotations holds that annotations come in the order
// of their sort index, also within a page.
func TestReplica_KeepsTheOrderOfAnnotations(t *testing.T) {
	f := newFake(t)
	l := f.addLibrary("group", 4711, librarytest.Works())
	light := l.keyOf(librarytest.TitleLight)
	l.put("PAPER222", map[string]any{"itemType": "attachment", "parentItem": light, "linkMode": "imported_file", "contentType": "application/pdf"})
	for key, index := range map[string]string{"MARK2222": "00004|000300|00100", "MARK3333": "00004|000100|00700", "MARK4444": "00000|000900|00100"} {
		l.put(key, map[string]any{"itemType": "annotation", "parentItem": "PAPER222", "annotationType": "highlight", "annotationText": key, "annotationPageLabel": "5", "annotationSortIndex": index})
	}
	f.grant("good", true, 4711)
	replicas := newReplicas(t)
	r, err := newMembersOver(newClient(t, f, zotero.Options{}), replicas).Open(calling(t.Context(), "good"), "group:4711")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Tags(t.Context(), library.TagQuery{Limit: 1}); err != nil { // waits until it is read
		t.Fatal(err)
	}
	items, err := r.Items(t.Context(), []string{light})
	if err != nil || len(items.Items) != 1 {
		t.Fatalf("%d works, %v", len(items.Items), err)
	}
	var got []string
	for _, a := range items.Items[0].Attachments {
		if a.Key == "PAPER222" {
			for _, x := range a.Annotations {
				got = append(got, x.Key)
			}
		}
	}
	if want := "MARK4444 MARK3333 MARK2222"; strings.Join(got, " ") != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// contractServer is what .ci/zotero wrote of a running server: groups that hold
// the works of librarytest, and the key that reads them.
type contractServer struct {
	URL      string
	Contract struct {
		Key      string
		Groups   map[string]int64 // by the name of the set of works
		WriteKey string           `json:"write_key"`
		Writes   int64            // the group that WriteKey may change
	}
}

// runningServer returns what is on the running server, or skips the test.
func runningServer(t *testing.T) *contractServer {
	t.Helper()
	seed := os.Getenv("ZOTERO_TEST_SEED")
	if os.Getenv("STACKROOM_TEST_ZOTERO") != "1" || seed == "" {
		t.Skip("STACKROOM_TEST_ZOTERO is not 1 or ZOTERO_TEST_SEED is not set: this needs a server that speaks Zotero's API, as .ci/steps/90-zotero.sh starts it")
	}
	data, err := os.ReadFile(seed)
	if err != nil {
		t.Fatalf("ZOTERO_TEST_SEED does not name what .ci/zotero wrote: %v", err)
	}
	var s contractServer
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return &s
}

// group returns the library that holds these works, one of the sets of
// librarytest.
func (s *contractServer) group(t *testing.T, works []librarytest.Work) library.ID {
	t.Helper()
	for name, set := range librarytest.Sets() {
		if len(set) == len(works) && (len(set) == 0 || set[0].Item.Title() == works[0].Item.Title()) {
			if number := s.Contract.Groups[name]; number != 0 {
				return library.GroupID(number)
			}
		}
	}
	t.Fatalf("no group with these %d works is seeded", len(works))
	return ""
}

// client returns a client of the server.
func (s *contractServer) client(t *testing.T) *zotero.Client {
	t.Helper()
	up, err := upstream.New(upstream.Options{Name: "Zotero", BaseURL: s.URL, Header: http.Header{"Zotero-Api-Version": {"3"}}})
	if err != nil {
		t.Fatal(err)
	}
	return zotero.NewClient(up, zotero.Options{Host: "test"})
}

// TestZoteroServerKeepsTheContract runs over a replica of a server that others
// wrote. All rows share one client, as the callers of one key do. The replica asks
// as often as in the program: the server takes up to a second for a call.
func TestZoteroServerKeepsTheContract(t *testing.T) {
	s := runningServer(t)
	client := s.client(t)
	librarytest.Run(t, func(t *testing.T, works []librarytest.Work) library.Reader {
		replicas := replicasWith(t, replica.Options{})
		r, err := newMembersOver(client, replicas).Open(calling(t.Context(), s.Contract.Key), s.group(t, works))
		if err != nil {
			t.Fatal(err)
		}
		return whole(t, replicas, r, works)
	}, librarytest.CollectionCounts)
}

// TestWriter_KeepsTheContract changes a library of the fake through its replica.
func TestWriter_KeepsTheContract(t *testing.T) {
	_, _, w := writable(t, librarytest.Works())
	librarytest.RunWriter(t, w, librarytest.OwnRefusals)
}

// TestZoteroServerTakesWrites changes a group of a server that others wrote.
func TestZoteroServerTakesWrites(t *testing.T) {
	s := runningServer(t)
	replicas := newReplicas(t)
	r, err := newMembersOver(s.client(t), replicas).Open(calling(t.Context(), s.Contract.WriteKey), library.GroupID(s.Contract.Writes))
	if err != nil {
		t.Fatal(err)
	}
	w, ok := whole(t, replicas, r, nil).(library.Writer)
	if !ok {
		t.Fatal("the library is no Writer")
	}
	librarytest.RunWriter(t, w, librarytest.OwnRefusals, librarytest.LaxWrites)
}
