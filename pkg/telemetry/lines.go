package telemetry

import (
	"io"
	"sync"
	"time"
)

// Bounds of [Lines].
const (
	// linesBytes is the number of buffered bytes beyond which Write blocks.
	linesBytes = 1 << 20
	// linesPause is the time between two writes: a busy server writes twenty
	// times a second, not once a line.
	linesPause = 50 * time.Millisecond
)

// Lines buffers lines for a slow writer, such as a pipe, so that callers of
// Write do not wait for it. It writes a line at once if it wrote none in the last
// twentieth of a second, and otherwise within that time, together with others.
// It drops no line: while the buffer is full, Write blocks. A process that is
// killed loses the buffer; one that stops calls [Lines.Close].
type Lines struct {
	w     io.Writer
	wake  chan struct{} // holds one token while there are lines to write
	stop  chan struct{}
	ended chan struct{}

	writing chan struct{} // holds one token while a goroutine writes to w

	mu            sync.Mutex
	drained       *sync.Cond
	buffer, spare []byte
	closed        bool
	err           error // the first of w
}

// NewLines returns a Lines that writes to w. The caller closes it.
func NewLines(w io.Writer) *Lines {
	l := &Lines{w: w, writing: make(chan struct{}, 1), wake: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{})}
	l.drained = sync.NewCond(&l.mu)
	go l.run()
	return l
}

// Write takes whole lines. Its error is that of an earlier write to the
// underlying writer, whose lines are lost. After [Lines.Close] it writes at once.
func (l *Lines) Write(lines []byte) (int, error) {
	l.mu.Lock()
	for len(l.buffer) > linesBytes && !l.closed {
		l.drained.Wait()
	}
	first := len(l.buffer) == 0
	l.buffer = append(l.buffer, lines...)
	closed, err := l.closed, l.err
	l.mu.Unlock()
	if closed {
		return len(lines), l.Flush()
	}
	if first {
		select {
		case l.wake <- struct{}{}:
		default: // run is awake
		}
	}
	return len(lines), err
}

// Flush writes what is buffered. It returns the first error of the underlying
// writer, of this write or an earlier one.
func (l *Lines) Flush() error {
	l.writing <- struct{}{}
	defer func() { <-l.writing }()
	l.mu.Lock()
	out := l.buffer
	l.buffer = l.spare[:0]
	l.drained.Broadcast()
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

// Close writes what is buffered and stops buffering. It returns the first error
// of the underlying writer.
func (l *Lines) Close() error {
	l.mu.Lock()
	already := l.closed
	l.closed = true
	l.drained.Broadcast()
	l.mu.Unlock()
	if !already {
		close(l.stop)
	}
	<-l.ended
	return l.Flush()
}

// run writes what is buffered, with pauses.
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
		_ = l.Flush() // l.err keeps the error for the next Write
		pause.Reset(linesPause)
		select {
		case <-l.stop:
			return
		case <-pause.C:
		}
	}
}
