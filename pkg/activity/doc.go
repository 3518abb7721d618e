// Package activity keeps what callers did: for each call its time, caller, client,
// tool, libraries, outcome and duration. It keeps no word of a question, no title, no
// key of a work and no token.
//
// A [Recorder] takes entries in memory, so that a call never waits. A [Log] moves them
// to a [Store] each minute, as immutable objects by day, principal and process, and
// reads those of all processes. Objects expire after [Life]. A process that crashes
// loses what it recorded since its last minute.
package activity
