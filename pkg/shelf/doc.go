// Package shelf is the embedded library: works in one bbolt file, searched
// through package index. It serves [library.Local].
//
// A shelf on disk is a folder of generations, each whole and never changed
// once it is published. An import builds the next generation beside the
// current one and publishes it by one atomic rename, so that a failure
// half-way leaves the library as it was, and readers never wait:
//
//	CURRENT          the name of the current generation
//	gen-000007/      items.db (bbolt) and index/
//	gen-000006/      the one before, kept until the next import
//	writer.lock      held by the import that runs, with its process ID in it
package shelf
