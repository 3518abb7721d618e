package shelf

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/shelf/internal/pack"
)

// The log of a base holds the transactions since, one record each, in a file
// that only grows:
//
//	header   magic (8 bytes), the base's ID (16)
//	records  the length of what follows (4 bytes), then a block of package pack:
//	         its checksum (4), and the rows that the transaction wrote
//
// A record counts once it is whole; what follows the last whole one does not.
// A transaction that broke off leaves such a rest, and the next one cuts it off.
const (
	logMagic   = "SRLOG\x00\x00\x01"
	logHeader  = len(logMagic) + 16
	recordHead = 4
	// maxRecord bounds a record, in bytes.
	maxRecord = 1 << 30
)

// createLog makes the empty log of a base.
func createLog(folder, id string) error {
	raw, err := hex.DecodeString(id)
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(folder, logFile), append([]byte(logMagic), raw...))
}

// openLog opens the log of a base for reading.
func openLog(folder, id string) (*os.File, error) {
	f, err := os.Open(filepath.Join(folder, logFile))
	if err != nil {
		return nil, damaged(err)
	}
	head := make([]byte, logHeader)
	_, err = f.ReadAt(head, 0)
	if err != nil || string(head[:len(logMagic)]) != logMagic || hex.EncodeToString(head[len(logMagic):]) != id {
		return nil, damaged(errors.Join(errors.New("header of the log"), err, f.Close()))
	}
	return f, nil
}

// encodeRecord returns the record of rows, which are in the order of their
// keys.
func encodeRecord(codec *pack.Codec, written []row) []byte {
	var block []byte
	before := ""
	for _, x := range written {
		block = pack.AppendRow(block, before, x.key, x.value)
		before = x.key
	}
	record := codec.Seal(make([]byte, recordHead), block)
	binary.LittleEndian.PutUint32(record, uint32(len(record)-recordHead))
	return record
}

// readRecord returns the rows of the record at offset, and where the next one
// begins; ok is false if there is no whole record. The log has size bytes.
func readRecord(log io.ReaderAt, codec *pack.Codec, offset, size int64) (written []row, next int64, ok bool) {
	var head [recordHead]byte
	if size-offset < recordHead {
		return nil, 0, false
	}
	if _, err := log.ReadAt(head[:], offset); err != nil {
		return nil, 0, false
	}
	length := int64(binary.LittleEndian.Uint32(head[:]))
	if length > maxRecord || length > size-offset-recordHead {
		return nil, 0, false
	}
	sealed := make([]byte, length)
	if _, err := log.ReadAt(sealed, offset+recordHead); err != nil {
		return nil, 0, false
	}
	block, err := codec.Open(sealed)
	if err != nil {
		return nil, 0, false
	}
	next = offset + recordHead + length
	r := pack.ReadRows(block)
	for r.Next() {
		written = append(written, row{key: string(r.Key()), value: slices.Clone(r.Value()), sequence: next})
	}
	return written, next, r.Err() == nil
}

// mark is how a record in the log begins: its length and its checksum.
type mark struct {
	offset int64 // 0 for no record
	head   [recordHead + pack.SumSize]byte
}

// markAt returns the mark of the record at offset, which is whole.
func markAt(log io.ReaderAt, offset int64) mark {
	m := mark{offset: offset}
	if _, err := log.ReadAt(m.head[:], offset); err != nil {
		return mark{offset: offset} // it will not be found again
	}
	return m
}

// in reports whether the log still has the record.
func (m mark) in(log io.ReaderAt) bool { return m.offset == 0 || m == markAt(log, m.offset) }

// leaveInLog is the size from which a value stays in the log and is read there
// when it is asked for: texts would fill the memory. Vectors stay there too.
const leaveInLog = 16 << 10

// left returns the rows of the record at offset as they are kept in memory.
func left(written []row, offset int64) []row {
	for i := range written {
		if len(written[i].value) >= leaveInLog || isVector(written[i].key) && written[i].value != nil {
			written[i].value, written[i].record = nil, offset
		}
	}
	return written
}

// changedItems returns the keys of the items among rows: those that are there
// and those that were removed.
func changedItems(written []row) (put, removed []string) {
	for _, x := range written {
		key, ok := strings.CutPrefix(x.key, string(itemTable))
		switch {
		case !ok:
		case x.removed():
			removed = append(removed, key)
		default:
			put = append(put, key)
		}
	}
	return put, removed
}
