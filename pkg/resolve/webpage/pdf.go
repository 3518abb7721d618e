package webpage

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// pdfStart is what a PDF file begins with.
const pdfStart = "%PDF-"

// PDF returns the PDF file at an address, of at most most bytes. A host has a minute
// for it.
//
// It fails with [library.Invalid] for an address that [Parse] refuses and for one that
// leads to something else; [library.NotFound] if nothing is there; [library.TooLarge]
// for a larger file; and [library.Unavailable] if it can't be read now.
func (f *Fetcher) PDF(ctx context.Context, address string, most int64) ([]byte, error) {
	u, err := Parse(address)
	if err != nil {
		return nil, err
	}
	var content []byte
	err = f.get(ctx, f.files, u, "application/pdf", func(res *http.Response) error {
		content, err = readPDF(res.Body, most)
		return err
	})
	return content, err
}

func readPDF(r io.Reader, most int64) ([]byte, error) {
	var content bytes.Buffer
	if _, err := io.CopyN(&content, r, int64(len(pdfStart))); err != nil && !errors.Is(err, io.EOF) {
		return nil, unreachable(err)
	}
	if content.String() != pdfStart {
		return nil, library.Errorf(library.Invalid, "the address leads to something that is no PDF file").
			WithHint("it may be a page about the work, or one that asks for a sign-in; give the address of the file itself")
	}
	n, err := io.Copy(&content, io.LimitReader(r, most-int64(len(pdfStart))+1))
	switch {
	case err != nil:
		return nil, unreachable(err)
	case n > most-int64(len(pdfStart)):
		return nil, library.Errorf(library.TooLarge, "the PDF file is larger than %d MB", most>>20)
	}
	return content.Bytes(), nil
}
