package bucket

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// source is a token source that waits until it is released.
type source struct {
	release chan struct{}
	asked   atomic.Int64
	err     error
}

func (s *source) Token() (*oauth2.Token, error) {
	s.asked.Add(1)
	<-s.release
	return &oauth2.Token{AccessToken: "t"}, s.err
}

func TestTokens_WaitNoLongerThanTheCall(t *testing.T) {
	s := &source{release: make(chan struct{})}
	tokens := newTokens(s)
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		start := time.Now()
		if _, err := tokens.get(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		cancel()
	}
	if s.asked.Load() != 1 {
		t.Errorf("%d requests at once", s.asked.Load())
	}
	close(s.release)
	if token, err := tokens.get(t.Context()); err != nil || token.AccessToken != "t" {
		t.Errorf("%v, %v", token, err)
	}
	s.err = errors.New("no account")
	if _, err := tokens.get(t.Context()); !errors.Is(err, s.err) {
		t.Error(err)
	}
}
