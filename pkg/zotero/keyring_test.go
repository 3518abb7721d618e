package zotero_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
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
func newRing(t *testing.T, keys int, every time.Duration, refuse func(key string) (int, string)) (*fakeZotero, *zotero.Keyring, *ringLog, *openings) {
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
	opens := &openings{}
	ring := zotero.NewKeyring(newClient(t, f, zotero.Options{}), opens, names, zotero.KeyringOptions{Every: every, Logger: slog.New(slog.NewTextHandler(log, nil))})
	return f, ring, log, opens
}

func TestKeyring_NextKeyAfterRefusal(t *testing.T) {
	for promise, refusal := range map[string]struct {
		status int
		body   string
	}{
		"a dead key":        {403, "Invalid key"},
		"a key slowed down": {429, "Too many requests"},
	} {
		t.Run(promise, func(t *testing.T) {
			_, ring, log, _ := newRing(t, 3, time.Hour, func(key string) (int, string) {
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

func TestKeyring_KeyDiesWhileALibraryIsOpen(t *testing.T) {
	var dead sync.Map
	_, ring, _, opens := newRing(t, 2, time.Hour, func(key string) (int, string) {
		if _, isDead := dead.Load(key); isDead {
			return 403, "Invalid key"
		}
		return 0, ""
	})
	if _, err := ring.Open(t.Context(), library.UserID(475425)); err != nil {
		t.Fatal(err)
	}
	s := opens.last().Source
	dead.Store("secretk0", true)
	for name, call := range map[string]func() error{
		"Search":       func() error { _, err := s.Search(t.Context(), library.Query{Text: "light", Limit: 5}); return err },
		"Get":          func() error { _, err := s.Get(t.Context(), []string{"ITM22222"}); return err },
		"Collections":  func() error { _, err := s.Collections(t.Context()); return err },
		"All":          func() error { _, err := s.All(t.Context(), func(replica.Batch) error { return nil }); return err },
		"Since":        func() error { _, err := s.Since(t.Context(), "1"); return err },
		"Keys":         func() error { _, _, err := s.Keys(t.Context()); return err },
		"Below":        func() error { _, err := s.Below(t.Context(), "ITM22222"); return err },
		"Head":         func() error { _, err := s.Head(t.Context()); return err },
		"Text":         func() error { _, err := s.Text(t.Context(), "ITM22222"); return err },
		"TextVersions": func() error { _, err := s.TextVersions(t.Context(), 0); return err },
	} {
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestKeyring_AnswerOfTheNextKeyCounts has a dead key and a file without text, which
// the next key does not find.
func TestKeyring_AnswerOfTheNextKeyCounts(t *testing.T) {
	var dead sync.Map
	_, ring, _, opens := newRing(t, 2, time.Hour, func(key string) (int, string) {
		if _, isDead := dead.Load(key); isDead {
			return 403, "Invalid key"
		}
		return 0, ""
	})
	if _, err := ring.Open(t.Context(), library.UserID(475425)); err != nil {
		t.Fatal(err)
	}
	dead.Store("secretk0", true)
	text, err := opens.last().Source.Text(t.Context(), "ITM22222")
	if err != nil || text.Status.Reason == "" {
		t.Errorf("%+v, %v", text, err)
	}
}

func TestKeyring_AllKeysDead(t *testing.T) {
	_, ring, _, _ := newRing(t, 2, time.Hour, func(string) (int, string) { return 403, "Invalid key" })
	_, err := ring.Libraries(t.Context())
	if library.CodeOf(err) != library.Unauthenticated || library.AsError(err).Hint == "" {
		t.Errorf("%v", err)
	}
	if strings.Contains(err.Error(), "secretk") {
		t.Errorf("the error names a key: %v", err)
	}
}

func TestKeyring_Rotates(t *testing.T) {
	f, ring, log, _ := newRing(t, 2, time.Nanosecond, func(string) (int, string) { return 0, "" })
	for range 4 {
		if _, err := ring.Libraries(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if s := log.String(); !strings.Contains(s, "key=0") || !strings.Contains(s, "key=1") {
		t.Errorf("the log: %s", s)
	}
	if len(f.calls) == 0 {
		t.Error("no request was made")
	}
}

func TestKeyring_NotFoundIsNoRefusal(t *testing.T) {
	_, ring, log, _ := newRing(t, 2, time.Hour, func(string) (int, string) { return 0, "" })
	if _, err := ring.Open(t.Context(), library.GroupID(1)); library.CodeOf(err) != library.NotFound {
		t.Errorf("%v", err)
	}
	if s := log.String(); s != "" {
		t.Errorf("the log: %s", s)
	}
}

// rotation is a server whose one good key is changed under load, and the
// keyring that reads with it.
type rotation struct {
	good atomic.Value
	told atomic.Int64
	ring *zotero.Keyring
}

func newRotation(t *testing.T) *rotation {
	t.Helper()
	s := &rotation{}
	s.good.Store("old")
	f := newFakeAway()
	f.addLibrary("user", f.user, librarytest.Works())
	f.grant("old", true)
	f.grant("new", true)
	f.fail = func(r *http.Request) (int, string) {
		if r.Header.Get("Zotero-API-Key") != s.good.Load() {
			return http.StatusForbidden, "Invalid key"
		}
		return 0, ""
	}
	up, err := upstream.New(upstream.Options{Name: "Zotero", BaseURL: f.URL, Transport: faraway{f, latency}, Fresh: 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	s.ring = zotero.NewKeyring(zotero.NewClient(up, zotero.Options{}), &openings{}, []string{"old"}, zotero.KeyringOptions{Refused: func(context.Context) {
		s.told.Add(1)
		time.Sleep(latency) // the secret is read
		s.ring.Replace([]string{s.good.Load().(string)})
	}})
	return s
}

// TestKeyring_ReplacedUnderLoad replaces the one good key while calls are made,
// at the first call of the second round, and at each one after it.
func TestKeyring_ReplacedUnderLoad(t *testing.T) {
	const callers = 20
	step := 2
	if testing.Short() {
		step = 10
	}
	for moment := callers; moment < 4*callers; moment += step {
		synctest.Test(t, func(t *testing.T) {
			s := newRotation(t)
			r, err := s.ring.Open(t.Context(), library.UserID(475425))
			if err != nil {
				t.Fatal(err)
			}
			var calls atomic.Int64
			var wg sync.WaitGroup
			for worker := range callers {
				wg.Go(func() {
					for i := range 10 {
						if calls.Add(1) == int64(moment) {
							time.Sleep(latency / 2 * time.Duration(moment%3)) // at different points of the others' calls
							s.good.Store("new")
						}
						q := library.Query{Text: fmt.Sprintf("light %d %d", worker, i), Limit: 5} // each its own call
						if got, err := r.Search(t.Context(), q); err != nil || got.Total == 0 {
							t.Errorf("rotated at call %d: call %d: %v", moment, calls.Load(), err)
						}
					}
				})
			}
			wg.Wait()
			if s.told.Load() == 0 {
				t.Error("Refused was not called")
			}
		})
	}
}

func TestKeyring_ReplaceKeepsTheCurrentKey(t *testing.T) {
	f, ring, log, _ := newRing(t, 3, time.Hour, func(key string) (int, string) {
		if key == "secretk0" {
			return 403, "Invalid key"
		}
		return 0, ""
	})
	if _, err := ring.Libraries(t.Context()); err != nil { // it is now the turn of the second
		t.Fatal(err)
	}
	ring.Replace([]string{"secretk2", "secretk1"})
	f.change(func() {})
	if _, err := ring.Libraries(t.Context()); err != nil || ring.Len() != 2 {
		t.Fatalf("%d keys, %v", ring.Len(), err)
	}
	if n := f.called(""); n != 0 {
		t.Errorf("a key that stayed is asked about again: %d calls", n)
	}
	if s := log.String(); !strings.Contains(s, "keys=2 key=1") || strings.Contains(s, "secretk") {
		t.Errorf("the log: %s", s)
	}
	ring.Replace(nil)
	if _, err := ring.Libraries(t.Context()); library.CodeOf(err) != library.Unauthenticated || library.AsError(err).Hint == "" {
		t.Errorf("no key at all: %v", err)
	}
	if _, err := ring.Account(t.Context(), 0); library.CodeOf(err) != library.Unauthenticated {
		t.Errorf("no key at all: %v", err)
	}
}

// TestKeyring_RefusedIsCalledOnce for all calls, which wait ten seconds at most.
func TestKeyring_RefusedIsCalledOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAway()
		up, err := upstream.New(upstream.Options{Name: "Zotero", BaseURL: f.URL, Transport: faraway{f, latency}})
		if err != nil {
			t.Fatal(err)
		}
		var told atomic.Int64
		hanging := make(chan struct{})
		ring := zotero.NewKeyring(zotero.NewClient(up, zotero.Options{}), &openings{}, []string{"dead"}, zotero.KeyringOptions{Refused: func(context.Context) {
			told.Add(1)
			<-hanging
		}})
		began := time.Now()
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if _, err := ring.Libraries(t.Context()); library.CodeOf(err) != library.Unauthenticated {
					t.Errorf("%v", err)
				}
			})
		}
		wg.Wait()
		if took := time.Since(began); took > 11*time.Second || told.Load() != 1 {
			t.Errorf("told %d times, waited %v", told.Load(), took)
		}
		close(hanging)
	})
}

// TestKeyring_OtherKeysDoNotWait for Refused, while one of them answers.
func TestKeyring_OtherKeysDoNotWait(t *testing.T) {
	f := newFake(t)
	f.addLibrary("user", f.user, librarytest.Works())
	f.grant("good", true)
	told := make(chan struct{})
	ring := zotero.NewKeyring(newClient(t, f, zotero.Options{}), &openings{}, []string{"dead", "good"}, zotero.KeyringOptions{Refused: func(ctx context.Context) {
		close(told)
		<-ctx.Done()
	}})
	if _, err := ring.Libraries(t.Context()); err != nil {
		t.Error(err)
	}
	<-told
}

// TestKeyring_OtherRights: a key that sees other objects of a library than the
// one with which it was opened does not read its replica.
func TestKeyring_OtherRights(t *testing.T) {
	for name, other := range map[string]string{
		"no notes":      `{"key":"k1","userID":475425,"access":{"user":{"library":true,"files":true,"notes":false}}}`,
		"no library":    `{"key":"k1","userID":475425,"access":{"user":{"library":false}}}`,
		"another user":  `{"key":"k1","userID":7,"access":{"user":{"library":true,"files":true,"notes":true}}}`,
		"the same view": `{"key":"k1","userID":475425,"access":{"user":{"library":true,"files":true,"notes":true,"write":false}}}`,
	} {
		var dead sync.Map
		f, ring, _, opens := newRing(t, 2, time.Hour, func(key string) (int, string) {
			if _, isDead := dead.Load(key); isDead {
				return 403, "Invalid key"
			}
			return 0, ""
		})
		f.keys["secretk1"] = other
		if _, err := ring.Open(t.Context(), library.UserID(475425)); err != nil {
			t.Fatal(err)
		}
		s := opens.last().Source
		dead.Store("secretk0", true)
		_, _, err := s.Keys(t.Context())
		want := library.Code("")
		if name != "the same view" {
			want = library.Unauthenticated // of the dead key
		}
		if library.CodeOf(err) != want {
			t.Errorf("%s: %v", name, err)
		}
		dead.Delete("secretk0")
		f.change(func() {})
		ring.Replace([]string{"secretk1", "secretk0b"})
		f.keys["secretk0b"] = f.keys["secretk0"]
		if _, _, err := s.Keys(t.Context()); err != nil {
			t.Errorf("%s: with a second key: %v", name, err)
		}
	}
}
