// Package library is Stackroom's vocabulary: what a library, a work, a passage
// and an error are. Every other package speaks it, and it depends on nothing
// but the standard library.
//
// Item types, field names and creator roles are Zotero's
// (https://api.zotero.org/schema), for works of every upstream.
package library
