package activity

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Bounds of what a process holds in memory between two flushes.
const (
	// MaxEntries is the most entries of one principal; further calls are counted.
	MaxEntries = 200
	// maxHeld is the most entries of all principals; further calls are counted.
	maxHeld = 20_000
	// maxRecords is the most principals; calls of further ones are lost.
	maxRecords = 2_000
)

// Local is the principal of calls without sign-in.
const Local = "local"

// Entry is one call. Its texts are bounded by who records it.
type Entry struct {
	At        time.Time     `json:"t"`
	Client    string        `json:"c"` // name and version, as the client says
	Tool      string        `json:"o"`
	Libraries []string      `json:"l,omitempty"`
	Code      string        `json:"e,omitempty"` // class of the error, "" if the call succeeded
	Took      time.Duration `json:"d"`
}

// record is what one principal did between two flushes: the content of an object.
type record struct {
	Principal string  `json:"p"`
	Entries   []Entry `json:"a"`
	More      int     `json:"m,omitempty"` // calls beyond the bound

	name  string    // of the object
	begun time.Time // when it was made
	day   time.Time // of the entries
}

// dayOf returns the beginning of a time's day, in UTC.
func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// Recorder takes entries. It is safe for concurrent use.
type Recorder struct {
	process string // names this process

	mu      sync.Mutex
	pending map[pendingKey]*record
	held    int // entries in pending
	made    int // records ever
	lost    int // calls of principals beyond the bound since the last take
}

// pendingKey is the day, in days since 1970, and the principal of a record.
type pendingKey struct {
	day       int64
	principal string
}

const secondsOfDay = 24 * 60 * 60

// NewRecorder returns an empty recorder.
func NewRecorder() *Recorder {
	return &Recorder{process: strings.ToLower(rand.Text()[:12]), pending: map[pendingKey]*record{}}
}

// Record takes a call of a principal, which keeps e.Libraries.
func (r *Recorder) Record(principal string, e Entry) {
	key := pendingKey{e.At.Unix() / secondsOfDay, principal}
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.pending[key]
	if g == nil {
		if len(r.pending) >= maxRecords {
			r.lost++
			return
		}
		g = r.begin(principal, e.At)
		r.pending[key] = g
	}
	if len(g.Entries) >= MaxEntries || r.held >= maxHeld {
		g.More++
		return
	}
	r.held++
	g.Entries = append(g.Entries, e)
}

// begin returns the record of a principal with the name of its object, which no other
// record has.
func (r *Recorder) begin(principal string, at time.Time) *record {
	r.made++
	return &record{Principal: principal, begun: at, day: dayOf(at), name: fmt.Sprintf("%s%s-%s-%s-%d", folderOf(at), digest(principal), at.UTC().Format("150405"), r.process, r.made)}
}

// folderOf returns what the names of all objects of a day begin with.
func folderOf(day time.Time) string { return "activity/" + day.UTC().Format(time.DateOnly) + "/" }

// digest returns what stands for a principal in a name.
func digest(principal string) string {
	sum := sha256.Sum256([]byte(principal))
	return hex.EncodeToString(sum[:16])
}

// take returns what was recorded since the last take, and the number of calls that
// were lost.
func (r *Recorder) take() (all []*record, lost int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, g := range r.pending {
		all = append(all, g)
	}
	lost = r.lost
	clear(r.pending)
	r.held, r.lost = 0, 0
	return all, lost
}

// recorded returns copies of what is in memory of a day and a principal, or of all
// principals for "".
func (r *Recorder) recorded(day time.Time, principal string) []record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return of(r.pending, day, principal)
}
