package tool

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"strconv"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// A cursor says where a listing goes on. It is opaque to callers and carries
// all of its state, since the server keeps none: base64url of
//
//	version byte, digest of tool and arguments, marks, checksum
//
// The digest tells a cursor that is used with other arguments from one that is
// damaged. Neither is a secret: everything in a cursor is checked as if a
// caller had made it up, and it reaches nothing that the caller could not ask
// for in plain arguments.
const (
	cursorVersion  = 2
	digestBytes    = 8
	checksumBytes  = 4
	maxCursorChars = 20_000
	maxMarks       = 256
	maxMarkName    = library.MaxID
	maxMarkNumbers = 5
	maxMarkTexts   = 2
	maxMarkText    = 4096
	// maxOffset bounds every offset in a cursor; no library has as many works
	// and no text as many characters.
	maxOffset = math.MaxInt32
)

// mark is one position in a cursor: which library or attachment, and the
// numbers and texts that say where in it.
type mark struct {
	name    string
	numbers []int64
	texts   []string
}

// digest identifies a tool and the arguments that a cursor belongs to.
type digest [digestBytes]byte

// argumentDigest returns the digest of a call, without what may change between
// the pages of its answer.
func argumentDigest[In any](tool string, fields []field[In], in *In) digest {
	b := append(make([]byte, 0, 256), tool...)
	for _, f := range fields {
		if f.paging {
			continue
		}
		b = append(b, 0)
		switch {
		case f.text != nil:
			b = append(b, *f.text(in)...)
		case f.number != nil:
			b = strconv.AppendInt(b, int64(*f.number(in)), 10)
		case f.boolean != nil:
			b = strconv.AppendBool(b, *f.boolean(in))
		case f.object != nil:
			raw, _ := json.Marshal(*f.object(in)) // it came from JSON
			b = append(b, raw...)
		default:
			for _, s := range *f.list(in) {
				b = append(append(b, s...), 1)
			}
		}
	}
	sum := sha256.Sum256(b)
	return digest(sum[:digestBytes])
}

// encodeCursor writes a cursor.
func encodeCursor(d digest, marks []mark) string {
	b := append([]byte{cursorVersion}, d[:]...)
	b = binary.AppendUvarint(b, uint64(len(marks)))
	for _, m := range marks {
		b = binary.AppendUvarint(b, uint64(len(m.name)))
		b = append(b, m.name...)
		b = binary.AppendUvarint(b, uint64(len(m.numbers)))
		for _, n := range m.numbers {
			b = binary.AppendVarint(b, n)
		}
		b = binary.AppendUvarint(b, uint64(len(m.texts)))
		for _, s := range m.texts {
			b = binary.AppendUvarint(b, uint64(len(s)))
			b = append(b, s...)
		}
	}
	return base64.RawURLEncoding.EncodeToString(append(b, checksum(b)...))
}

func checksum(b []byte) []byte {
	sum := sha256.Sum256(b)
	return sum[:checksumBytes]
}

// decodeCursor reads a cursor that must belong to the call with digest d.
func decodeCursor(s string, d digest) ([]mark, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(s) > maxCursorChars || len(b) < 1+digestBytes+1+checksumBytes {
		return nil, damaged()
	}
	body, sum := b[:len(b)-checksumBytes], b[len(b)-checksumBytes:]
	if body[0] != cursorVersion || !bytes.Equal(sum, checksum(body)) {
		return nil, damaged()
	}
	if digest(body[1:1+digestBytes]) != d {
		return nil, library.Errorf(library.Invalid, "argument %q belongs to a call with other arguments", cursorName).
			WithHint("repeat the arguments of the call that gave it, or leave cursor out to start again")
	}
	r := reader{b: body[1+digestBytes:]}
	marks := make([]mark, r.count(maxMarks))
	for i := range marks {
		marks[i].name = r.text(maxMarkName)
		marks[i].numbers = make([]int64, r.count(maxMarkNumbers))
		for k := range marks[i].numbers {
			marks[i].numbers[k] = r.number()
		}
		marks[i].texts = make([]string, r.count(maxMarkTexts))
		for k := range marks[i].texts {
			marks[i].texts[k] = r.text(maxMarkText)
		}
	}
	if r.failed || len(r.b) > 0 {
		return nil, damaged()
	}
	return marks, nil
}

func damaged() error {
	return library.Errorf(library.Invalid, "argument %q is not a cursor that this server gave", cursorName).
		WithHint("take next_cursor of the last answer unchanged, or leave cursor out to start again")
}

// reader takes numbers and texts off the front of b; once something is wrong
// it gives nothing more.
type reader struct {
	b      []byte
	failed bool
}

func (r *reader) count(most int) int {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || n > uint64(most) {
		r.b, r.failed = nil, true
		return 0
	}
	r.b = r.b[size:]
	return int(n)
}

func (r *reader) text(most int) string {
	n := r.count(most)
	if n > len(r.b) {
		r.b, r.failed = nil, true
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

// number reads a number that is neither negative nor beyond any offset or
// version that there can be.
func (r *reader) number() int64 {
	n, size := binary.Varint(r.b)
	if size <= 0 || n < 0 {
		r.b, r.failed = nil, true
		return 0
	}
	r.b = r.b[size:]
	return n
}
