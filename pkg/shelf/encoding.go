package shelf

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// format is the number of this layout of folder and rows. A library with
// another one is refused, so count it up with every change that older or newer
// code would misread. Format 1 was a bbolt file.
const format = 2

// metaRow is the key of the one row of the meta table.
const metaRow = "library"

// meta describes the library as a whole.
type meta struct {
	Version int64 `json:"version"`
	Items   int   `json:"items"`
	// Forgotten is the version up to which removals are no longer known.
	Forgotten  int64             `json:"forgotten,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
	// VectorRows is the number of the next row of vectors, VectorModel the hash of the
	// model whose vectors count.
	VectorRows  uint32 `json:"vector_rows,omitempty"`
	VectorModel uint64 `json:"vector_model,omitempty"`
}

// readMeta reads the meta row; a library without one is empty.
func readMeta(r *rows) (meta, error) {
	var m meta
	value, err := r.get(metaTable, metaRow)
	if err != nil || value == nil {
		return m, err
	}
	if err := json.Unmarshal(value, &m); err != nil {
		return m, damaged(fmt.Errorf("meta: %w", err))
	}
	return m, nil
}

// encode returns a row of JSON. The types that go into rows can't fail.
func encode(v any) []byte {
	row, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("shelf: %T can't be stored: %v", v, err))
	}
	return row
}

// itemRow is an item as a row holds it: without its ID, which the row's key
// and the library say.
type itemRow struct {
	*library.Item
	ID *struct{} `json:"ID,omitempty"` // hides that of Item
}

// encodeItem returns the row of an item.
func encodeItem(it *library.Item) []byte { return encode(itemRow{Item: it}) }

// withCitationKey returns the row of an item that has no citation key, with one.
// It does not decode the row: a whole reading does this for most works.
func withCitationKey(row []byte, citationKey string) []byte {
	out := append([]byte(`{"CitationKey":`), encode(citationKey)...)
	return append(append(out, ','), row[1:]...) // no item's row is an empty object
}

// decodeItem reads the row of an item. Version 2 of encoding/json does it in less than
// half of the time.
func decodeItem(id library.ItemID, value []byte) (*library.Item, error) {
	r := itemRow{Item: &library.Item{}}
	err := jsonv2.Unmarshal(value, &r)
	if err == nil && r.Item == nil {
		err = errors.New("its row is null")
	}
	if err != nil {
		return nil, damaged(fmt.Errorf("item %s: %w", id.Key, err))
	}
	r.Item.ID = id
	return r.Item, nil
}

// collection is a row of the collection table.
type collection struct {
	Name   string `json:"name"`
	Parent string `json:"parent,omitempty"`
	// Kept says that a caller made or changed it: it stays when it holds no work.
	Kept bool `json:"kept,omitempty"`
	// Version is that of the last change by a caller, 0 if there was none.
	Version int64 `json:"version,omitempty"`
	// Trashed is when it went to the trash, zero if it is not there; Members are the
	// works that were in it then, and With the collection above it if both went
	// together.
	Trashed time.Time `json:"trashed,omitzero"`
	Members []string  `json:"members,omitempty"`
	With    string    `json:"with,omitempty"`
}

func decodeCollection(value []byte) (collection, error) {
	var c collection
	if err := json.Unmarshal(value, &c); err != nil {
		return c, damaged(fmt.Errorf("collection: %w", err))
	}
	return c, nil
}

// change is a row of the change table; its key has version and item.
type change struct {
	kind library.ChangeKind
	at   time.Time // zero if not known
}

// encode returns the row: the kind's first letter, then the time in nanoseconds
// since 1970 as a varint, or nothing if it is not known.
func (c change) encode() []byte {
	b := []byte{c.kind[0]}
	if c.at.IsZero() {
		return b
	}
	return binary.AppendVarint(b, c.at.UnixNano())
}

func kindOf(letter byte) library.ChangeKind {
	switch letter {
	case 'a':
		return library.Added
	case 'c':
		return library.Changed
	case 'r':
		return library.Removed
	}
	return ""
}

// decodeChange is the inverse of encode.
func decodeChange(value []byte) (change, error) {
	var c change
	if len(value) == 0 || kindOf(value[0]) == "" {
		return c, damaged(errors.New("the row of a change is garbled"))
	}
	c.kind = kindOf(value[0])
	if len(value) > 1 {
		n, size := binary.Varint(value[1:])
		if size != len(value)-1 {
			return c, damaged(errors.New("the row of a change is garbled"))
		}
		c.at = time.Unix(0, n).UTC()
	}
	return c, nil
}

// versionBytes returns a version in the order of versions.
func versionBytes(version int64) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(version))
}

// changeKey returns the key of the row that says that an item changed.
func changeKey(version int64, item string) string { return string(versionBytes(version)) + item }

// parseChangeKey is the inverse of changeKey.
func parseChangeKey(key string) (version int64, item string, ok bool) {
	if len(key) <= 8 {
		return 0, "", false
	}
	return int64(binary.BigEndian.Uint64([]byte(key[:8]))), key[8:], true
}

// textFormat is the first byte of a row of text.
const textFormat = 1

// encodeText returns a row of text: the format byte, the number of pages,
// for each page its number, label, length in bytes and length in characters,
// then the pages' texts one after the other. Numbers are unsigned varints.
func encodeText(pages []library.TextPage) []byte {
	size := 16
	for _, p := range pages {
		size += len(p.Text) + len(p.Label) + 16
	}
	row := make([]byte, 0, size)
	row = append(row, textFormat)
	row = binary.AppendUvarint(row, uint64(len(pages)))
	for _, p := range pages {
		row = binary.AppendUvarint(row, uint64(max(p.Number, 0)))
		row = binary.AppendUvarint(row, uint64(len(p.Label)))
		row = append(row, p.Label...)
		row = binary.AppendUvarint(row, uint64(len(p.Text)))
		row = binary.AppendUvarint(row, uint64(utf8.RuneCountInString(p.Text)))
	}
	for _, p := range pages {
		row = append(row, p.Text...)
	}
	return row
}

var errText = errors.New("the row of text is garbled")

// decodeText reads a row of text. The offsets of its pages count from 0.
func decodeText(row []byte) ([]library.TextPage, error) {
	if len(row) == 0 || row[0] != textFormat {
		return nil, damaged(errText)
	}
	r := textReader{row: row[1:]}
	n := r.number(len(row)) // a page takes more than one byte
	pages := make([]library.TextPage, 0, n)
	lengths := make([]int, 0, n)
	offset := 0
	for range n {
		p := library.TextPage{Number: r.number(maxPages), Offset: offset}
		p.Label = string(r.bytes(r.number(len(row))))
		lengths = append(lengths, r.number(len(row)))
		offset += r.number(len(row))
		pages = append(pages, p)
	}
	for i := range pages {
		pages[i].Text = string(r.bytes(lengths[i]))
	}
	if r.bad || len(r.row) > 0 {
		return nil, damaged(errText)
	}
	return pages, nil
}

// textReader takes a row of text apart and remembers whether it could.
type textReader struct {
	row []byte
	bad bool
}

// number reads a number of at most limit.
func (r *textReader) number(limit int) int {
	v, n := binary.Uvarint(r.row)
	if n <= 0 || v > uint64(limit) {
		r.bad = true
		r.row = nil
		return 0
	}
	r.row = r.row[n:]
	return int(v)
}

func (r *textReader) bytes(n int) []byte {
	if n > len(r.row) {
		r.bad = true
		r.row = nil
		return nil
	}
	b := r.row[:n]
	r.row = r.row[n:]
	return b
}
