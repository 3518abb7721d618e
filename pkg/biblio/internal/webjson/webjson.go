// Package webjson reads what DataCite and OpenAlex answer: a work, a list of
// works, or a page of results, in JSON.
package webjson

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/source"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// ReadDataCite reads works of DataCite (https://schema.datacite.org). Errors
// are those of [source.Open], code TooLarge for more than [source.MaxEntries]
// works, and code Invalid for a file without a work.
func ReadDataCite(ctx context.Context, r io.Reader, name string) (*model.Document, error) {
	return read(ctx, r, name, "DataCite", func(o object) (model.Entry, bool) {
		if attributes := o.object("attributes"); attributes != nil {
			o = attributes
		}
		if len(o.list("titles")) == 0 && o.text("doi") == "" {
			return model.Entry{}, false
		}
		return dataCite(o), true
	})
}

// ReadOpenAlex reads works of OpenAlex (https://docs.openalex.org). Errors are
// those of [ReadDataCite].
func ReadOpenAlex(ctx context.Context, r io.Reader, name string) (*model.Document, error) {
	return read(ctx, r, name, "OpenAlex", func(o object) (model.Entry, bool) {
		if o.text("title") == "" && o.text("display_name") == "" && o.text("doi") == "" {
			return model.Entry{}, false
		}
		return openAlex(o), true
	})
}

// read makes entries of the objects of a file.
func read(ctx context.Context, r io.Reader, name, service string, entry func(object) (model.Entry, bool)) (*model.Document, error) {
	in, err := source.Open(ctx, r, source.MaxBytes)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(in)
	dec.UseNumber()
	doc := &model.Document{}
	err = works(dec, func(o object) error {
		if len(doc.Entries) == source.MaxEntries {
			return source.TooMany()
		}
		if e, ok := entry(o); ok {
			e.Line = 1 // a file of a service has one line
			doc.Add(name, e)
		} else {
			doc.Skip(name, 1, fmt.Sprintf("object %d is no work of %s", len(doc.Entries)+len(doc.Problems)+1, service))
		}
		return nil
	})
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errShape):
		doc.Skip(name, 1, fmt.Sprintf("what follows entry %d is not valid JSON", len(doc.Entries)))
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	}
	if len(doc.Entries) == 0 {
		return nil, library.Errorf(library.Invalid, "the file holds no work of %s", service).WithHint("save the answer of %s's API for a work, or for a list of works", service)
	}
	return doc, nil
}

// errShape is the error for JSON that is no object and no list of objects.
var errShape = errors.New("neither an object nor a list")

// works calls do for each work: the objects of a list, of the list under
// "results", "data" or "items", or the one object that the file is.
func works(dec *json.Decoder, do func(object) error) error {
	t, err := dec.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('['):
		return elements(dec, do)
	case json.Delim('{'):
	default:
		return errShape
	}
	whole := object{}
	listed := false
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		if name == "results" || name == "data" || name == "items" {
			done, err := under(dec, name, whole, do)
			if err != nil {
				return err
			}
			listed = listed || done
			continue
		}
		var value any
		if err := dec.Decode(&value); err != nil {
			return err
		}
		whole[name] = value
	}
	if listed {
		return nil
	}
	if inner := whole.object("data"); inner != nil {
		whole = inner
	}
	return do(whole)
}

// under reads the value under a name: a list of works, or something else, which
// it puts into whole.
func under(dec *json.Decoder, name string, whole object, do func(object) error) (listed bool, err error) {
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return false, err
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		var value any
		if err := json.Unmarshal(raw, &value); err != nil {
			return false, err
		}
		whole[name] = value
		return false, nil
	}
	for _, element := range list {
		var o object
		if json.Unmarshal(element, &o) != nil {
			o = object{}
		}
		if err := do(o); err != nil {
			return true, err
		}
	}
	return true, nil
}

// elements calls do for the objects of a list, whose bracket was read.
func elements(dec *json.Decoder, do func(object) error) error {
	for dec.More() {
		var o object
		err := dec.Decode(&o)
		if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
			o, err = object{}, nil
		}
		if err != nil {
			return err
		}
		if err := do(o); err != nil {
			return err
		}
	}
	return nil
}

// object is a JSON object. Its methods return the zero value for what is not
// there or of another type.
type object map[string]any

func (o object) text(name string) string {
	switch v := o[name].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case float64:
		return fmt.Sprint(v)
	}
	return ""
}

func (o object) object(name string) object {
	v, _ := o[name].(map[string]any)
	return v
}

// list returns the objects in a list, or the one object in its place.
func (o object) list(name string) []object {
	var found []object
	switch v := o[name].(type) {
	case []any:
		for _, element := range v {
			if m, ok := element.(map[string]any); ok {
				found = append(found, m)
			}
		}
	case map[string]any:
		found = append(found, v)
	}
	return found
}

// texts returns the texts in a list, or the one text in its place.
func (o object) texts(name string) []string {
	switch v := o[name].(type) {
	case string:
		return []string{v}
	case []any:
		var found []string
		for _, element := range v {
			if s, ok := element.(string); ok {
				found = append(found, s)
			}
		}
		return found
	}
	return nil
}
