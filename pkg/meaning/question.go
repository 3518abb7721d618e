package meaning

import (
	"context"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/singleflight"

	"github.com/stackroom-mcp/stackroom/pkg/cache"
	"github.com/stackroom-mcp/stackroom/pkg/embed"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// QuestionWait is how long a question waits for its vector.
const QuestionWait = 150 * time.Millisecond

// A question whose vector comes later has it the next time it is asked, if it comes
// within lateWait. At most mostAsked are asked for at a time.
const (
	lateWait  = 10 * time.Second
	mostAsked = 16
)

// mostKept is how many vectors of questions are kept, some 1.5 KiB each.
const mostKept = 1_000

// questions embeds questions.
type questions struct {
	opts     Options
	now      func() time.Time
	kept     *cache.Cache[[]float32]
	flight   singleflight.Group
	asked    chan struct{} // holds a value for each that is asked for
	spending *spending
}

var _ shelf.Embedder = (*questions)(nil)

func newQuestions(o Options, now func() time.Time) *questions {
	return &questions{
		opts: o, now: now, spending: newSpending(o.Budget), asked: make(chan struct{}, mostAsked),
		kept: cache.New[[]float32](mostKept),
	}
}

// Model implements [shelf.Embedder].
func (q *questions) Model() string { return q.opts.Service.Model() }

// Matryoshka implements [shelf.Embedder].
func (q *questions) Matryoshka() bool { return q.opts.Matryoshka }

// Question implements [shelf.Embedder].
func (q *questions) Question(ctx context.Context, text string) ([]float32, error) {
	if v, ok := q.kept.Get(text); ok {
		return v, nil
	}
	late := library.Errorf(library.Unavailable, "the embedding service did not answer within %d ms", QuestionWait.Milliseconds())
	flight := q.flight.DoChan(text, func() (any, error) {
		select {
		case q.asked <- struct{}{}:
			defer func() { <-q.asked }()
		default:
			return nil, late
		}
		return q.ask(context.WithoutCancel(ctx), text)
	})
	timer := time.NewTimer(QuestionWait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timer.C:
		return nil, late
	case done := <-flight:
		if done.Err != nil {
			return nil, done.Err
		}
		return done.Val.([]float32), nil
	}
}

// ask asks the service for the vector of a question, and keeps it.
func (q *questions) ask(ctx context.Context, text string) ([]float32, error) {
	chars := utf8.RuneCountInString(text)
	if !q.spending.take(q.now(), "", chars) {
		return nil, library.Errorf(library.Unavailable, "what may be sent to the embedding service today has been sent")
	}
	q.opts.Sent(ctx, Sending{Chars: chars})
	ctx, cancel := context.WithTimeout(ctx, lateWait)
	defer cancel()
	vectors, err := q.opts.Service.Embed(ctx, embed.Question, []string{text})
	if err != nil {
		return nil, err
	}
	if len(vectors) != 1 || len(vectors[0]) == 0 {
		return nil, library.Errorf(library.Unavailable, "the embedding service has no vector for the question")
	}
	q.kept.Set(text, vectors[0])
	return vectors[0], nil
}
