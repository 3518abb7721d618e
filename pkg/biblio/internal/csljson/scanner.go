package csljson

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"io"
	"regexp"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/source"
)

// maxDepth is how deeply an entry may be nested; CSL needs five levels.
const maxDepth = 64

// object is a JSON object as it stands in the file.
type object struct {
	text    []byte // "" if it could not be kept
	line    int    // where it begins
	fault   string // why it can't be read, or ""
	recoded bool
}

// scanner finds the objects of a JSON file: those in its array, or one after
// the other. It knows only braces and strings, so that it finds the next
// object behind one that is broken.
type scanner struct {
	in   *bufio.Reader
	line int
	// started is set once an object began; before it, only white space and
	// brackets may stand.
	started bool
	// open counts the brackets between objects that are open.
	open int
	// strange counts other bytes between objects; strangeLine is where the
	// first one stands.
	strange, strangeLine int
	buffer               []byte
	// again is text that is to be read once more, before in; budget is how
	// many bytes may still be, so that the time stays linear.
	again  []byte
	budget int
	// lost is set from a broken object to the next entry: what comes between
	// may be parts of objects.
	lost bool
	// broken is set for good once an object was broken.
	broken bool
}

func newScanner(in *bufio.Reader) *scanner {
	return &scanner{in: in, line: 1, budget: 8 * source.MaxEntryBytes}
}

// peek returns the next byte without reading it.
func (s *scanner) peek() (byte, error) {
	if len(s.again) > 0 {
		return s.again[0], nil
	}
	next, err := s.in.Peek(1)
	if len(next) == 0 {
		return 0, err
	}
	return next[0], nil
}

func (s *scanner) read() (c byte, err error) {
	if len(s.again) > 0 {
		c, s.again = s.again[0], s.again[1:]
	} else if c, err = s.in.ReadByte(); err != nil {
		return c, err
	}
	if c == '\n' {
		s.line++
	}
	return c, nil
}

// rescan goes back into the object that was just read and found broken, to
// the first place at or after offset where another object may begin: a lost
// quote makes several objects one.
func (s *scanner) rescan(o object, offset int) {
	s.lost, s.broken = true, true
	offset = max(1, min(offset, len(s.buffer)))
	at := regexp.MustCompile(`\}\s*,\s*\{`).FindIndex(s.buffer[offset:])
	if at == nil {
		return
	}
	start := offset + at[1] - 1
	again := slices.Concat(s.buffer[start:], s.again)
	if s.budget -= len(again); s.budget < 0 {
		return
	}
	s.again, s.line = again, o.line+bytes.Count(s.buffer[:start], []byte("\n"))
}

// next returns the next object, io.EOF after the last.
func (s *scanner) next() (object, error) {
	for {
		c, err := s.read()
		if err != nil {
			return object{}, err
		}
		switch c {
		case '{':
			s.started = true
			return s.object()
		case '[':
			s.open++
		case ']':
			s.open = max(s.open-1, 0)
		case ' ', '\t', '\r', '\n', ',', '}':
		default:
			if s.strange++; s.strange == 1 {
				s.strangeLine = s.line
			}
		}
	}
}

// object reads the object whose brace was just read.
func (s *scanner) object() (object, error) {
	o := object{line: s.line}
	s.buffer = append(s.buffer[:0], '{')
	depth, inString, escaped := 1, false, false
	for depth > 0 {
		c, err := s.read()
		if errors.Is(err, io.EOF) {
			o.fault = cmp.Or(o.fault, "the file ends inside it, or a quote or bracket in it is missing")
			s.rescan(o, 1)
			return o, nil
		}
		if err != nil {
			return o, err
		}
		if o.fault == "" {
			s.buffer = append(s.buffer, c)
			o.fault = s.tooMuch(depth)
		}
		switch {
		case escaped:
			escaped = false
		case inString && c == '\\':
			escaped = true
		case c == '"':
			inString = !inString
		case inString && c == '\n':
			// JSON has no line end in a string: a quote is missing.
			o.fault = "a text in it has no end"
			s.lost, s.broken = true, true
			return o, s.resync()
		case inString:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
	}
	if o.fault != "" {
		return o, nil
	}
	text, valid := source.Text(s.buffer)
	o.text, o.recoded = []byte(text), !valid
	return o, nil
}

func (s *scanner) tooMuch(depth int) string {
	switch {
	case len(s.buffer) > source.MaxEntryBytes:
		return "it is larger than 8 MiB"
	case depth > maxDepth:
		return "it is nested too deeply"
	}
	return ""
}

// resync goes on to the next line whose first brace can begin an entry: one
// that follows a line which ends an entry.
func (s *scanner) resync() error {
	closed := false // the last sign was "}", perhaps with a comma after it
	for {
		next, err := s.peek()
		switch {
		case errors.Is(err, io.EOF), err == nil && next == '{' && closed:
			return nil
		case err != nil:
			return err
		}
		c, err := s.read()
		if err != nil {
			return err
		}
		switch c {
		case '}':
			closed = true
		case ',', ' ', '\t', '\r', '\n':
		default:
			closed = false
		}
	}
}
