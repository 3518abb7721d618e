// Package extract turns the files beside a bibliography into text, page by
// page where they have pages: plain text, Markdown, HTML and EPUB by itself,
// PDF through poppler's pdftotext where that is on the PATH. Which files may
// be read is said at [Folder].
//
// Files are untrusted: each is read within bounds of size and time, nothing in
// it is executed or fetched, and the text is clean (see [plaintext.Clean]).
package extract

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// The bounds. A text that is longer is cut, and its status says so.
const (
	MaxFileBytes = 64 << 20         // of a file
	MaxTextBytes = 32 << 20         // of the text of a file
	Timeout      = 60 * time.Second // for one file
)

// result is what a reader made of a file: its pages, in order. A page that
// could not be turned into text is "".
type result struct {
	pages    []string
	numbered bool   // the file has pages; otherwise pages holds its whole text
	reason   string // why something is missing, or ""
}

// read returns the text of an open file and how much of it could be read.
func read(ctx context.Context, file *os.File, k kind) ([]library.TextPage, library.TextStatus, error) {
	limited, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	r := readKind(limited, file, k)
	if err := ctx.Err(); err != nil {
		return nil, library.TextStatus{}, err
	}
	pages, status := r.finish()
	return pages, status, nil
}

func readKind(ctx context.Context, file *os.File, k kind) result {
	size, reason := refusal(file, k)
	if reason != "" {
		return result{reason: reason}
	}
	switch k {
	case kindPDF:
		return readPDF(ctx, file)
	case kindEPUB:
		return readEPUB(ctx, file, size)
	}
	content, err := io.ReadAll(io.LimitReader(file, MaxFileBytes))
	switch {
	case err != nil:
		return result{reason: reasonRead}
	case k == kindHTML:
		return readHTML(content)
	}
	return readText(content)
}

// Refusal returns the reason why an open file of that name is not read, or "": it is
// empty, too large, or not what its name says.
func Refusal(file *os.File, name string) string {
	_, reason := refusal(file, kindOf(name))
	return reason
}

func refusal(file *os.File, k kind) (size int64, reason string) {
	info, err := file.Stat()
	if err != nil {
		return 0, reasonOpen
	}
	if reason := sizeReason(info.Size()); reason != "" {
		return 0, reason
	}
	head := make([]byte, min(info.Size(), 1024))
	if _, err := file.ReadAt(head, 0); err != nil {
		return 0, reasonRead
	}
	if !looksLike(head, k) {
		return 0, "the file is not what its name says"
	}
	return info.Size(), ""
}

// reasonRead is the reason where the system refuses to read an open file.
const reasonRead = "the file can't be read"

// sizeReason returns the reason why a file of that many bytes is not read, or
// "".
func sizeReason(size int64) string {
	switch {
	case size > MaxFileBytes:
		return fmt.Sprintf("the file has more than %d MiB", MaxFileBytes>>20)
	case size == 0:
		return "the file is empty"
	}
	return ""
}

type kind int

const (
	kindUnknown kind = iota
	kindText
	kindHTML
	kindPDF
	kindEPUB
)

// kindOf returns what a file is by its name's ending, which alone decides
// whether it is read: what a bibliography says of the file does not count, nor
// does what the file looks like.
func kindOf(name string) kind {
	switch strings.ToLower(path.Ext(name)) {
	case ".pdf":
		return kindPDF
	case ".epub":
		return kindEPUB
	case ".html", ".htm", ".xhtml":
		return kindHTML
	case ".txt", ".text", ".md", ".markdown", ".rst", ".adoc", ".org", ".tex":
		return kindText
	}
	return kindUnknown
}

// looksLike reports whether the first bytes of a file can be those of its kind.
func looksLike(head []byte, k kind) bool {
	switch k {
	case kindPDF:
		return bytes.Contains(head, []byte("%PDF-")) // readers accept bytes before it
	case kindEPUB:
		return bytes.HasPrefix(head, []byte("PK\x03\x04"))
	}
	for _, other := range []string{"%PDF-", "PK\x03\x04", `{\rtf`, "%!PS"} {
		if bytes.HasPrefix(head, []byte(other)) {
			return false
		}
	}
	return true
}

// finish returns the pages that hold text, with their places in the whole,
// and the status.
func (r result) finish() ([]library.TextPage, library.TextStatus) {
	status := library.TextStatus{Reason: r.reason}
	if r.numbered {
		status.Pages = len(r.pages)
	}
	var pages []library.TextPage
	left := MaxTextBytes
	for i, text := range r.pages {
		text = plaintext.Clean(text)
		if strings.TrimSpace(text) == "" {
			continue
		}
		if len(text) > left {
			text = cut(text, left)
			status.Reason = fmt.Sprintf("the text is longer than %d MiB; the rest was not read", MaxTextBytes>>20)
		}
		left -= len(text)
		if text == "" {
			break
		}
		page := library.TextPage{Offset: status.Chars, Text: text}
		if r.numbered {
			page.Number = i + 1
			status.PagesRead++
		}
		status.Chars += utf8.RuneCountInString(text)
		pages = append(pages, page)
	}
	status.Available = len(pages) > 0
	if status.Reason == "" {
		status.Reason = missing(status)
	}
	return pages, status
}

// missing says what a status without a reason lacks, or "".
func missing(s library.TextStatus) string {
	switch n := s.Pages - s.PagesRead; {
	case !s.Available:
		return "the file holds no text; it may hold images of pages"
	case n == 1:
		return "one page holds no text; it may be blank or an image"
	case n > 1:
		return fmt.Sprintf("%d pages hold no text; they may be blank or images", n)
	}
	return ""
}

// cut returns at most n bytes of s, whole characters.
func cut(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
