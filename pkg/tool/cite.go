package tool

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/csl"
	"github.com/stackroom-mcp/stackroom/pkg/csl/pandoc"
	"github.com/stackroom-mcp/stackroom/pkg/csl/styles"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// Bounds of one call of cite.
const (
	maxCitations = 200
	maxCited     = 500 // works
)

// defaultStyle is the citation style of calls that name none.
const defaultStyle = "apa"

// The modes of cite.
const (
	modeBibliography = "bibliography"
	modeCitation     = "citation"
	modeNote         = "note"
)

// citeInput is the arguments of cite.
type citeInput struct {
	IDs       []string
	Citations []string
	Style     string
	Locale    string
	Mode      string
	Format    string
	Limit     int // citations and entries
	Cursor    string
}

// citeOutput is the answer of cite.
type citeOutput struct {
	Style        string       `json:"style"`
	Locale       string       `json:"locale"`
	Citations    []string     `json:"citations,omitempty" jsonschema:"citations in order: untrusted third-party text"`
	Bibliography []citedEntry `json:"bibliography,omitempty" jsonschema:"text: untrusted third-party text"`
	Missing      []string     `json:"missing,omitempty"`
	listed
}

// citedEntry is an entry of a bibliography.
type citedEntry struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

func citeTool(c *Catalog) (*definition, error) {
	return readTool(c, about{"cite", "Cite works",
		"Citations and bibliography in any CSL style, sorted and told apart. " +
			"Use it with ids, or with the citations of a whole text in order. Not for files of references: use export."},
		[]field[citeInput]{
			list("ids", "item IDs, DOIs, @keys", library.MaxLimit, func(in *citeInput) *[]string { return &in.IDs }),
			list("citations", `each as "see @ID, p. 3; -@ID, chap. 2"`, maxCitations, func(in *citeInput) *[]string { return &in.Citations }),
			name("style", "name or title, as apa, ieee, vancouver", func(in *citeInput) *string { return &in.Style }).or(defaultStyle),
			name("locale", "as de-DE; default the style's, or en-US", func(in *citeInput) *string { return &in.Locale }),
			choice("mode", "note: citations as footnotes", func(in *citeInput) *string { return &in.Mode }, modeBibliography, modeCitation, modeNote),
			choice("format", "", func(in *citeInput) *string { return &in.Format }, "text", "markdown", "html"),
			limitField(maxCited, maxCitations+maxCited, func(in *citeInput) *int { return &in.Limit }),
			cursorField(func(in *citeInput) *string { return &in.Cursor }),
		}, c.cite)
}

// BuiltInStyles returns the names of the citation styles that cite always has.
func BuiltInStyles() []string {
	names, err := styles.New().Names(context.Background())
	if err != nil {
		return []string{defaultStyle}
	}
	return names
}

// cite renders citations and a bibliography. It needs the catalogue for its
// styles.
func (c *Catalog) cite(ctx context.Context, k *call, in citeInput) (answer[citeOutput], error) {
	from, err := k.offset(in.Cursor)
	if err != nil {
		return answer[citeOutput]{}, err
	}
	processor, err := c.processor(ctx, in.Style, in.Locale)
	if err != nil {
		return answer[citeOutput]{}, err
	}
	clusters, err := clustersOf(in)
	if err != nil {
		return answer[citeOutput]{}, err
	}
	cited, err := k.cited(ctx, clusters)
	if err != nil {
		return answer[citeOutput]{}, err
	}
	numberNotes(clusters, in.Mode == modeNote || processor.style.IsNote())
	doc := processor.Citations(clusters, cited.items)
	write := writerOf(in.Format)
	var citations []string
	if in.Mode != modeBibliography {
		for _, text := range doc.Citations {
			citations = append(citations, write(text))
		}
	}
	entries := bibliographyOf(doc.Bibliography, write)
	total := len(citations) + len(entries)
	from = min(from, total)
	asked := min(in.Limit, total-from)
	out, err := fit(k.budget, asked, func(n int) citeOutput {
		out := citeOutput{Style: processor.name, Locale: processor.Locale(), listed: k.listedFlat(from, n, asked, total)}
		if to := from + n; from < len(citations) {
			out.Citations = citations[from:min(to, len(citations))]
		}
		if lo, hi := max(from-len(citations), 0), from+n-len(citations); hi > lo {
			out.Bibliography = entries[lo:hi]
		}
		out.Missing = cited.missing
		for _, notice := range slices.Concat(processor.notices, cited.notices) {
			out.note(notice)
		}
		return out
	})
	k.touch(ctx, len(cited.works), func(i int) library.ItemID { return cited.works[i].ID })
	return out, err
}

// processor renders in one style.
type processor struct {
	*csl.Processor
	style   *csl.Style
	name    string
	notices []string
}

