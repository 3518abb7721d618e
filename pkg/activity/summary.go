package activity

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Bounds of a summary. Clients name themselves, so those beyond are counted together,
// as [Other].
const (
	maxSlowest = 20
	maxClients = 200
	maxMembers = maxRecords
	// Other stands for names beyond the bound.
	Other = "other"
)

// Count is a number of calls.
type Count struct {
	Calls  int       `json:"n"`
	Errors int       `json:"e,omitempty"`
	Last   time.Time `json:"l"`              // of the latest call
	Took   Durations `json:"d,omitempty"`    // of the calls of a tool
	More   int       `json:"more,omitempty"` // calls without an entry, also in Calls
}

// Slow is a slow call.
type Slow struct {
	Entry

	Principal string `json:"p"`
}

// Summary is what all callers did on some days.
type Summary struct {
	Members, Clients, Tools map[string]*Count
	Codes                   map[string]int // errors by class
	Slowest                 []Slow         // the slowest first
	More                    int            // calls that were counted and not recorded
	Unread                  int            // objects that can't be read
	Partial                 bool           // some days were not read, or not wholly
}

func newSummary() *Summary {
	return &Summary{Members: map[string]*Count{}, Clients: map[string]*Count{}, Tools: map[string]*Count{}, Codes: map[string]int{}}
}

// summaryName returns the name of the object with the summary of a day.
func summaryName(day time.Time) string { return "activity/summary/" + day.UTC().Format(time.DateOnly) }

// Summary returns what all callers did in the last days, 1 to 30, today among them.
// The summary of a day that is over is made once and kept. If ctx ends before all days
// are read the summary is partial. The error has the code Unavailable.
func (l *Log) Summary(ctx context.Context, days int) (*Summary, error) {
	all, now := newSummary(), l.options.Now()
	for i := range days {
		s, err := l.summaryOf(ctx, dayOf(now).AddDate(0, 0, -i))
		switch {
		case err == nil:
			all.merge(s)
		case i == 0:
			return nil, err
		default:
			all.Partial = true
			return all, nil
		}
	}
	return all, nil
}

// summaryOf returns the summary of a day.
func (l *Log) summaryOf(ctx context.Context, day time.Time) (*Summary, error) {
	over := l.options.Now().Sub(day.Add(24*time.Hour)) > 2*patience
	if over {
		kept := newSummary()
		switch err := l.read(ctx, summaryName(day), kept); library.CodeOf(err) {
		case "":
			return kept, nil
		case library.NotFound, library.Invalid:
		default:
			return nil, unavailable(err)
		}
	}
	s := newSummary()
	p, err := l.each(ctx, day, "", folderOf(day), maxDayObjects, s.add)
	if err != nil {
		return nil, err
	}
	s.Unread, s.Partial = p.unread, p.partial
	s.trim()
	if over && s.Unread == 0 {
		if err := l.create(ctx, summaryName(day), s, day); err != nil && library.CodeOf(err) != library.Conflict {
			l.options.Logger.WarnContext(ctx, "a summary of activity can't be kept", "error", err)
		}
	}
	return s, nil
}

// add adds what one principal did.
func (s *Summary) add(g *record) {
	member := at(s.Members, g.Principal, maxMembers)
	member.Calls += g.More
	member.More += g.More
	s.More += g.More
	for i := range g.Entries {
		e := &g.Entries[i]
		used := at(s.Tools, e.Tool, maxClients)
		used.Took.add(e.Took)
		for _, c := range []*Count{member, at(s.Clients, e.Client, maxClients), used} {
			c.Calls++
			if !e.OK() {
				c.Errors++
			}
			if e.At.After(c.Last) {
				c.Last = e.At
			}
		}
		if !e.OK() {
			s.Codes[e.Code]++
		}
		s.Slowest = append(s.Slowest, Slow{*e, g.Principal})
	}
	s.trim()
}

// trim drops all but the slowest calls.
func (s *Summary) trim() {
	slices.SortStableFunc(s.Slowest, func(a, b Slow) int {
		return cmp.Or(cmp.Compare(b.Took, a.Took), a.At.Compare(b.At), cmp.Compare(a.Principal, b.Principal))
	})
	s.Slowest = s.Slowest[:min(len(s.Slowest), maxSlowest)]
}

// merge adds another summary.
func (s *Summary) merge(o *Summary) {
	for _, x := range []struct {
		to, from map[string]*Count
		most     int
	}{{s.Members, o.Members, maxMembers}, {s.Clients, o.Clients, maxClients}, {s.Tools, o.Tools, maxClients}} {
		for _, name := range slices.Sorted(maps.Keys(x.from)) {
			if from := x.from[name]; from != nil { // null in a damaged object
				at(x.to, name, x.most).merge(from)
			}
		}
	}
	for code, n := range o.Codes {
		s.Codes[code] += n
	}
	s.Slowest = append(s.Slowest, o.Slowest...)
	s.trim()
	s.More += o.More
	s.Unread += o.Unread
	s.Partial = s.Partial || o.Partial
}

func (c *Count) merge(o *Count) {
	c.Calls += o.Calls
	c.Errors += o.Errors
	c.More += o.More
	if o.Last.After(c.Last) {
		c.Last = o.Last
	}
	c.Took.merge(o.Took)
}

// at returns the count of a name, or of all names beyond the bound.
func at(counts map[string]*Count, name string, most int) *Count {
	if counts[name] == nil {
		if len(counts) >= most {
			name = Other
		}
		if counts[name] == nil {
			counts[name] = &Count{}
		}
	}
	return counts[name]
}
