// Package note converts notes: Markdown, which assistants write and read, to the
// HTML that Zotero keeps in notes, and back. It also changes a part of a note's HTML
// and leaves every other byte of it as it is.
package note
