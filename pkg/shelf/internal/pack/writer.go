package pack

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"os"
)

// Writer writes a file. Blocks are compressed in the background while the next one is
// filled. A writer is not safe for concurrent use, and must be closed.
type Writer struct {
	rows  []byte // of the block at hand
	count int    // of rows in it
	first string // its first key
	last  string // the last key of all
	any   bool   // there is one
	err   error

	codec   *Codec
	pending chan pending // in the order of their keys
	to      *output
	ended   chan struct{} // closed once all blocks are written
}

// pending is a block that is being compressed.
type pending struct {
	first  string
	count  int
	sealed <-chan []byte
}

// sealing is how many blocks are compressed at the same time, beside one that is
// written.
const sealing = 2

// Create makes a file, which must not exist yet.
func Create(path string) (*Writer, error) {
	codec, err := newWriter(sealing)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	w := &Writer{
		codec: codec, pending: make(chan pending, sealing-1), ended: make(chan struct{}),
		to: &output{file: f, out: bufio.NewWriterSize(f, 256<<10), failed: make(chan struct{})},
	}
	go func() {
		defer close(w.ended)
		for p := range w.pending {
			w.to.add(p.first, p.count, <-p.sealed)
		}
	}()
	return w, nil
}

// Add adds a row. Keys must rise. A nil value says that the key is removed. It fails
// once a block before could not be written.
func (w *Writer) Add(key string, value []byte) error {
	if w.err != nil {
		return w.err
	}
	if w.any && key <= w.last {
		w.err = errors.New("pack: keys must rise")
		return w.err
	}
	if w.count > 0 && len(w.rows)+len(value) > blockBytes {
		if w.flush(); w.err != nil {
			return w.err
		}
	}
	before := w.last
	if w.count == 0 {
		w.first, before = key, ""
	}
	w.count++
	w.rows = AppendRow(w.rows, before, key, value)
	w.last, w.any = key, true
	return nil
}

// flush has the block at hand compressed and written, once fewer than sealing others
// are waiting for that.
func (w *Writer) flush() {
	if w.count == 0 {
		return
	}
	rows, sealed := w.rows, make(chan []byte, 1)
	select {
	case <-w.to.failed:
		w.err = w.to.err
	case w.pending <- pending{w.first, w.count, sealed}:
		go func() { sealed <- w.codec.Seal(nil, rows) }()
	}
	w.rows, w.count = make([]byte, 0, cap(rows)), 0
}

// Close writes what is left and makes the file durable.
func (w *Writer) Close() error {
	w.flush()
	close(w.pending)
	<-w.ended
	return cmp.Or(w.to.close(w.codec), w.err)
}

// output is what blocks are written to.
type output struct {
	file   *os.File
	out    *bufio.Writer
	index  []byte
	offset uint64
	err    error
	failed chan struct{} // closed once err is set
}

// add writes a block.
func (o *output) add(first string, rows int, sealed []byte) {
	o.index = binary.AppendUvarint(o.index, uint64(len(first)))
	o.index = append(o.index, first...)
	o.index = binary.AppendUvarint(o.index, o.offset)
	o.index = binary.AppendUvarint(o.index, uint64(len(sealed)))
	o.index = binary.AppendUvarint(o.index, uint64(rows))
	o.write(sealed)
}

func (o *output) write(b []byte) {
	if o.err != nil {
		return
	}
	o.offset += uint64(len(b))
	if _, o.err = o.out.Write(b); o.err != nil {
		close(o.failed)
	}
}

// close writes the index and the footer.
func (o *output) close(codec *Codec) error {
	at, index := o.offset, codec.Seal(nil, o.index)
	o.write(index)
	footer := binary.LittleEndian.AppendUint64(nil, at)
	footer = binary.LittleEndian.AppendUint32(footer, uint32(len(index)))
	footer = binary.LittleEndian.AppendUint32(footer, Checksum(footer))
	o.write(append(footer, magic...))
	if o.err == nil {
		o.err = o.out.Flush()
	}
	if o.err == nil {
		o.err = o.file.Sync()
	}
	return errors.Join(o.err, o.file.Close())
}
