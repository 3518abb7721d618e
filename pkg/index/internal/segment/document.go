package segment

import (
	"slices"

	bleveindex "github.com/blevesearch/bleve_index_api"
)

// Document is a document on its way into a segment.
type Document struct {
	ID     string // by which [Segment.Find] finds it; "" if nothing looks for it
	Stored []byte // returned by [Segment.Stored]
	Fields []Field
}

// Field holds the terms of one field of a document, each once.
type Field struct {
	Name  string
	Terms []Term
}

// Term is a term of a document. Weight is 1 to 2^WeightBits-1; Positions rise
// and may be empty.
type Term struct {
	Text      string
	Weight    int
	Positions []uint32
}

// Size returns about how many bytes of memory the document takes.
func (d *Document) Size() int {
	n := len(d.Stored) + 200
	for _, f := range d.Fields {
		for _, t := range f.Terms {
			n += 64 + len(t.Text) + 4*len(t.Positions)
		}
	}
	return n
}

// The fields of zap that hold the ID and what is stored.
const (
	idField     = "_id"
	storedField = "r"
)

// document is a Document as zap takes it, already analysed. It shows one field at
// a time, so that a segment's documents need not be held in a second form.
type document struct {
	*Document
	frequencies map[string]*frequencies // by field, of the document that zap reads; shared by all
}

var _ bleveindex.Document = document{}

// frequencies are the terms of one field of one document as zap takes them. zap
// reads them twice, and keeps nothing of them.
type frequencies struct {
	byTerm bleveindex.TokenFrequencies
	slab   []bleveindex.TokenFreq
}

// mostIdle bounds the memory of frequencies that a small document goes through.
const mostIdle = 1024

// of returns terms as zap takes them, until the next call. Positions that don't fit
// into a packed posting become one location, the first with the distances of the
// others as its array positions.
func (f *frequencies) of(terms []Term) bleveindex.TokenFrequencies {
	if f.byTerm == nil || cap(f.slab) > mostIdle+len(terms) {
		*f = frequencies{byTerm: make(bleveindex.TokenFrequencies, len(terms))}
	}
	clear(f.byTerm)
	f.slab = slices.Grow(f.slab[:0], len(terms))[:len(terms)]
	for i := range terms {
		t := &terms[i]
		f.slab[i] = bleveindex.TokenFreq{}
		packed, ok := pack(t.Weight, t.Positions)
		f.slab[i].SetFrequency(int(packed))
		if !ok {
			at := &bleveindex.TokenLocation{Position: int(t.Positions[0])}
			for j := 1; j < len(t.Positions); j++ {
				at.ArrayPositions = append(at.ArrayPositions, uint64(t.Positions[j]-t.Positions[j-1]))
			}
			f.slab[i].Locations = []*bleveindex.TokenLocation{at}
		}
		f.byTerm[t.Text] = &f.slab[i]
	}
	return f.byTerm
}

func (d document) ID() string                                      { return d.Document.ID }
func (d document) Size() int                                       { return 0 }
func (d document) HasComposite() bool                              { return false }
func (d document) NumPlainTextBytes() uint64                       { return 0 }
func (d document) StoredFieldsBytes() uint64                       { return 0 }
func (d document) Indexed() bool                                   { return true }
func (d document) AddIDField()                                     {}
func (d document) VisitComposite(bleveindex.CompositeFieldVisitor) {}

func (d document) VisitFields(visit bleveindex.FieldVisitor) {
	id := &field{name: idField, value: []byte(d.Document.ID), document: d}
	if d.Document.ID != "" {
		id.terms = []Term{{Text: d.Document.ID, Weight: 1}}
	}
	visit(id)
	visit(&field{name: storedField, value: d.Stored, document: d})
	for i := range d.Fields {
		if f := &d.Fields[i]; len(f.Terms) > 0 {
			visit(&field{name: f.Name, terms: f.Terms, document: d})
		}
	}
}

// field is one field of a document.
type field struct {
	name     string
	value    []byte // stored if not nil
	terms    []Term
	document document
}

func (f *field) Name() string              { return f.name }
func (f *field) Value() []byte             { return f.value }
func (f *field) ArrayPositions() []uint64  { return nil }
func (f *field) EncodedFieldType() byte    { return 't' }
func (f *field) Analyze()                  {}
func (f *field) NumPlainTextBytes() uint64 { return 0 }

func (f *field) AnalyzedTokenFrequencies() bleveindex.TokenFrequencies {
	if f.terms == nil {
		return nil
	}
	all := f.document.frequencies
	if all[f.name] == nil {
		all[f.name] = &frequencies{}
	}
	return all[f.name].of(f.terms)
}

// AnalyzedLength is 1: weights hold the lengths already, and a length of 0
// would break the short form in which zap keeps a term of one document.
func (f *field) AnalyzedLength() int { return 1 }

func (f *field) Options() bleveindex.FieldIndexingOptions {
	if f.value != nil && f.terms == nil {
		return bleveindex.StoreField
	}
	options := bleveindex.IndexField | bleveindex.IncludeTermVectors
	if f.value != nil {
		options |= bleveindex.StoreField
	}
	return options
}
