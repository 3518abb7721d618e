package csl

// program is a style compiled for one locale: trees of nodes that render.
type program struct {
	options
	terms        *terms
	citation     layout
	bibliography *layout // nil if the style has none
}

// layout is one of the two areas of a style.
type layout struct {
	nodes          []node
	fmt            format
	prefix, suffix string
	delimiter      string
	sort           []sortKey
	// Of citations.
	collapse         string
	groupDelimiter   string // cite-group-delimiter
	yearDelimiter    string // year-suffix-delimiter
	afterCollapse    string
	hasAfterCollapse bool
	nearNote         int
	// Of bibliographies.
	substitute       string // subsequent-author-substitute
	hasSubstitute    bool
	substituteRule   string
	secondFieldAlign string
	hangingIndent    bool
	lineSpacing      int
	entrySpacing     int
	startsWithBlock  bool // the first element has a display attribute
}

// sortKey is one key of cs:sort.
type sortKey struct {
	descending bool
	variable   variable // or a macro's nodes
	names      *namesNode
	date       *dateNode
	nodes      []node
	isMacro    bool
	hasDate    bool // the macro renders a date, which alone makes the key
	etAl       nameOptions
}

// area is the part of a style that is being rendered.
type area uint8

const (
	areaCitation area = iota
	areaBibliography
	areaCitationSort
	areaBibliographySort
)

func (a area) isSort() bool { return a >= areaCitationSort }

// node is one rendering element of a compiled style.
type node interface {
	render(c *context)
}

// look is what all rendering elements have in common.
type look struct {
	fmt          format
	prefix       string
	suffix       string
	delimiter    string
	textCase     textCase
	stripPeriods bool
	display      display // only of top elements
	// top marks an element whose nearest rendering ancestor is the layout.
	top bool
}

func parseLook(e *element) look {
	return look{
		fmt: parseFormat(e), prefix: e.get("prefix"), suffix: e.get("suffix"), delimiter: e.get("delimiter"),
		textCase: parseTextCase(e.get("text-case")), stripPeriods: e.get("strip-periods") == "true",
	}
}

type (
	groupNode struct {
		look
		nodes []node
	}
	macroNode struct {
		look
		nodes   *[]node // filled when the macro has been compiled
		hasDate bool
	}
	textNode struct {
		look
		variable variable
		short    bool
	}
	termNode struct {
		look
		term   string
		form   termForm
		plural bool
	}
	valueNode struct {
		look
		value string
	}
	numberNode struct {
		look
		variable variable
		form     numberForm
	}
	labelNode struct {
		look
		variable variable
		form     termForm
		plural   pluralRule
	}
	chooseNode struct {
		branches []branch
	}
	branch struct {
		tests []test
		match matchRule
		nodes []node
	}
	dateNode struct {
		look
		variable  variable
		parts     []datePart
		localized bool
	}
	datePart struct {
		look
		name           string
		form           string
		rangeDelimiter string
	}
	namesNode struct {
		look
		variables   []variable
		name        *nameNode
		family      *look
		given       *look
		etAl        etAlNode
		label       *labelNode
		labelBefore bool
		substitute  []node
	}
	// bareNode is a names element without children in a substitute, which
	// borrows all from the names around it.
	bareNode struct {
		variables []variable
	}
	// guardNode is an element in a substitute, which renders only while nothing
	// was found.
	guardNode struct {
		node node
	}
	nameNode struct {
		look
		nameOptions
		// outerPrecedesLast is delimiter-precedes-last as set above cs:name, which
		// alone counts before institutions.
		outerPrecedesLast string
	}
	etAlNode struct {
		look
		term string
	}
)

type pluralRule uint8

const (
	pluralContextual pluralRule = iota
	pluralAlways
	pluralNever
)

type numberForm uint8

const (
	numberNumeric numberForm = iota
	numberOrdinal
	numberLongOrdinal
	numberRoman
)
