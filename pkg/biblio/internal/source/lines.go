package source

import (
	"bufio"
	"errors"
	"io"
)

// Lines gives a text line by line. Lines end with LF, CR LF or CR.
type Lines struct {
	in     *bufio.Reader
	number int
	buffer []byte
}

// NewLines returns the lines of what [Open] returned.
func NewLines(in *bufio.Reader) *Lines { return &Lines{in: in} }

// Line is a line of a file.
type Line struct {
	Number int // from 1
	Text   string
	// Recoded is set if the line was not in UTF-8.
	Recoded bool
}

// Next returns the next line without its end; io.EOF after the last.
func (l *Lines) Next() (Line, error) {
	l.buffer = l.buffer[:0]
	for {
		window, err := l.in.Peek(1)
		if len(window) == 0 {
			if err != nil && !errors.Is(err, io.EOF) {
				return Line{}, err
			}
			if len(l.buffer) == 0 {
				return Line{}, io.EOF
			}
			break
		}
		// Peek filled the buffer: take what is there up to the end of line.
		window, err = l.in.Peek(l.in.Buffered())
		if err != nil {
			return Line{}, err
		}
		end := lineEnd(window)
		if end < 0 {
			l.buffer = append(l.buffer, window...)
			if _, err := l.in.Discard(len(window)); err != nil {
				return Line{}, err
			}
			continue
		}
		l.buffer = append(l.buffer, window[:end]...)
		carriage := window[end] == '\r'
		if _, err := l.in.Discard(end + 1); err != nil {
			return Line{}, err
		}
		if next, _ := l.in.Peek(1); carriage && len(next) == 1 && next[0] == '\n' {
			if _, err := l.in.Discard(1); err != nil {
				return Line{}, err
			}
		}
		break
	}
	l.number++
	text, valid := Text(l.buffer)
	return Line{Number: l.number, Text: text, Recoded: !valid}, nil
}

// lineEnd returns the position of the first LF or CR, or -1.
func lineEnd(b []byte) int {
	for i, c := range b {
		if c == '\n' || c == '\r' {
			return i
		}
	}
	return -1
}
