package library

// TextQuery asks for a part of a work's text: either pages or characters.
type TextQuery struct {
	// Attachment is the key of one attachment; "" takes the best one with text,
	// see [Item.BestText].
	Attachment string
	// FirstPage and LastPage choose pages, from 1, inclusive; a LastPage past
	// the end means the end, a FirstPage past it is [Invalid]. If they are 0,
	// Offset and Limit choose.
	FirstPage, LastPage int
	// Offset and Limit choose characters (runes) of the whole text. A Limit
	// of 0 is to the end; an Offset past the end is [Invalid].
	Offset, Limit int
}

// Text is a part of a work's text.
type Text struct {
	Item       ItemID
	Attachment string // key
	Status     TextStatus
	// Offset is the character at which Pages begins; Next is where to go on,
	// or -1 at the end of the readable text.
	Offset, Next int
	Pages        []TextPage
	Version      int64
	Notice       string // as in [Page]
}

// TextPage is a page of text, or the part of it that was asked for.
type TextPage struct {
	Number int    // from 1; 0 if the text has no pages
	Label  string // as printed, or "" if it is the number
	Offset int    // character of the whole text at which Text begins
	Text   string
}

// PassageQuery asks for the passages of one work that answer a question.
type PassageQuery struct {
	Question string
	Limit    int // 1 to 20
}
