package pages

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/stackroom-mcp/stackroom/pkg/activity"
	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// doneLog is a log with the same calls on each day.
type doneLog struct {
	day     activity.Day
	summary activity.Summary
	asked   []string // principals, days
	err     error
}

func (l *doneLog) Day(_ context.Context, principal string, day time.Time) (*activity.Day, error) {
	l.asked = append(l.asked, principal+" "+day.Format(time.DateOnly))
	d := l.day
	return &d, l.err
}

func (l *doneLog) Summary(_ context.Context, days int) (*activity.Summary, error) {
	l.asked = append(l.asked, fmt.Sprint(days))
	return &l.summary, l.err
}

func (*doneLog) Lost() int { return 7 }

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// watched returns a function that opens a page about activity.
func watched(t *testing.T, l *doneLog, grants func(*http.Request) (*identity.Grants, error)) func(address string) (*html.Node, int) {
	t.Helper()
	beside, err := NewLibrary(LibraryOptions{Call: func(*http.Request, string, any) (json.RawMessage, error) { return nil, nil }, Activity: true})
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return noon }
	member, err := NewActivity(ActivityOptions{Browser: "browser", Library: beside, Log: l, Grants: grants, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	admin, err := NewAdmin(AdminOptions{
		Library: beside, Log: l, Now: now, Upstreams: func() map[string]string { return map[string]string{"zotero": "open", "bucket": "closed"} },
		Replicas: func() []Replica {
			return []Replica{{Library: "group:4711", Complete: true, AsOf: noon.Add(-3 * time.Second), Bytes: 1<<20 + 1}, {Library: "user:1"}}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(address string) (*html.Node, int) {
		t.Helper()
		r := httptest.NewRequestWithContext(identity.WithPrincipal(t.Context(), &identity.Principal{Subject: "zotero:1"}), http.MethodGet, address, nil)
		w := httptest.NewRecorder()
		show := member.Show
		if r.URL.Path == AdminPath {
			show = admin.Show
		}
		if err := show(w, r); err != nil {
			t.Fatal(err)
		}
		if w.Body.Len() > 60_000 {
			t.Errorf("%s has %d bytes", address, w.Body.Len())
		}
		root, err := html.Parse(strings.NewReader(w.Body.String()))
		if err != nil {
			t.Fatal(err)
		}
		return root, w.Code
	}
}

// spaced returns the text of the page with a space between elements.
func spaced(root *html.Node) string {
	var words []string
	for _, m := range all(root, "main") {
		for n := range m.Descendants() {
			if n.Type == html.TextNode {
				words = append(words, strings.Fields(n.Data)...)
			}
		}
	}
	return strings.Join(words, " ")
}

// calls returns n calls, the latest first; each third failed.
func calls(n int) []activity.Entry {
	out := make([]activity.Entry, n)
	for i := range out {
		out[i] = activity.Entry{At: noon.Add(-time.Duration(i) * time.Minute), Client: "claude <b>1", Tool: fmt.Sprint("tool", i, "."), Libraries: []string{"group:4711"}, Took: time.Duration(i) * 17 * time.Millisecond}
		if i%3 == 0 {
			out[i].Code, out[i].Client = "unavailable", "cursor"
		}
	}
	return out
}

func TestActivity_ListsCallsInParts(t *testing.T) {
	l := &doneLog{day: activity.Day{Entries: calls(250)}}
	get := watched(t, l, nil)
	root, status := get("/activity")
	text := spaced(root)
	if status != 200 || !strings.Contains(text, "1 to 100 of 250 calls on 2026-11-29") || !strings.Contains(text, "12:00:00 tool0. group:4711 cursor unavailable under 1 ms") ||
		!strings.Contains(text, "11:59:00 tool1. group:4711 claude <b>1 ok 17 ms") || strings.Contains(text, "tool100.") || strings.Contains(text, "Who may act") {
		t.Errorf("%d %s", status, text)
	}
	next := linked(root, "Earlier calls")
	l.day.Entries = append([]activity.Entry{{At: noon.Add(time.Second), Tool: "later", Client: "cursor"}}, l.day.Entries...)
	root, _ = get(next)
	if text = spaced(root); !strings.Contains(text, "101 to 200 of 250") || !strings.Contains(text, "tool100.") || strings.Contains(text, "tool99.") || !strings.Contains(text, "1.7 s") {
		t.Errorf("%s: %s", next, text)
	}
	root, _ = get(linked(root, "Earlier calls"))
	if text = spaced(root); !strings.Contains(text, "201 to 250 of 250") || linked(root, "Earlier calls") != "" {
		t.Errorf("%s", text)
	}
	if l.asked[0] != "zotero:1 2026-11-29" {
		t.Errorf("asked %q", l.asked)
	}
}

func TestActivity_Filters(t *testing.T) {
	entries := calls(9)
	entries[0].At = noon.Add(time.Second) // by the clock of another process
	get := watched(t, &doneLog{day: activity.Day{Entries: entries}}, nil)
	for query, want := range map[string]string{
		"client=cursor":                "1 to 3 of 3",
		"outcome=failed":               "1 to 3 of 3",
		"outcome=ok":                   "1 to 6 of 6",
		"client=cursor&outcome=ok":     "There are no calls on 2026-11-29 that meet these filters",
		"client=none":                  "There are no calls",
		"from=-5":                      "1 to 9 of 9",
		"from=900&until=x":             "There are no calls",
		"day=2026-11-28&client=cursor": "1 to 3 of 3 calls on 2026-11-28",
	} {
		if root, status := get("/activity?" + query); status != 200 || !strings.Contains(spaced(root), want) {
			t.Errorf("%s: %d %s", query, status, spaced(root))
		}
	}
}

// TestActivity_LeavesBrowsersOut holds that the calls of pages are counted apart, and
// listed if they are asked for.
func TestActivity_LeavesBrowsersOut(t *testing.T) {
	entries := calls(5)
	entries[1].Client, entries[3].Client, entries[3].Code = "browser", "browser", "invalid"
	get := watched(t, &doneLog{day: activity.Day{Entries: entries}}, nil)
	root, _ := get("/activity?from=1&outcome=")
	text := spaced(root)
	if to := linked(root, "Show all"); !strings.Contains(text, "2 to 3 of 3 calls on") || !strings.Contains(text, "Pages in a browser made 2 more.") || to != "/activity?client=all" {
		t.Errorf("%q %s", to, text)
	}
	for query, want := range map[string]string{
		"client=all": "1 to 5 of 5", "client=browser": "1 to 2 of 2", "client=cursor": "1 to 1 of 1", "outcome=failed": "made 1 more", "client=all&outcome=failed": "1 to 2 of 2",
	} {
		root, _ := get("/activity?" + query)
		if text := spaced(root); !strings.Contains(text, want) || strings.HasPrefix(query, "client") == strings.Contains(text, "Pages in a browser") {
			t.Errorf("%s: %s", query, text)
		}
	}
	for _, query := range []string{"client=all", ""} {
		root, _ := get("/activity?" + query)
		var named []string
		for _, o := range all(root, "option") {
			if v := attribute(o, "value"); v == "all" || v == "browser" {
				named = append(named, v)
			}
		}
		if strings.Join(named, " ") != "all browser" {
			t.Errorf("%q: clients to choose: %q", query, named)
		}
	}
}

func TestActivity_LeadsToOtherDays(t *testing.T) {
	get := watched(t, &doneLog{}, nil)
	for query, want := range map[string][2]string{
		"":                         {"/activity?day=2026-11-28", ""},
		"?day=2026-11-28&client=a": {"/activity?client=a&day=2026-11-27", "/activity?client=a&day=2026-11-29"},
		"?day=2026-10-31":          {"/activity?day=2026-10-30", "/activity?day=2026-11-01"},
		"?day=2026-10-30":          {"", "/activity?day=2026-10-31"},
	} {
		root, status := get("/activity" + query)
		if got := [2]string{linked(root, "The day before"), linked(root, "The day after")}; status != 200 || got != want {
			t.Errorf("%q: %d %q", query, status, got)
		}
	}
	for _, day := range []string{"2026-11-30", "2026-10-29", "yesterday"} {
		if root, status := get("/activity?day=" + day); status != http.StatusUnprocessableEntity || !strings.Contains(spaced(root), "last 30 days") {
			t.Errorf("%s: %d %s", day, status, spaced(root))
		}
	}
}

func TestActivity_SaysWhatIsMissing(t *testing.T) {
	l := &doneLog{day: activity.Day{More: 312, Unread: 2, Partial: true}}
	root, _ := watched(t, l, nil)("/activity")
	for _, s := range []string{"And 312 more calls", "first 200", "2 parts of this day can't be read", "There were too many parts"} {
		if !strings.Contains(spaced(root), s) {
			t.Errorf("%q is not said: %s", s, spaced(root))
		}
	}
	l.err = library.Errorf(library.Unavailable, "the activity can't be read now")
	for _, path := range []string{ActivityPath, AdminPath} {
		if root, status := watched(t, l, nil)(path); status != http.StatusServiceUnavailable || !strings.Contains(spaced(root), "The activity can't be read now") {
			t.Errorf("%d %s", status, spaced(root))
		}
	}
}

func TestActivity_OffersToEndGrants(t *testing.T) {
	var held *identity.Grants
	var fault error
	get := watched(t, &doneLog{}, func(*http.Request) (*identity.Grants, error) { return held, fault })
	if root, _ := get("/activity"); !strings.Contains(spaced(root), "Clients sign in elsewhere") {
		t.Errorf("%s", spaced(root))
	}
	held = &identity.Grants{Form: "sealed"}
	if root, _ := get("/activity"); !strings.Contains(spaced(root), "No client is signed in here") {
		t.Errorf("%s", spaced(root))
	}
	held.Tokens = []identity.Grant{{Name: "<script>", Write: true, Created: noon, Expires: noon.AddDate(0, 0, 7), EndPath: "/account/tokens/revoke", Field: "token", Key: "0a"}, {EndPath: "/x"}}
	held.Connections = []identity.Grant{{Name: "Claude", Created: noon, Expires: noon, EndPath: "/account/connections/end", Field: "connection", Key: "0b"}, {EndPath: "/x"}}
	root, _ := get("/activity")
	text := spaced(root)
	for _, s := range []string{"Claude Signed in on 2026-11-29", "It reads what you may", "<script> A personal access token, made on 2026-11-29, until 2026-12-06. It reads and changes", "A client", "A token under an older master key"} {
		if !strings.Contains(text, s) {
			t.Errorf("%q is not said: %s", s, text)
		}
	}
	forms := map[string]url.Values{}
	for _, f := range all(root, "form") {
		fields := url.Values{}
		for _, i := range all(f, "input") {
			fields.Set(attribute(i, "name"), attribute(i, "value"))
		}
		forms[attribute(f, "method")+" "+attribute(f, "action")] = fields
	}
	if f := forms["post /account/tokens/revoke"]; f.Encode() != "form=sealed&to=%2Factivity&token=0a" {
		t.Errorf("%v", forms)
	}
	if f := forms["post /account/connections/end"]; f.Encode() != "connection=0b&form=sealed&to=%2Factivity" {
		t.Errorf("%v", forms)
	}
	fault = library.Errorf(library.Unavailable, "the records are down")
	if root, status := get("/activity"); status != 200 || !strings.Contains(spaced(root), "The records are down") {
		t.Errorf("%d %s", status, spaced(root))
	}
}

func TestAdmin_ShowsWhoAndWhat(t *testing.T) {
	took := activity.Durations{0, 0, 0, 0, 3} // up to 2 ms
	l := &doneLog{summary: activity.Summary{
		Members: map[string]*activity.Count{"zotero:1": {Calls: 5, Errors: 2, Last: noon}, "zotero:2": {Calls: 9}},
		Clients: map[string]*activity.Count{"claude 1": {Calls: 14}},
		Tools:   map[string]*activity.Count{"search": {Calls: 14, Errors: 2, Took: took}},
		Codes:   map[string]int{"unavailable": 2},
		Slowest: []activity.Slow{{Entry: calls(4)[3], Principal: "zotero:1"}},
		More:    3, Unread: 4, Partial: true,
	}}
	for i := range listedCounts + 2 {
		l.summary.Clients[fmt.Sprint("c", i)] = &activity.Count{Calls: 1}
	}
	get := watched(t, l, nil)
	root, status := get("/admin?days=7")
	text := spaced(root)
	for _, s := range []string{
		"zotero:2 9 0 zotero:1 5 2 2026-11-29 12:00", "claude 1 14 0", "And 3 more with fewer calls", "search 14 2 2 ms 2 ms", "unavailable 2", "2026-11-29 11:57:00 tool3. group:4711 unavailable zotero:1 cursor 51 ms",
		"Upstream bucket answers Upstream zotero does not answer", "Replica group:4711 complete, up to date 3.0 s ago, 2 MiB", "Replica user:1 is being read, 0 MiB",
		"3 calls were counted", "4 parts can't be read", "7 calls of this instance could not be kept", "Not all days",
	} {
		if !strings.Contains(text, s) {
			t.Errorf("%q is not said: %s", s, text)
		}
	}
	if status != 200 || linked(root, "30 days") != "/admin?days=30" || l.asked[0] != "7" {
		t.Errorf("%d %q", status, l.asked)
	}
	for _, days := range []string{"2", "31", "x", "-1"} {
		if _, status := get("/admin?days=" + days); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", days, status)
		}
	}
	root, _ = watched(t, &doneLog{}, nil)("/admin")
	if strings.Count(spaced(root), "None.") != 5 {
		t.Errorf("%s", spaced(root))
	}
}
