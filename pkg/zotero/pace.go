package zotero

import (
	"context"
	"sync"
	"time"
)

// What a call that reads part of a library may take to be followed by more at
// a time, and what is so slow that there should be fewer.
const (
	quickCall = time.Second
	slowCall  = 4 * time.Second
)

// pace bounds the calls that reading libraries makes at a time, so that
// questions that need one call find room beside it. It begins with one, adds
// one for each that was answered quickly, and takes one away for each that was
// not: a server that is slow, or in trouble, is asked one thing at a time.
type pace struct {
	places chan struct{} // holds what is taken, and what is held back

	mu   sync.Mutex
	held int // places held back
}

// newPace returns a pace of at most so many calls at a time, at least one.
func newPace(most int) *pace {
	p := &pace{places: make(chan struct{}, max(1, most)), held: max(1, most) - 1}
	for range p.held {
		p.places <- struct{}{}
	}
	return p
}

// enter waits for a place.
func (p *pace) enter(ctx context.Context) error {
	select {
	case p.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave gives a place back after a call that took so long, or failed.
func (p *pace) leave(took time.Duration, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case (err != nil || took > slowCall) && p.held < cap(p.places)-1:
		p.held++ // and keeps the place
		return
	case err == nil && took < quickCall && p.held > 0:
		p.held--
		<-p.places
	}
	<-p.places
}
