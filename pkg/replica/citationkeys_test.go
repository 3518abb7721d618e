package replica_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/replica/replicatest"
)

// cited returns a work without a citation key of its own.
func cited(title string, added int64) library.Item {
	return library.Item{Type: "book", ParsedDate: "1999", Added: time.Unix(added, 0).UTC(), Fields: map[string]string{"title": title},
		Creators: []library.Creator{{Role: "author", Family: "Shaw"}}}
}

// keysOf returns the citation keys of a library by item key.
func keysOf(t *testing.T, r library.Reader) map[string]string {
	t.Helper()
	page, err := r.Search(t.Context(), library.Query{Sort: library.SortTitle, Limit: library.MaxLimit})
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for _, h := range page.Items {
		keys[h.Item.ID.Key] = h.Item.CitationKey
	}
	return keys
}

// A citation key stays through refreshes, a whole reading and a snapshot, and is
// the same in a process that reads by itself.
func TestCitationKeys(t *testing.T) {
	t.Parallel()
	store, up := newStore(), replicatest.New()
	for i := range int64(4) {
		up.PutWork(fmt.Sprint("WORKAAA", i), cited("On ice", 9-i))
	}
	src := &replicatest.Source{Library: up}
	r := newReplicas(t, replica.Options{Store: store}).Open(opening(src))
	complete(t, r)
	want := map[string]string{"WORKAAA0": "shaw1999icec", "WORKAAA1": "shaw1999iceb", "WORKAAA2": "shaw1999icea", "WORKAAA3": "shaw1999ice"}
	same := func(does string, r library.Reader) {
		t.Helper()
		if diff := cmp.Diff(want, keysOf(t, r)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", does, diff)
		}
	}
	same("the first reading", r)
	eventually(t, "the reading is saved", func() bool { return store.saved() == 1 })
	alone := newReplicas(t, replica.Options{}).Open(opening(&replicatest.Source{Library: up}))
	complete(t, alone)
	same("a process that reads by itself", alone)
	up.PutWork("WORKAAA2", cited("On snow", 7))
	up.PutWork("NEWWORKK", cited("On ice", 1))
	up.Trash("WORKAAA3")
	want["NEWWORKK"] = "shaw1999iced"
	delete(want, "WORKAAA3")
	same("a refresh", r)
	up.Restore("WORKAAA3")
	want["WORKAAA3"] = "shaw1999ice"
	same("a work comes back from the trash", r)
	other := newReplicas(t, replica.Options{Store: store}).Open(opening(&replicatest.Source{Library: up}))
	complete(t, other)
	same("a process that begins with the snapshot", other)
	pages := src.Calls("All")
	up.Reset()
	eventually(t, "the library is read whole again", func() bool { same("a whole reading", r); return src.Calls("All") > pages })
	complete(t, r)
	same("after a whole reading", r)
}
