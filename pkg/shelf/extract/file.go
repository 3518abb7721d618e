// Package extract turns the files beside a bibliography into text, page by
// page where they have pages: plain text, Markdown, HTML and EPUB by itself,
// PDF through poppler's pdftotext where that is on the PATH.
//
// Files are somebody else's: every one is read within bounds of size and time,
// nothing in it is executed or fetched, and what comes out is clean
// (see [plaintext.Clean]).
package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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

// File returns the text of a file and how much of it could be read. A file
// that can't be read is no error: the status says why, in our words. The only
// error is that of a context that has ended.
func File(ctx context.Context, path string) ([]library.TextPage, library.TextStatus, error) {
	if err := ctx.Err(); err != nil {
		return nil, library.TextStatus{}, err
	}
	limited, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	r := readFile(limited, path)
	if err := ctx.Err(); err != nil {
		return nil, library.TextStatus{}, err
	}
	pages, status := r.finish()
	return pages, status, nil
}

func readFile(ctx context.Context, path string) result {
	content, reason := load(path)
	if reason != "" {
		return result{reason: reason}
	}
	switch kindOf(path, content) {
	case kindPDF:
		return readPDF(ctx, path)
	case kindEPUB:
		return readEPUB(content)
	case kindHTML:
		return readHTML(content)
	case kindText:
		return readText(content)
	}
	return result{reason: "files of this kind are not read"}
}

// load reads a file whole. Pipes and devices, which could block or never end,
// are refused.
func load(path string) (content []byte, reason string) {
	info, err := os.Stat(path) //nolint:gosec // which files may be read is the caller's to decide
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "the file is missing"
	case err != nil:
		return nil, "the file can't be opened"
	case !info.Mode().IsRegular():
		return nil, "it is not a file"
	case info.Size() > MaxFileBytes:
		return nil, fmt.Sprintf("the file has more than %d MiB", MaxFileBytes>>20)
	case info.Size() == 0:
		return nil, "the file is empty"
	}
	f, err := os.Open(path) //nolint:gosec // as above
	if err != nil {
		return nil, "the file can't be opened"
	}
	defer f.Close()
	content, err = io.ReadAll(io.LimitReader(f, MaxFileBytes))
	if err != nil {
		return nil, "the file can't be read"
	}
	return content, ""
}

type kind int

const (
	kindUnknown kind = iota
	kindText
	kindHTML
	kindPDF
	kindEPUB
)

// kindOf says what a file is: by its first bytes where they tell, else by its
// name.
func kindOf(path string, content []byte) kind {
	head := content[:min(len(content), 1024)]
	extension := strings.ToLower(filepath.Ext(path))
	switch {
	case bytes.Contains(head, []byte("%PDF-")):
		return kindPDF
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		if extension == ".epub" || bytes.Contains(head, []byte("application/epub+zip")) {
			return kindEPUB
		}
		return kindUnknown
	case bytes.HasPrefix(head, []byte(`{\rtf`)), bytes.HasPrefix(head, []byte("%!PS")):
		return kindUnknown // text for programs, not for readers
	}
	switch extension {
	case ".html", ".htm", ".xhtml":
		return kindHTML
	case ".txt", ".text", ".md", ".markdown":
		return kindText
	}
	start := bytes.ToLower(bytes.TrimLeft(head, "\xef\xbb\xbf \t\r\n"))
	if bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html")) {
		return kindHTML
	}
	return kindText // if it is binary, reading it will tell
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