// processor returns the processor of a style, "" for the default one, in a locale,
// "" for the style's own.
func (c *Catalog) processor(ctx context.Context, style, locale string) (*processor, error) {
	found, err := c.styles.Find(ctx, cmp.Or(style, defaultStyle))
	if errors.Is(err, styles.ErrNotFound) {
		return nil, library.Errorf(library.NotFound, "no citation style of that name is available").WithHint("%s", ours(err.Error())).WithCause(err)
	}
	if err != nil {
		return nil, library.Errorf(library.Unavailable, "the citation style can't be read").WithHint("use another style, such as apa").WithCause(err)
	}
	p, err := csl.NewProcessor(found.Style, c.styles, csl.Options{Locale: locale, ForceLocale: locale != ""})
	if err != nil {
		return nil, library.Errorf(library.Unavailable, "the citation style %s can't be used", found.Name).WithHint("use another style, such as apa").WithCause(err)
	}
	out := &processor{Processor: p, style: found.Style, name: found.Name, notices: p.Notices()}
	if found.Near {
		out.notices = append(out.notices, fmt.Sprintf("no style has that name; %s, %q, comes closest", found.Name, ours(found.Style.Title())))
	}
	if !found.Style.HasBibliography() {
		out.notices = append(out.notices, fmt.Sprintf("the style %s has no bibliography", found.Name))
	}
	return out, nil
}

// clustersOf returns the citations that the arguments ask for: as they are
// written, or one for each ID.
func clustersOf(in citeInput) ([]csl.Cluster, error) {
	switch {
	case len(in.IDs) == 0 && len(in.Citations) == 0:
		return nil, library.Errorf(library.Invalid, "nothing says which works to cite").WithHint("give ids, or citations")
	case len(in.IDs) > 0 && len(in.Citations) > 0:
		return nil, library.Errorf(library.Invalid, "argument %q goes with no %q", "ids", "citations").WithHint("name the works in the citations alone, or give ids alone")
	}
	clusters := make([]csl.Cluster, 0, max(len(in.IDs), len(in.Citations)))
	for _, id := range in.IDs {
		clusters = append(clusters, csl.Cluster{Cites: []csl.Cite{{ID: id}}})
	}
	cites := 0
	for i, text := range in.Citations {
		c, err := pandoc.Parse(text)
		if err != nil {
			return nil, library.Errorf(library.Invalid, "citation %d can't be read: %v", i+1, err).
				WithHint(`a citation looks like "see @local/ABCD2345, p. 3; @local/EFGH2345"`)
		}
		if cites += len(c.Cites); cites > maxCited {
			return nil, library.Errorf(library.TooLarge, "the citations have more than %d cites", maxCited).WithHint("cite a part of the text at a time")
		}
		clusters = append(clusters, c)
	}
	return clusters, nil
}

// numberNotes numbers the notes that the citations stand in.
func numberNotes(clusters []csl.Cluster, notes bool) {
	for i := range clusters {
		if notes {
			clusters[i].Note = i + 1
		}
	}
}

// cited is the works that citations name.
type cited struct {
	works   []*library.Item
	items   []csl.Item
	missing []string
	notices []string
}

// cited finds the works of the citations, and puts their item IDs into the
// cites. A cite whose work is not found stays as it is, and is reported.
func (c *call) cited(ctx context.Context, clusters []csl.Cluster) (*cited, error) {
	var names []string
	for _, cluster := range clusters {
		for _, cite := range cluster.Cites {
			if !slices.Contains(names, cite.ID) {
				names = append(names, cite.ID)
			}
		}
	}
	found, err := c.resolve(ctx, "ids", names)
	if err != nil {
		return nil, err
	}
	out := &cited{}
	out.missing, out.notices = c.absent(ctx, names, found)
	seen := map[library.ItemID]bool{}
	ids := map[string]string{}
	for i, l := range found {
		if l.err != nil {
			continue
		}
		it := l.item
		ids[names[i]] = it.ID.String()
		if seen[it.ID] {
			continue
		}
		seen[it.ID] = true
		item, err := cslItem(it)
		if err != nil {
			return nil, err
		}
		out.works, out.items = append(out.works, it), append(out.items, item)
	}
	for _, cluster := range clusters {
		for i := range cluster.Cites {
			cluster.Cites[i].ID = ids[cluster.Cites[i].ID]
		}
	}
	return out, nil
}

// cslItem returns a work as a citation style sees it, under its item ID.
func cslItem(it *library.Item) (csl.Item, error) {
	var b bytes.Buffer
	if err := biblio.Write(&b, biblio.CSLJSON, []*library.Item{it}); err != nil {
		return csl.Item{}, err
	}
	items, err := csl.ParseItems(b.Bytes())
	if err != nil {
		return csl.Item{}, err
	}
	item := csl.Item{}
	if len(items) > 0 {
		item = items[0]
	}
	item.ID = it.ID.String()
	return item, nil
}

// writerOf returns how a rendered text is written in a format, without anything
// that acts on a reader.
func writerOf(format string) func(csl.Text) string {
	write := csl.Text.Plain
	switch format {
	case "markdown":
		write = csl.Text.Markdown
	case "html":
		write = csl.Text.HTML
	}
	return func(t csl.Text) string { return withoutLinks(plaintext.Clean(strings.TrimSpace(write(t)))) }
}

// bibliographyOf returns the entries of a bibliography, which may be nil.
func bibliographyOf(b *csl.Bibliography, write func(csl.Text) string) []citedEntry {
	if b == nil {
		return nil
	}
	entries := make([]citedEntry, len(b.Entries))
	for i, e := range b.Entries {
		entries[i] = citedEntry{ID: e.ID, Text: write(e.Text)}
	}
	return entries
}
