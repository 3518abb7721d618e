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

// unwritable is the error for a format that no manuscript can be written in.
func unwritable(to Format) error {
	return library.Errorf(library.Invalid, "a manuscript can't be written in the format %q", to).
		WithHint("write it in %s, %s, %s or %s", Markdown, LaTeX, HTML, DOCX)
}
