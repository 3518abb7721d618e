package tool

import (
	"context"
	"crypto/md5" //nolint:gosec // Zotero names files by it
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Bounds of the files of a call.
const (
	maxFileBytes = 50 << 20         // together
	maxStoring   = 2                // calls that hold files in memory
	fetchTime    = 20 * time.Second // of one file
)

// downloads are the files of a plan.
type downloads struct {
	files   map[string]library.File // by the keys of their attachments
	given   bool                    // a person gave them, so that no plan can fetch them again
	left    int64                   // bytes that may still be fetched
	missing int                     // files that can't be fetched
}

// fileEdits returns the edits of a plan that make an attachment for a file to fetch.
func fileEdits(p *change.Plan) []change.Edit {
	return slices.DeleteFunc(slices.Clone(p.Edits), func(e change.Edit) bool { return !isFile(e) })
}

// reserve waits until the call may hold the files of a plan, if it has any. It fails if
// the files can't be stored. The caller releases what it holds.
func (c *writeCall) reserve(ctx context.Context, w library.Writer, p *change.Plan) (release func(), err error) {
	if len(fileEdits(p)) == 0 {
		return func() {}, nil
	}
	if err := c.mayStore(w); err != nil {
		return nil, err
	}
	select {
	case c.storing <- struct{}{}:
		return func() { <-c.storing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// download fetches the files of a proposal's plan, before anything is written. The plan
// keeps no attachment whose file can't be fetched, or that its work has already.
func (c *writeCall) download(ctx context.Context, w library.Writer, p *proposal) (*downloads, error) {
	d := &downloads{files: map[string]library.File{}, given: len(p.files) > 0, left: maxFileBytes}
	maps.Copy(d.files, p.files)
	aside, cancel := asideFor(ctx)
	defer cancel()
	var dropped []string
	wanted := fileEdits(p.plan)
	for i, e := range wanted {
		c.progress.step(len(wanted)+1, fmt.Sprintf("fetches file %d of %d", i+1, len(wanted)))
		content, err := c.fetchPDF(aside, e, d.left)
		if err != nil {
			dropped = append(dropped, e.Key)
			d.missing++
			p.notices = append(p.notices, fmt.Sprintf("the PDF file of %s is not added: %s", parentOf(p.plan, e), words(library.AsError(err)))+c.byHand(parentOf(p.plan, e)))
			continue
		}
		has, err := sameFile(ctx, w, p.plan, e, content)
		if err != nil {
			return nil, err
		}
		if has != "" {
			dropped = append(dropped, e.Key)
			p.notices = append(p.notices, fmt.Sprintf("%s has this file already: %s", parentOf(p.plan, e), has))
			continue
		}
		d.left -= int64(len(content))
		name, _ := e.After["filename"].(string)
		d.files[e.Key] = library.File{Name: name, ContentType: pdfType, Content: content}
	}
	if len(dropped) == 0 {
		return d, nil
	}
	kept := *p.plan
	kept.Edits = slices.DeleteFunc(slices.Clone(kept.Edits), func(e change.Edit) bool { return slices.Contains(dropped, e.Key) })
	if len(kept.Edits) == 0 {
		return nil, library.Errorf(library.Conflict, "nothing is added: %s", strings.Join(p.notices, "; "))
	}
	kept.Title = titleOf(kept.Edits)
	p.plan = &kept
	return d, nil
}

// fetchPDF fetches the file that an edit names, of at most left bytes.
func (c *writeCall) fetchPDF(ctx context.Context, e change.Edit, left int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	address, _ := e.After["url"].(string)
	content, err := c.registries.PDF(ctx, address, left)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, library.Errorf(library.Unavailable, "the file did not come in time").WithHint("call add_items again for it").WithCause(err)
	case library.CodeOf(err) == library.TooLarge:
		return nil, library.Errorf(library.TooLarge, "the files of a call are more than %d MB together", maxFileBytes>>20).WithHint("add it in a call of its own, or in Zotero")
	}
	return content, err
}

// byHand says where a person can add the file of a work; "" on a server without pages.
func (c *writeCall) byHand(works ...library.ItemID) string {
	var pages []string
	for _, id := range works {
		if s := c.pageOf(id); s != "" {
			pages = append(pages, s)
		}
	}
	if len(pages) == 0 {
		return ""
	}
	return " The user can add a file on the work's page: " + enumerate(pages)
}

// parentOf returns the work of an attachment.
func parentOf(p *change.Plan, e change.Edit) library.ItemID {
	key, _ := e.After["parentItem"].(string)
	return library.ItemID{Library: p.Library, Key: key}
}

// sameFile returns the attachment with the same file that a work has already, "" if
// there is none. A work that the plan makes has none.
func sameFile(ctx context.Context, w library.Writer, p *change.Plan, e change.Edit, content []byte) (string, error) {
	parent := parentOf(p, e)
	if slices.ContainsFunc(p.Edits, func(made change.Edit) bool { return made.Key == parent.Key }) {
		return "", nil
	}
	page, err := w.Items(ctx, []string{parent.Key})
	if err != nil || len(page.Items) == 0 {
		return "", err
	}
	var keys []string
	for _, a := range page.Items[0].Attachments {
		if a.Key != e.Key {
			keys = append(keys, a.Key)
		}
	}
	objects, err := objectsOf(ctx, w, keys)
	sum := md5.Sum(content) //nolint:gosec // as above
	for key, o := range objects {
		if o.Data["md5"] == hex.EncodeToString(sum[:]) {
			return library.ItemID{Library: p.Library, Key: key}.String(), err
		}
	}
	return "", err
}

// store stores the files of attachments that are made. The plan of the answer stores
// the rest.
func (c *writeCall) store(ctx context.Context, d *downloads, out *writeOutput, r *change.Receipt, w library.Writer) {
	failed := 0
	for i, e := range r.Edits {
		f, ok := d.files[e.Key]
		if !ok || r.Outcomes[i].Status != library.EditDone {
			continue
		}
		files, err := storeOf(w)
		if err == nil {
			err = files.Attach(ctx, e.Key, f)
		}
		if err != nil {
			failed++
			out.note(fmt.Sprintf("the PDF file of %s is not stored: %s", parentOf(&r.Plan, e), words(library.AsError(err))))
		}
	}
	if failed+d.missing > 0 && out.Status == statusDone {
		out.Status = statusPartly
	}
	if failed == 0 || out.Plan != "" {
		return
	}
	if d.given {
		out.note("the attachment is there without its file: take this receipt back, and then add the file again")
		return
	}
	out.note("an attachment without its file is there: apply_changes with the plan stores it and changes nothing else; undo_changes with the receipt takes all back")
	if token, err := c.writing.Plans.Seal(context.WithoutCancel(ctx), &r.Plan); err == nil {
		out.Plan = token
	}
}

// storeOf returns the library as one that stores files, or the error of one that doesn't.
func storeOf(w library.Writer) (library.FileStore, error) {
	store, ok := w.(library.FileStore)
	if !ok {
		return nil, library.Errorf(library.Invalid, "this library stores no files").WithHint("libraries at Zotero do")
	}
	return store, nil
}
