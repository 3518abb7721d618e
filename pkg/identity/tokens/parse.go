package tokens

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Bounds of the input; a team's records take a few kilobytes.
const (
	maxBytes  = 4 << 20
	maxFaults = 20
)

// table holds the valid tokens by ID.
type table map[string]*entry

// parse parses records: one JSON object a line, mixed with empty lines and #
// comments, or a JSON array of objects. An empty text is valid: it revokes the
// last token. The error has code Invalid and lists every fault by position,
// without values.
func parse(records string) (table, error) {
	r, err := read(records)
	if err != nil {
		return nil, err
	}
	return r.table, r.err()
}

// read parses the text for parse.
func read(records string) (*reading, error) {
	records = strings.TrimPrefix(records, "\ufeff")
	if len(records) > maxBytes {
		return nil, library.Errorf(library.Invalid, "the token records are larger than %d bytes", maxBytes)
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

// reading is the state of parse.
type reading struct {
	table   table
	records []Record // in order
	faults  []string
}

// array parses a JSON array of records.
func (r *reading) array(text string) {
	var all []json.RawMessage
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		r.fault("the list", "is not valid JSON")
		return
	}
	for i, one := range all {
		r.record(fmt.Sprintf("record %d", i+1), string(one))
	}
}

// record parses the record at place.
func (r *reading) record(place, text string) {
	if strings.Contains(text, prefix) && !strings.HasPrefix(text, "{") {
		r.fault(place, "is a token, not its record; the token is now exposed, so revoke it and make a new one")
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
		r.fault(place, "has text after the record")
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
		r.fault(place, "repeats the ID of an earlier record")
	}
	r.table[record.ID] = e
	r.records = append(r.records, *record)
}

// shapeOf describes a JSON error without quoting the input.
func shapeOf(err error) string {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		return "has a field of the wrong type"
	case strings.HasPrefix(err.Error(), "json: unknown field"):
		return "has an unknown field"
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
	return library.Errorf(library.Invalid, "the token records are invalid:\n  %s", strings.Join(r.faults[:n], "\n  ")+more).
		WithHint("run stackroom token new to make a valid record; until then the previous records stay in use")
}
