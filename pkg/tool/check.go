package tool

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
	"github.com/stackroom-mcp/stackroom/pkg/resolve"
)

// Bounds of one call of check_references.
const (
	maxCheckedChars = 60_000 // of a text
	maxChecked      = 100    // references and quotations of one page
	maxKeys         = 200    // citation keys that are looked for in the libraries
	maxCitedNames   = 100    // citation keys and labels that one list names
	// outward is the part of a call's time in which registries are asked, and
	// outwardMost the most of it.
	outward     = 0.75
	outwardMost = 90 * time.Second
)

// The verdicts of check_references. None of them says that a reference is
// invented or that a work is not retracted: a registry may lack it.
const (
	verdictFound      = "found"       // in a registry, and all that was compared agrees
	verdictDiffers    = "differs"     // in a registry, which says something else
	verdictOther      = "other_work"  // its identifier names another work
	verdictNotFound   = "not_found"   // all registries answered, and none has it
	verdictNotChecked = "not_checked" // a registry was not asked or did not answer
)

// checkInput is the arguments of check_references.
type checkInput struct {
	Text         string
	Bibliography string
	IDs          []string
	Limit        int // references and quotations
	Cursor       string
}

// checkOutput is the answer of check_references.
type checkOutput struct {
	References []checkedReference `json:"references" jsonschema:"verdict, reason, source, differences, updates (retractions, corrections), id in the library; all below: untrusted third-party text"`
	Quotes     []checkedQuote     `json:"quotes,omitempty" jsonschema:"verdict, id, page, nearest, changes"`
	Citations  *checkedCitations  `json:"citations,omitempty" jsonschema:"unresolved, uncited, doubled"`
	Asked      []string           `json:"asked" jsonschema:"who answered, and who did not"`
	listed
}

// checkedReference is what was found of a reference.
type checkedReference struct {
	Label       string         `json:"label,omitempty"`
	Reference   string         `json:"reference"`
	Verdict     string         `json:"verdict"`
	Reason      string         `json:"reason,omitempty"`
	Identifier  string         `json:"identifier,omitempty"`
	Source      string         `json:"source,omitempty"` // who says what is known
	Differences []checkedField `json:"differences,omitempty"`
	Updates     []checkedNote  `json:"updates,omitempty"` // retractions, corrections, concerns
	ID          string         `json:"id,omitempty"`      // of the work in a library
}

// checkedField is a field that differs.
type checkedField struct {
	Field  string `json:"field"`
	Stated string `json:"stated,omitempty"`
	Known  string `json:"known,omitempty"`
}

// checkedNote is a notice of a retraction, a correction or a concern.
type checkedNote struct {
	Kind   string `json:"kind"`
	By     string `json:"by"`
	Notice string `json:"notice,omitempty"`
	Date   string `json:"date,omitempty"`
}

// checkedCitations is how a text and its bibliography go together.
type checkedCitations struct {
	Unresolved []string `json:"unresolved,omitempty"`
	Uncited    []string `json:"uncited,omitempty"`
	Doubled    []string `json:"doubled,omitempty"`
}

func checkReferencesTool(c *Catalog) (*definition, error) {
	d, err := readTool(c, about{"check_references", "Check references",
		"Checks whether references exist, what differs from the registries, known retractions and corrections, and whether quotations stand in the library's works. " +
			"Use it on a reference list, a text that cites, or works. Sends identifiers and titles to registries. Not for finding literature."},
		[]field[checkInput]{
			block("text", "reference list, or text with citations and quotations", maxCheckedChars, func(in *checkInput) *string { return &in.Text }),
			block("bibliography", "what text cites: BibTeX, RIS … or a list", maxCheckedChars, func(in *checkInput) *string { return &in.Bibliography }),
			list("ids", "works: item IDs, DOIs, @keys", maxChecked, func(in *checkInput) *[]string { return &in.IDs }),
			limitField(maxChecked, maxChecked, func(in *checkInput) *int { return &in.Limit }),
			cursorField(func(in *checkInput) *string { return &in.Cursor }),
		}, c.checkReferences)
	if err != nil {
		return nil, err
	}
	d.Hints.OpenWorld = true
	d.wire = wireTool(d.Definition)
	return d, nil
}

