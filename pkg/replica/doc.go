// Package replica keeps shelves in step with upstream libraries: one replica
// for each library and set of rights, shared by every caller who may read it.
//
// A replica reads its library once, whole, and from then on what changed since.
// Until it is complete, the upstream's own search answers. Who may read a
// library is not decided here: a provider checks that for each call, before it
// opens the replica.
package replica
