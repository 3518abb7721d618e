package resolve

import (
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/cache"
)

// Bounds of what is kept.
const (
	maxKept = 5_000 // answers
	keepFor = 6 * time.Hour
)

// memory keeps what services answered. A kept answer without works says that the
// service does not have it.
type memory struct{ answers *cache.Cache[kept] }

type kept struct {
	works []*Work
	at    time.Time
}

func newMemory() *memory { return &memory{cache.New[kept](maxKept)} }

func (m *memory) get(s Service, question string) (works []*Work, ok bool) {
	k, ok := m.answers.Get(string(s) + " " + question)
	return k.works, ok && time.Since(k.at) < keepFor
}

func (m *memory) put(s Service, question string, works ...*Work) {
	m.answers.Set(string(s)+" "+question, kept{works, time.Now()})
}
