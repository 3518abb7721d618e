package tokens

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Bounds of what is read; a team's records are a few kilobytes.
const (
	maxBytes  = 4 << 20
	maxFaults = 20
)

// table holds the tokens that are good, by ID.
type table map[string]*entry

// parse reads records: one JSON object a line, with empty lines and lines that
// begin with # between them, or a JSON array of objects. No record at all is
// fine: it is how the last token is revoked. The error has code Invalid and
// says everything that is wrong, by place and without values.
func parse(records string) (table, error) {
	r, err := read(records)
	if err != nil {
		return nil, err
	}
	return r.table, r.err()
}

// read reads what parse does.
func read(records string) (*reading, error) {
	records = strings.TrimPrefix(records, "\ufeff")
	if len(records) > maxBytes {
		return nil, library.Errorf(library.Invalid, "the records of tokens are more than %d bytes", maxBytes)
	}
	r := &reading{table: table{}}
	if strings.HasPrefix(strings.TrimSpace(records), "[") {
		r.array(records)
	} else {
		n := 0
		for line := range strings.Lines(records) {
			n++
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				r.record(fmt.Sprintf("line %d", n), line)
			}
		}
	}
	return r, nil
}

// reading is what has been read so far.
type reading struct {
	table   table
	records []Record // in their order
	faults  []string
}

// array reads a JSON array of records.
func (r *reading) array(text string) {
	var all []json.RawMessage
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		r.fault("the list", "is not JSON")
		return
	}
	for i, one := range all {
		r.record(fmt.Sprintf("record %d", i+1), string(one))
	}
}

// record reads one record, which stands at place.
func (r *reading) record(place, text string) {
	if strings.Contains(text, prefix) && !strings.HasPrefix(text, "{") {
		r.fault(place, "is a token, not the record of one; whoever reads it can use it, so make another")
		return
	}
	record := &Record{}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(record); err != nil {
		r.fault(place, shapeOf(err))
		return
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		r.fault(place, "has something after the record")
		return
	}
	e, faults := record.entry()
	for _, f := range faults {
		r.fault(place, f)
	}
	if e == nil {
		return
	}
	if r.table[record.ID] != nil {
		r.fault(place, "has the ID of a record before it")
	}
	r.table[record.ID] = e
	r.records = append(r.records, *record)
}

// shapeOf says what is wrong with JSON without repeating any of it.
func shapeOf(err error) string {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		return "has a field of the wrong kind"
	case strings.HasPrefix(err.Error(), "json: unknown field"):
		return "has a field that records don't have"
	}
	return "is not a JSON object"
}

func (r *reading) fault(place, what string) {
	r.faults = append(r.faults, place+": "+what)
}

// err returns all faults as one error, or nil.
func (r *reading) err() error {
	n := len(r.faults)
	if n == 0 {
		return nil
	}
	more := ""
	if n > maxFaults {
		more = fmt.Sprintf("\n  and %d more", n-maxFaults)
		n = maxFaults
	}
	return library.Errorf(library.Invalid, "the records of tokens can't be used:\n  %s", strings.Join(r.faults[:n], "\n  ")+more).
		WithHint("stackroom token new prints a record; the others stay as they are")
}
