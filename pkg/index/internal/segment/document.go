package segment

import (
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
	Positions []int
}

// Size returns about how many bytes of memory the document takes.
func (d *Document) Size() int {
	n := len(d.Stored) + 200
	for _, f := range d.Fields {
		for _, t := range f.Terms {
			n += 64 + len(t.Text) + 8*len(t.Positions)
		}
	}
	return n
}

// The fields of zap that hold the ID and what is stored.
const (
	idField     = "_id"
	storedField = "r"
)

// document is a Document as zap takes it, already analysed.
type document struct {
	id     string
	fields []*field
}

var _ bleveindex.Document = (*document)(nil)

func newDocument(d *Document) *document {
	out := &document{id: d.ID, fields: make([]*field, 0, len(d.Fields)+2)}
	id := &field{name: idField, value: []byte(d.ID)}
	if d.ID != "" {
		id.terms = frequencies([]Term{{Text: d.ID, Weight: 1}})
	}
	out.fields = append(out.fields, id, &field{name: storedField, value: d.Stored})
	for _, f := range d.Fields {
		if len(f.Terms) > 0 {
			out.fields = append(out.fields, &field{name: f.Name, terms: frequencies(f.Terms)})
		}
	}
	return out
}

// frequencies returns terms as zap takes them. Positions that don't fit into a
// packed posting become one location, the first with the distances of the
// others as its array positions.
func frequencies(terms []Term) bleveindex.TokenFrequencies {
	freqs := make(bleveindex.TokenFrequencies, len(terms))
	slab := make([]bleveindex.TokenFreq, len(terms))
	for i := range terms {
		t, f := &terms[i], &slab[i]
		f.Term = []byte(t.Text)
		packed, ok := pack(t.Weight, t.Positions)
		f.SetFrequency(int(packed))
		if !ok {
			at := &bleveindex.TokenLocation{Position: t.Positions[0]}
			for j := 1; j < len(t.Positions); j++ {
				at.ArrayPositions = append(at.ArrayPositions, uint64(t.Positions[j]-t.Positions[j-1]))
			}
			f.Locations = []*bleveindex.TokenLocation{at}
		}
		freqs[t.Text] = f
	}
	return freqs
}

func (d *document) ID() string                                      { return d.id }
func (d *document) Size() int                                       { return 0 }
func (d *document) HasComposite() bool                              { return false }
func (d *document) NumPlainTextBytes() uint64                       { return 0 }
func (d *document) StoredFieldsBytes() uint64                       { return 0 }
func (d *document) Indexed() bool                                   { return true }
func (d *document) AddIDField()                                     {}
func (d *document) VisitComposite(bleveindex.CompositeFieldVisitor) {}

func (d *document) VisitFields(visit bleveindex.FieldVisitor) {
	for _, f := range d.fields {
		visit(f)
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