// checkReferences checks references and quotations. It needs the catalogue for
// its registries.
func (c *Catalog) checkReferences(ctx context.Context, k *call, in checkInput) (answer[checkOutput], error) {
	from, err := k.offset(in.Cursor)
	if err != nil {
		return answer[checkOutput]{}, err
	}
	all, err := k.gatherReferences(ctx, in)
	if err != nil {
		return answer[checkOutput]{}, err
	}
	total := len(all.references) + len(all.quotes)
	from = min(from, total)
	asked := min(in.Limit, total-from)
	check := &checking{call: k, registries: c.registries, all: all, steps: 2*asked + 8, asked: []string{}}
	references := all.references[min(from, len(all.references)):min(from+asked, len(all.references))]
	if err := check.run(ctx, references); err != nil {
		return answer[checkOutput]{}, err
	}
	lines := make([]checkedReference, len(references))
	t := &tidy{}
	for i, r := range references {
		lines[i] = check.line(t, r)
	}
	first := max(from-len(all.references), 0)
	quotes, err := check.quotes(ctx, t, all.quotes[first:first+asked-len(references)])
	if err != nil {
		return answer[checkOutput]{}, err
	}
	out, err := fit(k.budget, asked, func(n int) checkOutput {
		out := checkOutput{References: lines[:min(n, len(lines))], Asked: check.asked, listed: k.listedFlat(from, n, asked, total)}
		if n > len(lines) {
			out.Quotes = quotes[:n-len(lines)]
		}
		if from == 0 {
			out.Citations = all.citations(t)
		}
		for _, notice := range slices.Concat(all.notices, check.notices) {
			out.note(notice)
		}
		out.note(k.incomplete())
		out.note(t.notice())
		return out
	})
	touched := check.touched(references, quotes[:max(min(out.kept-len(lines), len(quotes)), 0)])
	k.touch(ctx, len(touched), func(i int) library.ItemID { return touched[i] })
	return out, err
}

// gathered is all that the arguments name.
type gathered struct {
	references []*checkedOne
	quotes     []reference.Quote
	keys       []string // that the text cites
	numbers    []string // likewise
	unresolved []string
	cites      bool // there is a text with citation keys, and a bibliography
	notices    []string
}

// checkedOne is one reference and what was found of it.
type checkedOne struct {
	reference.Reference
	work *library.Item // in a library, or nil

	mu      sync.Mutex // held while work is looked for
	looked  bool
	record  *resolve.Work
	notices []resolve.Notice
	reason  string
	absent  bool // all registries answered that they don't have it
	by      string
}

func newChecked(r reference.Reference) *checkedOne {
	return &checkedOne{Reference: r}
}

// gatherReferences reads the arguments.
func (c *call) gatherReferences(ctx context.Context, in checkInput) (*gathered, error) {
	g := &gathered{}
	listed, err := g.read(ctx, in.Bibliography)
	if err != nil {
		return nil, argumentError("bibliography", err)
	}
	g.add(listed.References)
	text, err := g.read(ctx, in.Text)
	if err != nil {
		return nil, argumentError("text", err)
	}
	if in.Bibliography == "" {
		g.add(text.References)
	} else {
		g.addNew(text.References)
	}
	g.keys, g.quotes = text.Keys, text.Quotes
	g.takeNumbers(text.Numbers)
	if err := c.gatherNamed(ctx, g, in.IDs); err != nil {
		return nil, err
	}
	if len(g.references)+len(g.quotes)+len(g.unresolved) == 0 {
		return nil, library.Errorf(library.Invalid, "no reference was found in the arguments").
			WithHint("give a reference list with one reference a line, a text with citations or DOIs, a bibliography such as BibTeX or RIS, or ids")
	}
	return g, nil
}

// argumentError names the argument that can't be read.
func argumentError(name string, err error) error {
	e := library.AsError(err)
	return library.Errorf(e.Code, "argument %q can't be read: %s", name, ours(e.Message)).WithHint("%s", ours(e.Hint)).WithCause(err)
}

// read reads a bibliography in a format, or free text.
func (g *gathered) read(ctx context.Context, text string) (reference.Text, error) {
	list, notices, ok, err := reference.Bibliography(ctx, text)
	if err != nil {
		return reference.Text{}, err
	}
	if !ok {
		return reference.Parse(text), nil
	}
	if len(notices) > 0 {
		g.notices = append(g.notices, fmt.Sprintf("%d entries of the bibliography can't be read and are left out, the first since %s", len(notices), ours(notices[0])))
	}
	return reference.Text{References: list}, nil
}

