// Package shelf keeps a library at rest in one folder, searched through package
// index: an immutable base and a log of the transactions since. Any number of
// processes read while one writes.
//
//	CURRENT              the name of the current generation
//	writer.lock          held for one transaction, and while a base is published
//	base.lock            held while a base is made; taken before writer.lock
//	gen-000007/
//	    manifest.json    what the base is made of: files, sizes, checksums
//	    rows             the library's tables, sorted and compressed
//	    words.zap        the search index over them
//	    log              transactions since, one checksummed record each
//
// A transaction is a set of rows, written to the end of the log. It counts once
// its record is whole. Each process replays the log into rows in memory and into
// a small index in memory beside the base's, and so has every version as an
// immutable state; a call reads one state from begin to end.
//
// When the log has grown long, a new base takes it in: the next generation is
// written beside the current one and published by one atomic rename. An import
// and a whole reading ([Rebuild]) are published in the same way, all or nothing.
//
// A generation's files can be copied elsewhere and are the same library there.
// Only the sources of an import and their files are named by their paths.
package shelf
