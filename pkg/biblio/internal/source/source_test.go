package source

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestLines(t *testing.T) {
	tests := []struct {
		name, in string
		want     []Line
	}{
		{"every end of line", "a\nb\r\nc\rd", []Line{{1, "a", false}, {2, "b", false}, {3, "c", false}, {4, "d", false}}},
		{"empty lines", "\n\r\n\r\r", []Line{{1, "", false}, {2, "", false}, {3, "", false}, {4, "", false}}},
		{"a byte-order mark", "\ufeffa", []Line{{1, "a", false}}},
		{"Windows-1252 in one line", "caf\xe9\n\u00e9", []Line{{1, "café", true}, {2, "é", false}}},
		{"UTF-16, little end first", "\xff\xfea\x00\n\x00\xe9\x00", []Line{{1, "a", false}, {2, "é", false}}},
		{"UTF-16, big end first", "\xfe\xff\x00a\x00\n\x00\xe9", []Line{{1, "a", false}, {2, "é", false}}},
		{"UTF-16 without a mark", "a\x00b\x00", []Line{{1, "ab", false}}},
		{"nothing", "", nil},
	}
	for _, tt := range tests {
		for way, reader := range map[string]io.Reader{
			"at once": strings.NewReader(tt.in), "byte by byte": iotest.OneByteReader(strings.NewReader(tt.in)), "with its end": iotest.DataErrReader(strings.NewReader(tt.in)),
		} {
			t.Run(tt.name+", "+way, func(t *testing.T) {
				in, err := Open(t.Context(), reader, MaxBytes)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, rest(t, in)); diff != "" {
					t.Errorf("lines (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// rest returns the lines of what Open returned.
func rest(t *testing.T, in *bufio.Reader) []Line {
	t.Helper()
	lines := NewLines(in)
	var got []Line
	for {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return got
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, line)
	}
}

func TestALineMayBeLong(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	in, err := Open(t.Context(), strings.NewReader(long+"\r\n"+long), MaxBytes)
	if err != nil {
		t.Fatal(err)
	}
	if got := rest(t, in); len(got) != 2 || got[0].Text != long || got[1].Text != long {
		t.Errorf("%d lines", len(got))
	}
}

func TestOpenRefuses(t *testing.T) {
	readAll := func(ctx context.Context, text string, limit int64) error {
		in, err := Open(ctx, strings.NewReader(text), limit)
		if err == nil {
			_, err = io.Copy(io.Discard, in)
		}
		return err
	}
	if err := readAll(t.Context(), "PK\x03\x04\x00", 10); library.CodeOf(err) != library.Invalid {
		t.Errorf("a binary file: %v", err)
	}
	if err := readAll(t.Context(), strings.Repeat("x", 1<<20), 1<<20); err != nil {
		t.Errorf("a file of the size allowed: %v", err)
	}
	if err := readAll(t.Context(), strings.Repeat("x", 1<<20+1), 1<<20); library.CodeOf(err) != library.TooLarge {
		t.Errorf("a file that is larger by a byte: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := readAll(ctx, "x", 10); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	for _, s := range []string{"a\r\nb", "\xff\xfea\x00", "\x00a\x00b", "caf\xe9", "\xef\xbb\xbf"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := Open(t.Context(), bytes.NewReader(data), 1<<16)
		if err != nil {
			if library.CodeOf(err) == library.Internal {
				t.Fatal(err)
			}
			return
		}
		lines := NewLines(in)
		for number := 1; ; number++ {
			line, err := lines.Next()
			if err != nil {
				return
			}
			if line.Number != number || strings.ContainsAny(line.Text, "\r\n") {
				t.Fatalf("line %d is %+v", number, line)
			}
		}
	})
}
