// Package meaning has works and questions embedded, so that a search finds works by
// what a question means. It decides which libraries take part, what is sent in a day
// and how long a question waits; pkg/embed sends, pkg/shelf keeps the vectors.
package meaning

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/embed"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// All stands for every library in [Options].Libraries.
const All = "all"

// Service embeds texts: an [embed.Client].
type Service interface {
	// Model names what vectors depend on.
	Model() string
	// Embed returns the vectors of texts in their order, nil for one that has none.
	Embed(ctx context.Context, p embed.Purpose, texts []string) ([][]float32, error)
}

// Options are the choices of [New].
type Options struct {
	Service Service
	// Matryoshka says that the first dimensions of the model's vectors stand for all.
	Matryoshka bool
	// Libraries are the IDs of those whose texts may be sent, or All.
	Libraries []string
	// Budget is how many characters of works this process sends in a day (UTC), and
	// how many of questions.
	Budget int
	// Sent is called with the texts of works, and with a question in the context of its
	// call, before they are sent; nil is not.
	Sent func(context.Context, Sending)
	// Logger gets failures, without names and texts; nil gets none.
	Logger *slog.Logger
}

// Sending is what is sent to the service in one request.
type Sending struct {
	Library library.ID // of works; "" of a question
	Texts   int        // 0 of a question
	Chars   int
}

// Embeddings are the embeddings of a process. nil embeds nothing. It is safe for
// concurrent use.
type Embeddings struct {
	opts      Options
	questions *questions
	works     *spending
	now       func() time.Time // UTC

	mu   sync.Mutex // guards told
	told string     // the failure that was logged last, or "" since a success
}

// New returns the embeddings of a service.
func New(o Options) *Embeddings {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Sent == nil {
		o.Sent = func(context.Context, Sending) {}
	}
	now := func() time.Time { return time.Now().UTC() }
	return &Embeddings{opts: o, questions: newQuestions(o, now), works: newSpending(o.Budget), now: now}
}

// allows reports whether the texts of a library may be sent.
func (e *Embeddings) allows(id library.ID) bool {
	return e != nil && (slices.Contains(e.opts.Libraries, All) || slices.Contains(e.opts.Libraries, string(id)))
}

// Embedder returns what embeds the questions to a library, or nil if its texts may
// not be sent.
func (e *Embeddings) Embedder(id library.ID) shelf.Embedder {
	if !e.allows(id) {
		return nil
	}
	return e.questions
}

// tell logs a failure, unless it was the last one that was logged. "" says that
// there was none.
func (e *Embeddings) tell(level slog.Level, event string, attributes ...any) {
	e.mu.Lock()
	known := e.told == event
	e.told = event
	e.mu.Unlock()
	if !known && event != "" {
		e.opts.Logger.Log(context.Background(), level, "embeddings", append([]any{"event", event}, attributes...)...)
	}
}
