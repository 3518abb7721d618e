// Package datafolder reads the libraries of a Zotero data folder: zotero.sqlite
// and the texts below storage/ that Zotero has extracted
// (https://www.zotero.org/support/zotero_data). It needs no key, no network and
// no running Zotero.
//
// Zotero locks its database, so a [Folder] reads a copy: copy.go makes one that
// is consistent while Zotero writes, and makes another when the files change.
// Nothing in the data folder is written, locked or created, and nothing outside
// it is read. items.go reads the tables, sums.go finds what changed between two
// copies, and source.go is the [replica.Source] of a library.
package datafolder
