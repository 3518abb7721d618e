package shelf

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/internal/vector"
)

// EmbeddedChars is the most characters of a work's title and abstract that are
// embedded.
const EmbeddedChars = 2_000

// Embedder embeds questions for the search by meaning. Its methods may be called at
// the same time.
type Embedder interface {
	// Model names what vectors depend on. Vectors of different models do not
	// compare.
	Model() string
	// Matryoshka reports whether the first dimensions of a vector stand for all.
	Matryoshka() bool
	// Question returns the vector of a question. It waits for a moment at most; the
	// message of its error says in a few words why there is none.
	Question(ctx context.Context, text string) ([]float32, error)
}

// WithEmbedder has searches use the vectors of works that [Tx.PutVectors] stored,
// if they are of the embedder's model. nil has them use none.
func WithEmbedder(e Embedder) Option { return func(o *options) { o.embedder = e } }

// VectorText returns the text of a work that is embedded, its title and abstract,
// at most [EmbeddedChars] characters; "" if it has neither.
func VectorText(it *library.Item) string {
	text := strings.TrimSpace(plaintext.Shown(it.Title()) + "\n" + plaintext.Shown(it.Abstract()))
	text, _ = plaintext.Cut(text, EmbeddedChars)
	return text
}

// sumOf returns the hash of a text that is embedded, or of a model's name.
func sumOf(text string) uint64 {
	sum := digest("vector", text)
	return binary.LittleEndian.Uint64(sum[:])
}

// modelOf returns the hash of what the vectors of an embedder depend on.
func modelOf(e Embedder) uint64 {
	return sumOf(fmt.Sprintf("%s\x00%t", e.Model(), e.Matryoshka()))
}

// Unembedded is a work without a vector of its present text.
type Unembedded struct {
	Key string
	// Text is what is embedded, as [VectorText] returns it. Of a work without text no
	// vector is made: [Tx.PutVectors] notes that.
	Text string
	// Same is the key of a work whose vector is that of the same text, or "".
	Same string
}

// Unembedded returns works that have no vector of the embedder's model for their
// present text, at most limit, in the order of their keys and after the key after;
// none without an embedder.
func (s *Shelf) Unembedded(ctx context.Context, after string, limit int) (todo []Unembedded, err error) {
	st, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer st.release()
	if st.embedder == nil {
		return nil, nil
	}
	works := st.vectors.Works()
	err = st.eachItem(func(it *library.Item) error {
		text := VectorText(it)
		if it.ID.Key <= after {
			return ctx.Err()
		}
		sum := sumOf(text)
		if held, _, ok := st.vectors.Find(it.ID.Key); ok && held == sum {
			return ctx.Err()
		}
		u := Unembedded{Key: it.ID.Key, Text: text}
		if text != "" {
			u.Same = works[sum]
		}
		todo = append(todo, u)
		if len(todo) == limit {
			return errEnough
		}
		return ctx.Err()
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return todo, err
}

// errEnough ends a scan early.
var errEnough = errors.New("that is enough")

// WorkVector is the vector of a work.
type WorkVector struct {
	Unembedded
	// Vector is that of the text. nil is the one of the work Same or, without that,
	// says that the text has none: it is not asked for again.
	Vector []float32
}

// PutVectors stores vectors of the embedder's model, which replace those
// of another model and of the same works. Of a vector at most 384 dimensions are
// kept, a byte each: the first ones of a Matryoshka model, else those of a random
// rotation. A vector that can't be used, or has not as many dimensions as the
// others, is [library.Invalid].
func (t *Tx) PutVectors(vectors []WorkVector) error {
	if err := t.check(); err != nil {
		return err
	}
	e := t.shelf.opts.embedder
	if e == nil {
		return library.Errorf(library.Invalid, "the library has no embedder")
	}
	entries, err := t.pack(vectors, e.Matryoshka())
	if err != nil {
		return err
	}
	return t.putEntries(modelOf(e), entries)
}

// putEntries writes rows of vectors of a model.
func (t *Tx) putEntries(model uint64, entries []vector.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	for part := range slices.Chunk(entries, vector.MaxEntries) {
		if t.meta.VectorRows > vector.MaxRow {
			return library.Errorf(library.TooLarge, "the library has too many vectors").WithHint("import it into an empty data folder")
		}
		t.rows.put(vectorTable, vectorKey(t.meta.VectorRows), vector.EncodeRow(model, part))
		t.meta.VectorRows++
	}
	t.meta.VectorModel = model
	return nil
}

// pack returns vectors as they are kept.
func (t *Tx) pack(vectors []WorkVector, matryoshka bool) ([]vector.Entry, error) {
	dims := t.state.vectors.Dimensions()
	entries := make([]vector.Entry, 0, len(vectors))
	for i := range vectors {
		v, err := t.packed(&vectors[i], matryoshka)
		if err != nil {
			return nil, err
		}
		if dims == 0 {
			dims = len(v)
		}
		if v != nil && len(v) != dims {
			return nil, library.Errorf(library.Invalid, "the vector of a work has %d dimensions, others have %d", len(v), dims).
				WithHint("ask the admin to check the model of the embedding service")
		}
		entries = append(entries, vector.Entry{Work: vectors[i].Key, Sum: sumOf(vectors[i].Text), Vector: v})
	}
	if dims == 0 {
		return nil, nil
	}
	for i := range entries {
		if entries[i].Vector == nil {
			entries[i].Vector = make(vector.Vector, dims)
		}
	}
	return entries, nil
}

// packed returns a vector as it is kept; nil if there is none.
func (t *Tx) packed(v *WorkVector, matryoshka bool) (vector.Vector, error) {
	if v.Vector != nil {
		reduced, err := vector.Reduce(v.Vector, matryoshka)
		if err != nil {
			return nil, library.Errorf(library.Invalid, "the vector of a work can't be used").
				WithHint("ask the admin to check the model of the embedding service").WithCause(err)
		}
		return vector.Pack(reduced), nil
	}
	_, at, ok := t.state.vectors.Find(v.Same)
	if !ok {
		return nil, nil
	}
	entries, err := t.state.vectorRow(at.Row())
	if err != nil || at.Index() >= len(entries) {
		return nil, err
	}
	return entries[at.Index()].Vector, nil
}
