// Package pack keeps sorted rows in one immutable, compressed file.
//
//	blocks   each: CRC-32C of what follows (4 bytes), then a zstd frame of rows
//	index    the first key, offset, length and number of rows of each block, as such a block
//	footer   offset of the index (8 bytes), its length (4), CRC-32C of both (4), magic (8)
//
// Numbers of fixed size are little-endian. A row is the number of bytes that its
// key shares with the key before it in the block, the length of the rest of the
// key, the length of the value plus one (0 for a row that says that a key is
// removed), each as unsigned varint, then the rest of the key and the value.
//
// Only the index is in memory; a block is read when a row in it is asked for.
package pack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/klauspost/compress/zstd"
)

// ErrDamaged is in the chain of errors that mean that a file is not what was
// written.
var ErrDamaged = errors.New("the file is damaged")

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

// SumSize is the number of bytes of a block's checksum, with which it begins.
const SumSize = 4

const (
	magic      = "SRROWS\x00\x01"
	footerSize = 8 + 4 + 4 + len(magic)
	// blockBytes is the size of the rows of a block before they are
	// compressed. A larger row is a block of its own.
	blockBytes = 8 << 10
	// maxBlock bounds what is read into memory for one block: the largest
	// text of an attachment and what surrounds it.
	maxBlock = 192 << 20
)

// Checksum returns the CRC-32C (Castagnoli) of b.
func Checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// AppendRow appends a row to a block; before is the key before it in the block,
// or "". A nil value says that the key is removed.
func AppendRow(b []byte, before, key string, value []byte) []byte {
	shared := 0
	for shared < min(len(before), len(key)) && before[shared] == key[shared] {
		shared++
	}
	b = binary.AppendUvarint(b, uint64(shared))
	b = binary.AppendUvarint(b, uint64(len(key)-shared))
	if value == nil {
		b = binary.AppendUvarint(b, 0)
	} else {
		b = binary.AppendUvarint(b, uint64(len(value))+1)
	}
	b = append(b, key[shared:]...)
	return append(b, value...)
}

// Rows reads the rows of a block.
type Rows struct {
	rest  []byte
	key   []byte
	value []byte
	err   error
}

// ReadRows returns the rows of an uncompressed block.
func ReadRows(block []byte) *Rows { return &Rows{rest: block} }

// Next goes to the next row; it is false at the end or at an error.
func (r *Rows) Next() bool {
	if len(r.rest) == 0 || r.err != nil {
		return false
	}
	var n [3]uint64
	for i := range n {
		v, size := binary.Uvarint(r.rest)
		if size <= 0 || v > maxBlock {
			return r.fail()
		}
		n[i], r.rest = v, r.rest[size:]
	}
	shared, rest, value := n[0], n[1], n[2]
	length := uint64(0)
	if value > 0 {
		length = value - 1
	}
	if shared > uint64(len(r.key)) || rest+length > uint64(len(r.rest)) {
		return r.fail()
	}
	r.key = append(r.key[:shared], r.rest[:rest]...)
	r.value = nil
	if value > 0 {
		r.value = r.rest[rest : rest+length : rest+length]
	}
	r.rest = r.rest[rest+length:]
	return true
}

func (r *Rows) fail() bool {
	r.err = damaged("a row of a block")
	return false
}

// Key returns the present row's key, valid until the next call of Next.
func (r *Rows) Key() []byte { return r.key }

// Value returns the present row's value, a part of the block; nil if the key
// is removed.
func (r *Rows) Value() []byte { return r.value }

// Err returns why Next was false, nil at the end.
func (r *Rows) Err() error { return r.err }

// Codec compresses and decompresses blocks. [Codec.Open] may be called at the
// same time.
type Codec struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

// NewReader returns a codec that decompresses.
func NewReader() (*Codec, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderLowmem(true), zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxBlock))
	return &Codec{dec: dec}, err
}

// NewWriter returns a codec that compresses.
func NewWriter() (*Codec, error) { return newWriter(1) }

// newWriter returns a codec that compresses as many blocks at the same time.
func newWriter(together int) (*Codec, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(together), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false), zstd.WithWindowSize(1<<20))
	return &Codec{enc: enc}, err
}

// Close frees what the codec holds.
func (c *Codec) Close() {
	if c.dec != nil {
		c.dec.Close()
	}
}

// Seal appends a block to b: checksum and compressed rows.
func (c *Codec) Seal(b, rows []byte) []byte {
	at := len(b)
	b = append(b, make([]byte, SumSize)...)
	b = c.enc.EncodeAll(rows, b)
	binary.LittleEndian.PutUint32(b[at:], Checksum(b[at+SumSize:]))
	return b
}

// Open returns the rows of a block that Seal made.
func (c *Codec) Open(block []byte) ([]byte, error) {
	if len(block) < SumSize || binary.LittleEndian.Uint32(block) != Checksum(block[SumSize:]) {
		return nil, damaged("checksum of a block")
	}
	rows, err := c.dec.DecodeAll(block[SumSize:], nil)
	if err != nil {
		return nil, damaged("a block: %v", err)
	}
	return rows, nil
}
