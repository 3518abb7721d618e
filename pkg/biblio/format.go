package biblio

import (
	"context"
	"io"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/bibtex"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/csljson"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/ris"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Formats returns the formats, those first that most people use.
func Formats() []Format { return []Format{BibTeX, BibLaTeX, RIS, CSLJSON} }

// ContentType returns the format's MIME type, "" for an unknown format.
func (f Format) ContentType() string {
	switch f {
	case BibTeX, BibLaTeX:
		return "application/x-bibtex"
	case RIS:
		return "application/x-research-info-systems"
	case CSLJSON:
		return "application/vnd.citationstyles.csl+json"
	}
	return ""
}

// Extension returns the extension of the format's files, with its dot; "" for
// an unknown format.
func (f Format) Extension() string {
	switch f {
	case BibTeX, BibLaTeX:
		return ".bib"
	case RIS:
		return ".ris"
	case CSLJSON:
		return ".json"
	}
	return ""
}

// Read reads a file in a format; name is the file's name, for the reports.
//
// An entry with a fault costs only itself: the document's problems say what
// was skipped or repaired. It fails with a [library.Error] of code Invalid
// for a file that is no text or holds no entry of that format, and for an
// unknown format; of code TooLarge past 256 MiB or 500,000 entries; and with
// ctx's error when ctx ends.
func Read(ctx context.Context, r io.Reader, name string, f Format) (*Document, error) {
	switch f {
	case BibTeX, BibLaTeX:
		return bibtex.Read(ctx, r, name)
	case RIS:
		return ris.Read(ctx, r, name)
	case CSLJSON:
		return csljson.Read(ctx, r, name)
	}
	return nil, unknownFormat()
}

// Write writes items in a format, in UTF-8. What [Read] makes of it is equal
// as far as the format can say it; what has no field in the format goes where
// the format keeps notes. It fails where w does, and with a [library.Error]
// of code Invalid for an unknown format.
func Write(w io.Writer, f Format, items []*library.Item) error {
	items = newPreparer().items(items)
	switch f {
	case BibTeX:
		return bibtex.Write(w, items, bibtex.BibTeX)
	case BibLaTeX:
		return bibtex.Write(w, items, bibtex.BibLaTeX)
	case RIS:
		return ris.Write(w, items)
	case CSLJSON:
		return csljson.Write(w, items)
	}
	return unknownFormat()
}

func unknownFormat() error {
	return library.Errorf(library.Invalid, "unknown bibliography format").
		WithHint("the formats are bibtex, biblatex, ris and csljson")
}
