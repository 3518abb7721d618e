package tool

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/resolve"
)

// Confirm says which changes are planned before they are carried out.
type Confirm string

// The values of [Confirm].
const (
	ConfirmAlways  Confirm = "always"  // all
	ConfirmChanges Confirm = "changes" // those that overwrite, move or remove
	ConfirmNever   Confirm = "never"   // none
)

// Writing is what the tools that change libraries work with.
type Writing struct {
	Plans   *change.Plans
	Journal *change.Journal
	Confirm Confirm // "" is ConfirmChanges
	Quotes  Quotes
	// Client is the name of the program that calls outside MCP, for its receipts; "" is
	// not known.
	Client string
	// Subject identifies the caller of ctx. Nil is one caller.
	Subject func(ctx context.Context) string
	// Wrote is told of each plan that was carried out: by which tool, how it ended
	// (a status of [change.Receipt]: done, partly or refused; stopped if the run did not end), and the name of its
	// receipt. Nil is told nothing.
	Wrote func(ctx context.Context, tool, status, receipt string)
	Now   func() time.Time // nil is [time.Now]
}

// now returns the time.
func (w *Writing) now() time.Time {
	if w.Now == nil {
		return time.Now()
	}
	return w.Now()
}

func (w *Writing) subject(ctx context.Context) string {
	if w.Subject == nil {
		return ""
	}
	return w.Subject(ctx)
}

// writeCall is one call of a tool that writes: a call with a way to writers.
type writeCall struct {
	*call
	writing    *Writing
	registries *resolve.Resolver
	storing    chan struct{}
	tool       string
	by         change.Caller
}

// writer returns one of the caller's libraries to change. The error has the code
// Forbidden if the caller may not.
func (c *writeCall) writer(ctx context.Context, id library.ID) (library.Writer, error) {
	r, err := c.reader(ctx, id)
	if err != nil {
		return nil, err
	}
	w, ok := r.(library.Writer)
	libs, err := c.list(ctx)
	if at := indexID(libs, id); err == nil && (!ok || at >= 0 && !libs[at].MayWrite) {
		return nil, library.Errorf(library.Forbidden, "library %s can't be changed by you", id).
			WithHint("list_libraries shows under may_write which can; a group's owner decides who may edit it, and a key or token may be for reading alone")
	}
	return w, err
}

// proposal is what a tool that writes wants to do.
type proposal struct {
	plan *change.Plan
	// approved says that the plan was seen before, or needs no plan.
	approved bool
	notices  []string
	files    map[string]library.File // what a person gave, by the keys of their attachments
	// answer says why nothing is proposed; then the plan has what the caller chooses
	// from. It is nil for a proposal.
	answer *writeOutput
}

// propose returns the proposal to change the library by these edits.
func (c *writeCall) propose(lib library.ID, title string, edits []change.Edit) (*proposal, error) {
	p, err := change.New(lib, c.tool, title, c.by, edits, c.writing.now())
	if err != nil {
		return nil, err
	}
	d := c.digest()
	p.Arguments = fmt.Sprintf("%x", d[:])
	return &proposal{plan: p, approved: c.writing.Confirm == ConfirmNever || p.Adds() && c.writing.Confirm != ConfirmAlways}, nil
}

// writeTool defines a tool that changes libraries. do returns what it wants to do;
// whether that is carried out at once, or planned, or whether the person is asked, is
// the same for all. A tool that overwrites without a plan is destructive.
func writeTool[In any](c *Catalog, a about, hints Hints, fields []field[In], do func(context.Context, *writeCall, In) (*proposal, error)) (*definition, error) {
	hints.Destructive = hints.Destructive || c.writing.Confirm == ConfirmNever
	d, err := describe[In, writeOutput](a, fields, hints)
	if err != nil {
		return nil, err
	}
	prepare := func(ctx context.Context, arguments json.RawMessage, p *progress, client string) (*writeCall, *proposal, error) {
		in, err := decode(fields, arguments)
		if err != nil {
			return nil, nil, err
		}
		w := &writeCall{call: c.newCall(func() digest { return argumentDigest(a.name, fields, &in) }), writing: c.writing, registries: c.registries, storing: c.storing, tool: a.name}
		w.progress = p
		w.by = change.Caller{Subject: c.writing.subject(ctx), Client: client}
		proposed, err := do(ctx, w, in)
		if rejected := w.standing.rejected(); err == nil && rejected != nil {
			err = rejected
		}
		return w, proposed, err
	}
	d.run = func(ctx context.Context, arguments json.RawMessage, p *progress) (json.RawMessage, error) {
		w, proposed, err := prepare(ctx, arguments, p, c.writing.Client)
		if err != nil {
			return nil, err
		}
		return w.settle(ctx, proposed)
	}
	d.ask = func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return handleWrite(ctx, req, prepare), nil
	}
	return d, nil
}

