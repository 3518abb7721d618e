package tool

import (
	"bytes"
	"context"
	"encoding/json"
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// AddFileTool is the name under which calls of [Catalog.AddFile] are recorded: what it
// leaves is what that tool leaves.
const AddFileTool = "add_items"

// FileRights is what the caller may do with the files of a library.
type FileRights struct {
	Stored bool // the library keeps files
	May    bool // the caller may add some, as far as is known before they do
}

// FileRights returns what the caller of ctx may do with the files of a library.
func (c *Catalog) FileRights(ctx context.Context, id library.ID) (FileRights, error) {
	if c.writing == nil {
		return FileRights{}, nil
	}
	r, err := c.newCall(nil).reader(ctx, id)
	if err != nil {
		return FileRights{}, err
	}
	info, err := r.Info(ctx)
	return FileRights{Stored: info.StoresFiles, May: info.StoresFiles && info.MayWrite}, err
}

// AddFile adds a PDF file, which a person gave, to a work and returns what a tool that
// writes does. The person has seen what is added, so there is no plan. A file that the
// work has already is [library.Conflict]. Every error is a [*library.Error].
func (c *Catalog) AddFile(ctx context.Context, id string, content []byte) (json.RawMessage, error) {
	out, err := c.addFile(ctx, id, content)
	if err != nil {
		return nil, library.AsError(err)
	}
	return out, nil
}

func (c *Catalog) addFile(ctx context.Context, id string, content []byte) (json.RawMessage, error) {
	if c.writing == nil {
		return nil, library.Errorf(library.Forbidden, "this server changes no libraries")
	}
	work, err := parseItemID("id", id)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(content, []byte("%PDF-")) {
		return nil, library.Errorf(library.Invalid, "the file is no PDF file").WithHint("choose a file that a PDF reader opens")
	}
	// The second of two forms that are sent at once finds the file of the first.
	unlock, err := c.adding.lock(ctx, work.String())
	if err != nil {
		return nil, err
	}
	defer unlock()
	w := &writeCall{
		call: c.newCall(func() digest { return digest{} }), writing: c.writing, registries: c.registries, storing: c.storing, tool: AddFileTool,
		by: change.Caller{Subject: c.writing.subject(ctx), Client: c.writing.Client},
	}
	p, err := w.proposeFile(ctx, work, content)
	if err != nil {
		return nil, err
	}
	return w.carryOut(ctx, p)
}

// proposeFile returns the proposal to add a file to a work.
func (c *writeCall) proposeFile(ctx context.Context, work library.ItemID, content []byte) (*proposal, error) {
	w, err := c.writer(ctx, work.Library)
	if err != nil {
		return nil, err
	}
	if _, err := storeOf(w); err != nil {
		return nil, err
	}
	_, found, err := c.itemsOf(ctx, work.Library, []string{work.Key})
	if err != nil {
		return nil, err
	}
	it := found[0].item
	switch {
	case it == nil:
		return nil, library.Errorf(library.NotFound, "the library has no such work")
	case it.ID.Key != found[0].key, it.Type == "attachment", it.Type == "note":
		return nil, library.Errorf(library.Invalid, "a file is added to a work, and this is a note or a file")
	}
	title := new(tidy).title(it)
	name := pdfName(title)
	e := change.Make(library.ItemObject, w.NewKey(), library.Data{
		"itemType": "attachment", "linkMode": "imported_file", "parentItem": it.ID.Key, "title": "PDF", "contentType": pdfType, "filename": name,
	})
	e.Name = title
	p, err := c.propose(work.Library, "Add 1 PDF file", []change.Edit{e})
	if err != nil {
		return nil, err
	}
	has, err := sameFile(ctx, w, p.plan, e, content)
	if err != nil {
		return nil, err
	}
	if has != "" {
		return nil, library.Errorf(library.Conflict, "the work has this file already, so nothing is added").WithHint("it is %s", has)
	}
	p.files = map[string]library.File{e.Key: {Name: name, ContentType: pdfType, Content: content}}
	return p, nil
}

// exclusive lets one call at a time have a name. The zero value is ready.
type exclusive struct {
	mu   sync.Mutex
	held map[string]chan struct{} // closed when the name is free
}

// lock waits until no other call has the name.
func (x *exclusive) lock(ctx context.Context, name string) (unlock func(), err error) {
	for {
		x.mu.Lock()
		taken, ok := x.held[name]
		if !ok {
			break
		}
		x.mu.Unlock()
		select {
		case <-taken:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer x.mu.Unlock()
	free := make(chan struct{})
	if x.held == nil {
		x.held = map[string]chan struct{}{}
	}
	x.held[name] = free
	return func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		delete(x.held, name)
		close(free)
	}, nil
}
