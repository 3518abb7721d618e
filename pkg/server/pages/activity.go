package pages

import (
	"context"
	_ "embed"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/activity"
	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/page"
)

// The paths of the pages about activity.
const (
	ActivityPath = "/activity"
	AdminPath    = "/admin"
)

// keptDays is the number of days that the pages can show.
const keptDays = int(activity.Life / (24 * time.Hour))

// listedCalls is the number of calls on a page.
const listedCalls = 100

// anyClient is the value of the parameter client for all calls. Without it, those of
// browsers are left out: the pages themselves make them.
const anyClient = "all"

//go:embed activity.html
var activityHTML string

// ActivityLog reads what callers did.
type ActivityLog interface {
	// Day returns what a principal did on a day. The error has the code Unavailable.
	Day(ctx context.Context, principal string, day time.Time) (*activity.Day, error)
	// Summary returns what all did in the last days. The error has the code
	// Unavailable.
	Summary(ctx context.Context, days int) (*activity.Summary, error)
	// Lost returns the number of calls that this process could not keep.
	Lost() int
}

// ActivityOptions configures an [Activity].
type ActivityOptions struct {
	Library *Library    // the pages beside; required
	Log     ActivityLog // required
	// Grants returns the grants of the person who sent a request, or nil if they have
	// none to end here. Nil if there is no sign-in.
	Grants func(*http.Request) (*identity.Grants, error)
	// Admin reports whether a principal is an admin; nil: none is.
	Admin func(*identity.Principal) bool
	// Browser is the name of browsers as clients, whose calls are listed only on demand.
	Browser string
	Now     func() time.Time // nil: [time.Now]
}

// Activity is the page on which people see what their clients did, and end them.
type Activity struct {
	options ActivityOptions
	page    *page.Page
}

