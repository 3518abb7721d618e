package main

import (
	"context"
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/sample"
)

// libraries are what this process serves: the embedded library once something
// was imported, and the sample library until then.
type libraries struct {
	dir string

	mu     sync.Mutex
	shelf  *shelf.Shelf // nil until the folder holds a library
	sample *shelf.Shelf // nil once it does
}

// sampleNotice tells assistants whose library it is that they read.
const sampleNotice = "This is the sample library that Stackroom carries. The user's own works come in with: stackroom import FILE"

// openLibraries opens the library in dir, or the sample library if there is
// none yet.
func openLibraries(ctx context.Context, dir string) (*libraries, error) {
	l := &libraries{dir: dir}
	_, err := l.local(ctx)
	return l, err
}

// local returns the embedded library. A first import takes the sample
// library's place without a restart.
func (l *libraries) local(ctx context.Context) (library.Reader, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shelf != nil {
		return l.shelf, nil
	}
	if shelf.Exists(l.dir) {
		s, err := shelf.Open(ctx, l.dir)
		if err != nil {
			return nil, err
		}
		l.shelf = s
		return s, nil // the sample library stays open for calls that still read it
	}
	if l.sample == nil {
		works, err := sample.Works()
		if err != nil {
			return nil, err
		}
		if l.sample, err = shelf.FromWorks(ctx, sample.Name, works, shelf.WithNotice(sampleNotice)); err != nil {
			return nil, err
		}
	}
	return l.sample, nil
}

// List returns what the caller may see.
func (l *libraries) List(ctx context.Context) ([]library.Info, error) {
	r, err := l.local(ctx)
	if err != nil {
		return nil, err
	}
	info, err := r.Info(ctx)
	if err != nil {
		return nil, err
	}
	return []library.Info{info}, nil
}

// Open returns one library that the caller may see.
func (l *libraries) Open(ctx context.Context, id library.ID) (library.Reader, error) {
	if id != library.Local {
		return nil, library.Errorf(library.NotFound, "no such library").WithHint("list_libraries names those that there are")
	}
	return l.local(ctx)
}

// ready says why no question can be answered yet, or nil.
func (l *libraries) ready(ctx context.Context) error {
	_, err := l.List(ctx)
	return err
}

// Close closes what is open.
func (l *libraries) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range []*shelf.Shelf{l.shelf, l.sample} {
		if s != nil {
			_ = s.Close() // read only: nothing can be lost
		}
	}
}
