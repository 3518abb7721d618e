package main

import (
	"context"
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/sample"
)

// sampleNotice tells assistants whose library it is that they read.
const sampleNotice = "This is the sample library that Stackroom carries. The user's own works come in with: stackroom import FILE"

// embedded is the embedded library once something was imported, and the
// sample library until then.
type embedded struct {
	dir string

	mu     sync.Mutex
	shelf  *shelf.Shelf // nil until the folder holds a library
	sample *shelf.Shelf // nil until it is read
}

// exists reports whether something was imported.
func (e *embedded) exists() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.shelf != nil || shelf.Exists(e.dir)
}

// info describes the library.
func (e *embedded) info(ctx context.Context) (library.Info, error) {
	r, err := e.reader(ctx)
	if err != nil {
		return library.Info{}, err
	}
	return r.Info(ctx)
}

// reader returns the library. A first import takes the sample library's place
// without a restart.
func (e *embedded) reader(ctx context.Context) (library.Reader, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.shelf != nil {
		return e.shelf, nil
	}
	if shelf.Exists(e.dir) {
		s, err := shelf.Open(ctx, e.dir)
		if err != nil {
			return nil, err
		}
		e.shelf = s
		return s, nil // the sample library stays open for calls that still read it
	}
	if e.sample == nil {
		s, err := openSample(ctx)
		if err != nil {
			return nil, err
		}
		e.sample = s
	}
	return e.sample, nil
}

// openSample returns the sample library, which lives in memory.
func openSample(ctx context.Context) (*shelf.Shelf, error) {
	works, err := sample.Works()
	if err != nil {
		return nil, err
	}
	return shelf.FromWorks(ctx, sample.Name, works, shelf.WithNotice(sampleNotice))
}

// Close closes what is open.
func (e *embedded) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range []*shelf.Shelf{e.shelf, e.sample} {
		if s != nil {
			_ = s.Close() // read only: nothing can be lost
		}
	}
}
