package bibtex

import (
	"path"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext/latex"
)

// addFiles takes in the attachments that a field names.
func (c *converter) addFiles(name, value string) {
	if name != "file" && name != "localfile" {
		link := latex.Verbatim(value)
		if name == "sentelink" {
			link, _, _ = strings.Cut(link, ",")
		}
		if link != "" {
			c.files = append(c.files, model.File{Path: link, ContentType: "application/pdf"})
		}
		return
	}
	value = strings.NewReplacer(`$\backslash$`, `\`, "{", "", "}", "", "\r", "", "\n", "").Replace(value)
	for _, record := range splitKeeping(value, ';') {
		if f, ok := parseFile(record); ok {
			c.files = append(c.files, f)
		}
	}
}

// parseFile reads "title:path:type", as Zotero, JabRef and Mendeley write it,
// or a path alone.
func parseFile(record string) (model.File, bool) {
	var f model.File
	parts := joinDrives(splitKeeping(record, ':'))
	if len(parts) == 3 {
		f = model.File{Title: unescapePath(parts[0]), Path: unescapePath(parts[1]), ContentType: contentType(unescapePath(parts[2]))}
	} else {
		f = model.File{Path: unescapePath(record)}
	}
	if f.ContentType == "" {
		f.ContentType = contentType(strings.TrimPrefix(path.Ext(f.Path), "."))
	}
	return f, f.Path != ""
}

// joinDrives joins a part that is a Windows drive's letter with what follows
// it: the colon between them was not escaped.
func joinDrives(parts []string) []string {
	var joined []string
	for i := 0; i < len(parts); i++ {
		part := strings.TrimSpace(parts[i])
		if len(part) == 1 && i+1 < len(parts) && strings.HasPrefix(strings.TrimLeft(parts[i+1], `\`), "/") ||
			len(part) == 1 && i+1 < len(parts) && strings.HasPrefix(parts[i+1], `\`) {
			part += ":" + parts[i+1]
			i++
		}
		joined = append(joined, part)
	}
	return joined
}

// splitKeeping splits s at a separator that has no backslash before it, and
// leaves the backslashes.
func splitKeeping(s string, separator byte) []string {
	var parts []string
	start := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case separator:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

// unescapePath takes the backslash away from signs that it escapes. Before a
// letter or digit it is a Windows path's.
func unescapePath(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && !isNameByte(s[i+1]) || s[i] == '\\' && i+1 < len(s) && strings.IndexByte("_:-/+*", s[i+1]) >= 0 {
			i++
		}
		b.WriteByte(s[i])
	}
	return strings.TrimSpace(b.String())
}

// contentType returns the MIME type that a file's type or extension means, ""
// if it isn't known.
func contentType(kind string) string {
	kind = strings.ToLower(strings.TrimSpace(kind))
	switch kind {
	case "pdf":
		return "application/pdf"
	case "html", "htm", "xhtml":
		return "text/html"
	case "txt", "text":
		return "text/plain"
	case "md", "markdown":
		return "text/markdown"
	case "epub":
		return "application/epub+zip"
	case "djvu":
		return "image/vnd.djvu"
	case "ps", "postscript":
		return "application/postscript"
	case "doc", "word":
		return "application/msword"
	case "docx":
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	}
	switch {
	case strings.Contains(kind, "pdf"):
		return "application/pdf"
	case strings.Contains(kind, "/"):
		return kind
	}
	return ""
}
