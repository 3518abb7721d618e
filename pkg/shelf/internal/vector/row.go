package vector

import (
	"encoding/binary"
	"errors"
)

// Entry is the vector of a work.
type Entry struct {
	Work string // its key
	// Sum is the hash of the text whose vector it is.
	Sum    uint64
	Vector Vector
}

// MaxEntries is the most entries of a row. A comparison by bytes reads the row.
const MaxEntries = 16

// rowFormat is the first byte of a row.
const rowFormat = 1

// EncodeRow returns a row of at most [MaxEntries] vectors of a model, all of the
// same dimensions: the format, the model's hash, the dimensions, the number of
// entries, and for each the length of its key, the key, the sum and the
// coordinates.
func EncodeRow(model uint64, entries []Entry) []byte {
	dims := 0
	if len(entries) > 0 {
		dims = len(entries[0].Vector)
	}
	b := make([]byte, 0, 16+len(entries)*(dims+24))
	b = append(b, rowFormat)
	b = binary.LittleEndian.AppendUint64(b, model)
	b = binary.LittleEndian.AppendUint16(b, uint16(dims))
	b = append(b, byte(len(entries)))
	for _, e := range entries {
		b = binary.AppendUvarint(b, uint64(len(e.Work)))
		b = append(b, e.Work...)
		b = binary.LittleEndian.AppendUint64(b, e.Sum)
		for _, x := range e.Vector {
			b = append(b, byte(x))
		}
	}
	return b
}

var errRow = errors.New("a row of vectors is damaged")

// rowHead is the length of a row's head: format, model, dimensions, entries.
const rowHead = 1 + 8 + 2 + 1

// DecodeRow reads what [EncodeRow] wrote.
func DecodeRow(b []byte) (model uint64, entries []Entry, err error) {
	if len(b) < rowHead || b[0] != rowFormat {
		return 0, nil, errRow
	}
	model = binary.LittleEndian.Uint64(b[1:])
	dims, n := int(binary.LittleEndian.Uint16(b[9:])), int(b[11])
	b = b[rowHead:]
	if n > MaxEntries || dims > Dimensions || n > 0 && dims == 0 {
		return 0, nil, errRow
	}
	entries = make([]Entry, n)
	coordinates := make(Vector, n*dims)
	for i := range entries {
		length, size := binary.Uvarint(b)
		if size <= 0 || length > uint64(len(b)-size) || len(b)-size-int(length) < 8+dims {
			return 0, nil, errRow
		}
		b = b[size:]
		e := &entries[i]
		e.Work, b = string(b[:length]), b[length:]
		e.Sum, b = binary.LittleEndian.Uint64(b), b[8:]
		e.Vector = coordinates[i*dims : (i+1)*dims : (i+1)*dims]
		for j := range e.Vector {
			e.Vector[j] = int8(b[j])
		}
		b = b[dims:]
	}
	if len(b) > 0 {
		return 0, nil, errRow
	}
	return model, entries, nil
}
