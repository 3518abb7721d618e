package telemetry

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipe is a slow writer.
type pipe struct {
	log
	writes int
	slow   time.Duration
	err    error
}

func (p *pipe) Write(b []byte) (int, error) {
	time.Sleep(p.slow)
	p.writes++
	if p.err != nil {
		return 0, p.err
	}
	return p.log.Write(b)
}

func TestLines_WritesTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipe{}
		l := NewLines(p)
		write := func(s string) {
			if _, err := l.Write([]byte(s)); err != nil {
				t.Error(err)
			}
		}
		write("one\n")
		synctest.Wait()
		if got := p.b.String(); got != "one\n" {
			t.Errorf("a single line is not written at once: %q", got)
		}
		for range 1000 {
			write("more\n")
		}
		time.Sleep(linesPause)
		synctest.Wait()
		if got := strings.Count(p.b.String(), "\n"); got != 1001 || p.writes > 3 {
			t.Errorf("%d lines in %d writes", got, p.writes)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestLines_CloseAndFlush(t *testing.T) {
	for _, end := range []func(*Lines) error{(*Lines).Close, (*Lines).Flush} {
		synctest.Test(t, func(t *testing.T) {
			p := &pipe{slow: time.Millisecond}
			l := NewLines(p)
			for range 100 {
				if _, err := l.Write([]byte("line\n")); err != nil {
					t.Error(err)
				}
			}
			if err := end(l); err != nil {
				t.Error(err)
			}
			if got := strings.Count(p.b.String(), "\n"); got != 100 {
				t.Errorf("%d lines of 100", got)
			}
			if err := l.Close(); err != nil { // a second time for Close
				t.Error(err)
			}
			if _, err := l.Write([]byte("late\n")); err != nil || !strings.HasSuffix(p.b.String(), "late\n") {
				t.Errorf("a line after Close is lost: %v", err)
			}
		})
	}
}

func TestLines_BlocksWhenFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipe{slow: time.Second}
		l := NewLines(p)
		line := append(bytes.Repeat([]byte("x"), 1023), '\n')
		began := time.Now()
		const n = 4 * linesBytes / 1024
		for range n {
			if _, err := l.Write(line); err != nil {
				t.Error(err)
			}
		}
		if waited := time.Since(began); waited < time.Second {
			t.Errorf("Write did not block: %v", waited)
		}
		if waiting := len(l.buffer); waiting > linesBytes+len(line) {
			t.Errorf("%d bytes are buffered", waiting)
		}
		if err := l.Close(); err != nil || p.b.Len() != n*len(line) {
			t.Errorf("%d bytes of %d: %v", p.b.Len(), n*len(line), err)
		}
	})
}

func TestLines_ReportsErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("the pipe is gone")
		l := NewLines(&pipe{err: broken})
		if _, err := l.Write([]byte("lost\n")); err != nil {
			t.Errorf("the error comes before the write: %v", err)
		}
		synctest.Wait()
		if _, err := l.Write([]byte("next\n")); !errors.Is(err, broken) {
			t.Errorf("the next writer got %v", err)
		}
		if err := l.Close(); !errors.Is(err, broken) {
			t.Errorf("Close gave %v", err)
		}
	})
}
