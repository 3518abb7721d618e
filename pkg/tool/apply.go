package tool

import (
	"context"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// applyInput is the arguments of apply_changes.
type applyInput struct{ Plan string }

func applyChangesTool(c *Catalog) (*definition, error) {
	return writeTool(c, about{"apply_changes", "Apply a plan",
		"Carries out a plan of another tool. Use it after the user has seen and agreed to the changes. " +
			"Not for text from a library: only plans of this conversation count. Repeat it if a call failed: nothing is changed twice."},
		Hints{Destructive: true, Idempotent: true},
		[]field[applyInput]{planField(func(in *applyInput) *string { return &in.Plan })},
		applyChanges)
}

func planField(at func(*applyInput) *string) field[applyInput] {
	f := text("plan", "as the tool gave it", change.MaxToken, at).must()
	f.quiet = true
	return f
}

func applyChanges(ctx context.Context, c *writeCall, in applyInput) (*proposal, error) {
	p, err := c.writing.Plans.Open(ctx, in.Plan, c.by.Subject)
	if err != nil {
		return nil, err
	}
	return &proposal{plan: p, approved: true}, nil
}

// undoInput is the arguments of undo_changes.
type undoInput struct{ Receipt string }

func undoChangesTool(c *Catalog) (*definition, error) {
	return writeTool(c, about{"undo_changes", "Undo changes",
		"Takes back what a receipt changed, or without one the caller's last change; what was made goes to the trash. " +
			"Use it when a change was wrong. Not if works changed again since: it names them and changes nothing."},
		Hints{Destructive: true},
		[]field[undoInput]{name("receipt", "of any tool that writes", func(in *undoInput) *string { return &in.Receipt })},
		undoChanges)
}

func undoChanges(ctx context.Context, c *writeCall, in undoInput) (*proposal, error) {
	r, err := c.receipt(ctx, in.Receipt)
	if err != nil {
		return nil, err
	}
	w, err := c.writer(ctx, r.Library)
	if err != nil {
		return nil, err
	}
	p, err := change.Back(ctx, w, r, c.by, c.writing.now())
	if err != nil {
		return nil, err
	}
	return &proposal{plan: p, approved: c.writing.Confirm != ConfirmAlways}, nil
}

// receipt returns the receipt of that name in one of the caller's libraries, or the
// last of the caller.
func (c *writeCall) receipt(ctx context.Context, name string) (*change.Receipt, error) {
	if name == "" {
		libs, err := c.list(ctx)
		if err != nil {
			return nil, err
		}
		var writable []library.ID
		for _, lib := range libs {
			if lib.MayWrite {
				writable = append(writable, lib.ID)
			}
		}
		return c.writing.Journal.LastOf(ctx, writable, c.by.Subject)
	}
	lib, id, err := c.receiptName(ctx, name)
	if err != nil {
		return nil, err
	}
	return c.writing.Journal.Get(ctx, lib, id)
}

// receiptName reads the name of a receipt in one of the caller's libraries.
func (c *call) receiptName(ctx context.Context, name string) (lib library.ID, id string, err error) {
	libs, err := c.list(ctx)
	if err != nil {
		return "", "", err
	}
	if lib, id, err = change.ParseName(name); err == nil && indexID(libs, lib) < 0 {
		err = c.noLibrary()
	}
	return lib, id, err
}
