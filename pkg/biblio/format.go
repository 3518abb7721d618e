package biblio

import (
	"context"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/bibtex"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/csljson"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/mods"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/pubmed"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/ris"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/webjson"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/zcsv"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/zrdf"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// format is a row of the table of formats.
type format struct {
	name Format
	// endings are those of its files, the usual one first.
	endings []string
	// mediaType is its MIME type.
	mediaType string
	// detect reports whether a file that begins with this text is in the
	// format; byName is the format that its name tells. The first row that
	// says so decides.
	detect func(text string, byName Format) bool
	read   func(ctx context.Context, r io.Reader, name string) (*Document, error)
	// write is nil for a format that is only read.
	write func(w io.Writer, items []*library.Item) error
}

// formats returns the table, in the order of detection.
func formats() []format {
	return []format{
		{Archive, []string{".zip"}, "application/zip", isArchive, readArchive, nil},
		{OpenAlex, nil, "application/json", isOpenAlex, webjson.ReadOpenAlex, nil},
		{DataCite, nil, "application/vnd.datacite.datacite+json", isDataCite, webjson.ReadDataCite, nil},
		{CSLJSON, []string{".json", ".csljson"}, "application/vnd.citationstyles.csl+json", isCSL, csljson.Read, csljson.Write},
		{PubMedXML, []string{".xml"}, "application/xml", isPubMedXML, pubmed.Read, nil},
		{MODS, []string{".mods", ".xml"}, "application/mods+xml", isMODS, mods.Read, nil},
		{EndNoteXML, []string{".xml"}, "application/xml", isEndNoteXML, ris.ReadEndNoteXML, nil},
		{ZoteroRDF, []string{".rdf"}, "application/rdf+xml", isZoteroRDF, zrdf.Read, nil},
		{PubMed, []string{".nbib"}, "application/nbib", isPubMed, ris.Read, nil},
		{RIS, []string{".ris"}, "application/x-research-info-systems", isRIS, ris.Read, ris.Write},
		{WebOfScience, []string{".ciw", ".isi"}, "application/x-inst-for-scientific-info", isWebOfScience, ris.ReadWebOfScience, nil},
		{RefWorks, []string{".refworks"}, "text/plain", isRefWorks, ris.ReadRefWorks, nil},
		{Refer, []string{".enw", ".refer"}, "application/x-endnote-refer", isRefer, ris.ReadRefer, nil},
		{ZoteroCSV, []string{".csv"}, "text/csv", isZoteroCSV, zcsv.Read, nil},
		{BibLaTeX, []string{".bib", ".biblatex"}, "application/x-bibtex", isBibLaTeX, bibtex.Read, writeBibLaTeX},
		{BibTeX, []string{".bib", ".bibtex"}, "application/x-bibtex", isBibTeX, bibtex.Read, writeBibTeX},
	}
}

func writeBibTeX(w io.Writer, items []*library.Item) error {
	return bibtex.Write(w, items, bibtex.BibTeX)
}

func writeBibLaTeX(w io.Writer, items []*library.Item) error {
	return bibtex.Write(w, items, bibtex.BibLaTeX)
}

// row returns the row of a format.
func (f Format) row() (format, bool) {
	rows := formats()
	i := slices.IndexFunc(rows, func(row format) bool { return row.name == f })
	if i < 0 {
		return format{}, false
	}
	return rows[i], true
}

// Formats returns the formats that are read and written, those first that most
// people use.
func Formats() []Format { return []Format{BibTeX, BibLaTeX, RIS, CSLJSON} }

// Readable returns all formats that are read: [Formats] and those that are
// only read.
func Readable() []Format {
	all := Formats()
	for _, row := range formats() {
		if row.write == nil {
			all = append(all, row.name)
		}
	}
	return all
}

// Endings returns the endings of the files that can be bibliographies, in lower
// case with their dots. [Detect] says whether a file with one of them is.
func Endings() []string {
	var endings []string
	for _, row := range formats() {
		endings = append(endings, row.endings...)
	}
	slices.Sort(endings)
	return slices.Compact(endings)
}

// HasEnding reports whether a file's name has one of [Endings].
func HasEnding(name string) bool { return slices.Contains(Endings(), ending(name)) }

// ending returns the ending of a file's name, in lower case.
func ending(name string) string {
	return strings.ToLower(path.Ext(strings.ReplaceAll(name, `\`, "/")))
}

// ContentType returns the format's MIME type, "" for an unknown format.
func (f Format) ContentType() string {
	row, _ := f.row()
	return row.mediaType
}

// Extension returns the extension of the format's files, with its dot; "" for
// an unknown format, and for one whose files have no ending of their own.
func (f Format) Extension() string {
	row, ok := f.row()
	if !ok || len(row.endings) == 0 {
		return ""
	}
	return row.endings[0]
}

// Read reads a file in a format; name is the file's name, for the reports.
//
// An entry with a fault costs only itself: the document's problems say what
// was skipped or repaired. It fails with a [library.Error] of code Invalid
// for a file that is no text or holds no entry of that format, and for an
// unknown format; of code TooLarge past 256 MiB or 500,000 entries; and with
// ctx's error when ctx ends.
func Read(ctx context.Context, r io.Reader, name string, f Format) (*Document, error) {
	row, ok := f.row()
	if !ok {
		return nil, unknownFormat()
	}
	return row.read(ctx, r, name)
}

// Write writes items in a format, in UTF-8. What [Read] makes of it is equal
// as far as the format can say it; what has no field in the format goes where
// the format keeps notes. It fails where w does, and with a [library.Error]
// of code Invalid for a format that isn't written.
func Write(w io.Writer, f Format, items []*library.Item) error {
	row, ok := f.row()
	if !ok || row.write == nil {
		return unknownFormat()
	}
	return row.write(w, newPreparer().items(items))
}

func unknownFormat() error {
	return library.Errorf(library.Invalid, "unknown bibliography format").
		WithHint("the formats that are written are bibtex, biblatex, ris and csljson; %s are read too", names(Readable()[len(Formats()):]))
}

// names joins the names of formats.
func names(formats []Format) string {
	list := make([]string, len(formats))
	for i, f := range formats {
		list[i] = string(f)
	}
	return strings.Join(list, ", ")
}
