package meaning

import (
	"context"
	"fmt"
	"log/slog"
	"time"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/embed"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// A pass looks for mostPlanned works at a time, sends and stores batchWorks of them
// at a time, and ends after passTime, so that other work on the library gets its
// share.
const (
	mostPlanned = 2_000
	batchWorks  = 64
	passTime    = time.Minute
)

// How long a [Filler] waits: while nothing is left to do and the library does not
// change; while another process embeds its works; after a failure, doubled with each
// one; and after the service refused.
const (
	idle    = 24 * time.Hour
	taken   = 10 * time.Second
	failing = time.Minute
	refused = time.Hour
)

// A library that changed is looked through again after leastRest, and after
// restFactor times as long as that took: 100,000 works take about a second.
const (
	leastRest  = 5 * time.Second
	restFactor = 50
)

// spentAttribute is the shelf's attribute that says how many characters of its works
// were sent on which day, as "2026-11-29 1234".
const spentAttribute = "embedded"

// Filler has the works of one library embedded. nil embeds nothing. Its method is
// called in one goroutine.
type Filler struct {
	embeddings *Embeddings
	id         library.ID
	version    int64     // of the library when nothing was left to do; -1 before
	rest       time.Time // the library is not looked at before
	halted     time.Time // and this holds even if it changed
	failures   int       // in a row
}

// Filler returns what embeds the works of a library, or nil if they may not be sent.
func (e *Embeddings) Filler(id library.ID) *Filler {
	if !e.allows(id) {
		return nil
	}
	return &Filler{embeddings: e, id: id, version: -1}
}

// Fill embeds works of the library that have no vector, and returns how many were
// stored and after how long to call it again. It embeds only while it holds the
// lease, so that one process does so at a time. Failures are logged; what was stored
// stays. s has the library's [Embeddings.Embedder].
func (f *Filler) Fill(ctx context.Context, s *shelf.Shelf, lease func(context.Context) (release func(), held bool)) (stored int, again time.Duration) {
	if f == nil {
		return 0, idle
	}
	m, err := s.Meta(ctx)
	if err != nil {
		return 0, f.failed(ctx, err)
	}
	now := time.Now()
	if wait := f.halted.Sub(now); wait > 0 {
		return 0, wait
	}
	if wait := f.rest.Sub(now); wait > 0 {
		return 0, wait
	}
	if m.Version == f.version {
		return 0, idle
	}
	todo, err := s.Unembedded(ctx, "", 1)
	if err != nil {
		return 0, f.failed(ctx, err)
	}
	if len(todo) > 0 {
		release, held := lease(ctx)
		if !held {
			return 0, taken
		}
		defer release()
		if stored, again, err = f.pass(ctx, s); err != nil {
			return stored, f.failed(ctx, err)
		}
		if again != idle {
			f.failures = 0
			f.halted = time.Now().Add(again)
			return stored, again
		}
	}
	f.version, f.failures = m.Version, 0
	f.rest = time.Now().Add(max(leastRest, restFactor*time.Since(now)))
	return stored, idle
}

// pass embeds works until none is left, the budget is spent or passTime is over.
func (f *Filler) pass(ctx context.Context, s *shelf.Shelf) (stored int, again time.Duration, err error) {
	e := f.embeddings
	began, after := time.Now(), ""
	for {
		todo, err := s.Unembedded(ctx, after, mostPlanned)
		if err != nil || len(todo) == 0 {
			return stored, idle, err
		}
		after = todo[len(todo)-1].Key
		sent := map[string]string{} // the key of a work by its text
		for len(todo) > 0 {
			if time.Since(began) > passTime {
				return stored, 0, nil
			}
			start := time.Now()
			n, err := f.batch(ctx, s, todo[:min(len(todo), batchWorks)], sent)
			if err != nil {
				return stored, 0, err
			}
			if n == 0 {
				e.tell(slog.LevelInfo, "the budget of the day is spent; further works are embedded tomorrow")
				return stored, untilTomorrow(e.now()), nil
			}
			e.tell(slog.LevelInfo, "")
			stored, todo = stored+n, todo[n:]
			if err := pause(ctx, time.Since(start)); err != nil {
				return stored, 0, err
			}
		}
	}
}

// failed logs why works were not embedded, and returns after how long it is tried
// again. What the service refuses it will refuse for a while.
func (f *Filler) failed(ctx context.Context, err error) time.Duration {
	e, failure := f.embeddings, library.AsError(err)
	if ctx.Err() != nil {
		return failing
	}
	wait := min(max(failing<<min(f.failures, 10), failure.RetryAfter), refused)
	f.failures++
	switch failure.Code {
	case library.Unauthenticated, library.Forbidden, library.Invalid, library.NotFound:
		wait = refused
		e.tell(slog.LevelWarn, "the embedding service refuses, or its vectors can't be used; works are embedded further in an hour", "code", failure.Code, "error", failure.Message)
	default:
		e.tell(slog.LevelWarn, "works could not be embedded; it is tried again", "code", failure.Code, "error", failure.Message)
	}
	f.halted = time.Now().Add(wait)
	return wait
}

// batch embeds and stores the first of some works, as far as the budget goes, and
// returns how many. sent has the works whose texts were sent in this pass.
func (f *Filler) batch(ctx context.Context, s *shelf.Shelf, works []shelf.Unembedded, sent map[string]string) (n int, err error) {
	e := f.embeddings
	m, err := s.Meta(ctx)
	if err != nil {
		return 0, err
	}
	today := e.now()
	e.works.note(today, string(f.id), spentOn(dayOf(today), m.Attributes[spentAttribute]))
	b := batch{places: map[string]int{}}
	for n < len(works) {
		if same, ok := sent[works[n].Text]; ok && works[n].Text != "" {
			works[n].Same = same
		}
		if b.lacks(works[n]) {
			if !e.works.take(today, string(f.id), utf8.RuneCountInString(works[n].Text)) {
				break
			}
			b.add(works[n])
		}
		n++
	}
	if n == 0 {
		return 0, nil
	}
	vectors, err := f.embed(ctx, b.texts)
	if err != nil {
		return 0, err
	}
	tx, err := begin(ctx, s)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	if err := tx.PutVectors(b.vectors(works[:n], vectors)); err != nil {
		return 0, err
	}
	tx.SetAttribute(spentAttribute, fmt.Sprintf("%s %d", dayOf(today), e.works.spent(today, string(f.id))))
	if err := tx.Commit(ctx, tx.Version()); err != nil {
		return 0, err
	}
	for _, w := range works[:n] {
		if at, ok := b.places[w.Text]; ok && vectors[at] != nil {
			sent[w.Text] = w.Key
		}
	}
	return n, nil
}

// beginTries is how often a transaction is tried while another process writes, as an
// import does for minutes: what was sent would have to be sent again.
const beginTries = 100

// begin begins a transaction.
func begin(ctx context.Context, s *shelf.Shelf) (tx *shelf.Tx, err error) {
	for range beginTries {
		if tx, err = s.Begin(ctx); library.CodeOf(err) != library.Conflict {
			return tx, err
		}
		if err := pause(ctx, time.Second); err != nil {
			return nil, err
		}
	}
	return nil, err
}

// embed returns the vectors of texts; nil of none.
func (f *Filler) embed(ctx context.Context, texts []string) ([][]float32, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	chars := 0
	for _, t := range texts {
		chars += utf8.RuneCountInString(t)
	}
	opts := &f.embeddings.opts
	opts.Sent(ctx, Sending{Library: f.id, Texts: len(texts), Chars: chars})
	vectors, err := opts.Service.Embed(ctx, embed.Document, texts)
	if err == nil && len(vectors) != len(texts) {
		return nil, library.Errorf(library.Invalid, "the embedding service returned %d vectors for %d texts", len(vectors), len(texts))
	}
	return vectors, err
}

// spentOn returns how many characters were sent on a day by what the attribute says.
func spentOn(day, attribute string) int {
	var on string
	var chars int
	if n, _ := fmt.Sscanf(attribute, "%s %d", &on, &chars); n < 2 || on != day {
		return 0
	}
	return chars
}

// batch is the texts of one request, each once.
type batch struct {
	texts  []string
	places map[string]int // of each text
}

// lacks reports whether a work's text must be sent for it.
func (b *batch) lacks(w shelf.Unembedded) bool {
	_, ok := b.places[w.Text]
	return !ok && w.Same == "" && w.Text != ""
}

func (b *batch) add(w shelf.Unembedded) {
	b.places[w.Text] = len(b.texts)
	b.texts = append(b.texts, w.Text)
}

// vectors returns the works with their vectors.
func (b *batch) vectors(works []shelf.Unembedded, of [][]float32) []shelf.WorkVector {
	out := make([]shelf.WorkVector, len(works))
	for i, w := range works {
		out[i].Unembedded = w
		if at, ok := b.places[w.Text]; ok {
			out[i].Vector = of[at]
		}
	}
	return out
}

// pause leaves the processor and the service to others for as long as a batch took,
// but for a second at most.
func pause(ctx context.Context, took time.Duration) error {
	timer := time.NewTimer(min(took, time.Second))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
