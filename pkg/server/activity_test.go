package server

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/activity"
)

// quietLog is a log without calls.
type quietLog struct{}

func (quietLog) Day(_ context.Context, principal string, _ time.Time) (*activity.Day, error) {
	return &activity.Day{Entries: []activity.Entry{{At: time.Now(), Tool: "by " + principal}}}, nil
}

func (quietLog) Summary(context.Context, int) (*activity.Summary, error) {
	return &activity.Summary{}, nil
}

func (quietLog) Lost() int { return 0 }

func TestActivity_ShowsPeopleTheirOwn(t *testing.T) {
	f := newFixture(t, func(o *Options) {
		with(o, Options{Pages: &pageTools{}, Sessions: cookies{}, Authenticator: testAuthenticator(t)})
		o.Activity = quietLog{}
	})
	open := func(path, cookie string) reply {
		return f.send(request{method: "GET", path: path, header: map[string]string{"Accept": browser["Accept"], "Cookie": cookie}})
	}
	if r := open("/activity", ""); r.status != http.StatusUnauthorized || strings.Contains(r.body, "by ") {
		t.Errorf("without a session: %d %.300s", r.status, r.body)
	}
	for _, want := range []string{"by zotero:2", `href="/activity" aria-current="page"`} {
		if r := open("/activity", "who=zotero:2"); r.status != 200 || !strings.Contains(r.body, want) {
			_, main, _ := strings.Cut(r.body, "<main")
			t.Errorf("%d without %q: %s", r.status, want, main)
		}
	}
}

func TestAdmin_IsUnknownToAllOthers(t *testing.T) {
	opened := func(set func(*Options)) *fixture {
		return newFixture(t, func(o *Options) {
			with(o, Options{Pages: &pageTools{}, Sessions: cookies{}, Authenticator: testAuthenticator(t)})
			o.Activity, o.Admins = quietLog{}, []string{"zotero:1"}
			set(o)
		})
	}
	get := func(f *fixture, path, cookie string) (int, string) {
		r := f.send(request{method: "GET", path: path, header: map[string]string{"Accept": browser["Accept"], "Cookie": cookie}})
		return r.status, r.body
	}
	for name, x := range map[string]struct {
		set    func(*Options)
		cookie string
	}{
		"another member":    {func(*Options) {}, "who=zotero:2"},
		"part of a name":    {func(*Options) {}, "who=zotero:"},
		"no session":        {func(*Options) {}, ""},
		"no admins":         {func(o *Options) { o.Admins = nil }, "who=zotero:1"},
		"no sign-in":        {func(o *Options) { o.Authenticator, o.Sessions, o.Admins = nil, nil, []string{"local", ""} }, ""},
		"no activity":       {func(o *Options) { o.Activity = nil }, "who=zotero:1"},
		"sessions are down": {func(o *Options) { o.Sessions = cookies{err: context.Canceled} }, "who=zotero:1"},
	} {
		f := opened(x.set)
		status, body := get(f, "/admin", x.cookie)
		unknown, want := get(f, "/nowhere", x.cookie)
		if status != http.StatusNotFound || status != unknown || body != want {
			t.Errorf("%s: %d %.300s", name, status, body)
		}
	}
	f := opened(func(*Options) {})
	if status, body := get(f, "/admin", "who=zotero:1"); status != 200 || !strings.Contains(body, "Slowest calls") {
		t.Errorf("the admin: %d %.300s", status, body)
	}
	for cookie, leads := range map[string]bool{"who=zotero:1": true, "who=zotero:2": false} {
		if status, body := get(f, "/activity", cookie); status != 200 || strings.Contains(body, `href="/admin"`) != leads {
			t.Errorf("%s: %d %.2000s", cookie, status, body)
		}
	}
}
