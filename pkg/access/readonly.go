package access

import (
	"context"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// noticer is a library with a notice in every answer.
type noticer interface{ Notice() string }

// readOnly returns the library without the right to write. The result has the
// methods of [library.Reader], and the notice where the library has one, but no
// others: what writes is out of reach.
func readOnly(r library.Reader) library.Reader {
	if n, ok := r.(noticer); ok {
		return noticedReader{reader{r}, n}
	}
	return reader{r}
}

// reader is a library that the caller may only read.
type reader struct{ library.Reader }

// Info implements [library.Reader].
func (r reader) Info(ctx context.Context) (library.Info, error) {
	info, err := r.Reader.Info(ctx)
	info.MayWrite = false
	return info, err
}

// Statistics implements [library.Ranked]; nil if the library doesn't.
func (r reader) Statistics(ctx context.Context, q library.Query) (*library.Statistics, error) {
	if ranked, ok := r.Reader.(library.Ranked); ok {
		return ranked.Statistics(ctx, q)
	}
	return nil, nil
}

// Feedback implements [library.Ranked]; none if the library doesn't.
func (r reader) Feedback(ctx context.Context, q library.Query) ([]library.Feedback, error) {
	if ranked, ok := r.Reader.(library.Ranked); ok {
		return ranked.Feedback(ctx, q)
	}
	return nil, nil
}

// Nearest implements [library.Nearer]; none if the library doesn't.
func (r reader) Nearest(ctx context.Context, kind library.NameKind, name string) ([]library.Name, error) {
	if nearer, ok := r.Reader.(library.Nearer); ok {
		return nearer.Nearest(ctx, kind, name)
	}
	return nil, nil
}

// Counts implements [library.Counted]; [library.Unavailable] if the library doesn't.
func (r reader) Counts(ctx context.Context, q library.Query) (library.Counts, error) {
	if counted, ok := r.Reader.(library.Counted); ok {
		return counted.Counts(ctx, q)
	}
	return library.Counts{}, library.Errorf(library.Unavailable, "the library does not count its works")
}

// Each implements [library.Whole]; [library.Unavailable] if the library doesn't.
func (r reader) Each(ctx context.Context, yield func(*library.Item) error) (library.Page[*library.Item], error) {
	if whole, ok := r.Reader.(library.Whole); ok {
		return whole.Each(ctx, yield)
	}
	return library.Page[*library.Item]{}, library.Errorf(library.Unavailable, "the library does not give all its works")
}

// noticedReader is a [reader] of a library with a notice.
type noticedReader struct {
	reader
	noticer
}
