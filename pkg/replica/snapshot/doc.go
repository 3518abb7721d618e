// Package snapshot keeps the snapshots of replicas in a bucket, sealed where
// there is a master key, and the lease by which one process at a time reads a
// library and saves it.
//
// A snapshot has one head and any number of pieces:
//
//	replicas/<hash of library and view>/head
//	replicas/<hash of library and view>/<random name of a piece>
//
// A piece is a part of a file of the shelf's base, or of its log. It is written
// once, under a name that is never used again. The head, a small JSON object,
// names the pieces of one snapshot in order. A saving writes new pieces first
// and the head last, so a reader finds one snapshot or the other, whole. Pieces
// of the same base are written once; of the log, only what is new.
//
// The lease is a field of the head. Each write of the head, be it to take the
// lease, to renew it, to save or to end it, has the precondition that the head
// still is of the generation that the writer knows. A process that takes the
// lease changes the generation, so from then on every write of a former holder
// fails, however late it comes. No clock is part of that.
//
// Clocks of two processes are never compared either. A lease ends when its
// holder does not renew it: a process that finds the head held may take it over
// once it has seen the same generation for a minute of its own monotonic clock.
//
// Pieces that neither the present nor the former snapshot names are deleted by
// the next saving. All objects expire 30 days after their last use.
package snapshot
