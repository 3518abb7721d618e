// Package pdf reads PDF files through poppler's programs pdftotext and pdfinfo:
// their text, the words of their pages with their positions, and what they say of
// themselves.
//
// Files are untrusted. A program gets an open file as its standard input, not a
// name, so it reads the file that the caller checked and no other. What it writes
// is bounded; the caller bounds the time by the context.
package pdf

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// The errors of a file that can't be read.
var (
	ErrMissing   = errors.New("reading PDF files needs poppler's pdftotext on the PATH (package poppler-utils)")
	ErrDamaged   = errors.New("the PDF file is damaged or protected")
	ErrProtected = errors.New("the PDF file is protected by a password")
	ErrTime      = errors.New("reading the PDF file took too long")
)

// The bounds of what a program writes, in bytes.
const (
	maxLayout  = 16 << 20
	maxXMP     = 1 << 20
	maxMessage = 8 << 10
)

// Check returns [ErrMissing] if this machine can't read PDF files.
func Check() error {
	if _, err := exec.LookPath("pdftotext"); err != nil {
		return ErrMissing
	}
	return nil
}

// Text returns the text of a file, with a form feed after every page, as valid
// UTF-8 of at most a few bytes more than most. What is beyond is not read.
func Text(ctx context.Context, file *os.File, most int) (string, error) {
	text, err := run(ctx, file, most, "pdftotext", "-q", "-enc", "UTF-8", "-eol", "unix", "-", "-")
	return strings.ToValidUTF8(string(text), "\uFFFD"), err
}

// Layout returns the words of the pages first to last of a file, from 1, with
// their positions, and the file's information dictionary. Pages that the file does
// not have are left out.
func Layout(ctx context.Context, file *os.File, first, last int) (*Document, error) {
	out, err := run(ctx, file, maxLayout, "pdftotext", "-bbox-layout", "-enc", "UTF-8", "-f", strconv.Itoa(first), "-l", strconv.Itoa(last), "-", "-")
	if err != nil {
		return nil, err
	}
	return parseLayout(out)
}

// XMP returns the metadata stream of a file (ISO 16684-1), nil if it has none or if
// poppler's pdfinfo is not on the PATH.
func XMP(ctx context.Context, file *os.File) ([]byte, error) {
	out, err := run(ctx, file, maxXMP, "pdfinfo", "-meta", "-")
	if errors.Is(err, ErrMissing) {
		return nil, nil
	}
	return out, err
}

// run runs a program over a file and returns what it writes, at most a few bytes
// more than most.
func run(ctx context.Context, file *os.File, most int, name string, args ...string) ([]byte, error) {
	program, err := exec.LookPath(name)
	if err != nil {
		return nil, ErrMissing
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	message := &head{left: maxMessage}
	cmd.Stdin, cmd.Stderr, cmd.WaitDelay = file, message, time.Second
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	const more = 1 << 10 // the caller sees that there is more than most
	text, readErr := io.ReadAll(io.LimitReader(stdout, int64(most+more)))
	if len(text) == most+more {
		cancel()
		_ = cmd.Wait() // it was ended
		return text, nil
	}
	err = errors.Join(readErr, cmd.Wait())
	switch {
	case ctx.Err() != nil:
		return nil, ErrTime
	case err != nil && bytes.Contains(message.text, []byte("password")):
		return nil, ErrProtected
	case err != nil:
		return nil, ErrDamaged
	}
	return text, nil
}

// head keeps the first bytes of what is written.
type head struct {
	text []byte
	left int
}

func (h *head) Write(p []byte) (int, error) {
	n := min(len(p), h.left)
	h.text, h.left = append(h.text, p[:n]...), h.left-n
	return len(p), nil
}
