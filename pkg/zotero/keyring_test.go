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
	ring := zotero.NewKeyring(newClient(t, f, zotero.Options{}), names, zotero.KeyringOptions{Every: every, Logger: slog.New(slog.NewTextHandler(log, nil))})
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
	up, err := upstream.New(upstream.Options{Name: "Zotero", BaseURL: f.URL, Transport: faraway{f, latency}, Fresh: always})
	if err != nil {
		t.Fatal(err)
	}
	client := zotero.NewClient(up, zotero.Options{})
	t.Cleanup(client.Close)
	s.ring = zotero.NewKeyring(client, []string{"old"}, zotero.KeyringOptions{Refused: func(context.Context) {
		s.told.Add(1)
		time.Sleep(latency) // the secret is read
		s.ring.Replace([]string{s.good.Load().(string)})
	}})
	return s
}

// TestAKeyRotatedUnderLoadLosesNoCall: the old key dies at the moment at which
// the new one comes alive, while calls are under way: at the first call of the
// second round, and at each one after it.
func TestAKeyRotatedUnderLoadLosesNoCall(t *testing.T) {
	const callers = 20
	for moment := callers; moment < 4*callers; moment++ {
		synctest.Test(t, func(t *testing.T) {
			s := newRotation(t)
			r, err := s.ring.Open(t.Context(), library.UserID(475425))
			if err != nil {
				t.Fatal(err)
			}
			readWhole(t, r)
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
				t.Error("nobody was told that the key is dead")
			}
		})
	}
}

func TestNewKeysAreTakenUpAndOldOnesKeepTheirTurn(t *testing.T) {
	f, ring, log := newRing(t, 3, time.Hour, func(key string) (int, string) {
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

// TestWhoeverGivesTheKeysIsToldOnce: a call doesn't wait for them longer than
// ten seconds, nor for ever if they never come.
func TestWhoeverGivesTheKeysIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAway()
		up, err := upstream.New(upstream.Options{Name: "Zotero", BaseURL: f.URL, Transport: faraway{f, latency}})
		if err != nil {
			t.Fatal(err)
		}
		var told atomic.Int64
		hanging := make(chan struct{})
		ring := zotero.NewKeyring(zotero.NewClient(up, zotero.Options{}), []string{"dead"}, zotero.KeyringOptions{Refused: func(context.Context) {
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

// TestTheOthersDoNotWaitForADeadKey: where another key answers, whoever gives
// the keys is told by the way.
func TestTheOthersDoNotWaitForADeadKey(t *testing.T) {
	f := newFake(t)
	f.addLibrary("user", f.user, librarytest.Works())
	f.grant("good", true)
	told := make(chan struct{})
	ring := zotero.NewKeyring(newClient(t, f, zotero.Options{}), []string{"dead", "good"}, zotero.KeyringOptions{Refused: func(ctx context.Context) {
		close(told)
		<-ctx.Done()
	}})
	if _, err := ring.Libraries(t.Context()); err != nil {
		t.Error(err)
	}
	<-told
}

// TestFullTextsAreAskedOfTheNextKeyToo: a pause that concerns only them is no
// reason to leave them out while another key works, and no reason to answer
// nothing while none does.
func TestFullTextsAreAskedOfTheNextKeyToo(t *testing.T) {
	for promise, c := range map[string]struct {
		paused string // the keys
		text   string
		notice string
	}{
		"while another key works":    {"secretk0", "compounded", "not been read"}, // by that key
		"while no other key does so": {"secretk0 secretk1", "light", "could not be searched"},
	} {
		t.Run(promise, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeAway()
				f.addLibrary("user", f.user, librarytest.Works())
				f.grant("secretk0", true)
				f.grant("secretk1", true)
				up, err := upstream.New(upstream.Options{Name: "Zotero", BaseURL: f.URL, Transport: faraway{f, latency}})
				if err != nil {
					t.Fatal(err)
				}
				client := zotero.NewClient(up, zotero.Options{})
				t.Cleanup(client.Close)
				r, err := zotero.NewKeyring(client, []string{"secretk0", "secretk1"}, zotero.KeyringOptions{}).Open(t.Context(), library.UserID(f.user))
				if err != nil {
					t.Fatal(err)
				}
				readWhole(t, r)
				f.change(func() {
					f.fail = func(r *http.Request) (int, string) {
						if strings.Contains(c.paused, r.Header.Get("Zotero-API-Key")) && strings.Contains(r.URL.RawQuery, "qmode=everything") {
							return http.StatusTooManyRequests, "slow down"
						}
						return 0, ""
					}
				})
				if got := search(t, r, library.Query{Text: c.text}); got.Total != 1 || !strings.Contains(got.Notice, c.notice) {
					t.Errorf("%d works, %q", got.Total, got.Notice)
				}
			})
		})
	}
}
