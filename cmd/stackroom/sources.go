package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// knownSources returns the sources of the embedded library by their IDs: none if
// there is no library.
func knownSources(ctx context.Context, dir string) (map[string]shelf.Source, error) {
	known := map[string]shelf.Source{}
	if !shelf.Exists(dir) {
		return known, nil
	}
	s, err := shelf.Open(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }() // read only: nothing can be lost
	all, err := s.Sources(ctx)
	for _, source := range all {
		known[source.ID] = source
	}
	return known, err
}

// idsOf returns the IDs of sources, sorted.
func idsOf(known map[string]shelf.Source) []string { return slices.Sorted(maps.Keys(known)) }

// dataOf returns the data folder that the environment names.
func dataOf(p *process) (string, error) {
	c, err := config.Load(p.environ)
	if err != nil {
		return "", err
	}
	return c.Data, checkData(c)
}

// sourcesCommand lists what was imported.
type sourcesCommand struct {
	JSON bool `name:"json" help:"Print the list as JSON."`
}

// Run implements the command.
func (s *sourcesCommand) Run(p *process) error {
	dir, err := dataOf(p)
	if err != nil {
		return err
	}
	known, err := knownSources(p.ctx, dir)
	if err != nil {
		return err
	}
	all := []shelf.Source{}
	for _, id := range idsOf(known) {
		all = append(all, known[id])
	}
	if s.JSON {
		e := json.NewEncoder(p.stdout)
		e.SetIndent("", "  ")
		return e.Encode(all)
	}
	if len(all) == 0 {
		fmt.Fprintf(p.stdout, "nothing was imported into %s\n", dir)
	}
	for _, source := range all {
		fmt.Fprintf(p.stdout, "%s: %d works, changed %s%s\n", plaintext.Line(source.ID), source.Works, source.Changed.Local().Format("2006-01-02 15:04"), notes(source))
	}
	return nil
}

// notes says what is special about a source.
func notes(s shelf.Source) string {
	var all []string
	if c := s.Settings[settingCollection]; c != "" {
		all = append(all, "collection "+plaintext.Line(c))
	}
	if s.Settings[settingByFolder] == "true" {
		all = append(all, "collections by folder")
	}
	if _, err := os.Stat(s.ID); err != nil {
		all = append(all, "not there now")
	}
	if len(all) == 0 {
		return ""
	}
	return "; " + strings.Join(all, ", ")
}

// removeCommand forgets a source.
type removeCommand struct {
	Source string `arg:"" help:"The file or folder, as \"stackroom sources\" lists it or by the end of its path."`
	DryRun bool   `help:"Say what would happen, and change nothing."`
}

// Run implements the command.
func (r *removeCommand) Run(p *process) error {
	dir, err := dataOf(p)
	if err != nil {
		return err
	}
	known, err := knownSources(p.ctx, dir)
	if err != nil {
		return err
	}
	id, err := sourceNamed(r.Source, idsOf(known))
	if err != nil {
		return err
	}
	report, err := shelf.Import(p.ctx, dir, []*shelf.Input{{ID: id}}, shelf.ImportOptions{DryRun: r.DryRun})
	if err != nil {
		return interrupted(err)
	}
	if r.DryRun {
		fmt.Fprint(p.stdout, "Dry run, nothing changed. Would be: ")
	}
	fmt.Fprintf(p.stdout, "%s: forgotten; %d works removed, %d stay because another source has them; %d works in %s\n",
		plaintext.Line(id), report.Removed, report.Sources[0].Dropped-report.Removed, report.Items, dir)
	return nil
}

// sourceNamed returns the ID of the source that a name means.
func sourceNamed(name string, ids []string) (string, error) {
	path, err := filepath.Abs(name)
	if err == nil && slices.Contains(ids, path) {
		return path, nil
	}
	var found []string
	for _, id := range ids {
		if id == name || strings.HasSuffix(id, string(filepath.Separator)+strings.Trim(name, string(filepath.Separator))) {
			found = append(found, id)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", library.Errorf(library.NotFound, "%s is not one of the library's sources", name).WithHint("stackroom sources lists them")
	}
	return "", library.Errorf(library.Invalid, "%s means %d sources: %s", name, len(found), strings.Join(found, ", ")).WithHint("give the whole path of one")
}

// resetCommand empties the embedded library.
type resetCommand struct {
	Yes bool `help:"Do it. Without this flag the command only says what it would do."`
}

// Run implements the command.
func (r *resetCommand) Run(p *process) error {
	dir, err := dataOf(p)
	if err != nil {
		return err
	}
	if !shelf.Exists(dir) {
		return library.Errorf(library.NotFound, "there is no library in %s", dir)
	}
	what := "the library"
	if s, err := shelf.Open(p.ctx, dir); err == nil { // one that is damaged can be reset too
		if m, err := s.Meta(p.ctx); err == nil {
			what = fmt.Sprintf("%d works", m.Items)
		}
		_ = s.Close() // read only: nothing can be lost
	}
	if !r.Yes {
		fmt.Fprintf(p.stdout, "%s in %s would be removed, and what is known of its sources. The imported files stay as they are. stackroom reset --yes does it.\n", what, dir)
		return nil
	}
	if err := shelf.Reset(p.ctx, dir); err != nil {
		return interrupted(err)
	}
	fmt.Fprintf(p.stdout, "%s in %s removed\n", what, dir)
	return nil
}
