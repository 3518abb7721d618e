// Package change carries out changes of libraries so that they can be seen before,
// found again and taken back.
//
// A [Plan] lists edits with the fields before and after. [Plans] seals it into a
// token for the one caller who may carry it out. [Journal.Run] records the plan,
// carries it out in batches and records the outcomes: the plan and its outcomes are
// a [Receipt]. [Back] makes the plan that takes a receipt back.
//
// The journal keeps two immutable objects a receipt: the plan, created before
// anything is sent to the library, and the outcomes, created when each is settled.
// A receipt without outcomes belongs to a run that was cut off. Running its plan
// again completes it and changes nothing twice, because an edit whose fields the
// object already has changes nothing ([library.Writer]).
package change