// settle carries the proposal out if it is approved, and else answers with a plan.
func (c *writeCall) settle(ctx context.Context, p *proposal) (json.RawMessage, error) {
	switch {
	case p.answer != nil:
		return c.write(ctx, *p.answer, p.plan, nil)
	case p.approved:
		return c.carryOut(ctx, p)
	}
	token, err := c.writing.Plans.Seal(ctx, p.plan)
	if err != nil {
		return nil, err
	}
	out := writeOutput{
		Status: statusPlanned, Title: p.plan.Title, Plan: token,
		Notices: append(p.notices, fmt.Sprintf("nothing is changed yet: show the changes to the user, and if they agree call apply_changes with this plan within %d minutes", int(change.PlanLife.Minutes()))),
	}
	return c.write(ctx, out, p.plan, nil)
}

// carryOut runs the plan of a proposal.
func (c *writeCall) carryOut(ctx context.Context, p *proposal) (json.RawMessage, error) {
	w, err := c.writer(ctx, p.plan.Library)
	if err != nil {
		return nil, err
	}
	release, err := c.reserve(ctx, w, p.plan)
	if err != nil {
		return nil, err
	}
	defer release()
	files, err := c.download(ctx, w, p)
	if err != nil {
		return nil, err
	}
	r, err := c.writing.Journal.Run(ctx, w, p.plan, c.by)
	if r == nil {
		return nil, err
	}
	out := writeOutput{Status: statusOf(r, err), Title: r.Title, Receipt: r.Name(), Notices: p.notices}
	if c.writing.Wrote != nil && !r.Repeated {
		c.writing.Wrote(ctx, c.tool, out.Status, out.Receipt)
	}
	switch {
	case err != nil && out.Status == statusRefused:
		return nil, err // nothing was done
	case err != nil:
		c.offerRest(ctx, &out, r, err)
	case r.Repeated:
		out.note("this plan was carried out before, at " + r.At.Format(time.RFC3339) + ": nothing was changed now")
	default:
		c.offerAgain(ctx, w, &out, r)
	}
	if err == nil {
		c.store(ctx, files, &out, r, w)
	}
	return c.write(ctx, out, &r.Plan, r.Outcomes)
}

// offerRest says what a run that stopped left undone, and gives the plan to finish it.
func (c *writeCall) offerRest(ctx context.Context, out *writeOutput, r *change.Receipt, err error) {
	out.note("not all was carried out: " + words(library.AsError(err)))
	token, err := c.writing.Plans.Seal(context.WithoutCancel(ctx), &r.Plan)
	if err != nil { // kept already, or the store is down
		out.note("call apply_changes again with the same plan, which does the rest and changes nothing twice, or undo_changes with this receipt")
		return
	}
	out.Plan = token
	out.note("call apply_changes with this plan, which does the rest and changes nothing twice, or undo_changes with this receipt")
}

// offerAgain plans again what was refused because it had changed meanwhile.
func (c *writeCall) offerAgain(ctx context.Context, w library.Writer, out *writeOutput, r *change.Receipt) {
	p, changed, err := change.Again(ctx, w, r, c.writing.now())
	if err != nil {
		out.note("some works changed meanwhile, and can't be read now: " + words(library.AsError(err)))
		return
	}
	for i, m := range changed {
		if i == maxNamed {
			out.note(fmt.Sprintf("%d more changed meanwhile", len(changed)-i))
			break
		}
		id := library.ItemID{Library: r.Library, Key: m.Key}.String()
		switch {
		case m.Gone:
			out.note(id + " was removed meanwhile")
		case len(m.Fields) == 0:
			out.note(id + " changed meanwhile in other fields")
		default:
			out.note(id + " changed meanwhile in " + enumerate(fieldNames(m.Fields)))
		}
	}
	if p == nil {
		return
	}
	if out.Plan, err = c.writing.Plans.Seal(ctx, p); err != nil {
		out.note("call the tool again for the works that changed meanwhile")
		return
	}
	out.note("for the works that changed meanwhile, which were left as they are, this is a new plan")
}

// fieldNames returns names of fields as they may be shown.
func fieldNames(names []string) []string {
	shown := make([]string, len(names))
	for i, name := range names {
		shown[i] = token(name)
	}
	return shown
}
