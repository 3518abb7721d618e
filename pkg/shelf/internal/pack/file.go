package pack

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"sort"
)

// File is an open file. Its methods may be called at the same time.
type File struct {
	file   *os.File
	codec  *Codec
	blocks []block
	rows   int
}

type block struct {
	first  string
	offset int64
	size   int
	rows   int
}

// Open opens a file. One that is cut short, damaged in its index or no such
// file at all is [ErrDamaged].
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	codec, err := NewReader()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	p := &File{file: f, codec: codec}
	if err := p.readIndex(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func (f *File) readIndex() error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	if size < int64(footerSize) {
		return damaged("it has %d bytes", size)
	}
	var footer [footerSize]byte
	if _, err := f.file.ReadAt(footer[:], size-int64(footerSize)); err != nil {
		return err
	}
	offset, length := binary.LittleEndian.Uint64(footer[:]), int64(binary.LittleEndian.Uint32(footer[8:]))
	if string(footer[16:]) != magic || binary.LittleEndian.Uint32(footer[12:]) != Checksum(footer[:12]) ||
		offset > uint64(size) || int64(offset)+length+int64(footerSize) != size {
		return damaged("its footer")
	}
	index, err := f.read(block{offset: int64(offset), size: int(length)})
	if err != nil {
		return err
	}
	f.blocks, err = parseIndex(index, int64(offset))
	for _, b := range f.blocks {
		f.rows += b.rows
	}
	return err
}

// Len returns the number of rows.
func (f *File) Len() int { return f.rows }

// parseIndex reads the index of blocks that end at offset end.
func parseIndex(index []byte, end int64) ([]block, error) {
	var blocks []block
	number := func(most uint64) uint64 {
		v, n := binary.Uvarint(index)
		if n <= 0 || v > most {
			index = nil
			return most + 1
		}
		index = index[n:]
		return v
	}
	at := int64(0)
	for len(index) > 0 {
		n := number(uint64(len(index)))
		if n > uint64(len(index)) {
			return nil, damaged("its index")
		}
		b := block{first: string(index[:n])}
		index = index[n:]
		b.offset = int64(number(uint64(end)))
		b.size = int(number(uint64(end)))
		b.rows = int(number(maxBlock))
		if b.offset != at || b.offset+int64(b.size) > end || len(blocks) > 0 && b.first <= blocks[len(blocks)-1].first {
			return nil, damaged("its index")
		}
		at += int64(b.size)
		blocks = append(blocks, b)
	}
	if at != end {
		return nil, damaged("its index")
	}
	return blocks, nil
}

// read returns the rows of a block.
func (f *File) read(b block) ([]byte, error) {
	sealed := make([]byte, b.size)
	if _, err := f.file.ReadAt(sealed, b.offset); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, damaged("it is cut short")
		}
		return nil, err
	}
	return f.codec.Open(sealed)
}

// Close closes the file.
func (f *File) Close() error {
	f.codec.Close()
	return f.file.Close()
}

// blockOf returns the place of the block that holds key if any does; -1 if key
// is before all.
func (f *File) blockOf(key string) int {
	return sort.Search(len(f.blocks), func(i int) bool { return f.blocks[i].first > key }) - 1
}

// Get returns the value at key, the caller's own, and whether there is a row.
// The value is nil in a row that says that the key is removed.
func (f *File) Get(key string) (value []byte, ok bool, err error) {
	at := f.blockOf(key)
	if at < 0 {
		return nil, false, nil
	}
	rows, err := f.read(f.blocks[at])
	if err != nil {
		return nil, false, err
	}
	r := ReadRows(rows)
	for r.Next() {
		if string(r.Key()) == key {
			return r.Value(), true, nil
		}
	}
	return nil, false, r.Err()
}

// Cursor goes over the rows of a file in their order.
type Cursor struct {
	file *File
	next int // block
	rows *Rows
	from string
	key  string
	err  error
}

// Seek returns a cursor before the first row whose key is at least from.
func (f *File) Seek(from string) *Cursor {
	return &Cursor{file: f, next: max(f.blockOf(from), 0), from: from}
}

// Next goes to the next row; it is false at the end or at an error.
func (c *Cursor) Next() bool {
	for c.err == nil {
		if c.rows == nil {
			if c.next >= len(c.file.blocks) {
				return false
			}
			rows, err := c.file.read(c.file.blocks[c.next])
			if err != nil {
				c.err = err
				return false
			}
			c.rows, c.next = ReadRows(rows), c.next+1
		}
		for c.rows.Next() {
			if c.key = string(c.rows.Key()); c.key >= c.from {
				return true
			}
		}
		c.err, c.rows = c.rows.Err(), nil
	}
	return false
}

// Key returns the present row's key.
func (c *Cursor) Key() string { return c.key }

// Value returns the present row's value, the caller's own; nil if the key is
// removed.
func (c *Cursor) Value() []byte { return c.rows.Value() }

// Err returns why Next was false, nil at the end.
func (c *Cursor) Err() error { return c.err }
