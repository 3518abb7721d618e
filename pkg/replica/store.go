package replica

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// Store keeps snapshots of replicas outside this process, so that a process that
// starts asks the upstream only what changed since. An error costs the snapshot
// and nothing else. All methods may be called at the same time.
type Store interface {
	// Restore makes dir the shelf of the newest snapshot, and reports whether
	// there was one. A snapshot that is damaged, of another format or of another
	// name counts as none, and leaves dir as it was.
	Restore(ctx context.Context, name Name, dir string) (found bool, err error)

	// Save keeps the shelf as it is now: its base, unless the store has it, and
	// what the log has beyond the part that the store has. A shelf that the
	// store has already costs nothing.
	Save(ctx context.Context, name Name, s *shelf.Shelf) error

	// Lease takes the right to read the library whole, to read its texts and to
	// save it. One process holds it at a time; held is false while another one
	// does. It is renewed until release is called.
	Lease(ctx context.Context, name Name) (release func(), held bool, err error)

	// Delete removes the snapshot of a library that the upstream no longer has.
	Delete(ctx context.Context, name Name) error
}

// Name tells replicas apart: a library, and what a credential may see of it.
type Name struct {
	Library library.ID
	// View names the rights, such as "notes,files". Two credentials with the
	// same view see the same objects.
	View string
}

// Folder returns the name as that of a file: of letters, digits, "-" and ".",
// different for different names. It begins with the library's ID.
func (n Name) Folder() string {
	safe := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return '-'
	}, string(n.Library))
	const most = 40
	sum := sha256.Sum256([]byte(string(n.Library) + "\x00" + n.View))
	return safe[:min(len(safe), most)] + "." + hex.EncodeToString(sum[:10])
}
