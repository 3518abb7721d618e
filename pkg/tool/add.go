package tool

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
)

// addInput is the arguments of add_items.
type addInput struct {
	Works, Library    string
	PDF               string
	ItemType          string
	Fields            map[string]any
	Collections, Tags []string
}

// Bounds of add_items.
const (
	maxAddChars = 50_000
	maxAdded    = 500 // works
)

func addItemsTool(c *Catalog) (*definition, error) {
	return writeTool(c, about{"add_items", "Add items",
		"Adds works: by DOI, ISBN, arXiv or PubMed ID as registries describe them, from bibliography text, or from fields. Use it to file what the user names. " +
			"What the library has already is named and not added again. Not for notes: use write_note."},
		Hints{OpenWorld: true},
		[]field[addInput]{
			block("works", "identifiers, or BibTeX, RIS, CSL JSON …", maxAddChars, func(in *addInput) *string { return &in.Works }),
			name("item_type", "with fields", func(in *addInput) *string { return &in.ItemType }),
			object("fields", "of one work, as in update_items", func(in *addInput) *map[string]any { return &in.Fields }),
			name("library", "default: the first that you may change", func(in *addInput) *string { return &in.Library }),
			tags("collections", "key, name or path A/B", func(in *addInput) *[]string { return &in.Collections }),
			tags("tags", "", func(in *addInput) *[]string { return &in.Tags }),
			address("pdf", "to store: the one work's URL, or open for open-access PDFs of identifiers", func(in *addInput) *string { return &in.PDF }),
		}, addItems)
}

// addition is a work that a call adds.
type addition struct {
	ref  reference.Reference // to look for it in the library
	data library.Data
	item *library.Item
	pdf  string // the address of its PDF file, "" for none
	key  string // in the library, once it is known
}

func addItems(ctx context.Context, c *writeCall, in addInput) (*proposal, error) {
	lib, err := c.writableLibrary(ctx, in.Library)
	if err != nil {
		return nil, err
	}
	w, err := c.writer(ctx, lib)
	if err != nil {
		return nil, err
	}
	if err := c.checkPDF(w, in.PDF); err != nil {
		return nil, err
	}
	into, err := c.collectionKeys(ctx, lib, in.Collections)
	if err != nil {
		return nil, err
	}
	all, notices, err := c.additions(ctx, in)
	if err != nil {
		return nil, err
	}
	info, err := w.Info(ctx)
	if err != nil {
		return nil, err
	}
	c.hear(lib, info.Notice) // of a library that is not read yet, a work that it has may be missed
	fresh, held, err := c.divide(ctx, lib, all)
	if err != nil {
		return nil, err
	}
	if len(held) > 0 {
		notices = append(notices, heldNotice(held))
	}
	edits, err := makeWorks(w, fresh, into, in.Tags)
	if err != nil {
		return nil, err
	}
	if in.PDF == openPDF {
		notices = append(notices, c.unknownFiles(lib, fresh, held)...)
	}
	files, said := attachments(c.writing.now(), w, fresh, held)
	edits, notices = append(edits, files...), append(notices, said...)
	if len(edits) == 0 {
		return nil, library.Errorf(library.Conflict, "nothing is added: %s", strings.Join(notices, "; "))
	}
	p, err := c.propose(lib, titleOf(edits), edits)
	if err == nil {
		p.notices = append(p.notices, notices...)
	}
	return p, err
}

// makeWorks returns the edits that make works. It keeps their keys.
func makeWorks(w library.Writer, all []addition, collections, tags []string) ([]change.Edit, error) {
	var edits []change.Edit
	for i := range all {
		made, err := all[i].edits(w, collections, tags)
		if err != nil {
			return nil, err
		}
		all[i].key = made[0].Key
		edits = append(edits, made...)
	}
	return edits, nil
}

// writableLibrary returns the library that an argument names, or the first that the
// caller may change.
func (c *writeCall) writableLibrary(ctx context.Context, name string) (library.ID, error) {
	libs, err := c.choose(ctx, name)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(libs, func(l library.Info) bool { return l.MayWrite })
	switch {
	case at >= 0:
		return libs[at].ID, nil
	case name != "":
		return libs[0].ID, nil // its writer says why not
	}
	return "", library.Errorf(library.Forbidden, "none of your libraries can be changed by you").
		WithHint("list_libraries shows under may_write which can")
}

