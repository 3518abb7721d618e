package client

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// freshness returns how long a response may be used without a new request (RFC
// 9111, section 4.2). The maximum is [freshMost], so that changes of a document
// take effect soon.
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

// bounded clamps d.
func bounded(d time.Duration) time.Duration { return min(max(d, 0), freshMost) }

// seconds parses a number of seconds. Invalid text gives 0; larger numbers give
// a day, which exceeds every bound here.
func seconds(s string) time.Duration {
	const most = 24 * 60 * 60
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) && s != "" {
		n = most
	}
	return time.Duration(min(n, most)) * time.Second
}

// directives parses a Cache-Control header. The first of repeated directives
// counts.
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
