package pack

import (
	"bufio"
	"encoding/binary"
	"errors"
	"os"
)

// Writer writes a file. It is not safe for concurrent use.
type Writer struct {
	path   string
	file   *os.File
	out    *bufio.Writer
	codec  *Codec
	rows   []byte // of the block at hand
	first  string // its first key
	last   string
	count  int // of rows in the block at hand
	sealed []byte
	index  []byte
	offset uint64
	err    error
}

// Create makes a file, which must not exist yet.
func Create(path string) (*Writer, error) {
	codec, err := NewWriter()
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return &Writer{path: path, file: f, out: bufio.NewWriterSize(f, 256<<10), codec: codec}, nil
}

// Add adds a row. Keys must rise. A nil value says that the key is removed.
func (w *Writer) Add(key string, value []byte) error {
	if w.err != nil {
		return w.err
	}
	if (w.count > 0 || w.offset > 0) && key <= w.last {
		w.err = errors.New("pack: keys must rise")
		return w.err
	}
	if w.count > 0 && len(w.rows)+len(value) > blockBytes {
		w.flush()
	}
	before := w.last
	if w.count == 0 {
		w.first, before = key, ""
	}
	w.count++
	w.rows = AppendRow(w.rows, before, key, value)
	w.last = key
	return w.err
}

// flush writes the block at hand.
func (w *Writer) flush() {
	if w.count == 0 {
		return
	}
	w.sealed = w.codec.Seal(w.sealed[:0], w.rows)
	w.index = binary.AppendUvarint(w.index, uint64(len(w.first)))
	w.index = append(w.index, w.first...)
	w.index = binary.AppendUvarint(w.index, w.offset)
	w.index = binary.AppendUvarint(w.index, uint64(len(w.sealed)))
	w.index = binary.AppendUvarint(w.index, uint64(w.count))
	w.write(w.sealed)
	w.rows, w.count = w.rows[:0], 0
}

func (w *Writer) write(b []byte) {
	if w.err == nil {
		_, w.err = w.out.Write(b)
	}
	w.offset += uint64(len(b))
}

// Close writes what is left and makes the file durable.
func (w *Writer) Close() error {
	w.flush()
	at := w.offset
	w.sealed = w.codec.Seal(w.sealed[:0], w.index)
	w.write(w.sealed)
	footer := binary.LittleEndian.AppendUint64(nil, at)
	footer = binary.LittleEndian.AppendUint32(footer, uint32(len(w.sealed)))
	footer = binary.LittleEndian.AppendUint32(footer, Checksum(footer))
	w.write(append(footer, magic...))
	if w.err == nil {
		w.err = w.out.Flush()
	}
	if w.err == nil {
		w.err = w.file.Sync()
	}
	return errors.Join(w.err, w.file.Close())
}
