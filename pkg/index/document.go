package index

import (
	bleveindex "github.com/blevesearch/bleve_index_api"
)

// The fields of the segments.
const (
	idField      = "_id"
	wordField    = "w" // words of a work with their impacts and positions
	passageField = "p" // the same of a passage
	exactField   = "x" // what filters and identifiers are compared with
	nameField    = "n" // words of creators' names; the position says whose
	recordField  = "r" // stored only: record or place
)

// document is a work or a passage on its way into a segment. It implements
// scorch's document with everything analysed beforehand.
type document struct {
	id       string
	fields   []*field
	passages []*document
	size     int
}

var _ bleveindex.NestedDocument = (*document)(nil)

func newDocument(id string, stored []byte) *document {
	d := &document{id: id, size: len(stored)}
	d.fields = append(d.fields, //
		&field{name: idField, value: []byte(id), terms: exactTerms([]string{id})},
		&field{name: recordField, value: stored})
	return d
}

func (d *document) add(name string, terms bleveindex.TokenFrequencies) {
	if len(terms) > 0 {
		d.fields = append(d.fields, &field{name: name, terms: terms})
		d.size += len(terms) * 64
	}
}

// exactTerms returns terms that only are there or not.
func exactTerms(terms []string) bleveindex.TokenFrequencies {
	freqs := make(bleveindex.TokenFrequencies, len(terms))
	slab := make([]bleveindex.TokenFreq, len(terms))
	for i, t := range terms {
		if freqs[t] == nil {
			slab[i].Term = []byte(t)
			slab[i].SetFrequency(1)
			freqs[t] = &slab[i]
		}
	}
	return freqs
}

func (d *document) ID() string                                           { return d.id }
func (d *document) Size() int                                            { return d.size }
func (d *document) HasComposite() bool                                   { return false }
func (d *document) NumPlainTextBytes() uint64                            { return 0 }
func (d *document) StoredFieldsBytes() uint64                            { return 0 }
func (d *document) Indexed() bool                                        { return true }
func (d *document) AddIDField()                                          {}
func (d *document) VisitComposite(bleveindex.CompositeFieldVisitor)      {}
func (d *document) VisitFields(visit bleveindex.FieldVisitor)            { visitAll(d.fields, visit) }
func (d *document) VisitNestedDocuments(visit func(bleveindex.Document)) { visitNested(d, visit) }

func visitAll(fields []*field, visit bleveindex.FieldVisitor) {
	for _, f := range fields {
		visit(f)
	}
}

func visitNested(d *document, visit func(bleveindex.Document)) {
	for _, p := range d.passages {
		visit(p)
	}
}

// field is one field of a document.
type field struct {
	name  string
	value []byte // stored if not nil
	terms bleveindex.TokenFrequencies
}

func (f *field) Name() string                                          { return f.name }
func (f *field) Value() []byte                                         { return f.value }
func (f *field) ArrayPositions() []uint64                              { return nil }
func (f *field) EncodedFieldType() byte                                { return 't' }
func (f *field) Analyze()                                              {}
func (f *field) AnalyzedTokenFrequencies() bleveindex.TokenFrequencies { return f.terms }
func (f *field) NumPlainTextBytes() uint64                             { return 0 }

// AnalyzedLength is 1: lengths are in the impacts already, and a length of 0
// would break the short form in which segments keep a term of one document.
func (f *field) AnalyzedLength() int { return 1 }

func (f *field) Options() bleveindex.FieldIndexingOptions {
	options := bleveindex.IndexField | bleveindex.IncludeTermVectors
	if f.value != nil {
		options |= bleveindex.StoreField
	}
	return options
}