// NewActivity returns the page.
func NewActivity(o ActivityOptions) (*Activity, error) {
	if o.Library == nil || o.Log == nil {
		return nil, errors.New("pages: Library and Log are required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	p, err := page.New("activity", activityHTML)
	return &Activity{o, p}, err
}

// activityPage is the data of the page.
type activityPage struct {
	Day, Client, Outcome string
	Clients              []string
	Calls                []callRow
	Total, From, To      int
	More, Unread         int
	Browser              int    // calls of browsers that are left out
	Any                  string // address of the page with them
	Partial              bool
	Before, After, Next  string // addresses; "" if there is none
	KeptDays, Most       int
	SignedIn, Admin      bool // Admin says that the page leads to that of the admins
	Grants               *identity.Grants
	GrantsFault          string
}

// First returns the number of the first call on the page.
func (p *activityPage) First() int { return min(p.From+1, p.Total) }

// Date returns a time as people read it.
func (p *activityPage) Date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// callRow is a call on the page.
type callRow struct{ At, Time, Tool, Client, Libraries, Code, Took string }

// Show serves the page.
func (a *Activity) Show(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	now := a.options.Now().UTC()
	day, err := dayAsked(q.Get("day"), now)
	if err != nil {
		return a.options.Library.Fail(w, r, err)
	}
	principal := activity.Local
	p := identity.PrincipalFrom(r.Context())
	if p != nil {
		principal = p.Subject
	}
	done, err := a.options.Log.Day(r.Context(), principal, day)
	if err != nil {
		return a.options.Library.Fail(w, r, err)
	}
	data := &activityPage{
		Day: day.Format(time.DateOnly), Client: q.Get("client"), Outcome: q.Get("outcome"), More: done.More, Unread: done.Unread, Partial: done.Partial,
		KeptDays: keptDays, SignedIn: a.options.Grants != nil, Most: activity.MaxEntries, Admin: a.options.Admin != nil && p != nil && a.options.Admin(p),
	}
	data.list(done.Entries, q, now, a.options.Browser)
	if next := day.AddDate(0, 0, 1); !next.After(now) {
		data.After = dayAddress(q, next)
	}
	if last := day.AddDate(0, 0, -1); kept(last, now) {
		data.Before = dayAddress(q, last)
	}
	if a.options.Grants != nil {
		if data.Grants, err = a.options.Grants(r); err != nil {
			data.GrantsFault = sentence(library.AsError(err).Message)
		}
	}
	return a.options.Library.write(w, r, a.page, page.Options{Title: "Activity", Data: data})
}

// dayAsked reads a day, "" for today: one of those that are kept.
func dayAsked(text string, now time.Time) (time.Time, error) {
	if text == "" {
		text = now.Format(time.DateOnly)
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || day.After(now) || !kept(day, now) {
		return day, library.Errorf(library.Invalid, "the activity of this day is not kept").
			WithHint("ask for one of the last %d days, as %s", keptDays, now.Format(time.DateOnly)).WithCause(err)
	}
	return day, nil
}

// kept reports whether the activity of a day is kept.
func kept(day, now time.Time) bool { return now.Sub(day) < activity.Life+24*time.Hour }

// dayAddress returns the address of another day with the same filters.
func dayAddress(q url.Values, day time.Time) string {
	return address(q, map[string]string{"day": day.Format(time.DateOnly), "from": "", "until": ""})
}

// address returns the address of the page with parameters changed; "" removes one.
func address(q url.Values, change map[string]string) string {
	to := url.Values{}
	for _, name := range []string{"day", "client", "outcome", "from", "until"} {
		value, ok := change[name]
		if !ok {
			value = q.Get(name)
		}
		if value != "" {
			to.Set(name, value)
		}
	}
	return ActivityPath + "?" + to.Encode()
}

// list fills in the calls that meet the filters: the part of them that is asked for.
// Later calls than those of the first part are left out, so that the parts fit together.
// Calls of browsers are counted.
func (p *activityPage) list(entries []activity.Entry, q url.Values, now time.Time, browser string) {
	until, err := strconv.ParseInt(q.Get("until"), 10, 64)
	if err != nil {
		until = now.UnixNano()
		if len(entries) > 0 { // the clock of another process may be ahead
			until = max(until, entries[0].At.UnixNano())
		}
	}
	from, _ := strconv.Atoi(q.Get("from")) // 0 if it is none
	var met []*activity.Entry
	for i := range entries {
		e := &entries[i]
		if !slices.Contains(p.Clients, e.Client) {
			p.Clients = append(p.Clients, e.Client)
		}
		switch {
		case e.At.UnixNano() > until || !p.meets(e):
		case p.Client == "" && e.Client == browser:
			p.Browser++
		default:
			met = append(met, e)
		}
	}
	p.Any = address(q, map[string]string{"client": anyClient, "from": ""})
	if p.Client != "" && p.Client != anyClient && !slices.Contains(p.Clients, p.Client) {
		p.Clients = append(p.Clients, p.Client)
	}
	slices.Sort(p.Clients)
	p.Total = len(met)
	p.From = min(max(from, 0), p.Total)
	p.To = min(p.From+listedCalls, p.Total)
	for _, e := range met[p.From:p.To] {
		p.Calls = append(p.Calls, rowOf(e))
	}
	if p.To < p.Total {
		p.Next = address(q, map[string]string{"from": strconv.Itoa(p.To), "until": strconv.FormatInt(until, 10)})
	}
}

// meets reports whether a call meets the filters.
func (p *activityPage) meets(e *activity.Entry) bool {
	return (p.Client == "" || p.Client == anyClient || p.Client == e.Client) && (p.Outcome != "ok" || e.OK()) && (p.Outcome != "failed" || !e.OK())
}

// rowOf returns the row of a call.
func rowOf(e *activity.Entry) callRow {
	return callRow{
		At: e.At.UTC().Format(time.RFC3339), Time: e.At.UTC().Format(time.TimeOnly), Tool: e.Tool, Client: e.Client,
		Libraries: e.Library(), Code: e.Code, Took: inWords(e.Took),
	}
}

// inWords returns a duration in two or three digits.
func inWords(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "under 1 ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
}

// ending is the form that ends a grant.
type ending struct {
	identity.Grant

	Form, Verb string
}

// Ending returns the form that ends a grant.
func (p *activityPage) Ending(g identity.Grant, verb string) ending {
	return ending{g, p.Grants.Form, verb}
}
