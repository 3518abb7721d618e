package replica

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// joined returns the notices that are not empty, as one.
func joined(notices ...string) string {
	var all []string
	for _, n := range notices {
		if n != "" {
			all = append(all, n)
		}
	}
	return strings.Join(all, "; ")
}

// counted writes a number as people read it: 3,400.
func counted(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// asOf says of when a state is: "12:05 UTC, 3 minutes ago".
func asOf(t, now time.Time) string {
	format := "15:04 UTC"
	age := now.Sub(t)
	if age >= 24*time.Hour {
		format = "2 January 2006, 15:04 UTC"
	}
	return t.UTC().Format(format) + ", " + ago(age)
}

func ago(age time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		switch n := int(age / unit.length); {
		case n == 1:
			return "1 " + unit.name + " ago"
		case n > 1:
			return fmt.Sprintf("%d %ss ago", n, unit.name)
		}
	}
	return "less than a minute ago"
}

// staleNotice says why a complete replica may not be as the upstream, or "".
func (r *replica) staleNotice(now time.Time) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := &r.refresh
	state := "this is the library as of " + asOf(f.asOf, now)
	left := ""
	if r.leftOut > 0 {
		left = counted(r.leftOut) + " works are too large and are left out"
	}
	switch {
	case r.whole != "":
		return joined("the library is being read again ("+r.progress.String()+"); "+state, left)
	case f.err != nil:
		return joined(why(f.err)+"; "+state, left)
	case f.flight != nil:
		return joined("the upstream is slow to say what changed; "+state, left)
	}
	return joined(f.notice, left)
}

// why says why the upstream could not be asked.
func why(err error) string {
	if errors.Is(err, errNoSource) {
		return "the upstream refuses the credentials that read this library"
	}
	if library.CodeOf(err) == library.RateLimited {
		return "the upstream asks to wait before it says what changed"
	}
	return "the upstream can't be asked what changed"
}

// textsNotice says how many texts are searched, if not all are and the answer to the
// query depends on them.
func (r *replica) textsNotice(q library.Query) string {
	if q.Text == "" && !q.HasText {
		return ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.texts.held >= r.texts.files {
		return ""
	}
	notice := fmt.Sprintf("the texts of %s of %s files are searched so far", counted(r.texts.held), counted(r.texts.files))
	if q.HasText {
		notice += ", and works without one of these are left out"
	}
	return notice
}

// String says how far a reading is: "1,200 of 3,400 objects".
func (p progress) String() string {
	if p.total == 0 {
		return "no object yet"
	}
	return counted(p.done) + " of " + counted(p.total) + " objects"
}

// unreadNotice says why the upstream's own search answers.
func (r *replica) unreadNotice() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	const instead = "until then the upstream's own search answers, with one page"
	switch {
	case !r.tooLarge.IsZero():
		return "the library is larger than this server keeps; the upstream's own search answers, with one page"
	case r.failed != nil:
		return "the library could not be read so far (" + r.progress.String() + "), which is tried again; " + instead
	}
	return "the library is being read: " + r.progress.String() + " so far; " + instead
}

// unreadError says that a question has to wait until the library is read.
func (r *replica) unreadError() *library.Error {
	r.mu.Lock()
	defer r.mu.Unlock()
	const first = 5 * time.Second
	if !r.tooLarge.IsZero() {
		return library.Errorf(library.Unavailable, "the library is larger than this server keeps, and only the first page of a search can be had").
			WithHint("narrow the search by words, tags, years or a collection").WithRetryAfter(triedAgain)
	}
	return library.Errorf(library.Unavailable, "the library is still being read: %s so far", r.progress).
		WithHint("try again shortly; the first page of a search, and works by their keys, can be had now").
		WithRetryAfter(first).WithCause(r.failed)
}
