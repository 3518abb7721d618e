package zotero_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// ringLog is a log that tests can read while it is written.
type ringLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *ringLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *ringLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newRing returns a server with one library that the keys k0, k1, … may read,
// and their keyring. refuse decides by key what the server refuses.
func newRing(t *testing.T, keys int, every time.Duration, refuse func(key string) (int, string)) (*fakeZotero, *zotero.Keyring, *ringLog) {
	t.Helper()
	f := newFake(t)
	f.addLibrary("user", f.user, librarytest.Works())
	names := []string{}
	for i := range keys {
		name := "secretk" + string(rune('0'+i))
		names = append(names, name)
		f.grant(name, true)
	}
	f.fail = func(r *http.Request) (int, string) { return refuse(r.Header.Get("Zotero-API-Key")) }
	log := &ringLog{}
	ring := zotero.NewKeyring(newClient(t, f, zotero.Options{}), names, every, slog.New(slog.NewTextHandler(log, nil)))
	return f, ring, log
}

func TestAKeyThatIsRefusedGivesItsTurnToTheNext(t *testing.T) {
	for promise, refusal := range map[string]struct {
		status int
		body   string
	}{
		"a dead key":        {403, "Invalid key"},
		"a key slowed down": {429, "Too many requests"},
	} {
		t.Run(promise, func(t *testing.T) {
			_, ring, log := newRing(t, 3, time.Hour, func(key string) (int, string) {
				if key == "secretk0" {
					return refusal.status, refusal.body
				}
				return 0, ""
			})
			infos, err := ring.Libraries(t.Context())
			if err != nil || len(infos) != 1 {
				t.Fatalf("%+v, %v", infos, err)
			}
			r, err := ring.Open(t.Context(), infos[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Search(t.Context(), library.Query{Text: "heredity", Limit: 5})
			if err != nil || got.Total != 1 {
				t.Errorf("%+v, %v", got, err)
			}
			if s := log.String(); !strings.Contains(s, "refused=0 key=1") || strings.Contains(s, "secretk") {
				t.Errorf("the log: %s", s)
			}
		})
	}
}

func TestAKeyThatDiesWhileALibraryIsOpen(t *testing.T) {
	var dead sync.Map
	_, ring, _ := newRing(t, 2, time.Hour, func(key string) (int, string) {
		if _, isDead := dead.Load(key); isDead {
			return 403, "Invalid key"
		}
		return 0, ""
	})
	r, err := ring.Open(t.Context(), library.UserID(475425))
	if err != nil {
		t.Fatal(err)
	}
	dead.Store("secretk0", true)
	for name, call := range map[string]func() error{
		"Search":      func() error { _, err := r.Search(t.Context(), library.Query{Text: "light", Limit: 5}); return err },
		"Items":       func() error { _, err := r.Items(t.Context(), []string{"ITM22222"}); return err },
		"Collections": func() error { _, err := r.Collections(t.Context()); return err },
		"Tags":        func() error { _, err := r.Tags(t.Context(), library.TagQuery{Limit: 5}); return err },
		"Changes":     func() error { _, err := r.Changes(t.Context(), library.ChangeQuery{Limit: 5}); return err },
		"Info":        func() error { _, err := r.Info(t.Context()); return err },
	} {
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhenEveryKeyIsDeadTheCallerIsToldWhatToDo(t *testing.T) {
	_, ring, _ := newRing(t, 2, time.Hour, func(string) (int, string) { return 403, "Invalid key" })
	_, err := ring.Libraries(t.Context())
	if library.CodeOf(err) != library.Unauthenticated || library.AsError(err).Hint == "" {
		t.Errorf("%v", err)
	}
	if strings.Contains(err.Error(), "secretk") {
		t.Errorf("the error names a key: %v", err)
	}
}

func TestKeysTakeTurns(t *testing.T) {
	f, ring, log := newRing(t, 2, time.Nanosecond, func(string) (int, string) { return 0, "" })
	for range 4 {
		if _, err := ring.Libraries(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if s := log.String(); !strings.Contains(s, "key=0") || !strings.Contains(s, "key=1") {
		t.Errorf("the log: %s", s)
	}
	if len(f.calls) == 0 {
		t.Error("nobody was asked")
	}
}

func TestWhatIsNotFoundIsNoRefusal(t *testing.T) {
	_, ring, log := newRing(t, 2, time.Hour, func(string) (int, string) { return 0, "" })
	if _, err := ring.Open(t.Context(), library.GroupID(1)); library.CodeOf(err) != library.NotFound {
		t.Errorf("%v", err)
	}
	if s := log.String(); s != "" {
		t.Errorf("the log: %s", s)
	}
}