// additions returns the works that the arguments describe, each once.
func (c *writeCall) additions(ctx context.Context, in addInput) (all []addition, notices []string, err error) {
	switch {
	case in.Works == "" && in.Fields == nil:
		return nil, nil, library.Errorf(library.Invalid, "no work is given").WithHint("give works or fields")
	case in.Works != "":
		if all, notices, err = c.described(ctx, in.Works); err != nil {
			return nil, nil, err
		}
	}
	if in.Fields != nil {
		a, err := fromFields(in.ItemType, in.Fields)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, a)
	}
	seen := map[string]bool{}
	all = slices.DeleteFunc(all, func(a addition) bool {
		twice := false
		for _, key := range a.ref.Keys() {
			twice, seen[key] = twice || seen[key], true
		}
		return twice
	})
	if len(all) > maxAdded {
		return nil, nil, library.Errorf(library.TooLarge, "%d works are given, at most %d are added at a time", len(all), maxAdded).WithHint("divide them")
	}
	return all, notices, nameFiles(all, in.PDF)
}

// described returns the works of a bibliography, or those that registries have for
// the identifiers in a text.
func (c *writeCall) described(ctx context.Context, text string) (all []addition, notices []string, err error) {
	list, problems, ok, err := reference.Bibliography(ctx, text)
	switch {
	case err != nil:
		return nil, nil, argumentError("works", err)
	case ok:
		if len(problems) > 0 {
			notices = append(notices, fmt.Sprintf("%d entries can't be read and are left out, the first since %s", len(problems), ours(problems[0])))
		}
		for _, r := range list {
			all = append(all, addition{ref: r, item: r.Item})
		}
		return all, notices, nil
	}
	ids, invalid := reference.Identifiers(text)
	if len(invalid) > 0 {
		notices = append(notices, "the check digit of these ISBNs is wrong: "+enumerate(names(new(tidy), invalid)))
	}
	if len(ids) == 0 {
		return nil, nil, library.Errorf(library.Invalid, "argument %q has no DOI, ISBN, arXiv or PubMed ID, and is no bibliography", "works").
			WithHint("give identifiers, or BibTeX, RIS or another format; or the fields of a work")
	}
	if len(ids) > maxAdded {
		return nil, nil, library.Errorf(library.TooLarge, "%d identifiers are given, at most %d are added at a time", len(ids), maxAdded).WithHint("divide them")
	}
	return c.registered(ctx, ids, notices)
}

// registered returns the works that registries have for identifiers.
func (c *writeCall) registered(ctx context.Context, ids []reference.Identifier, notices []string) ([]addition, []string, error) {
	if c.registries == nil {
		return nil, nil, library.Errorf(library.Forbidden, "this server asks no registries (setting STACKROOM_RESOLVERS)").
			WithHint("give bibliography text or fields")
	}
	aside, cancel := asideFor(ctx)
	defer cancel()
	report := c.registries.Works(aside, ids, nil)
	var all []addition
	var missing []string
	for _, id := range ids {
		if w := report.Works[id]; w != nil {
			ref := reference.FromItem(w.Item)
			if !slices.Contains(ref.IDs, id) {
				ref.IDs = append(ref.IDs, id)
			}
			all = append(all, addition{ref: ref, item: w.Item, pdf: report.OpenPDFs[id].URL})
		} else {
			missing = append(missing, ours(id.String()))
		}
	}
	if len(missing) > 0 {
		notices = append(notices, fmt.Sprintf("no registry that answered has %s", enumerate(missing)))
		for _, a := range report.Asked {
			if a.Unanswered > 0 {
				notices = append(notices, fmt.Sprintf("%s did not answer for %d identifiers; try these again later", a.Service, a.Unanswered))
			}
		}
	}
	return all, notices, nil
}

// holder is a work to add that the library has.
type holder struct {
	addition
	has *library.Item
}

// divide returns the works that a library does not have, and those that it has.
func (c *writeCall) divide(ctx context.Context, lib library.ID, all []addition) (fresh []addition, held []holder, err error) {
	for _, a := range all {
		it, err := c.inLibrary(ctx, lib, &a.ref)
		switch {
		case err != nil:
			return nil, nil, err
		case it == nil:
			fresh = append(fresh, a)
		default:
			held = append(held, holder{a, it})
		}
	}
	return fresh, held, nil
}

// heldNotice says which works the library has.
func heldNotice(held []holder) string {
	ids := make([]string, len(held))
	for i, h := range held {
		ids[i] = h.has.ID.String()
	}
	if len(ids) > maxNamed {
		return fmt.Sprintf("the library has %d of them already, such as %s", len(ids), enumerate(ids[:maxNamed]))
	}
	return "the library has these already: " + enumerate(ids)
}
