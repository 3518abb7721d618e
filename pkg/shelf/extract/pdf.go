package extract

import (
	"context"
	"errors"
	"os"

	"github.com/stackroom-mcp/stackroom/pkg/pdf"
)

// readPDF reads the text of a PDF file, which has a form feed after every page.
func readPDF(ctx context.Context, file *os.File) result {
	text, err := pdf.Text(ctx, file, MaxTextBytes) // finish cuts a longer one and says so
	for _, known := range []error{pdf.ErrMissing, pdf.ErrTime, pdf.ErrDamaged, pdf.ErrProtected} {
		if errors.Is(err, known) {
			return result{reason: known.Error()}
		}
	}
	if err != nil {
		return result{reason: reasonRead}
	}
	return result{pages: splitPages(text), numbered: true}
}
