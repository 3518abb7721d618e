package upstream

import (
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/cache"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Zotero locks out an address after more than 5 rejected keys in 300 s
// (dataserver, ApiController::init). From that number on, no unverified key is
// sent, so that verified ones keep working.
const (
	maxRejections    = 5
	rejectionsWindow = 300 * time.Second
)

// maxCredentials is the most credentials in memory; the least used are evicted. An
// evicted one counts as unverified.
const maxCredentials = 16384

// credentialStates holds the state of credentials.
type credentialStates struct {
	memory *cache.Cache[credentialState] // by digest
	hold   time.Duration                 // how long a rejected credential is not sent

	mu         sync.Mutex
	rejections []time.Time // of any credential, the last maxRejections
}

// credentialState is the state of one credential.
type credentialState struct {
	accepted    bool
	rejectedAt  time.Time // zero if it was accepted since
	pausedUntil time.Time
}

func newCredentialStates(hold time.Duration) *credentialStates {
	return &credentialStates{
		hold:   hold,
		memory: cache.New[credentialState](maxCredentials),
	}
}

// get returns the state of id.
func (m *credentialStates) get(id digest) credentialState {
	r, _ := m.memory.Get(string(id[:]))
	return r
}

// accepted records that the host accepted id in a call sent at a given time. A
// response to a call that was sent before id was rejected does not count.
func (m *credentialStates) accepted(id digest, sent time.Time) {
	if r := m.get(id); r.accepted && r.rejectedAt.IsZero() {
		return
	}
	m.memory.Change(string(id[:]), func(r credentialState) credentialState {
		if sent.After(r.rejectedAt) {
			r.accepted, r.rejectedAt = true, time.Time{}
		}
		return r
	})
}

// rejected records that the host rejected id.
func (m *credentialStates) rejected(id digest) {
	if id == (digest{}) {
		return // anonymous: no key was rejected
	}
	m.mu.Lock() // the first rejection of a key counts before the others
	defer m.mu.Unlock()
	now, again := time.Now(), false
	m.memory.Change(string(id[:]), func(r credentialState) credentialState {
		again = !r.rejectedAt.IsZero()
		r.accepted, r.rejectedAt = false, now
		return r
	})
	// A key that becomes invalid has up to five calls in flight. They never use
	// up the last rejection, so that the next key can be tried.
	if again && len(m.rejections) >= maxRejections-1 && now.Sub(m.rejections[0]) < rejectionsWindow {
		return
	}
	m.rejections = append(m.rejections, now)
	m.rejections = m.rejections[max(0, len(m.rejections)-maxRejections):]
}

// pause pauses id for d from now, or longer if it is already paused for longer.
func (m *credentialStates) pause(id digest, d time.Duration) {
	if d <= 0 {
		return
	}
	until := time.Now().Add(d)
	m.memory.Change(string(id[:]), func(r credentialState) credentialState {
		if until.After(r.pausedUntil) {
			r.pausedUntil = until
		}
		return r
	})
}

// paused returns the end of id's pause; a past time if there is none.
func (m *credentialStates) paused(id digest) time.Time { return m.get(id).pausedUntil }

// verified reports whether the host has accepted id. The anonymous credential
// always counts as verified.
func (m *credentialStates) verified(id digest) bool { return id == (digest{}) || m.get(id).accepted }

// suspect reports whether the host rejected id and has not accepted it since.
func (m *credentialStates) suspect(id digest) bool { return !m.get(id).rejectedAt.IsZero() }

// rejection returns why id must not be sent, or nil.
func (m *credentialStates) rejection(id digest, name string) *library.Error {
	r := m.get(id)
	if r.accepted || id == (digest{}) {
		return nil
	}
	if !r.rejectedAt.IsZero() && time.Since(r.rejectedAt) < m.hold {
		return invalidKey(name)
	}
	if d := m.lockedFor(); d > 0 {
		return library.Errorf(library.RateLimited, "%s recently rejected several API keys, and would lock out this server after another", name).
			WithHint("wait before trying a new key").WithRetryAfter(roundUp(d))
	}
	return nil
}

// lockedFor returns how long no unverified credential may be sent.
func (m *credentialStates) lockedFor() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.rejections) < maxRejections {
		return 0
	}
	return rejectionsWindow - time.Since(m.rejections[0])
}
