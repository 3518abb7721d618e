package csl

// blob is a piece of output: a leaf with text, or a list of blobs. Affixes and
// the delimiter stay apart from the text until all of an entry is there, because
// punctuation that meets at their borders merges.
type blob struct {
	kids        []*blob
	text        string
	prefix      string
	suffix      string
	delim       string
	fmt         format
	leaf        bool
	number      bool // a leaf that punctuation never moves into
	inverted    bool // a name with the family name first
	institution bool
	content     bool // has visible text; set by measure
	rank        int  // the number of a leaf that ranges can be made of
	ranged      rangeKind
	hidden      bool // swallowed by a range
	glued       bool // no delimiter stands before it
}

// rangeKind tells what kind of number can collapse into ranges.
type rangeKind uint8

const (
	rangeNone rangeKind = iota
	rangeCitationNumber
	rangeYearSuffix
)

// arena hands out blobs, which an entry needs by the hundred, and takes them
// back all at once. It is used by one goroutine at a time.
type arena struct {
	blocks [][]blob
	used   int
}

const arenaBlock = 64

func (a *arena) get() *blob {
	block := a.used / arenaBlock
	if block == len(a.blocks) {
		a.blocks = append(a.blocks, make([]blob, arenaBlock))
	}
	b := &a.blocks[block][a.used%arenaBlock]
	a.used++
	*b = blob{kids: b.kids[:0]}
	return b
}

// release takes back all blobs handed out since used had this value.
func (a *arena) release(used int) { a.used = used }

// level returns a new blob for a list.
func (a *arena) level(l *look) *blob {
	b := a.get()
	if l != nil {
		b.fmt, b.prefix, b.suffix, b.delim = l.fmt, l.prefix, l.suffix, l.delimiter
	}
	return b
}

// plain returns a leaf with text and no format.
func (a *arena) plain(text string) *blob {
	b := a.get()
	b.leaf, b.text = true, text
	return b
}

func (b *blob) add(kid *blob) { b.kids = append(b.kids, kid) }

// empty tells whether nothing of the blob would show.
func (b *blob) empty() bool {
	if b.leaf {
		return b.text == ""
	}
	for _, k := range b.kids {
		if !k.empty() {
			return false
		}
	}
	return true
}

// purge removes empty blobs below b.
func (b *blob) purge() {
	kept := b.kids[:0]
	for _, k := range b.kids {
		k.purge()
		if k.leaf && k.text != "" || !k.leaf && len(k.kids) > 0 {
			kept = append(kept, k)
		}
	}
	b.kids = kept
}

// measure sets content in b and below.
func (b *blob) measure() bool {
	if b.leaf {
		b.content = b.text != "" && !b.hidden
		return b.content
	}
	b.content = false
	for _, k := range b.kids {
		if k.measure() {
			b.content = true
		}
	}
	return b.content
}

// last returns the last of the blob's kids, or nil.
func (b *blob) last() *blob {
	if len(b.kids) == 0 {
		return nil
	}
	return b.kids[len(b.kids)-1]
}
