package shelf

import (
	"context"
	"errors"
	"os"
	"path/filepath"
)

// repair publishes a generation with the works of generation name and an index
// built anew, and returns its name. It is refused while an import runs. If
// somebody else was faster, the name is theirs.
func repair(ctx context.Context, dir, name string) (repaired string, err error) {
	unlock, err := lockWriter(dir)
	if err != nil {
		return "", err
	}
	defer unlock()
	if now, err := currentGeneration(dir); err != nil || now != name {
		return now, err
	}
	base, err := openRows(dir, name, importCacheBytes)
	if err != nil {
		return "", err
	}
	m := &importer{dir: dir, base: base}
	defer m.clear()
	if err := m.create(); err != nil {
		return "", err
	}
	if err := errors.Join(m.next.sync(), m.next.close()); err != nil {
		return "", err
	}
	m.next = nil
	if err := buildIndex(ctx, m.folder, base.content, base.meta.Version, nil); err != nil {
		return "", err
	}
	repaired = filepath.Base(m.folder)
	if err := check(dir, repaired, base.meta); err != nil {
		return "", err
	}
	if err := publish(dir, repaired); err != nil {
		return "", err
	}
	m.folder = ""
	// The broken generation is of no use as the one before.
	_ = os.RemoveAll(filepath.Join(dir, name))
	return repaired, nil
}
