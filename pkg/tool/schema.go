package tool

import (
	"fmt"
	"reflect"

	"github.com/google/jsonschema-go/jsonschema"
)

// outputSchema returns the JSON Schema of the answers of type Out.
//
// What reflection infers is not what clients take: slices and pointers become
// lists of types, which several clients refuse, and objects are closed, which
// would forbid ever adding a field.
func outputSchema[Out any]() (*jsonschema.Schema, error) {
	s, err := jsonschema.ForType(reflect.TypeFor[Out](), &jsonschema.ForOptions{TypeSchemas: named()})
	if err != nil {
		return nil, fmt.Errorf("output schema: %w", err)
	}
	simplify(s, true)
	return s, nil
}

// named are the types whose fields their description names: spelling out what
// hangs below a work would be a tenth of the whole catalogue.
func named() map[reflect.Type]*jsonschema.Schema {
	schemas := map[reflect.Type]*jsonschema.Schema{}
	for _, t := range []reflect.Type{
		reflect.TypeFor[creatorLine](), reflect.TypeFor[placeLine](), reflect.TypeFor[attachmentLine](),
		reflect.TypeFor[noteLine](), reflect.TypeFor[annotationLine](), reflect.TypeFor[duplicateGroup](), reflect.TypeFor[counts](),
		reflect.TypeFor[pageLine](), reflect.TypeFor[passageLine](), reflect.TypeFor[changeLine](), reflect.TypeFor[libraryLine](),
		reflect.TypeFor[collectionLine](), reflect.TypeFor[tagLine](),
		reflect.TypeFor[checkedReference](), reflect.TypeFor[checkedQuote](), reflect.TypeFor[checkedCitations](),
		reflect.TypeFor[editLine](),
	} {
		schemas[t] = &jsonschema.Schema{Type: "object"}
	}
	return schemas
}

// simplify gives s and what is below it one type each and leaves objects open.
// Which properties are always there is said at the root alone: that is what
// programs rely on, and the catalogue is read into every conversation.
func simplify(s *jsonschema.Schema, root bool) {
	for _, t := range s.Types {
		if t != "null" {
			s.Type = t
		}
	}
	s.Types = nil
	if s.Properties != nil {
		s.AdditionalProperties = nil
	}
	if !root {
		s.Required = nil
	}
	for _, p := range s.Properties {
		simplify(p, false)
	}
	if s.Items != nil {
		simplify(s.Items, false)
	}
	if s.AdditionalProperties != nil {
		simplify(s.AdditionalProperties, false)
	}
}
