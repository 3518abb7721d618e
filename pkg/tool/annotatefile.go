package tool

import (
	"context"
	"errors"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/pdf"
	"github.com/stackroom-mcp/stackroom/pkg/pdf/quote"
)

// locate reads the file that a call annotates and returns where the quote stands in it,
// at least once.
func (c *annotating) locate(ctx context.Context, t *targets, text string) (quote.Result, error) {
	if err := isKept(t.objects[0].Data); err != nil {
		return quote.Result{}, err
	}
	select {
	case c.reading <- struct{}{}:
		defer func() { <-c.reading }()
	case <-ctx.Done():
		return quote.Result{}, ctx.Err()
	}
	files, err := filesOf(t.writer)
	if err != nil {
		return quote.Result{}, err
	}
	content, err := files.File(ctx, t.keys[0], quote.MaxFileBytes)
	if err != nil {
		return quote.Result{}, err
	}
	c.progress.step(2, "read the file")
	r, err := c.writing.Quotes.Locate(ctx, content, text)
	switch {
	case ctx.Err() != nil:
		return r, ctx.Err()
	case err != nil:
		return r, quoteError(err)
	case r.Total == 0:
		return r, notThere(r.Nearest)
	}
	return r, nil
}

// isKept returns why a library has no PDF file for an attachment, or nil if it may have
// one.
func isKept(data library.Data) error {
	link, _ := data["linkMode"].(string)
	if link == "linked_url" {
		return library.Errorf(library.Invalid, "the attachment is a link to a page, not a file").
			WithHint("fetch shows the files of a work")
	}
	return nil
}

// filesOf returns the library as one that has files, or the error of one that doesn't.
func filesOf(w library.Writer) (library.Files, error) {
	files, ok := w.(library.Files)
	if !ok {
		return nil, library.Errorf(library.Invalid, "this library has no files")
	}
	return files, nil
}

// quoteError returns why a quote can't be looked for in a file.
func quoteError(err error) error {
	switch {
	case errors.Is(err, quote.ErrQuote):
		return library.Errorf(library.Invalid, "argument %q is too short or too long: %v", "quote", err)
	case errors.Is(err, quote.ErrNoText):
		return library.Errorf(library.Invalid, "%v", err).WithHint("words can be marked only after text recognition (OCR) of the file")
	case errors.Is(err, quote.ErrTooLarge):
		return library.Errorf(library.TooLarge, "%v", err)
	case errors.Is(err, pdf.ErrProtected), errors.Is(err, pdf.ErrDamaged):
		return library.Errorf(library.Invalid, "%v", err).WithHint("nothing can be marked in it")
	}
	return library.Errorf(library.Internal, "the PDF file can't be read").WithCause(err)
}

// notThere is the error of a quote that the file does not have.
func notThere(nearest *quote.Passage) error {
	err := library.Errorf(library.NotFound, "argument %q stands nowhere in the PDF file", "quote")
	if nearest == nil {
		return err.WithHint("quote words as read_text has them, from this file")
	}
	return err.WithHint("similar words stand on page %d of the file: read_text shows them; quote them as they are", nearest.PageIndex+1)
}