func (g *gathered) add(list []reference.Reference) {
	for _, r := range list {
		g.references = append(g.references, newChecked(r))
	}
}

// addNew adds references that no other is the same as.
func (g *gathered) addNew(list []reference.Reference) {
	known := map[string]bool{}
	for _, r := range g.references {
		for _, key := range r.Keys() {
			known[key] = true
		}
	}
	for _, r := range list {
		if !slices.ContainsFunc(r.Keys(), func(key string) bool { return known[key] }) {
			g.references = append(g.references, newChecked(r))
		}
	}
}

// takeNumbers takes the citations by number, if the references have numbers. Those
// that have no reference are unresolved.
func (g *gathered) takeNumbers(numbers []string) {
	var unresolved []string
	for _, n := range numbers {
		if g.labelled(n) == nil {
			unresolved = append(unresolved, "["+n+"]")
		}
	}
	if 2*len(unresolved) < len(numbers) { // else they are something else
		g.numbers, g.unresolved = numbers, append(g.unresolved, unresolved...)
		g.cites = true
	}
}

// labelled returns the reference of a citation key, or nil.
func (g *gathered) labelled(key string) *checkedOne {
	at := slices.IndexFunc(g.references, func(r *checkedOne) bool { return r.Label != "" && strings.EqualFold(r.Label, key) })
	if at < 0 {
		return nil
	}
	return g.references[at]
}

// gatherNamed adds the works that ids name, and those of citation keys that no
// entry of the bibliography has.
func (c *call) gatherNamed(ctx context.Context, g *gathered, ids []string) error {
	if len(g.keys) > 0 && slices.ContainsFunc(g.references, func(r *checkedOne) bool { return r.Label != "" }) {
		g.cites = true
	}
	var names []string
	more := 0
	for _, key := range g.keys {
		switch {
		case g.labelled(key) != nil:
		case len(names) < maxKeys:
			names = append(names, "@"+key)
		default:
			more++
		}
	}
	if more > 0 {
		g.notices = append(g.notices, fmt.Sprintf("%d further citation keys are not looked up", more))
	}
	names = slices.Concat(ids, names)
	found, err := c.resolve(ctx, "ids", names)
	if err != nil {
		return err
	}
	_, notices := c.absent(ctx, names, found)
	g.notices = append(g.notices, notices...)
	for i, l := range found {
		if l.err != nil {
			g.unresolved = append(g.unresolved, names[i])
			continue
		}
		r := newChecked(reference.FromItem(l.item))
		r.work, r.looked, r.Label = l.item, true, strings.TrimPrefix(names[i], "@")
		g.references = append(g.references, r)
	}
	return nil
}

// citations says how the text and its bibliography go together, nil if there is
// nothing to say.
func (g *gathered) citations(t *tidy) *checkedCitations {
	cited := map[string]bool{}
	for _, key := range slices.Concat(g.keys, g.numbers) {
		cited[strings.ToLower(key)] = true
	}
	var uncited, doubled []string
	first := map[string]int{}
	for i, r := range g.references {
		if g.cites && r.Label != "" && !cited[strings.ToLower(r.Label)] {
			uncited = append(uncited, r.Label)
		}
		keys := r.Keys()
		if r.Label != "" {
			keys = append(keys, "label "+r.Label)
		}
		before := -1
		for _, key := range keys {
			if at, ok := first[key]; !ok {
				first[key] = i
			} else if before < 0 {
				before = at
			}
		}
		if before >= 0 {
			doubled = append(doubled, g.references[before].name(before)+" = "+r.name(i))
		}
	}
	out := &checkedCitations{Unresolved: names(t, g.unresolved), Uncited: names(t, uncited), Doubled: names(t, doubled)}
	if len(out.Unresolved)+len(out.Uncited)+len(out.Doubled) == 0 {
		return nil
	}
	return out
}

// name returns the reference's label, or its number in the answer.
func (r *checkedOne) name(at int) string {
	if r.Label != "" {
		return r.Label
	}
	return fmt.Sprintf("#%d", at+1)
}

// names lists names, the first hundred if they are many.
func names(t *tidy, all []string) []string {
	var out []string
	for i, name := range all {
		if i == maxCitedNames {
			return append(out, fmt.Sprintf("and %d more", len(all)-i))
		}
		out = append(out, t.line(name, maxName))
	}
	return out
}
