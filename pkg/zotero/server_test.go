package zotero_test

import (
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// contractServer is what .ci/zotero wrote of a running server: groups that
// hold the works of librarytest, and the key that reads them.
type contractServer struct {
	URL      string
	Contract struct {
		Key    string
		Groups map[string]int64 // by the name of the set of works
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

// group returns the library that holds these works. The sets that librarytest
// asks for differ in size.
func (s *contractServer) group(t *testing.T, works []librarytest.Work) library.ID {
	t.Helper()
	for name, set := range librarytest.Sets() {
		if number := s.Contract.Groups[name]; number != 0 && len(set) == len(works) {
			return library.GroupID(number)
		}
	}
	t.Fatalf("no group with %d works is seeded", len(works))
	return ""
}

// TestZoteroServerKeepsTheContract runs over a server that others wrote, also
// with a bound on filters that every library is above. All rows share one
// client, as the callers of one key do: the server takes up to a second for a
// call. That server's meta.numItems of a collection counts the notes and files
// below its works too, where Zotero's counts works (dataserver,
// Collection::numItems).
func TestZoteroServerKeepsTheContract(t *testing.T) {
	s := runningServer(t)
	for promise, o := range map[string]zotero.Options{"read at once": {Patience: time.Minute}, "above the limit": {Patience: time.Minute, ScanLimit: 5}} {
		t.Run(promise, func(t *testing.T) {
			up, err := upstream.New(upstream.Options{Name: "Zotero", BaseURL: s.URL, Header: http.Header{"Zotero-Api-Version": {"3"}}})
			if err != nil {
				t.Fatal(err)
			}
			client := zotero.NewClient(up, o)
			t.Cleanup(client.Close)
			account, err := client.Account(t.Context(), credential(s.Contract.Key))
			if err != nil {
				t.Fatal(err)
			}
			librarytest.Run(t, func(t *testing.T, works []librarytest.Work) library.Reader {
				return openLibrary(t, account, s.group(t, works))
			}, librarytest.CollectionCounts, librarytest.OwnSearch)
		})
	}
}
