// Package source turns a bibliography file, which may be of any size, in any
// encoding and by anybody, into UTF-8 text of bounded length.
package source

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// MaxBytes is the size up to which a bibliography file is read: 256 MiB.
const MaxBytes = 256 << 20

// MaxEntries is how many entries of one file are read.
const MaxEntries = 500_000

// TooMany returns the error for a file with more than [MaxEntries] entries.
func TooMany() error {
	return library.Errorf(library.TooLarge, "the file has more than %d entries", MaxEntries).
		WithHint("split the file and import the parts one by one")
}

// MaxEntryBytes is how large one entry may be: 8 MiB. An entry with 3,000
// authors has 300 kB.
const MaxEntryBytes = 8 << 20

// headLength is how much of a file decides whether it is text.
const headLength = 4096

// Open returns the text of r, without a byte-order mark, and in UTF-8 if r is
// in UTF-16. Text in another encoding comes as it is: see [Text].
//
// Reading on fails with a [library.Error] of code TooLarge past limit bytes,
// and with ctx's error when ctx ends. A file that isn't text (it has a NUL in
// its first 4 KiB) is an error of code Invalid.
func Open(ctx context.Context, r io.Reader, limit int64) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(&bounded{ctx: ctx, r: r, left: limit, limit: limit}, 64<<10)
	head, err := in.Peek(headLength)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, err = in.Discard(3)
		if err != nil {
			return nil, err
		}
	case isUTF16(head):
		order := unicode.LittleEndian
		if head[0] == 0xfe || head[0] == 0 {
			order = unicode.BigEndian
		}
		decode := unicode.UTF16(order, unicode.UseBOM).NewDecoder()
		return bufio.NewReaderSize(transform.NewReader(in, decode), 64<<10), nil
	case bytes.IndexByte(head, 0) >= 0:
		return nil, library.Errorf(library.Invalid, "the file is not text").
			WithHint("give a BibTeX, RIS, CSL-JSON or EndNote file, saved as UTF-8")
	}
	return in, nil
}

// Bound returns r up to limit bytes and as long as ctx lasts, with the errors of
// [Open].
func Bound(ctx context.Context, r io.Reader, limit int64) io.Reader {
	return &bounded{ctx: ctx, r: r, left: limit, limit: limit}
}

// isUTF16 reports whether head begins a text in UTF-16: by its byte-order
// mark, or by a Latin letter or sign that a NUL makes two bytes wide.
func isUTF16(head []byte) bool {
	if len(head) < 2 {
		return false
	}
	a, b := head[0], head[1]
	if a == 0xff && b == 0xfe || a == 0xfe && b == 0xff {
		return true
	}
	if len(head) < 4 {
		return false
	}
	return a == 0 && b != 0 && head[2] == 0 && head[3] != 0 || a != 0 && b == 0 && head[2] != 0 && head[3] == 0
}

// Text returns b as UTF-8, and whether it was that already. What is not UTF-8
// is read as Windows-1252, the encoding of old Western reference managers,
// which can be any byte.
func Text(b []byte) (s string, valid bool) {
	if utf8.Valid(b) {
		return string(b), true
	}
	s, err := charmap.Windows1252.NewDecoder().String(string(b))
	if err != nil {
		return string(bytes.ToValidUTF8(b, []byte("\uFFFD"))), false
	}
	return s, false
}

// Valid returns s as UTF-8, as [Text] does.
func Valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	s, _ = Text([]byte(s))
	return s
}

// bounded reads at most limit bytes and only as long as ctx lasts.
type bounded struct {
	ctx   context.Context
	r     io.Reader
	left  int64
	limit int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if b.left < 0 {
		return 0, library.Errorf(library.TooLarge, "the file is larger than %d MiB", b.limit>>20).
			WithHint("split the file and import the parts one by one")
	}
	// One byte more than allowed tells a file that is full from one that is
	// too large.
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return b.Read(p[:0])
	}
	return n, err
}
