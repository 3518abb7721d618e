package upstream

import (
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Zotero locks an address out after more than 5 refused keys in 300 s
// (dataserver, ApiController::init). Past so many, no key is tried that was
// never accepted before, so that those who are known go on.
const (
	maxRefusals    = 5
	refusalsWindow = 300 * time.Second
)

// maxRecords is how many credentials are remembered; the least used leave
// first. A forgotten one is asked about again.
const maxRecords = 16384

// records is what is known of credentials.
type records struct {
	memory *otter.Cache[digest, record]
	hold   time.Duration // how long a refused credential is refused unasked

	mu       sync.Mutex
	refusals []time.Time // of any credential, the last maxRefusals
}

// record is what is known of one credential.
type record struct {
	accepted    bool
	refusedAt   time.Time // zero if it was accepted since
	pausedUntil time.Time
}

func newRecords(hold time.Duration) *records {
	return &records{
		hold:   hold,
		memory: otter.Must(&otter.Options[digest, record]{MaximumSize: maxRecords}),
	}
}

// get returns what is known of id.
func (m *records) get(id digest) record {
	r, _ := m.memory.GetIfPresent(id)
	return r
}

// change replaces what is known of id.
func (m *records) change(id digest, change func(record) record) {
	m.memory.Compute(id, func(old record, _ bool) (record, otter.ComputeOp) {
		return change(old), otter.WriteOp
	})
}

// accepted notes that the host took id for a call that was sent at a time. An
// answer that was under way when id was refused doesn't bring it back to life.
func (m *records) accepted(id digest, sent time.Time) {
	if r := m.get(id); r.accepted && r.refusedAt.IsZero() {
		return
	}
	m.change(id, func(r record) record {
		if sent.After(r.refusedAt) {
			r.accepted, r.refusedAt = true, time.Time{}
		}
		return r
	})
}

// refused notes that the host refused id.
func (m *records) refused(id digest) {
	if id == (digest{}) {
		return // nothing was shown, so nothing was refused
	}
	m.mu.Lock() // the first refusal of a key is counted before its others
	defer m.mu.Unlock()
	now, again := time.Now(), false
	m.change(id, func(r record) record {
		again = !r.refusedAt.IsZero()
		r.accepted, r.refusedAt = false, now
		return r
	})
	// A key that dies has up to five calls under way. They don't take the last
	// place, so that the key that follows it may be tried.
	if again && len(m.refusals) >= maxRefusals-1 && now.Sub(m.refusals[0]) < refusalsWindow {
		return
	}
	m.refusals = append(m.refusals, now)
	m.refusals = m.refusals[max(0, len(m.refusals)-maxRefusals):]
}

// pause holds id back for d from now, or for longer if it already is.
func (m *records) pause(id digest, d time.Duration) {
	if d <= 0 {
		return
	}
	until := time.Now().Add(d)
	m.change(id, func(r record) record {
		if until.After(r.pausedUntil) {
			r.pausedUntil = until
		}
		return r
	})
}

// paused returns until when id is held back; a time that has passed if it is
// not.
func (m *records) paused(id digest) time.Time { return m.get(id).pausedUntil }

// verified reports whether the host is known to take id. To be anonymous
// needs no proof.
func (m *records) verified(id digest) bool { return id == (digest{}) || m.get(id).accepted }

// suspect reports whether the host refused id and has not taken it since.
func (m *records) suspect(id digest) bool { return !m.get(id).refusedAt.IsZero() }

// refusal returns why id may not be tried, or nil.
func (m *records) refusal(id digest, name string) *library.Error {
	r := m.get(id)
	if r.accepted || id == (digest{}) {
		return nil
	}
	if !r.refusedAt.IsZero() && time.Since(r.refusedAt) < m.hold {
		return refusedKey(name)
	}
	if d := m.lockedFor(); d > 0 {
		return library.Errorf(library.RateLimited, "%s refused too many API keys lately, and would lock this server out for one more", name).
			WithHint("wait before trying a key that was not used before").WithRetryAfter(roundUp(d))
	}
	return nil
}

// lockedFor returns how long no unknown credential may be tried.
func (m *records) lockedFor() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.refusals) < maxRefusals {
		return 0
	}
	return refusalsWindow - time.Since(m.refusals[0])
}
