package question

// Part is a set of the parts of a work. 0 stands for all of them.
type Part uint8

// The parts.
const (
	Title Part = 1 << iota
	Creators
	Tags
	Abstract
	Notes
	Annotations
	Metadata // all other fields
	Fulltext // the texts of attachments
)

// Kind says what a node of a query asks for.
type Kind uint8

// The kinds. All, Any and Not have other nodes below them.
const (
	Text       Kind = iota // the words of Text; if Prefix is set, words that begin with it
	Phrase                 // the words of Text side by side
	Author                 // one creator whose name has the words of Text
	Tag                    // a tag that is Text, or tags that have its words
	Journal                // a journal, book or series whose name has the words of Text
	Type                   // an item type, in Zotero's spelling or a part of it
	Years                  // a year From to To, or, if it is not empty, the phrase Text
	Identifier             // the identifier ID
	HasText                // a text of an attachment that can be read and searched
	All                    // every node below
	Any                    // at least one node below
	Not                    // not the one node below
)

// Node is a condition of a query.
type Node struct {
	Kind     Kind
	Text     string // as typed, without quotes and operators
	In       Part   // of Text and Phrase
	Required bool   // of Text: the words are the value of a field
	Prefix   bool   // of Text, Author, Tag and Journal
	From, To int    // of Years; both count
	ID       ID     // of Identifier
	Nodes    []*Node

	// start and end are the place in the query, in bytes: of Text where it begins, of
	// HasText both.
	start, end int
	open       bool // a word that follows is a part of Text
	bare       bool // of HasText: it stands outside of brackets
}

// Query is what a text asks for.
type Query struct {
	// Nodes stand side by side. Words and brackets among them add to each
	// other; the other nodes are required.
	Nodes []*Node
	// Notices say what was read as words although it looks like an operator.
	Notices []string
}

// Bounds of a query. A text beyond the first two is read as words, and a phrase
// beyond the third as well; a notice says so.
const (
	MaxOperators = 64
	MaxDepth     = 16 // of brackets within brackets
	MaxPhrases   = 8
)
