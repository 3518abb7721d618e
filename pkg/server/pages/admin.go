package pages

import (
	"cmp"
	_ "embed"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/activity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/page"
)

//go:embed admin.html
var adminHTML string

// Replica is a replica of this process.
type Replica struct {
	Library  string
	Complete bool
	AsOf     time.Time // when it last was as the upstream; zero if never
	Bytes    int64
}

// AdminOptions configures an [Admin].
type AdminOptions struct {
	Library   *Library                 // the pages beside; required
	Log       ActivityLog              // required
	Upstreams func() map[string]string // states of circuit breakers; nil has none
	Replicas  func() []Replica         // nil has none
	Now       func() time.Time         // nil: [time.Now]
}

// Admin is the page on which admins see who uses the server, and what fails. The
// server checks that an admin asks.
type Admin struct {
	options AdminOptions
	page    *page.Page
}

// NewAdmin returns the page.
func NewAdmin(o AdminOptions) (*Admin, error) {
	if o.Library == nil || o.Log == nil {
		return nil, errors.New("pages: Library and Log are required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	p, err := page.New("admin", adminHTML)
	return &Admin{o, p}, err
}

// listedCounts is the number of members, of clients and of tools on the page.
const listedCounts = 50

// adminPage is the data of the page.
type adminPage struct {
	Days, Most              int // Most is the most calls that are recorded of a member in a minute
	Choices                 []page.Link
	Members, Clients, Tools counts
	Codes                   counts
	Slowest                 []slowRow
	More, Unread, Lost      int
	Partial                 bool
	Upstreams, ReplicaLines []stateRow
}

// counts are the rows of a table, and how many are not on the page.
type counts struct {
	Rows []countRow
	Rest int
}

// countRow is what one member, client or tool did, or one class of errors.
type countRow struct {
	Name             string
	Calls, Errors    int
	Last, Half, Most string
}

type slowRow struct {
	callRow
	Date, Principal string
}

// stateRow is an upstream or a replica.
type stateRow struct{ Name, State string }

// daysAsked are the numbers of days that can be asked for.
func daysAsked() []int { return []int{1, 7, keptDays} }

// Show serves the page.
func (a *Admin) Show(w http.ResponseWriter, r *http.Request) error {
	days, err := strconv.Atoi(cmp.Or(r.URL.Query().Get("days"), "1"))
	if err != nil || !slices.Contains(daysAsked(), days) {
		return a.options.Library.Fail(w, r, library.Errorf(library.Invalid, "the page shows 1, 7 or %d days", keptDays).WithHint("choose one of them"))
	}
	s, err := a.options.Log.Summary(r.Context(), days)
	if err != nil {
		return a.options.Library.Fail(w, r, err)
	}
	data := &adminPage{
		Days: days, Most: activity.MaxEntries, Members: listed(s.Members), Clients: listed(s.Clients), Tools: listed(s.Tools), Codes: classes(s.Codes),
		More: s.More, Unread: s.Unread, Lost: a.options.Log.Lost(), Partial: s.Partial,
	}
	for _, n := range daysAsked() {
		text := "today"
		if n > 1 {
			text = strconv.Itoa(n) + " days"
		}
		data.Choices = append(data.Choices, page.Link{Text: text, URL: AdminPath + "?days=" + strconv.Itoa(n), Current: n == days})
	}
	for i := range s.Slowest {
		e := &s.Slowest[i]
		data.Slowest = append(data.Slowest, slowRow{rowOf(&e.Entry), e.At.UTC().Format(time.DateOnly), e.Principal})
	}
	a.states(data)
	return a.options.Library.write(w, r, a.page, page.Options{Title: "Admin", Data: data})
}

// states fills in the state of this process.
func (a *Admin) states(data *adminPage) {
	if a.options.Upstreams != nil {
		all := a.options.Upstreams()
		for _, name := range slices.Sorted(maps.Keys(all)) {
			data.Upstreams = append(data.Upstreams, stateRow{name, breakerWords(all[name])})
		}
	}
	if a.options.Replicas == nil {
		return
	}
	for _, x := range a.options.Replicas() {
		state := "is being read"
		if x.Complete {
			state = "complete"
		}
		if !x.AsOf.IsZero() {
			state += ", up to date " + inWords(a.options.Now().Sub(x.AsOf)) + " ago"
		}
		data.ReplicaLines = append(data.ReplicaLines, stateRow{x.Library, state + ", " + strconv.FormatInt((x.Bytes+1<<20-1)>>20, 10) + " MiB"})
	}
}

// breakerWords returns the state of a circuit breaker for people.
func breakerWords(state string) string {
	switch state {
	case "closed":
		return "answers"
	case "open":
		return "does not answer: requests are held back"
	case "half_open":
		return "is being tried again"
	}
	return state
}

// listed returns the rows of counts, those with the most calls first.
func listed(all map[string]*activity.Count) (c counts) {
	for name, n := range all {
		row := countRow{Name: name, Calls: n.Calls, Errors: n.Errors, Half: inWords(n.Took.Quantile(0.5)), Most: inWords(n.Took.Quantile(0.95))}
		if !n.Last.IsZero() {
			row.Last = n.Last.UTC().Format("2006-01-02 15:04")
		}
		c.Rows = append(c.Rows, row)
	}
	return c.cut()
}

// classes returns the rows of the classes of errors.
func classes(all map[string]int) (c counts) {
	for code, n := range all {
		c.Rows = append(c.Rows, countRow{Name: code, Calls: n})
	}
	return c.cut()
}

// cut sorts the rows and keeps those that the page shows.
func (c counts) cut() counts {
	slices.SortFunc(c.Rows, func(a, b countRow) int { return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Name, b.Name)) })
	c.Rest = max(0, len(c.Rows)-listedCounts)
	c.Rows = c.Rows[:len(c.Rows)-c.Rest]
	return c
}
