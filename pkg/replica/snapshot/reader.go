package snapshot

import (
	"context"
	"io"

	"github.com/stackroom-mcp/stackroom/pkg/replica"
)

// ahead is how many pieces of a file are read before they are asked for.
const ahead = 3

// reader reads the pieces of a file in order, some of them ahead.
type reader struct {
	ctx    context.Context
	next   <-chan chan fetched // of the pieces, in order
	rest   []byte              // of the present piece
	failed *error              // where to leave the first error
	stop   context.CancelFunc
}

// fetched is a piece that was read.
type fetched struct {
	data []byte
	err  error
}

// reader returns a reader of a file. It leaves the error of a piece in failed,
// too.
func (s *Store) reader(ctx context.Context, name replica.Name, file string, pieces []piece, failed *error) io.ReadCloser {
	ctx, stop := context.WithCancel(ctx)
	next := make(chan chan fetched, ahead-1)
	go func() {
		defer close(next)
		var offset int64
		for _, p := range pieces {
			one, at := make(chan fetched, 1), offset
			offset += p.Size
			select {
			case next <- one:
			case <-ctx.Done():
				return
			}
			go func() {
				data, err := s.getPiece(ctx, name, file, at, p)
				one <- fetched{data, err}
			}()
		}
	}()
	return &reader{ctx: ctx, next: next, failed: failed, stop: stop}
}

// Read implements [io.Reader].
func (r *reader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		one, ok := <-r.next
		switch {
		case !ok && r.ctx.Err() != nil: // not the end of the file
			return 0, r.ctx.Err()
		case !ok:
			return 0, io.EOF
		}
		f := <-one
		if f.err != nil {
			*r.failed = f.err
			return 0, f.err
		}
		r.rest = f.data
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Close ends what is read ahead.
func (r *reader) Close() error {
	r.stop()
	return nil
}
