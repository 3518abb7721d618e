package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// catalogCommand prints what assistants see.
type catalogCommand struct {
	JSON  bool   `name:"json" help:"Print the tools with their schemas as JSON."`
	Check string `type:"existingfile" help:"Say whether the generated tables in this Markdown file are up to date."`
	Write string `type:"existingfile" help:"Bring the generated tables in this Markdown file up to date."`
}

// Run implements the command.
func (c *catalogCommand) Run(p *process) error {
	catalog, err := tool.NewCatalog(noLibraries{}, tool.Options{})
	if err != nil {
		return err
	}
	switch {
	case c.JSON:
		e := json.NewEncoder(p.stdout)
		e.SetIndent("", "  ")
		return e.Encode(catalog.Definitions())
	case c.Check != "" || c.Write != "":
		return c.document(catalog)
	}
	_, err = fmt.Fprintln(p.stdout, tool.Markdown(catalog.Definitions()))
	return err
}

// document checks or writes the generated tables of a file.
func (c *catalogCommand) document(catalog *tool.Catalog) error {
	path := c.Check + c.Write
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text := old
	found := 0
	for name, table := range map[string]string{
		"tools": tool.Markdown(catalog.Definitions()), "library settings": settingsTable(pageSettings(false)), "server settings": settingsTable(pageSettings(true)),
	} {
		if !bytes.Contains(text, []byte(sectionMark(name))) {
			continue
		}
		found++
		if text, err = replaceSection(text, name, table); err != nil {
			return err
		}
	}
	if found == 0 {
		return library.Errorf(library.Invalid, "%s has no generated table", path).WithHint("a table stands between the lines %q and %q", strings.TrimSpace(sectionMark("tools")), sectionEnd)
	}
	switch {
	case bytes.Equal(old, text):
		return nil
	case c.Write != "":
		return os.WriteFile(path, text, 0o644) //nolint:gosec // a document for everyone
	}
	return library.Errorf(library.Conflict, "%s is out of date", path).WithHint("bring it up to date: go run ./cmd/stackroom catalog --write %s", path)
}

// sectionEnd is the line below a generated table.
const sectionEnd = "<!-- end -->"

// sectionMark returns the line above the generated table of that name.
func sectionMark(name string) string { return "<!-- generated: " + name + " -->\n" }

// replaceSection puts table between the marks of that name.
func replaceSection(text []byte, name, table string) ([]byte, error) {
	begin, end := sectionMark(name), sectionEnd
	before, rest, ok := strings.Cut(string(text), begin)
	if !ok {
		return nil, fmt.Errorf("no line %q", strings.TrimSpace(begin))
	}
	_, after, ok := strings.Cut(rest, end)
	if !ok {
		return nil, fmt.Errorf("no line %q after %q", end, strings.TrimSpace(begin))
	}
	return []byte(before + begin + strings.TrimRight(table, "\n") + "\n" + end + after), nil
}

// noLibraries stands in where nothing is read.
type noLibraries struct{}

func (noLibraries) List(context.Context) ([]library.Info, error) { return nil, nil }

func (noLibraries) Open(context.Context, library.ID) (library.Reader, error) {
	return nil, library.Errorf(library.NotFound, "no such library")
}
