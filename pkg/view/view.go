// Package view has the views of answers that clients with MCP Apps show (extension
// io.modelcontextprotocol/ui, 2026-01-26): one HTML file each, with its style and
// script inline. They load nothing, and put what comes from a library into the page
// as text.
package view

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed frame.html view.css *.js
var files embed.FS

// Scheme begins the URI of each view.
const Scheme = "ui://"

// MIMEType is the media type of a view.
const MIMEType = "text/html;profile=mcp-app"

// The names of the views.
const (
	Results      = "results"      // works that were found, to pick from
	Work         = "work"         // a work with its text or passages
	Bibliography = "bibliography" // citations, in a style that can be switched
	Duplicates   = "duplicates"   // duplicates side by side
	Changes      = "changes"      // a plan or a receipt: before and after
)

// View is one view.
type View struct {
	Name  string
	URI   string // "ui://stackroom/<name>.html"
	Title string
	HTML  string
}

// All returns the views.
func All() ([]View, error) {
	views := []View{
		{Name: Results, Title: "Works"}, {Name: Work, Title: "A work"}, {Name: Bibliography, Title: "Bibliography"},
		{Name: Duplicates, Title: "Duplicates"}, {Name: Changes, Title: "Changes"},
	}
	for i := range views {
		v := &views[i]
		v.URI = URI(v.Name)
		var err error
		if v.HTML, err = build(v); err != nil {
			return nil, err
		}
	}
	return views, nil
}

// URI returns the URI of the view of a name.
func URI(name string) string { return Scheme + "stackroom/" + name + ".html" }

// build puts a view together.
func build(v *View) (string, error) {
	texts := map[string]string{}
	for _, name := range []string{"frame.html", "view.css", "bridge.js", v.Name + ".js"} {
		text, err := files.ReadFile(name)
		if err != nil {
			return "", err
		}
		texts[name] = string(text)
		if strings.HasSuffix(name, ".js") && strings.Contains(texts[name], "</script") {
			return "", fmt.Errorf("view: %s would end the script that it stands in", name)
		}
	}
	return strings.NewReplacer(
		"{{TITLE}}", v.Title, "{{STYLE}}", texts["view.css"], "{{BRIDGE}}", texts["bridge.js"], "{{VIEW}}", texts[v.Name+".js"],
	).Replace(texts["frame.html"]), nil
}
