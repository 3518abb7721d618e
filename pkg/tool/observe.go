package tool

import (
	"context"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// touch tells the audit which items of a list the caller was given: the first n.
func (c *call) touch(ctx context.Context, n int, id func(i int) library.ItemID) {
	if c.touched == nil || n == 0 {
		return
	}
	items := make([]string, n)
	for i := range items {
		items[i] = id(i).String()
	}
	c.touched(ctx, items...)
}

// Noticer is a library that has to be told of in every answer from it.
type Noticer interface {
	library.Reader
	// Notice returns what the answers say: our words, not the library's.
	Notice() string
}

// readers are the libraries that a call has opened. It is safe for concurrent
// use.
type readers struct {
	mu   sync.Mutex
	byID map[library.ID]library.Reader
}

func (r *readers) get(id library.ID) library.Reader {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byID[id]
}

func (r *readers) put(id library.ID, reader library.Reader) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byID == nil {
		r.byID = make(map[library.ID]library.Reader)
	}
	r.byID[id] = reader
}

// reader opens one of the caller's libraries, once in a call.
func (c *call) reader(ctx context.Context, id library.ID) (library.Reader, error) {
	if r := c.opened.get(id); r != nil {
		return r, nil
	}
	r, err := c.libs.Open(ctx, id)
	if err != nil {
		return nil, err
	}
	if n, ok := r.(Noticer); ok {
		c.standing.add("library " + string(id) + ": " + n.Notice())
	}
	if c.touched != nil {
		c.touched(ctx, string(id))
	}
	if trace.SpanFromContext(ctx).IsRecording() {
		r = tracedLibrary(r, id)
	}
	c.opened.put(id, r)
	return r, nil
}

// tracedReader gives each call of a library a span, in the trace that the call
// is in. A span says which library was asked for what kind of thing, and how
// that ended; nothing of what was asked or found.
type tracedReader struct {
	reader library.Reader
	id     library.ID
}

// tracedLibrary returns the library with spans: a writer if it is one, with files if it
// has or stores them.
func tracedLibrary(r library.Reader, id library.ID) library.Reader {
	reader := tracedReader{r, id}
	switch l := r.(type) {
	case library.FileStore:
		return &tracedStore{tracedFiles{tracedWriter{reader, l}, l}, l}
	case library.Files:
		return &tracedFiles{tracedWriter{reader, l}, l}
	case library.Writer:
		return &tracedWriter{reader, l}
	}
	return &reader
}

// traceScope names the code that makes the spans.
const traceScope = "github.com/stackroom-mcp/stackroom/pkg/tool"

// traced makes one call.
func traced[T any](ctx context.Context, id library.ID, name string, do func(context.Context) (T, error)) (T, error) {
	tracer := trace.SpanFromContext(ctx).TracerProvider().Tracer(traceScope)
	ctx, span := tracer.Start(ctx, "library "+name, trace.WithAttributes(attribute.String("stackroom.library.id", string(id))))
	defer span.End()
	out, err := do(ctx)
	if err != nil {
		e := library.AsError(err)
		span.SetAttributes(attribute.String("error.type", string(e.Code)))
		span.SetStatus(codes.Error, e.Message)
	}
	return out, err
}

func (r *tracedReader) Info(ctx context.Context) (library.Info, error) {
	return traced(ctx, r.id, "info", r.reader.Info)
}

func (r *tracedReader) Search(ctx context.Context, q library.Query) (library.Page[library.Hit], error) {
	return traced(ctx, r.id, "search", func(ctx context.Context) (library.Page[library.Hit], error) { return r.reader.Search(ctx, q) })
}

// Statistics implements [library.Ranked]; nil if the library doesn't.
func (r *tracedReader) Statistics(ctx context.Context, q library.Query) (*library.Statistics, error) {
	ranked, ok := r.reader.(library.Ranked)
	if !ok {
		return nil, nil
	}
	return traced(ctx, r.id, "statistics", func(ctx context.Context) (*library.Statistics, error) { return ranked.Statistics(ctx, q) })
}

// Feedback implements [library.Ranked]; none if the library doesn't.
func (r *tracedReader) Feedback(ctx context.Context, q library.Query) ([]library.Feedback, error) {
	ranked, ok := r.reader.(library.Ranked)
	if !ok {
		return nil, nil
	}
	return traced(ctx, r.id, "feedback", func(ctx context.Context) ([]library.Feedback, error) { return ranked.Feedback(ctx, q) })
}

func (r *tracedReader) Items(ctx context.Context, keys []string) (library.Page[*library.Item], error) {
	return traced(ctx, r.id, "items", func(ctx context.Context) (library.Page[*library.Item], error) { return r.reader.Items(ctx, keys) })
}

