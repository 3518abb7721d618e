// Package embedded provides the library that this process keeps itself, and the
// sample library until something is imported.
package embedded

import (
	"context"
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/meaning"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/sample"
)

// SampleNotice stands in every answer from the sample library.
const SampleNotice = "this is the sample library that Stackroom carries, not the user's own, and its page numbers are its own, not those of a printed edition; " +
	"the user's works come in with: stackroom import FILE"

// Options are the choices of [New].
type Options struct {
	// Dir is the folder of the imported library, which need not exist. "" is
	// no folder: then there is only the sample library.
	Dir string
	// Sample serves the sample library until something is imported.
	Sample bool
	// Notice is that of the imported library in lists, or "".
	Notice string
	// Writable makes the imported library a [library.Writer]. The sample library is
	// none.
	Writable bool
	// Embeddings embed the works of the imported library in the background, if it
	// takes part; nil embeds none.
	Embeddings *meaning.Embeddings
}

// Provider provides [library.Local], or nothing.
type Provider struct {
	o Options

	mu     sync.Mutex
	shelf  *shelf.Shelf // nil until the folder holds a library
	looked time.Time    // when the folder last held no library

	stop func() // ends the work in the background
}

// lookEvery is the time for which a folder that holds no library is not looked at
// again. It is shorter than an import, and spares a busy server two system calls
// a call.
const lookEvery = 2 * time.Millisecond

// New returns the provider. The library is opened by the first call that needs
// it.
func New(o Options) *Provider {
	p := &Provider{o: o, stop: func() {}}
	if o.Embeddings == nil || o.Dir == "" {
		return p
	}
	ctx, cancel := context.WithCancel(context.Background())
	var background sync.WaitGroup
	background.Go(func() { o.Embeddings.Keep(ctx, library.Local, o.Dir, p.own) })
	p.stop = func() { cancel(); background.Wait() }
	return p
}

// own returns the imported library, nil until there is one.
func (p *Provider) own(ctx context.Context) (*shelf.Shelf, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.imported() {
		return nil, nil
	}
	return p.openShelf(ctx)
}

// Kinds returns [library.KindLocal].
func (*Provider) Kinds() []library.Kind { return []library.Kind{library.KindLocal} }

// Libraries returns the embedded library if it is served.
func (p *Provider) Libraries(ctx context.Context) ([]library.Info, error) {
	if !p.serves() {
		return nil, nil
	}
	info, err := p.Info(ctx)
	if err != nil {
		return nil, err
	}
	return []library.Info{info}, nil
}

// Open opens the embedded library. A first import replaces the sample library
// without a restart.
func (p *Provider) Open(ctx context.Context, id library.ID) (library.Reader, error) {
	if id != library.Local || !p.serves() {
		return nil, library.Errorf(library.NotFound, "no such library")
	}
	return p.open(ctx)
}

// Writes reports whether the imported library can be changed.
func (p *Provider) Writes() bool { return p.o.Writable && p.o.Dir != "" }

// Link returns "": the embedded library has no web pages.
func (*Provider) Link(library.ItemID) string { return "" }

// Ready returns why the library that is served can't be read, or nil.
func (p *Provider) Ready(ctx context.Context) error {
	_, err := p.Libraries(ctx)
	return err
}

// Info describes the imported library, or the sample library until then,
// served or not.
func (p *Provider) Info(ctx context.Context) (library.Info, error) {
	r, err := p.open(ctx)
	if err != nil {
		return library.Info{}, err
	}
	info, err := r.Info(ctx)
	if p.o.Notice != "" {
		info.Notice = p.o.Notice
	}
	return info, err
}

// Imported reports whether something was imported.
func (p *Provider) Imported() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.imported()
}

// Dir returns the folder of the imported library.
func (p *Provider) Dir() string { return p.o.Dir }

// Close ends the work in the background and closes what is open. Calls that still
// read fail.
func (p *Provider) Close() {
	p.stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shelf != nil {
		_ = p.shelf.Close() // read only: nothing can be lost
	}
}

// serves reports whether there is a library to serve.
func (p *Provider) serves() bool { return p.o.Sample || p.Imported() }

// imported reports whether something was imported; p.mu is held.
func (p *Provider) imported() bool {
	switch {
	case p.shelf != nil:
		return true
	case p.o.Dir == "" || time.Since(p.looked) < lookEvery:
		return false
	case shelf.Exists(p.o.Dir):
		return true
	}
	p.looked = time.Now()
	return false
}

// open returns the imported library, or the sample library until then.
func (p *Provider) open(ctx context.Context) (library.Reader, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.imported() {
		s, err := p.openShelf(ctx)
		if err != nil {
			return nil, err
		}
		if p.o.Writable {
			return writer{shelf.NewWriter(s)}, nil
		}
		return s, nil
	}
	s, err := sampleShelf()
	if err != nil {
		return nil, err
	}
	return sampleLibrary{s}, nil
}

// openShelf returns the imported library; p.mu is held. The sample library
// stays open for calls that still read it.
func (p *Provider) openShelf(ctx context.Context) (*shelf.Shelf, error) {
	if p.shelf == nil {
		s, err := shelf.Open(ctx, p.o.Dir, shelf.WithEmbedder(p.o.Embeddings.Embedder(library.Local)))
		if err != nil {
			return nil, err
		}
		p.shelf = s
	}
	return p.shelf, nil
}

// sampleShelf returns the sample library, which all providers of a process share: it
// never changes, and stays open. The first call builds it in memory.
var sampleShelf = sync.OnceValues(func() (*shelf.Shelf, error) { //nolint:gochecknoglobals // as above
	works, err := sample.Works()
	if err != nil {
		return nil, err
	}
	return shelf.FromWorks(context.Background(), sample.Name, works, shelf.WithNotice(SampleNotice))
})

// sampleLibrary is the sample library, with its notice.
type sampleLibrary struct{ *shelf.Shelf }

// Notice returns what every answer from the library says.
func (sampleLibrary) Notice() string { return SampleNotice }
