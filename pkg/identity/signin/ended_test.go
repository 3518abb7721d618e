package signin_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// kinds are the two deployments: two processes with a bucket, and one with a
// file. Each can restart its processes.
func kinds(t *testing.T, test func(t *testing.T, w *world, restart func())) {
	fresh := func(t *testing.T) *seal.Keyring {
		ring, err := seal.New(bytes.Repeat([]byte{1}, seal.MasterSize))
		if err != nil {
			t.Fatal(err)
		}
		return ring
	}
	t.Run("two processes with a bucket", func(t *testing.T) {
		var o signin.Options
		w := newWorld(t, func(given *signin.Options) { o = *given })
		test(t, w, func() {
			w.nodes, w.muxes, o.Keyring = nil, nil, fresh(t)
			w.add(o)
			w.add(o)
		})
	})
	t.Run("one process with a file", func(t *testing.T) {
		var o signin.Options
		w := newWorld(t, func(given *signin.Options) { o = *given })
		folder := t.TempDir()
		restart := func() {
			var err error
			if o.Ledger != nil {
				_ = o.Ledger.Close()
			}
			if o.Ledger, err = ledger.OpenFile(folder, ledger.Options{Now: w.clock}); err != nil {
				t.Fatal(err)
			}
			w.nodes, w.muxes, o.Keyring = nil, nil, fresh(t)
			w.add(o)
		}
		restart()
		t.Cleanup(func() { _ = o.Ledger.Close() })
		test(t, w, restart)
	})
}

// refusedEverywhere fails unless every process rejects an access token.
func (w *world) refusedEverywhere(promise, token string) {
	w.t.Helper()
	for i, node := range w.nodes {
		if _, err := node.Verify(w.t.Context(), token); library.CodeOf(err) != library.Unauthenticated {
			w.t.Errorf("%s: process %d: %v", promise, i, err)
		}
	}
}

func TestRevoke_WhileZoteroIsDownSurvivesRestart(t *testing.T) {
	kinds(t, func(t *testing.T, w *world, restart func()) {
		id := w.plain()
		a, other := w.signIn(ada, id), w.signIn(bob, id)
		w.zotero.SetDown(true)
		w.revoke(a.RefreshToken)
		w.pass(time.Minute)
		w.refusedEverywhere("a minute later", a.AccessToken)
		restart()
		w.refusedEverywhere("after a restart", a.AccessToken)
		for range 2 {
			if got := w.token(refresh(id, a.RefreshToken)); got.Error != "invalid_grant" {
				t.Errorf("refreshed after a restart: %+v", got)
			}
		}
		if _, err := w.verify(other.AccessToken); err != nil {
			t.Errorf("another member: %v", err)
		}
		if n := len(w.zotero.Keys(ada)); n != 1 {
			t.Fatalf("%d keys while Zotero is down", n)
		}
		w.nodes[0].DeleteOwed(t.Context()) // still down
		w.zotero.SetDown(false)
		w.nodes[0].DeleteOwed(t.Context())
		if n, others := len(w.zotero.Keys(ada)), len(w.zotero.Keys(bob)); n != 0 || others != 1 {
			t.Errorf("the key is not deleted later: %d keys, %d of another member", n, others)
		}
		w.nodes[0].DeleteOwed(t.Context())
		if n := strings.Count(w.log.String(), "by a retry"); n != 1 {
			t.Errorf("deleted %d times", n)
		}
		w.pass(23 * time.Hour)
		restart()
		w.refusedEverywhere("a day later", a.AccessToken)
	})
}

func TestReplacedTokens_StayReplacedAfterRestart(t *testing.T) {
	kinds(t, func(t *testing.T, w *world, restart func()) {
		id := w.plain()
		code := w.code(ada, w.query(id))
		a := w.token(w.redeem(id, code))
		renewed := w.token(refresh(id, a.RefreshToken))
		restart()
		if _, err := w.verify(renewed.AccessToken); err != nil {
			t.Errorf("the access token: %v", err)
		}
		if again := w.token(refresh(id, a.RefreshToken)); again.RefreshToken != renewed.RefreshToken {
			t.Errorf("another successor within the grace: %+v", again)
		}
		w.pass(ledger.Grace + time.Second)
		if again := w.token(refresh(id, a.RefreshToken)); again.Error != "invalid_grant" {
			t.Errorf("a replaced token: %+v", again)
		}
		if again := w.token(refresh(id, renewed.RefreshToken)); again.Error != "invalid_grant" {
			t.Errorf("its successor: %+v", again)
		}
		w.refusedEverywhere("after the theft", renewed.AccessToken)
	})
}

