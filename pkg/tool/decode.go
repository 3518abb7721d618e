package tool

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/jsonscan"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// Bounds of an arguments object, checked in one pass before anything is built
// from it: no tool needs more, and a hostile one costs next to nothing.
const (
	maxArgumentBytes   = 64 << 10
	maxArgumentDepth   = 8
	maxArgumentMembers = 1_000 // members and list entries together
)

// checkSize refuses argument objects that are too large, too deep or have too
// many members.
func checkSize(raw []byte) error {
	if len(raw) > maxArgumentBytes {
		return library.Errorf(library.TooLarge, "the arguments are %d bytes, at most %d are read", len(raw), maxArgumentBytes)
	}
	size := jsonscan.Measure(raw)
	if size.Depth > maxArgumentDepth {
		return library.Errorf(library.TooLarge, "the arguments are nested deeper than %d levels", maxArgumentDepth)
	}
	if size.Commas > maxArgumentMembers {
		return library.Errorf(library.TooLarge, "the arguments have more than %d members", maxArgumentMembers)
	}
	return nil
}

// decode reads the arguments of a call. Assistants write "42" for 42, a text
// for a list of one, and null for nothing: all of that is understood. Anything
// else that the schema doesn't allow is an error that names the argument and
// says what it takes.
func decode[In any](fields []field[In], raw json.RawMessage) (in In, err error) {
	if err := checkSize(raw); err != nil {
		return in, err
	}
	var members map[string]json.RawMessage
	if len(bytes.TrimSpace(raw)) > 0 {
		if err := json.Unmarshal(raw, &members); err != nil {
			return in, library.Errorf(library.Invalid, "the arguments are not a JSON object").
				WithHint("%s", accepted(fields)).WithCause(err)
		}
	}
	known := 0
	for i := range fields {
		f := &fields[i]
		value, given := members[f.name]
		if given {
			known++
		}
		if !given || isNull(value) {
			if f.required {
				return in, library.Errorf(library.Invalid, "argument %q is missing", f.name).WithHint("%s", accepted(fields))
			}
			f.reset(&in)
			continue
		}
		if err := f.read(&in, value); err != nil {
			return in, err
		}
	}
	if known < len(members) {
		return in, unknownArgument(fields, members)
	}
	return in, nil
}

// unknownArgument names one argument that no field takes.
func unknownArgument[In any](fields []field[In], members map[string]json.RawMessage) error {
	var unknown []string
	for name := range members {
		if !slices.ContainsFunc(fields, func(f field[In]) bool { return f.name == name }) {
			unknown = append(unknown, name)
		}
	}
	return library.Errorf(library.Invalid, "unknown argument %s", echo(slices.Min(unknown))).WithHint("%s", accepted(fields))
}

// echo quotes a name that a caller made up, if it looks like a name at all.
func echo(name string) string {
	for _, r := range name {
		if !(r == '_' || r == '-' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
			return "with an unreadable name"
		}
	}
	if name == "" || len(name) > 40 {
		return "with an unreadable name"
	}
	return strconv.Quote(name)
}

// accepted lists the arguments that there are.
func accepted[In any](fields []field[In]) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
		if f.required {
			names[i] += " (required)"
		}
	}
	return "the arguments are " + strings.Join(names, ", ")
}

func isNull(value json.RawMessage) bool { return string(bytes.TrimSpace(value)) == "null" }

// reset puts the default of an absent argument into in.
func (f *field[In]) reset(in *In) {
	switch v := f.fallback.(type) {
	case string:
		*f.text(in) = v
	case int:
		*f.number(in) = v
	case bool:
		*f.boolean(in) = v
	}
}

// read puts the value of the argument into in.
func (f *field[In]) read(in *In, value json.RawMessage) error {
	value = bytes.TrimSpace(value)
	switch {
	case f.text != nil:
		s, ok := scalar(value)
		if !ok {
			return f.refuse("must be a text")
		}
		return f.readText(in, s)
	case f.number != nil:
		s, ok := scalar(value)
		n, whole := wholeNumber(s)
		if !ok || !whole || n < f.min || n > f.max {
			return f.refuse("must be a whole number from %d to %d", f.min, f.max)
		}
		*f.number(in) = n
		return nil
	case f.boolean != nil:
		s, ok := scalar(value)
		set, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(s)))
		if !ok || err != nil {
			return f.refuse("must be true or false")
		}
		*f.boolean(in) = set
		return nil
	case f.object != nil:
		return f.readObject(in, value)
	}
	return f.readList(in, value)
}

// readObject reads a JSON object, or one that was written into a text.
func (f *field[In]) readObject(in *In, value json.RawMessage) error {
	if s, ok := scalar(value); ok {
		value = json.RawMessage(s)
	}
	if json.Unmarshal(value, f.object(in)) != nil {
		return f.refuse("must be an object")
	}
	return nil
}

func (f *field[In]) readText(in *In, s string) error {
	if f.lines {
		s = plaintext.Clean(s)
	} else {
		s = plaintext.Line(s)
	}
	if n := utf8.RuneCountInString(s); n > f.max {
		return f.refuse("is %d characters long, at most %d are allowed", n, f.max)
	}
	if f.enum != nil {
		at := slices.IndexFunc(f.enum, func(v string) bool { return strings.EqualFold(v, s) })
		if at < 0 {
			return f.refuse("must be one of %s", strings.Join(f.enum, ", "))
		}
		s = f.enum[at]
	}
	*f.text(in) = s
	return nil
}

func (f *field[In]) readList(in *In, value json.RawMessage) error {
	entries, ok := entriesOf(value)
	if !ok {
		return f.refuse("must be a list of texts")
	}
	if len(entries) > f.max {
		return f.refuse("has %d entries, at most %d are allowed", len(entries), f.max)
	}
	texts := make([]string, 0, len(entries))
	for _, e := range entries {
		s, ok := scalar(bytes.TrimSpace(e))
		if !ok {
			return f.refuse("must be a list of texts")
		}
		if s = plaintext.Line(s); utf8.RuneCountInString(s) > maxEntryChars {
			return f.refuse("has an entry of more than %d characters", maxEntryChars)
		}
		if s != "" {
			texts = append(texts, s)
		}
	}
	*f.list(in) = texts
	return nil
}

func (f *field[In]) refuse(format string, args ...any) error {
	return library.Errorf(library.Invalid, "argument %q "+format, append([]any{f.name}, args...)...)
}

// entriesOf returns the entries of a JSON list, of a list that was written
// into a text, or the one entry that a bare scalar is.
func entriesOf(value json.RawMessage) (entries []json.RawMessage, ok bool) {
	if len(value) > 0 && value[0] == '[' {
		return entries, json.Unmarshal(value, &entries) == nil
	}
	s, ok := scalar(value)
	if ok && strings.HasPrefix(strings.TrimSpace(s), "[") && json.Unmarshal([]byte(s), &entries) == nil {
		return entries, true
	}
	return []json.RawMessage{value}, ok
}

// scalar returns the text of a JSON string, or of a number or boolean as it is
// written.
func scalar(value json.RawMessage) (s string, ok bool) {
	switch {
	case len(value) == 0 || value[0] == '{' || value[0] == '[' || value[0] == 'n':
		return "", false
	case value[0] == '"':
		return s, json.Unmarshal(value, &s) == nil
	}
	return string(value), true
}

// wholeNumber reads 42, "42" and 42.0 alike.
func wholeNumber(s string) (n int, ok bool) {
	s = strings.TrimSpace(s)
	if n, err := strconv.Atoi(s); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int(f), true
}