// Counts implements [library.Counted]; unavailable if the library doesn't.
func (r *tracedReader) Counts(ctx context.Context, q library.Query) (library.Counts, error) {
	return traced(ctx, r.id, "counts", func(ctx context.Context) (library.Counts, error) { return countsOf(ctx, r.reader, q) })
}

// Each implements [library.Whole]; unavailable if the library doesn't.
func (r *tracedReader) Each(ctx context.Context, yield func(*library.Item) error) (library.Page[*library.Item], error) {
	return traced(ctx, r.id, "each", func(ctx context.Context) (library.Page[*library.Item], error) { return eachOf(ctx, r.reader, yield) })
}

// Nearest implements [library.Nearer]; none if the library doesn't.
func (r *tracedReader) Nearest(ctx context.Context, kind library.NameKind, name string) ([]library.Name, error) {
	nearer, ok := r.reader.(library.Nearer)
	if !ok {
		return nil, nil
	}
	return traced(ctx, r.id, "nearest", func(ctx context.Context) ([]library.Name, error) { return nearer.Nearest(ctx, kind, name) })
}

func (r *tracedReader) Text(ctx context.Context, key string, q library.TextQuery) (library.Text, error) {
	return traced(ctx, r.id, "text", func(ctx context.Context) (library.Text, error) { return r.reader.Text(ctx, key, q) })
}

func (r *tracedReader) Passages(ctx context.Context, key string, q library.PassageQuery) (library.Page[library.Passage], error) {
	return traced(ctx, r.id, "passages", func(ctx context.Context) (library.Page[library.Passage], error) {
		return r.reader.Passages(ctx, key, q)
	})
}

func (r *tracedReader) Collections(ctx context.Context) (library.Page[library.Collection], error) {
	return traced(ctx, r.id, "collections", r.reader.Collections)
}

func (r *tracedReader) Tags(ctx context.Context, q library.TagQuery) (library.Page[library.Tag], error) {
	return traced(ctx, r.id, "tags", func(ctx context.Context) (library.Page[library.Tag], error) { return r.reader.Tags(ctx, q) })
}

func (r *tracedReader) Changes(ctx context.Context, q library.ChangeQuery) (library.Page[library.Change], error) {
	return traced(ctx, r.id, "changes", func(ctx context.Context) (library.Page[library.Change], error) { return r.reader.Changes(ctx, q) })
}

// tracedWriter gives the calls that write spans too.
type tracedWriter struct {
	tracedReader
	writer library.Writer
}

func (w *tracedWriter) NewKey() string { return w.writer.NewKey() }

func (w *tracedWriter) Objects(ctx context.Context, kind library.ObjectKind, keys []string) ([]library.Object, error) {
	return traced(ctx, w.id, "objects", func(ctx context.Context) ([]library.Object, error) { return w.writer.Objects(ctx, kind, keys) })
}

func (w *tracedWriter) Write(ctx context.Context, b library.Batch) ([]library.Outcome, error) {
	return traced(ctx, w.id, "write", func(ctx context.Context) ([]library.Outcome, error) { return w.writer.Write(ctx, b) })
}

// tracedFiles gives the readings of files spans too.
type tracedFiles struct {
	tracedWriter
	files library.Files
}

func (w *tracedFiles) File(ctx context.Context, key string, most int64) ([]byte, error) {
	return traced(ctx, w.id, "file", func(ctx context.Context) ([]byte, error) { return w.files.File(ctx, key, most) })
}

// tracedStore gives the storings of files spans too.
type tracedStore struct {
	tracedFiles
	store library.FileStore
}

func (w *tracedStore) Attach(ctx context.Context, key string, f library.File) error {
	_, err := traced(ctx, w.id, "attach", func(ctx context.Context) (struct{}, error) { return struct{}{}, w.store.Attach(ctx, key, f) })
	return err
}

// countsOf counts the works of a library.
func countsOf(ctx context.Context, r library.Reader, q library.Query) (library.Counts, error) {
	c, ok := r.(library.Counted)
	if !ok {
		return library.Counts{}, library.Errorf(library.Unavailable, "the library does not count its works")
	}
	return c.Counts(ctx, q)
}

// eachOf calls yield with every work of a library.
func eachOf(ctx context.Context, r library.Reader, yield func(*library.Item) error) (library.Page[*library.Item], error) {
	w, ok := r.(library.Whole)
	if !ok {
		return library.Page[*library.Item]{}, library.Errorf(library.Unavailable, "the library does not give all its works")
	}
	return w.Each(ctx, yield)
}
