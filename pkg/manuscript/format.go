package manuscript

import (
	"path/filepath"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Format is a format of manuscripts.
type Format string

// The formats. HTML is only written.
const (
	Markdown Format = "markdown"
	LaTeX    Format = "latex"
	HTML     Format = "html"
	DOCX     Format = "docx"
)

// FormatOf returns the format of files with the ending of name, or "".
func FormatOf(name string) Format {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".md", ".markdown", ".mkd", ".txt":
		return Markdown
	case ".tex", ".latex", ".ltx":
		return LaTeX
	case ".html", ".htm":
		return HTML
	case ".docx":
		return DOCX
	}
	return ""
}

// Bounds of manuscripts.
const (
	// MaxBytes is the most bytes of a manuscript.
	MaxBytes = 20 << 20
	// MaxCitations is the most citations of a manuscript.
	MaxCitations = 20_000
)

// writes reports whether a manuscript that was read in f can be written in to.
func (f Format) writes(to Format) bool { return f == Markdown || f == to }

// unwritable is the error for a manuscript that can't be written in a format.
func unwritable(from, to Format) error {
	return library.Errorf(library.Invalid, "a manuscript in %s can't be written in %s", from, to).
		WithHint("write it in %s; a manuscript in Markdown can be written in each format", from)
}
