package replica

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// triedAgain is after how long a library that was larger than the budget is read
// again.
const triedAgain = 6 * time.Hour

// folder is a replica's folder as the budget sees it. The budget counts the bytes of
// files alone. What a process holds of a replica in memory grows with them: the log,
// whose rows and index are in memory, is at most a quarter of the base (1 MiB at
// least), then a new base takes it in; counts of tags and texts, the latent points
// and the spool's keys are columns of what the files hold. On a host whose disk is
// memory the default budget is a third of the memory, which leaves as much again for
// them. .ci/replica measures files and memory together against one bar.
type folder struct {
	path  string
	bytes int64
	used  time.Time
}

// folders returns all folders of replicas, the least recently used first.
func (rs *Replicas) folders() []folder {
	dir := rs.opts.Dir
	used := map[string]time.Time{}
	rs.mu.Lock()
	for _, r := range rs.all {
		used[r.dir] = r.used
	}
	rs.mu.Unlock()
	entries, _ := os.ReadDir(dir)
	var all []folder
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(filepath.Join(path, usedFile))
		if err != nil {
			continue // not a replica's
		}
		f := folder{path: path, bytes: sizeOf(path), used: info.ModTime()}
		if u := used[path]; u.After(f.used) {
			f.used = u
		}
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b folder) int { return cmp.Or(a.used.Compare(b.used), cmp.Compare(a.path, b.path)) })
	return all
}

// fit removes the least recently used replicas until all together leave so many
// bytes of the budget, and returns how many are left. It keeps the replica of the
// folder keep, those that are being asked, and those that another process has open.
// When ctx ends first, it returns 0.
func (rs *Replicas) fit(ctx context.Context, keep string, need int64) (left int64) {
	select {
	case rs.fitting <- struct{}{}: // one at a time: two could wait for each other to close
		defer func() { <-rs.fitting }()
	case <-ctx.Done():
		return 0
	}
	all := rs.folders()
	left = rs.opts.MaxBytes
	for _, f := range all {
		left -= f.bytes
	}
	for _, f := range all {
		if left >= need {
			break
		}
		if f.path != keep && rs.evict(f.path) {
			left += f.bytes
		}
	}
	return left
}

// evict closes the replica of a folder and removes its files.
func (rs *Replicas) evict(path string) bool {
	rs.mu.Lock()
	for name, r := range rs.all {
		if r.dir != path {
			continue
		}
		if r.calls > 0 {
			rs.mu.Unlock()
			return false
		}
		delete(rs.all, name)
		rs.mu.Unlock()
		_ = r.close(context.Background())
		rs.mu.Lock()
	}
	rs.mu.Unlock()
	unlock, ok := tryLock(path)
	if !ok {
		return false
	}
	// Renamed at once: a process that opens the replica now makes a new folder.
	gone := path + ".removed"
	err := os.Rename(path, gone)
	unlock()
	if err != nil {
		return false
	}
	return os.RemoveAll(gone) == nil
}
