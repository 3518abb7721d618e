package client

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// freshness returns how long an answer may be used without asking again (RFC
// 9111, section 4.2), at most [freshMost]: a client that changes its document
// is not to wait longer.
func freshness(h http.Header) time.Duration {
	control := directives(strings.Join(h.Values("Cache-Control"), ","))
	_, noStore := control["no-store"]
	_, noCache := control["no-cache"]
	_, private := control["private"]
	if noStore || noCache || private {
		return 0
	}
	age, said := control["s-maxage"]
	if !said {
		age, said = control["max-age"]
	}
	if said {
		return bounded(seconds(age) - seconds(h.Get("Age")))
	}
	if expires := h.Get("Expires"); expires != "" {
		until, err := http.ParseTime(expires)
		date, err2 := http.ParseTime(h.Get("Date"))
		if err != nil || err2 != nil {
			return 0
		}
		return bounded(until.Sub(date))
	}
	return freshDefault
}

// bounded returns d or the nearest bound.
func bounded(d time.Duration) time.Duration { return min(max(d, 0), freshMost) }

// seconds reads a number of seconds. What is none is 0; what is past any bound
// of ours is a day.
func seconds(s string) time.Duration {
	const most = 24 * 60 * 60
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) && s != "" {
		n = most
	}
	return time.Duration(min(n, most)) * time.Second
}

// directives reads a Cache-Control header. Of directives that come twice, the
// first counts.
func directives(s string) map[string]string {
	all := map[string]string{}
	for part := range strings.SplitSeq(s, ",") {
		name, value, _ := strings.Cut(part, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := all[name]; name != "" && !twice {
			all[name] = strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return all
}
