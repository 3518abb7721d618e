package datafolder

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// sums are the hashes of the items of a library at an earlier time, by key. They
// are kept in files of this process's user, so that a process that starts, or
// another one, finds what changed since.
type sums map[string]uint64

// The form of the file: the magic, a key and a hash for each item, a CRC-32C.
const (
	sumsMagic  = "stackroom sums 1"
	keyBytes   = 8
	entryBytes = keyBytes + 8
	// keptSums is how many files are kept of a library.
	keptSums = 4
)

// appendSums appends the file of a census.
func appendSums(b []byte, c *census) []byte {
	b = append(b, sumsMagic...)
	for _, m := range c.members {
		b = append(b, m.key...)
		b = binary.BigEndian.AppendUint64(b, m.sum)
	}
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

// errSums says that a file of sums is damaged.
var errSums = errors.New("not a whole file of sums")

// parseSums reads a file that appendSums made.
func parseSums(b []byte) (sums, error) {
	const least = len(sumsMagic) + crc32.Size
	if len(b) < least || (len(b)-least)%entryBytes != 0 || string(b[:len(sumsMagic)]) != sumsMagic {
		return nil, errSums
	}
	body, sum := b[:len(b)-crc32.Size], binary.BigEndian.Uint32(b[len(b)-crc32.Size:])
	if crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)) != sum {
		return nil, errSums
	}
	s := make(sums, len(b)/entryBytes)
	for entry := range slices.Chunk(body[len(sumsMagic):], entryBytes) {
		s[string(entry[:keyBytes])] = binary.BigEndian.Uint64(entry[keyBytes:])
	}
	return s, nil
}

// sumsFile returns the path of the sums of a library at the time of a digest.
func sumsFile(dir string, id library.ID, digest string) string {
	return filepath.Join(dir, sumsPrefix(id)+digest+".sums")
}

func sumsPrefix(id library.ID) string { return strings.ReplaceAll(string(id), ":", "-") + "." }

// keepSums writes the sums of a census, unless they are there, and removes the
// oldest files of the library.
func keepSums(dir string, id library.ID, c *census) error {
	path := sumsFile(dir, id, c.digest)
	if now := time.Now(); os.Chtimes(path, now, now) == nil {
		return nil
	}
	temporary, err := os.CreateTemp(dir, "sums-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary.Name()) }()
	_, err = temporary.Write(appendSums(nil, c))
	if err := errors.Join(err, temporary.Close()); err != nil {
		return err
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return err
	}
	removeSums(dir, id)
	return nil
}

// removeSums removes all but the newest files of a library.
func removeSums(dir string, id library.ID) {
	type kept struct {
		path string
		at   time.Time
	}
	var all []kept
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), sumsPrefix(id)) {
			continue
		}
		if info, err := e.Info(); err == nil {
			all = append(all, kept{filepath.Join(dir, e.Name()), info.ModTime()})
		}
	}
	slices.SortFunc(all, func(a, b kept) int { return b.at.Compare(a.at) })
	for _, k := range all[min(keptSums, len(all)):] {
		_ = os.Remove(k.path)
	}
}

// readSums reads the sums of a library at the time of a digest; nil if they are
// no longer kept.
func readSums(dir string, id library.ID, digest string) sums {
	b, err := os.ReadFile(sumsFile(dir, id, digest))
	if err != nil {
		return nil
	}
	s, err := parseSums(b)
	if err != nil {
		return nil
	}
	return s
}

// difference returns the members that are new or changed since, by row, and the
// keys that are gone.
func (c *census) difference(since sums) (rows []int64, gone []string) {
	for _, m := range c.members {
		if sum, ok := since[m.key]; !ok || sum != m.sum {
			rows = append(rows, m.row)
		}
	}
	for key := range since {
		if c.find(key) == nil {
			gone = append(gone, key)
		}
	}
	slices.Sort(gone)
	return rows, gone
}
