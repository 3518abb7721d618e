package resolve

import (
	"time"

	"github.com/maypok86/otter/v2"
)

// Bounds of what is kept.
const (
	maxKept = 5_000 // answers
	keepFor = 6 * time.Hour
)

// cache keeps what services answered. A kept answer without works says that the
// service does not have it.
type cache struct{ answers memory }

// memory is an [otter.Cache]. Importers of this package would compile the methods of
// that type again, for seconds each, if they could reach it.
type memory interface {
	GetIfPresent(question string) (kept, bool)
	Set(question string, k kept) (kept, bool)
}

type kept struct {
	works []*Work
	at    time.Time
}

func newCache() *cache {
	return &cache{otter.Must(&otter.Options[string, kept]{MaximumSize: maxKept})}
}

func (c *cache) get(s Service, question string) (works []*Work, ok bool) {
	k, ok := c.answers.GetIfPresent(string(s) + " " + question)
	return k.works, ok && time.Since(k.at) < keepFor
}

func (c *cache) put(s Service, question string, works ...*Work) {
	c.answers.Set(string(s)+" "+question, kept{works, time.Now()})
}
