package replica

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// memberSource is the source of one member.
type memberSource struct {
	Source
	member int
}

// TestPool_StopsBeforeLockout keeps the background from rejected keys, of all
// replicas together, until the upstream has forgotten them.
func TestPool_StopsBeforeLockout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shared refusals
		pools := []*pool{newPool(&shared), newPool(&shared)}
		rejected := 0
		reject := func(Source) error { rejected++; return library.Errorf(library.Unauthenticated, "rejected") }
		for member := range 4 {
			pools[0].add(memberSource{member: member})
			pools[1].add(memberSource{member: 10 + member})
		}
		time.Sleep(time.Second)
		for range 3 {
			for _, p := range pools {
				err := p.do(t.Context(), reject)
				if e := library.AsError(err); e.Code != library.RateLimited || e.RetryAfter != 5*time.Minute {
					t.Errorf("%v, after %s", e, e.RetryAfter)
				}
			}
		}
		if rejected != 2 {
			t.Errorf("%d keys were rejected, want 2", rejected)
		}
		time.Sleep(5 * time.Minute)
		_ = pools[1].do(t.Context(), reject)
		if rejected != 4 {
			t.Errorf("%d keys were rejected after the wait, want 4", rejected)
		}
	})
}

// TestPool_UsesAcceptedCredentials goes on with a credential that was accepted
// since others were rejected, and with one that opens the library.
func TestPool_UsesAcceptedCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shared refusals
		p := newPool(&shared)
		accept := func(Source) error { return nil }
		p.add(memberSource{member: 1})
		for range 3 {
			time.Sleep(time.Second)
			shared.add()
		}
		if err := p.do(t.Context(), accept); library.CodeOf(err) != library.RateLimited {
			t.Errorf("a credential that was accepted before: %v", err)
		}
		time.Sleep(time.Second)
		p.add(memberSource{member: 2})
		if err := p.do(t.Context(), accept); err != nil {
			t.Errorf("a credential that was just checked: %v", err)
		}
		time.Sleep(time.Second)
		shared.add()
		if err := p.do(t.Context(), accept); library.CodeOf(err) != library.RateLimited {
			t.Errorf("after another refusal: %v", err)
		}
	})
}

// TestPool_RemembersUse goes on with a credential that was used while others were
// rejected.
func TestPool_RemembersUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shared refusals
		p := newPool(&shared)
		accept := func(Source) error { return nil }
		p.add(memberSource{member: 1})
		long := func(Source) error {
			time.Sleep(time.Second)
			shared.add()
			shared.add()
			time.Sleep(time.Second)
			return nil
		}
		if err := p.do(t.Context(), long); err != nil {
			t.Fatal(err)
		}
		if err := p.do(t.Context(), accept); err != nil {
			t.Errorf("after use: %v", err)
		}
		time.Sleep(time.Second)
		shared.add()
		if err := p.do(t.Context(), accept); library.CodeOf(err) != library.RateLimited {
			t.Errorf("a refusal since its last use: %v", err)
		}
	})
}
