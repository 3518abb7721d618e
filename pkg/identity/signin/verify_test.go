package signin_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestVerify_RejectsTokensOfRemovedMaster(t *testing.T) {
	w := newWorld(t)
	token := w.signIn(ada, w.plain()).AccessToken
	if _, err := w.verify(token); err != nil {
		t.Fatal(err)
	}
	if err := w.ring.Replace(bytes.Repeat([]byte{2}, seal.MasterSize)); err != nil {
		t.Fatal(err)
	}
	w.pass(time.Minute + time.Second)
	if _, err := w.verify(token); library.CodeOf(err) != library.Unauthenticated {
		t.Errorf("a minute later: %v", err)
	}
}

func TestVerify_DistinguishesBearers(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	a, b := w.signIn(ada, id), w.signIn(bob, id)
	for range 3 { // the first call opens them, the others use the cache
		for token, want := range map[string]string{a.AccessToken: "zotero:475425", b.AccessToken: "zotero:475426"} {
			if p, err := w.verify(token); err != nil || p.Subject != want {
				t.Errorf("%+v, %v: not %s", p, err, want)
			}
			if _, err := w.verify(token + "A"); library.CodeOf(err) != library.Unauthenticated {
				t.Errorf("a longer token: %v", err)
			}
		}
	}
}
