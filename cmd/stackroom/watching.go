package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// watch imports the sources, and each one again when its files have changed and
// have then stayed the same for an interval. A failure is told, and the source is
// tried again when it changes. It ends with Ctrl-C.
func (i *importCommand) watch(p *process, c *config.Config) error {
	if i.Interval <= 0 {
		return library.Errorf(library.Invalid, "--interval must be above 0")
	}
	paths := i.Paths
	if len(paths) == 0 {
		known, err := knownSources(p.ctx, c.Data)
		if err != nil {
			return err
		}
		paths = idsOf(known)
	}
	imported, seen := map[string]string{}, map[string]string{}
	for _, path := range paths {
		imported[path] = stamp(path)
	}
	if err := i.once(p, c, paths); err != nil {
		if len(paths) == 0 || errors.Is(err, errInterrupted) {
			return err
		}
		explain(p.stderr, err)
	}
	ticks := time.NewTicker(i.Interval)
	defer ticks.Stop()
	for {
		select {
		case <-p.ctx.Done():
			return nil
		case <-ticks.C:
		}
		var changed []string
		for _, path := range paths {
			now := stamp(path)
			if now != imported[path] && now == seen[path] && now != "" {
				imported[path] = now
				changed = append(changed, path)
			}
			seen[path] = now
		}
		if len(changed) == 0 {
			continue
		}
		if err := i.once(p, c, changed); err != nil && !errors.Is(err, errInterrupted) {
			explain(p.stderr, err)
			i.retry(err, changed, imported)
		}
	}
}

// retry has sources tried again at the next tick if the library could not be
// written for the moment.
func (*importCommand) retry(err error, paths []string, imported map[string]string) {
	if library.CodeOf(err) != library.Conflict {
		return
	}
	for _, path := range paths {
		delete(imported, path)
	}
}

// stamp describes the files of a source: their names, sizes and times. It is ""
// for one that is not there, as a file is for a moment while a program replaces it.
func stamp(path string) string {
	s := &importSource{path: path, id: path}
	if err := s.find(); err != nil {
		return ""
	}
	var b strings.Builder
	for _, file := range s.files {
		if info, err := os.Stat(file); err == nil {
			fmt.Fprintf(&b, "%s %d %d\n", file, info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}
