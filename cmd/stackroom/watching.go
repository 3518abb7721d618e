package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
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
	w := newWatcher(paths)
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
		changed := w.due()
		if len(changed) == 0 {
			continue
		}
		if err := i.once(p, c, changed); err != nil && !errors.Is(err, errInterrupted) {
			explain(p.stderr, err)
			if library.CodeOf(err) == library.Conflict { // another process writes
				w.again(changed)
			}
		}
	}
}

// watcher knows how the files of sources were when they were imported, and when it
// looked last.
type watcher struct {
	paths          []string
	imported, seen map[string]string // stamps
}

func newWatcher(paths []string) *watcher {
	w := &watcher{paths: paths, imported: map[string]string{}, seen: map[string]string{}}
	for _, path := range paths {
		w.imported[path] = stamp(path)
	}
	return w
}

// due returns the sources that have changed since they were imported, and not since
// it looked last. They count as imported.
func (w *watcher) due() []string {
	var changed []string
	for _, path := range w.paths {
		now := stamp(path)
		if now != "" && now != w.imported[path] && now == w.seen[path] {
			w.imported[path] = now
			changed = append(changed, path)
		}
		w.seen[path] = now
	}
	return changed
}

// again has sources imported once more.
func (w *watcher) again(paths []string) {
	for _, path := range paths {
		delete(w.imported, path)
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
	for _, file := range slices.Concat(s.files, s.pdfs) {
		if info, err := os.Stat(file); err == nil {
			fmt.Fprintf(&b, "%s %d %d\n", file, info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}