func TestCode_IsUsableOnceAcrossRestart(t *testing.T) {
	kinds(t, func(t *testing.T, w *world, restart func()) {
		id := w.plain()
		code := w.code(ada, w.query(id))
		a := w.token(w.redeem(id, code))
		restart()
		if again := w.token(w.redeem(id, code)); again.Error != "invalid_grant" || again.AccessToken != "" {
			t.Errorf("%+v", again)
		}
		w.pass(time.Minute)
		w.refusedEverywhere("afterwards", a.AccessToken)
		if again := w.token(refresh(id, a.RefreshToken)); again.Error != "invalid_grant" {
			t.Errorf("%+v", again)
		}
	})
}

// TestFamilies_ExpireWithTheirLastToken inspects the bucket.
func TestFamilies_ExpireWithTheirLastToken(t *testing.T) {
	for grants, life := range map[string]time.Duration{`["authorization_code"]`: 24 * time.Hour, `["authorization_code","refresh_token"]`: 90 * 24 * time.Hour} {
		w := newWorld(t)
		id := w.register(`{"client_name":"x","redirect_uris":["` + callback + `"],"grant_types":` + grants + `}`)["client_id"].(string)
		w.signIn(ada, id)
		for name, o := range w.bucket.Objects() {
			if !o.Expires.Equal(w.clock().Add(life)) {
				t.Errorf("%s: %s expires at %v", grants, name, o.Expires)
			}
		}
		if n := len(w.bucket.Objects()); n != 1 {
			t.Errorf("%s: %d objects", grants, n)
		}
	}
}

func TestRefresh_TooOftenIsRateLimited(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	a, other := w.signIn(ada, id), w.signIn(bob, id)
	for i := range ledger.MaxRotations {
		if a = w.token(refresh(id, a.RefreshToken)); a.Status != http.StatusOK {
			t.Fatalf("refresh %d: %+v", i, a)
		}
	}
	got := w.token(refresh(id, a.RefreshToken))
	if seconds, _ := strconv.Atoi(got.RetryAfter); got.Status != http.StatusTooManyRequests || got.Error != "temporarily_unavailable" || seconds < 1 || seconds > 120 {
		t.Errorf("%+v", got)
	}
	if _, err := w.verify(a.AccessToken); err != nil {
		t.Errorf("calls: %v", err)
	}
	if got := w.token(refresh(id, other.RefreshToken)); got.Status != http.StatusOK {
		t.Errorf("another member: %+v", got)
	}
	w.pass(ledger.Grace + time.Second)
	if got := w.token(refresh(id, a.RefreshToken)); got.Status != http.StatusOK {
		t.Errorf("after the wait: %+v", got)
	}
}

func TestVerify_FailsUntilLedgerIsRead(t *testing.T) {
	var o signin.Options
	w := newWorld(t, func(given *signin.Options) { o = *given })
	a := w.signIn(ada, w.plain())
	w.bucket.Down.Store(true)
	w.add(o) // a new process has not read which sign-ins ended
	if _, err := w.nodes[2].Verify(t.Context(), a.AccessToken); library.CodeOf(err) != library.Unavailable {
		t.Errorf("%v", err)
	}
	if _, err := w.nodes[0].Verify(t.Context(), a.AccessToken); err != nil {
		t.Errorf("a process that has read the list: %v", err)
	}
	w.bucket.Down.Store(false)
	w.pass(10 * time.Second)
	if _, err := w.nodes[2].Verify(t.Context(), a.AccessToken); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestKeysThatGrantNothing_AreDeletedLater(t *testing.T) {
	w := newWorld(t)
	p := w.person(ada)
	p.Change = func(f url.Values) { f.Set("library_access", "0"); f.Set("all_groups", "none") }
	w.zotero.KeepKeys(true)
	to, err := p.SignIn(t.Context(), w.authorizeURL(w.query(w.plain())))
	if err != nil || to.Query().Get("error") != "access_denied" || len(w.zotero.Keys(ada)) != 1 {
		t.Fatalf("%s, %v, %d keys", to, err, len(w.zotero.Keys(ada)))
	}
	w.zotero.KeepKeys(false)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); w.nodes[1].Run(ctx) }()
	for range 500 {
		if len(w.zotero.Keys(ada)) == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	<-done
	if n := len(w.zotero.Keys(ada)); n != 0 {
		t.Errorf("%d keys", n)
	}
}
