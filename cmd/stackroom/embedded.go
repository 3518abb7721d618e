package main

import (
	"context"
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/sample"
)

// sampleNotice tells assistants whose library they read, in every answer.
const sampleNotice = "this is the sample library that Stackroom carries, not the user's own, and its page numbers are its own, not those of a printed edition; " +
	"the user's works come in with: stackroom import FILE"

// embedded is the embedded library once something was imported, and the
// sample library until then.
type embedded struct {
	dir string

	mu     sync.Mutex
	shelf  *shelf.Shelf   // nil until the folder holds a library
	sample *sampleLibrary // nil until it is read
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

// sampleLibrary is the sample library, which lives in memory.
type sampleLibrary struct{ *shelf.Shelf }

// openSample returns the sample library.
func openSample(ctx context.Context) (*sampleLibrary, error) {
	works, err := sample.Works()
	if err != nil {
		return nil, err
	}
	s, err := shelf.FromWorks(ctx, sample.Name, works, shelf.WithNotice(sampleNotice))
	if err != nil {
		return nil, err
	}
	return &sampleLibrary{s}, nil
}

// Notice implements [tool.Noticer].
func (*sampleLibrary) Notice() string { return sampleNotice }

// Close closes what is open.
func (e *embedded) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.shelf != nil {
		_ = e.shelf.Close() // read only: nothing can be lost
	}
	if e.sample != nil {
		_ = e.sample.Close()
	}
}
