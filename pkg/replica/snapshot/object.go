package snapshot

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
)

// logName stands for the log where a file of the base is named. No file of a
// base has that name.
const logName = "log"

// sumSize is the size of a piece's checksum in bytes.
const sumSize = sha256.Size

// errUnusable is why an object does not count: it is damaged, or not what it is
// said to be.
var errUnusable = errors.New("snapshot: an object that can't be used")

func unusable(cause error) error { return fmt.Errorf("%w: %w", errUnusable, cause) }

// bound returns what a sealed object is bound to: the library, the view, the
// object's name, and the file and offset that it has. An object that is copied
// to another place does not open there.
func bound(name replica.Name, object, file string, offset int64) []byte {
	return []byte(strings.Join([]string{
		"stackroom snapshot", strconv.Itoa(format), string(name.Library), name.View, object, file, strconv.FormatInt(offset, 10),
	}, "\x00"))
}

// sealed returns data as its object holds it.
func (s *Store) sealed(data, bound []byte) ([]byte, error) {
	if s.options.Sealer == nil {
		return data, nil
	}
	return s.options.Sealer.Seal(data, bound)
}

// opened returns the data of an object.
func (s *Store) opened(data, bound []byte) ([]byte, error) {
	if s.options.Sealer == nil {
		return data, nil
	}
	plain, err := s.options.Sealer.Open(data, bound)
	if err != nil {
		return nil, unusable(err)
	}
	return plain, nil
}

// getPiece reads a piece, which is at an offset of a file.
func (s *Store) getPiece(ctx context.Context, name replica.Name, file string, offset int64, p piece) ([]byte, error) {
	o, err := s.options.Bucket.Get(ctx, folder(name)+p.Object)
	if code := library.CodeOf(err); code == library.NotFound || code == library.TooLarge {
		return nil, unusable(err)
	}
	if err != nil {
		return nil, err
	}
	data, err := s.opened(o.Data, bound(name, p.Object, file, offset))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) != p.Size || sumOf(data) != p.SHA256 {
		return nil, unusable(errors.New("snapshot: a piece is not as it was written"))
	}
	return data, nil
}

// putPiece writes a piece under a name of its own.
func (s *Store) putPiece(ctx context.Context, name replica.Name, file string, offset int64, data []byte) (piece, error) {
	p := piece{Object: rand.Text(), Size: int64(len(data)), SHA256: sumOf(data)}
	sealed, err := s.sealed(data, bound(name, p.Object, file, offset))
	if err != nil {
		return piece{}, err
	}
	_, err = s.options.Bucket.Put(ctx, folder(name)+p.Object, sealed, s.expires(), 0)
	return p, err
}

// sumOf returns the checksum of data as a piece has it.
func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// getHead reads the head of a name, and returns its generation, which is 0 if
// there is none. A head that can't be used, or that is older than one that this
// store has seen, is nil.
func (s *Store) getHead(ctx context.Context, name replica.Name) (*head, int64, error) {
	ctx, cancel := context.WithTimeout(ctx, headTime)
	defer cancel()
	o, err := s.options.Bucket.Get(ctx, folder(name)+headName)
	if library.CodeOf(err) == library.NotFound {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	h, err := s.readHead(name, o.Data)
	if err != nil {
		s.ignored(ctx, err)
		return nil, o.Generation, nil
	}
	return h, o.Generation, nil
}

func (s *Store) readHead(name replica.Name, data []byte) (*head, error) {
	data, err := s.opened(data, bound(name, headName, "", 0))
	if err != nil {
		return nil, err
	}
	h, err := decodeHead(data, name, s.options.MaxBytes)
	if err != nil {
		return nil, unusable(err)
	}
	if !s.saw(name, h) {
		return nil, unusable(errors.New("snapshot: the bucket answers with an older head"))
	}
	return h, nil
}

// saw remembers a head, and reports whether it is none of the past.
func (s *Store) saw(name replica.Name, h *head) (newest bool) {
	s.of(name, func(k *known) {
		if newest = k.lineage != h.Lineage || h.Sequence >= k.sequence; newest {
			k.lineage, k.sequence = h.Lineage, h.Sequence
		}
	})
	return newest
}

// putHead writes a head in place of a generation, and returns its own.
func (s *Store) putHead(ctx context.Context, name replica.Name, h *head, ifGeneration int64) (int64, error) {
	data, err := json.Marshal(h)
	if err != nil {
		return 0, err
	}
	if len(data) > maxHead {
		return 0, library.Errorf(library.TooLarge, "the snapshot has too many pieces")
	}
	sealed, err := s.sealed(data, bound(name, headName, "", 0))
	if err != nil {
		return 0, err
	}
	generation, err := s.options.Bucket.Put(ctx, folder(name)+headName, sealed, s.expires(), ifGeneration)
	if err == nil {
		s.saw(name, h)
	}
	return generation, err
}

// ignored logs that a snapshot is not used, and why, without its name.
func (s *Store) ignored(ctx context.Context, cause error) {
	s.log.InfoContext(ctx, "a snapshot can't be used and will be made again", "cause", cause)
}
