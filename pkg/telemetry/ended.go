package telemetry

import (
	"cmp"
	"time"
)

// Ended is a call that ended: who called what, never the words of a query nor what was
// found.
type Ended struct {
	Begun     time.Time
	Took      time.Duration
	Principal string // "" without sign-in
	Client    string // name and version, cleaned, at most 129 bytes
	// Tool is the tool's name, "other" for one that is not in [Options].Tools, or
	// [ReadsResource].
	Tool string
	// Libraries are the IDs of the libraries that the call read, at most 20. They do
	// not change.
	Libraries []string
	// Code is the class of the error: a library.Code, "protocol", or "error" for an
	// unknown one; "" if the call succeeded.
	Code string
}

// ReadsResource is the tool of an [Ended] that read a resource.
const ReadsResource = "resource"

// follows reports whether something is told of each call.
func (t *Telemetry) follows() bool { return t.auditor != nil || t.options.Called != nil }

// follow tells of a call that ended, and drops what an abandoned call adds later.
func (c *Call) follow(o *Outcome, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.operation.Library != "" {
		c.touched.addLibrary(c.operation.Library)
	}
	if c.telemetry.auditor != nil {
		c.audit(o, took)
	}
	if called := c.telemetry.options.Called; called != nil {
		called(c.ended(o, took))
	}
	c.touched.closed = true
}

func (c *Call) ended(o *Outcome, took time.Duration) Ended {
	op := &c.operation
	e := Ended{Begun: c.begun, Took: took, Principal: op.Principal, Client: clean(op.ClientName), Tool: ReadsResource, Libraries: c.touched.libraries, Code: o.Code}
	if op.ClientVersion != "" {
		e.Client += " " + clean(op.ClientVersion)
	}
	if op.isTool() {
		e.Tool = cmp.Or(closedList(c.telemetry.options.Tools, op.Tool), other)
	}
	if o.Status != StatusOK {
		e.Code = cmp.Or(o.Code, "error")
	}
	return e
}
