// Package note writes notes: it converts Markdown, which assistants write, to the HTML
// that Zotero keeps in notes, and changes a part of a note's HTML while every other
// byte of it stays. [plaintext.FromHTML] reads notes.
package note
