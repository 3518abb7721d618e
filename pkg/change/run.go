package change

import (
	"context"
	"slices"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// finishTime is how long recording the outcomes may take after a call has ended.
const finishTime = 10 * time.Second

// Run carries out a plan and returns its receipt. Running a plan again sends what is
// not settled, and changes nothing that is.
//
// A receipt beside an error says what was done before the run stopped: the rest can be
// done by running the plan again, and what was done can be taken back. Without a
// receipt nothing was changed. Edits that the library refuses are no error.
func (j *Journal) Run(ctx context.Context, w library.Writer, p *Plan, by Caller) (*Receipt, error) {
	r, found, err := j.begin(ctx, p, by)
	if err != nil {
		return nil, err
	}
	if r.Complete {
		r.Repeated = true
		return r, nil
	}
	at := 0
	for _, b := range r.batches() {
		outcomes := r.Outcomes[at : at+len(b.Edits)]
		if r.heldBack(at) {
			hold(outcomes)
			at += len(b.Edits)
			continue
		}
		if err := send(ctx, w, b, outcomes); err != nil {
			return r, err
		}
		if found {
			ours(outcomes)
		}
		at += len(b.Edits)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	if err := j.finish(ctx, r); err != nil {
		return r, library.Errorf(library.Unavailable, "the changes are made, but their record in the journal is not complete").
			WithHint("carry out the same plan again to complete it; that changes nothing twice").WithCause(err)
	}
	r.Complete = true
	return r, nil
}

// heldBack reports whether an edit of a step before that of edit i was refused.
func (r *Receipt) heldBack(i int) bool {
	for j, o := range r.Outcomes[:i] {
		if o.Status == library.EditRefused && r.Edits[j].Step < r.Edits[i].Step {
			return true
		}
	}
	return false
}

// hold refuses the edits of a batch that is not sent.
func hold(outcomes []Outcome) {
	err := library.Errorf(library.Conflict, "left as it is, since what has to come before it was refused")
	for i := range outcomes {
		outcomes[i] = outcomeOf(library.Outcome{Status: library.EditRefused, Err: err})
	}
}

// send carries out one batch and keeps its outcomes. The error says that some are not
// settled: then the run stops, since the next batch would fare no better.
func send(ctx context.Context, w library.Writer, b library.Batch, outcomes []Outcome) error {
	err := write(ctx, w, b, outcomes)
	if err == nil && slices.ContainsFunc(outcomes, func(o Outcome) bool { return o.Status == library.EditUnknown }) {
		err = resend(ctx, w, b, outcomes)
	}
	if err != nil {
		return err
	}
	for _, o := range outcomes {
		if o.settled() {
			continue
		}
		if o.Err != nil {
			return o.Err
		}
		return library.Errorf(library.Unavailable, "the library did not say what became of a change").WithHint("carry out the same plan again, which settles it")
	}
	return nil
}

// resend sends a batch again, which settles the outcomes that are not known.
func resend(ctx context.Context, w library.Writer, b library.Batch, outcomes []Outcome) error {
	again := make([]Outcome, len(outcomes))
	err := write(ctx, w, b, again)
	ours(again)
	for i, o := range again {
		if outcomes[i].Status == library.EditUnknown && o.Status != "" {
			outcomes[i] = o
		}
	}
	return err
}

// write sends a batch. An error that refuses all of it is an outcome of each edit.
func write(ctx context.Context, w library.Writer, b library.Batch, outcomes []Outcome) error {
	got, err := w.Write(ctx, b)
	if err == nil && len(got) != len(b.Edits) {
		err = library.Errorf(library.Internal, "the library gave %d outcomes for %d edits", len(got), len(b.Edits))
	}
	if len(got) == len(b.Edits) {
		for i, o := range got {
			outcomes[i] = outcomeOf(o)
		}
		return err
	}
	e := library.AsError(err)
	if !final(e.Code) {
		return err
	}
	for i := range outcomes {
		outcomes[i] = outcomeOf(library.Outcome{Status: library.EditRefused, Err: e})
	}
	return nil
}

func outcomeOf(o library.Outcome) Outcome {
	out := Outcome{Status: o.Status, Version: o.Version, Err: o.Err}
	if o.Err != nil {
		out.Code, out.Message = o.Err.Code, o.Err.Message
	}
	return out
}

// ours makes of the unchanged edits of a run that was begun before edits that are
// done: that run may have done them, and taking them back must not leave them out.
func ours(outcomes []Outcome) {
	for i := range outcomes {
		if outcomes[i].Status == library.EditUnchanged {
			outcomes[i].Status = library.EditDone
		}
	}
}

// settled reports whether running the plan again can't change the outcome.
func (o Outcome) settled() bool {
	switch o.Status {
	case library.EditDone, library.EditUnchanged:
		return true
	case library.EditRefused:
		return final(o.Code)
	}
	return false
}

// final reports whether the same edit would be refused again.
func final(code library.Code) bool {
	switch code {
	case library.Invalid, library.NotFound, library.Forbidden, library.Conflict, library.TooLarge:
		return true
	}
	return false
}
