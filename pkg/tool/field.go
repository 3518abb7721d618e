package tool

import (
	"encoding/json"
	"strconv"

	"github.com/google/jsonschema-go/jsonschema"
)

// field is one argument of a tool. Its JSON Schema and its reader come from
// this one declaration, so that they can't disagree. Exactly one of text,
// number, boolean and list is set: it says where in the input the argument goes.
type field[In any] struct {
	name        string
	description string
	required    bool
	// paging marks what may change between the pages of a listing: where it
	// goes on and how much of it is asked for.
	paging bool
	// quiet leaves the bounds out of the schema: they are so far out that
	// telling every conversation of them would cost more than it helps.
	quiet bool
	// lines keeps the lines of a text, which is else put on one.
	lines bool
	// min and max bound a number; max alone bounds the characters of a text
	// and the entries of a list.
	min, max int
	enum     []string // the only texts allowed; nil allows all
	fallback any      // string or int if the argument is absent; nil is the zero value

	text    func(*In) *string
	number  func(*In) *int
	boolean func(*In) *bool
	list    func(*In) *[]string
	object  func(*In) *map[string]any
}

// maxEntryChars bounds each entry of a list argument, in characters.
const maxEntryChars = 300

// text declares an argument of at most max characters.
func text[In any](name, description string, max int, at func(*In) *string) field[In] {
	return field[In]{name: name, description: description, max: max, text: at}
}

// block declares an argument that is a text of several lines.
func block[In any](name, description string, max int, at func(*In) *string) field[In] {
	f := text(name, description, max, at)
	f.quiet, f.lines = true, true
	return f
}

// choice declares a text argument of a closed set; the first one is the
// default.
func choice[In any](name, description string, at func(*In) *string, values ...string) field[In] {
	return field[In]{name: name, description: description, max: maxEntryChars, enum: values, fallback: values[0], text: at}
}

// name declares an argument that names something: an ID, a key, a path.
func name[In any](name, description string, at func(*In) *string) field[In] {
	f := text(name, description, maxNameChars, at)
	f.quiet = true
	return f
}

// address declares an argument that is a URL.
func address[In any](name, description string, at func(*In) *string) field[In] {
	f := text(name, description, maxAddressChars, at)
	f.quiet = true
	return f
}

// year declares an argument that is a year, negative before our era.
func year[In any](name string, at func(*In) *int) field[In] {
	f := number(name, "", minYear, maxYear, at)
	f.quiet = true
	return f
}

// tags declares an argument that is a list of a few labels.
func tags[In any](name, description string, at func(*In) *[]string) field[In] {
	f := list(name, description, maxLabels, at)
	f.quiet = true
	return f
}

// Bounds of what arguments take.
const (
	maxNameChars = 500
	maxLabels    = 20
	minYear      = -5_000
	maxYear      = 9_999
)

// number declares an argument that is a whole number within bounds.
func number[In any](name, description string, min, max int, at func(*In) *int) field[In] {
	return field[In]{name: name, description: description, min: min, max: max, number: at}
}

// boolean declares an argument that is true or false; false if it is absent.
func boolean[In any](name, description string, at func(*In) *bool) field[In] {
	return field[In]{name: name, description: description, fallback: false, boolean: at}
}

// list declares an argument that is a list of at most max texts.
func list[In any](name, description string, max int, at func(*In) *[]string) field[In] {
	return field[In]{name: name, description: description, max: max, list: at}
}

// object declares an argument that is a JSON object.
func object[In any](name, description string, at func(*In) *map[string]any) field[In] {
	return field[In]{name: name, description: description, object: at}
}

// must returns the field as one that a caller has to give.
func (f field[In]) must() field[In] {
	f.required = true
	return f
}

// or returns the field with a default that the schema shows.
func (f field[In]) or(value any) field[In] {
	f.fallback = value
	return f
}

// ofPaging returns the field as one that may change between pages.
func (f field[In]) ofPaging() field[In] {
	f.paging = true
	return f
}

// limitField and cursorField are the two arguments of everything that lists.
func limitField[In any](fallback, max int, at func(*In) *int) field[In] {
	return number("limit", "", 1, max, at).or(fallback).ofPaging()
}

func cursorField[In any](at func(*In) *string) field[In] {
	f := text(cursorName, "next_cursor", maxCursorChars, at)
	f.paging, f.quiet = true, true
	return f
}

const cursorName = "cursor"

// schema returns the JSON Schema of the argument.
func (f field[In]) schema() *jsonschema.Schema {
	s := &jsonschema.Schema{Description: f.description}
	switch {
	case f.text != nil:
		s.Type = "string"
		for _, v := range f.enum {
			s.Enum = append(s.Enum, v)
		}
		if f.enum == nil && !f.quiet {
			s.MaxLength = &f.max
		}
	case f.number != nil:
		s.Type = "integer"
		if !f.quiet {
			s.Minimum, s.Maximum = float(f.min), float(f.max)
		}
	case f.boolean != nil:
		s.Type = "boolean"
	case f.list != nil:
		s.Type = "array"
		s.Items = &jsonschema.Schema{Type: "string"}
		if !f.quiet {
			s.MaxItems = &f.max
		}
	}
	if f.object != nil {
		s.Type = "object"
	}
	switch v := f.fallback.(type) {
	case string:
		s.Default = json.RawMessage(strconv.Quote(v))
	case int:
		s.Default = json.RawMessage(strconv.Itoa(v))
	case bool:
		s.Default = json.RawMessage(strconv.FormatBool(v))
	}
	return s
}

func float(n int) *float64 {
	f := float64(n)
	return &f
}

// inputSchema returns the JSON Schema of all arguments together.
func inputSchema[In any](fields []field[In]) *jsonschema.Schema {
	s := &jsonschema.Schema{
		Type:                 "object",
		Properties:           make(map[string]*jsonschema.Schema, len(fields)),
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}}, // false
	}
	for _, f := range fields {
		s.Properties[f.name] = f.schema()
		s.PropertyOrder = append(s.PropertyOrder, f.name)
		if f.required {
			s.Required = append(s.Required, f.name)
		}
	}
	return s
}
