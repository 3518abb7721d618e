package csl

// format is how a piece of output looks. The zero value adds nothing to what
// surrounds it.
type format struct {
	style   fontStyle
	variant fontVariant
	weight  fontWeight
	line    textDecoration
	align   verticalAlign
	quotes  quoteLevel
	display display
}

type (
	fontStyle      uint8
	fontVariant    uint8
	fontWeight     uint8
	textDecoration uint8
	verticalAlign  uint8
	quoteLevel     uint8
	display        uint8
)

const (
	styleItalic fontStyle = iota + 1
	styleOblique
	styleNormal
)

const (
	variantSmallCaps fontVariant = iota + 1
	variantNormal
)

const (
	weightBold fontWeight = iota + 1
	weightLight
	weightNormal
)

const (
	lineUnder textDecoration = iota + 1
	lineNone
)

const (
	alignSup verticalAlign = iota + 1
	alignSub
	alignBaseline
)

const (
	quoteOuter quoteLevel = iota + 1
	quoteInner
	quoteOff
)

const (
	displayBlock display = iota + 1
	displayLeftMargin
	displayRightInline
	displayIndent
)

// parseFormat reads the formatting attributes of an element.
func parseFormat(e *element) format {
	var f format
	switch e.get("font-style") {
	case "italic":
		f.style = styleItalic
	case "oblique":
		f.style = styleOblique
	case "normal":
		f.style = styleNormal
	}
	switch e.get("font-variant") {
	case "small-caps":
		f.variant = variantSmallCaps
	case "normal":
		f.variant = variantNormal
	}
	switch e.get("font-weight") {
	case "bold":
		f.weight = weightBold
	case "light":
		f.weight = weightLight
	case "normal":
		f.weight = weightNormal
	}
	switch e.get("text-decoration") {
	case "underline":
		f.line = lineUnder
	case "none":
		f.line = lineNone
	}
	switch e.get("vertical-align") {
	case "sup":
		f.align = alignSup
	case "sub":
		f.align = alignSub
	case "baseline":
		f.align = alignBaseline
	}
	switch e.get("quotes") {
	case "true":
		f.quotes = quoteOuter
	case "false":
		f.quotes = quoteOff
	}
	return f
}

func parseDisplay(s string) display {
	switch s {
	case "block":
		return displayBlock
	case "left-margin":
		return displayLeftMargin
	case "right-inline":
		return displayRightInline
	case "indent":
		return displayIndent
	}
	return 0
}

// decorated tells whether the format changes the look of letters.
func (f *format) decorated() bool {
	return f.style != 0 || f.variant != 0 || f.weight != 0 || f.line != 0 || f.align != 0
}

// any tells whether the format changes anything but the display block.
func (f *format) any() bool { return f.decorated() || f.quotes != 0 }
