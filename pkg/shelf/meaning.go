package shelf

import (
	"context"
	"fmt"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/internal/vector"
)

// notAllMeant is the notice of a library with works that are still to be embedded.
const notAllMeant = "not all works are compared by meaning yet"

var _ index.Meaning = (*content)(nil)

// Near implements [index.Meaning].
func (c *content) Near(ctx context.Context, question string) (near []index.Near, notice string, err error) {
	if c.embedder == nil {
		return nil, "", nil
	}
	if c.vectors.Len() < c.works {
		notice = notAllMeant
	}
	if c.vectors.Len() == 0 {
		return nil, notice, nil
	}
	question, cut := plaintext.Cut(question, EmbeddedChars)
	if cut {
		notice = strings.TrimPrefix(fmt.Sprintf("%s; works are compared by the meaning of its first %d characters", notice, EmbeddedChars), "; ")
	}
	v, err := c.embedder.Question(ctx, question)
	if err != nil {
		return nil, "", err
	}
	if v, err = vector.Reduce(v, c.embedder.Matryoshka()); err != nil {
		return nil, "", library.Errorf(library.Unavailable, "the question's vector can't be used").WithCause(err)
	}
	if len(v) != c.vectors.Dimensions() {
		return nil, "", library.Errorf(library.Unavailable, "the question's vector has %d dimensions, those of the works have %d", len(v), c.vectors.Dimensions())
	}
	found, err := c.vectors.Nearest(v, c.vectorRow)
	if err != nil {
		return nil, "", err
	}
	for _, n := range found {
		near = append(near, index.Near{Key: n.Work, Cosine: n.Cosine})
	}
	return near, notice, nil
}
