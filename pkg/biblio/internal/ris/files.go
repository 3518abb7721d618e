package ris

import (
	"net/url"
	"path"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// files takes attachments, one a line: paths, or addresses.
func (b *builder) files(kind, value string) {
	for line := range strings.SplitSeq(value, "\n") {
		line = strings.TrimSpace(line)
		// EndNote's own scheme names its folder beside the exported file.
		if len(line) > len("internal-pdf://") && strings.EqualFold(line[:len("internal-pdf://")], "internal-pdf://") {
			line = "PDF/" + line[len("internal-pdf://"):]
		}
		if line == "" {
			continue
		}
		title, contentType := fileTitle(line), ""
		if kind == "HTML" {
			title, contentType = "Full Text (HTML)", "text/html"
		}
		if local, ok := localPath(line); ok {
			b.entry.Files = append(b.entry.Files, model.File{Path: local, Title: title, ContentType: contentType})
			continue
		}
		b.item.Attachments = append(b.item.Attachments, library.Attachment{
			Title: title, URL: line, ContentType: contentType,
			Text: library.TextStatus{Reason: "it is a link; what it leads to was not read"},
		})
	}
}

// localPath returns the path of a file, and false for an address.
func localPath(s string) (string, bool) {
	scheme, rest, ok := strings.Cut(s, ":")
	switch {
	case !ok || len(scheme) < 2 || strings.ContainsAny(scheme, `/\ .`):
		return s, true // a path; "C:\…" is one too
	case !strings.EqualFold(scheme, "file"):
		return "", false
	}
	if u, err := url.Parse(s); err == nil && u.Path != "" {
		if drive := u.Path[1:]; len(drive) > 1 && drive[1] == ':' {
			return drive, true // "file:///C:/…"
		}
		return u.Path, true
	}
	return strings.TrimLeft(rest, "/"), true
}

// fileTitle returns the name of a file without its extension.
func fileTitle(s string) string {
	name := path.Base(strings.ReplaceAll(s, `\`, "/"))
	extension := path.Ext(name)
	if len(extension) < 2 || len(extension) > 9 || len(name) == len(extension) {
		return "Attachment"
	}
	name = strings.TrimSuffix(name, extension)
	if decoded, err := url.PathUnescape(name); err == nil {
		return decoded
	}
	return name
}
