package index

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/language"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// record is what the index keeps of a work beside its words: what results are
// sorted and filtered by.
type record struct {
	date  int32 // year·10000 + month·100 + day, or undated
	added int64 // Unix nanoseconds, 0 if not known
	title string
	// language is that of the terms of the work and its passages.
	language language.Language
}

// undated stands for the date of a work that has none; it sorts last where
// the newest comes first.
const undated = -1 << 31

// maxTitleBytes bounds the part of a title that its place in an order depends
// on.
const maxTitleBytes = 200

func recordOf(it *library.Item) record {
	r := record{date: sortDate(it), title: plaintext.Fold(it.Title())}
	if len(r.title) > maxTitleBytes {
		r.title = r.title[:maxTitleBytes]
	}
	if !it.Added.IsZero() {
		r.added = it.Added.UnixNano()
	}
	return r
}

// sortDate returns ParsedDate as a number in the same order.
func sortDate(it *library.Item) int32 {
	year, known := it.Year()
	if !known || year < -9999 || year > 9999 {
		return undated
	}
	rest := strings.Split(strings.TrimPrefix(it.ParsedDate, "-"), "-")
	day := 0
	for i, weight := range []int{100, 1} {
		if i+1 < len(rest) {
			if n, err := strconv.Atoi(rest[i+1]); err == nil && n > 0 && n < 100 {
				day += n * weight
			}
		}
	}
	return int32(year*10000 + day)
}

// sortYear returns the year in a sort date that is not undated.
func sortYear(date int32) int {
	const year = 10000
	if date < 0 {
		return int((date - year + 1) / year)
	}
	return int(date / year)
}

func (r record) encode() []byte {
	b := binary.AppendVarint(nil, int64(r.date))
	b = binary.AppendVarint(b, r.added)
	b = append(b, byte(r.language))
	return append(b, r.title...)
}

// decodeRecord reads what encode wrote. It copies what it keeps.
func decodeRecord(b []byte) (r record, ok bool) {
	date, n := binary.Varint(b)
	if n <= 0 {
		return r, false
	}
	b = b[n:]
	added, n := binary.Varint(b)
	if n <= 0 {
		return r, false
	}
	b = b[n:]
	if len(b) == 0 || b[0] >= byte(language.Count) {
		return r, false
	}
	return record{date: int32(date), added: added, title: string(b[1:]), language: language.Language(b[0])}, true
}

// place is where a passage stands: which attachment, which element of its
// pages, and the stretch of that page's text.
type place struct {
	attachment string
	page       int
	chunk
}

func (p place) encode() []byte {
	var b []byte
	for _, n := range []int{p.page, p.start, p.end, p.tail, p.rune} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return append(b, p.attachment...)
}

// decodePlace reads what encode wrote.
func decodePlace(b []byte) (p place, ok bool) {
	for _, to := range []*int{&p.page, &p.start, &p.end, &p.tail, &p.rune} {
		v, n := binary.Uvarint(b)
		if n <= 0 || v > 1<<40 {
			return place{}, false
		}
		*to, b = int(v), b[n:]
	}
	p.attachment = string(b)
	return p, true
}
