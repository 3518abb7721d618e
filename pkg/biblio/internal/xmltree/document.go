package xmltree

import (
	"context"
	"errors"
	"io"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/source"
)

// Document reads a file whose entries are elements of the given local names,
// and makes an entry of each; file is what its problems call it. An entry that
// can't be read is skipped and reported. Errors are those of [source.Open] and
// of code TooLarge for more than [source.MaxEntries] entries.
func Document(ctx context.Context, r io.Reader, file string, names []string, entry func(*Node) (model.Entry, []string)) (*model.Document, error) {
	in, err := Open(ctx, r, names...)
	if err != nil {
		return nil, err
	}
	doc := &model.Document{}
	for {
		rec, err := in.Next()
		if errors.Is(err, io.EOF) {
			return doc, nil
		}
		if err != nil {
			return nil, err
		}
		if len(doc.Entries) == source.MaxEntries {
			return nil, source.TooMany()
		}
		if rec.Fault != "" {
			doc.Skip(file, rec.Line, rec.Fault)
			continue
		}
		n, err := Parse(rec.Text)
		if err != nil {
			doc.Skip(file, rec.Line, "it is not well-formed XML: "+err.Error())
			continue
		}
		e, reasons := entry(n)
		e.Line = rec.Line
		doc.Add(file, e, reasons...)
	}
}
