package telemetry

import (
	"io"
	"sync"
	"time"
)

// Bounds of [Lines].
const (
	// linesBytes may wait; whoever writes more waits until they are written.
	linesBytes = 1 << 20
	// linesPause is between two writes, so that a busy server makes twenty a
	// second and not one for each line.
	linesPause = 50 * time.Millisecond
)

// Lines writes lines to a slow place, such as a pipe, without keeping the
// writers: what they write is collected and handed on together, at once if
// nothing was written lately and within a twentieth of a second otherwise.
// Nothing is dropped: when too much is waiting, writers wait. A process that
// is killed loses what waits; one that stops calls [Lines.Close].
type Lines struct {
	w     io.Writer
	wake  chan struct{} // holds one token while something waits
	stop  chan struct{}
	ended chan struct{}

	turn chan struct{} // holds one token while somebody writes to w

	mu             sync.Mutex
	room           *sync.Cond
	waiting, spare []byte
	closed         bool
	err            error // the first of w
}

// NewLines returns a Lines that writes to w. The caller closes it.
func NewLines(w io.Writer) *Lines {
	l := &Lines{w: w, turn: make(chan struct{}, 1), wake: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{})}
	l.room = sync.NewCond(&l.mu)
	go l.run()
	return l
}

// Write takes whole lines. Its error is that of an earlier write; lines that
// can't be written are lost. After [Lines.Close] it writes at once.
func (l *Lines) Write(lines []byte) (int, error) {
	l.mu.Lock()
	for len(l.waiting) > linesBytes && !l.closed {
		l.room.Wait()
	}
	first := len(l.waiting) == 0
	l.waiting = append(l.waiting, lines...)
	closed, err := l.closed, l.err
	l.mu.Unlock()
	if closed {
		return len(lines), l.Flush()
	}
	if first {
		select {
		case l.wake <- struct{}{}:
		default: // it is awake already
		}
	}
	return len(lines), err
}

// Flush returns when all that was written before is written on. Its error is
// the first that there was.
func (l *Lines) Flush() error {
	l.turn <- struct{}{}
	defer func() { <-l.turn }()
	l.mu.Lock()
	out := l.waiting
	l.waiting = l.spare[:0]
	l.room.Broadcast()
	l.mu.Unlock()
	var err error
	if len(out) > 0 {
		_, err = l.w.Write(out)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spare = out
	if l.err == nil {
		l.err = err
	}
	return l.err
}

// Close writes on all that waits. Its error is the first that there was.
func (l *Lines) Close() error {
	l.mu.Lock()
	already := l.closed
	l.closed = true
	l.room.Broadcast()
	l.mu.Unlock()
	if !already {
		close(l.stop)
	}
	<-l.ended
	return l.Flush()
}

// run writes on what waits, with pauses.
func (l *Lines) run() {
	defer close(l.ended)
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-l.wake:
		}
		_ = l.Flush() // kept, and told to the next who writes
		pause.Reset(linesPause)
		select {
		case <-l.stop:
			return
		case <-pause.C:
		}
	}
}
