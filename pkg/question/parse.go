package question

// Notices of what a text did not mean.
const (
	noticeQuote     = "a quotation mark without its pair was left out"
	noticeBracket   = "a bracket without its pair was left out"
	noticeOperator  = "AND, OR or NOT without the words it joins was searched as a word"
	noticeField     = "a word with a colon that is no field was searched as words; fields are author, title, abstract, note, annotation, fulltext, tag, journal, year, type, has, key, doi, isbn"
	noticeValue     = "a field without a value that it can have was searched as words"
	noticeScope     = "in: was searched as a word; it takes title, abstract, notes, annotations, tags or fulltext, and needs words beside it"
	noticeHas       = "has: was searched as a word; it takes text, as in has:text"
	noticeWildcard  = "* counts only at the end of a word of two letters or more; here it was left out"
	noticeNumber    = "a number after - was searched as a word; write NOT before it to leave it out"
	noticeOperators = "the query has more than 64 operators or 16 brackets within brackets; all of it was searched as words"
	noticePhrases   = "only the first 8 phrases count as phrases; the words of the others were searched"
)

// Parse reads a query.
func Parse(text string) Query {
	l := lexer{text: text}
	l.run()
	p := parser{lexer: &l}
	if !p.pair() {
		return Query{Nodes: []*Node{{Kind: Text, Text: text}}, Notices: []string{noticeOperators}}
	}
	nodes := p.group(field{})
	return Query{Nodes: nodes, Notices: l.notices}
}

// parser makes nodes of tokens.
type parser struct {
	*lexer
	at int // next token
}

// pair removes brackets without their pair, and reports whether the text is
// within bounds.
func (p *parser) pair() bool {
	var open []int
	single := map[int]bool{}
	operators, deepest := 0, 0
	for i := range p.tokens {
		t := &p.tokens[i]
		if t.operator() {
			operators++
		}
		switch t.kind {
		case tokenOpen:
			open = append(open, i)
			deepest = max(deepest, len(open))
		case tokenClose:
			if len(open) == 0 {
				single[i] = true
				continue
			}
			open = open[:len(open)-1]
		}
	}
	for _, i := range open {
		single[i] = true
	}
	if operators > MaxOperators || deepest > MaxDepth {
		return false
	}
	p.remove(single)
	return true
}

// remove removes brackets.
func (p *parser) remove(single map[int]bool) {
	if len(single) == 0 {
		return
	}
	p.note(noticeBracket)
	kept := p.tokens[:0]
	for i, t := range p.tokens {
		if single[i] {
			if n := len(kept); n > 0 && kept[n-1].group {
				kept[n-1].kind, kept[n-1].group = tokenText, false
			}
			continue
		}
		kept = append(kept, t)
	}
	p.tokens = kept
}

// peek returns the next token, or nil.
func (p *parser) peek() *token {
	if p.at == len(p.tokens) {
		return nil
	}
	return &p.tokens[p.at]
}

// group reads a query or what stands in brackets. Its nodes stand side by side;
// alternatives and a conjunction are one node.
func (p *parser) group(f field) (nodes []*Node) {
	g := group{parser: p, field: f}
	alternatives := [][]*Node{g.conjunction()}
	for t := p.peek(); t != nil && t.kind != tokenClose; t = p.peek() {
		p.at++ // OR
		alternatives = append(alternatives, g.conjunction())
		alternatives = g.meet(alternatives, t)
	}
	switch {
	case len(alternatives) == 1 && !g.strict:
		nodes = alternatives[0]
	case len(alternatives) == 1:
		nodes = []*Node{all(alternatives[0])}
	default:
		one := &Node{Kind: Any}
		for _, a := range alternatives {
			one.Nodes = append(one.Nodes, all(a))
		}
		nodes = []*Node{one}
	}
	if g.scope != 0 && !limit(nodes, g.scope) {
		p.note(noticeScope)
		nodes = append(nodes, g.scopes...)
	}
	if len(g.having) == 0 {
		return nodes
	}
	return append(g.having, nodes...)
}

// all returns nodes as one that holds if each of them does.
func all(nodes []*Node) *Node {
	if len(nodes) == 1 {
		return nodes[0]
	}
	return &Node{Kind: All, Nodes: nodes}
}

// limit makes words and phrases look in parts only; it reports whether there
// are any.
func limit(nodes []*Node, parts Part) bool {
	found := false
	for _, n := range nodes {
		switch {
		case (n.Kind == Text || n.Kind == Phrase) && n.In == 0:
			n.In = parts
			found = true
		case limit(n.Nodes, parts):
			found = true
		}
	}
	return found
}

// group is a query, or what stands in brackets, that is being read.
type group struct {
	*parser
	field  field
	scope  Part
	scopes []*Node // the scopes as words
	having []*Node // "has:text", and what is not that, beside other factors
	strict bool    // AND joins something
}

// meet joins the last two alternatives if one of them is empty: the OR between
// them, t, is a word.
func (g *group) meet(alternatives [][]*Node, t *token) [][]*Node {
	n := len(alternatives)
	if len(alternatives[n-1]) > 0 && len(alternatives[n-2]) > 0 {
		return alternatives
	}
	g.note(noticeOperator)
	joined := append(append(alternatives[n-2], g.word(t)), alternatives[n-1]...)
	return append(alternatives[:n-2], joined)
}

// word returns a token as a word.
func (g *group) word(t *token) *Node {
	return &Node{Kind: Text, Text: g.text[t.start:t.end]}
}

// conjunction reads runs that AND joins.
func (g *group) conjunction() []*Node {
	nodes := g.run()
	for t := g.peek(); t != nil && t.kind == tokenAnd; t = g.peek() {
		g.at++
		right := g.run()
		if len(nodes) == 0 || len(right) == 0 {
			g.note(noticeOperator)
			nodes = append(nodes, g.word(t))
		} else {
			g.strict = true
		}
		nodes = append(nodes, right...)
	}
	return nodes
}

// run reads factors that stand side by side. Beside others, "has:text" is a condition
// of the whole group, as a scope is.
func (g *group) run() []*Node {
	var nodes, having []*Node
	for {
		t := g.peek()
		if t == nil || t.kind == tokenClose || t.kind == tokenAnd || t.kind == tokenOr {
			break
		}
		to := &nodes
		if g.atHas() {
			to = &having
		}
		g.at++
		switch t.kind {
		case tokenNot:
			*to = append(*to, g.not(t))
		case tokenScope:
			g.scope |= t.parts
			g.scopes = append(g.scopes, g.word(t))
		default:
			*to = g.operand(*to, t)
		}
	}
	if len(nodes) == 0 {
		return having
	}
	g.having = append(g.having, having...)
	return nodes
}

// atHas reports whether "has:text" is next, or NOT before it.
func (p *parser) atHas() bool {
	for _, t := range p.tokens[p.at:] {
		if t.kind != tokenNot {
			return t.kind == tokenField && t.field.kind == HasText
		}
	}
	return false
}

// not reads what NOT, the token t, leaves out.
func (g *group) not(t *token) *Node {
	next := g.peek()
	if next == nil || next.kind == tokenClose || next.kind == tokenAnd || next.kind == tokenOr || next.kind == tokenScope {
		g.note(noticeOperator)
		return g.word(t)
	}
	g.at++
	if next.kind == tokenNot {
		inner := g.not(next)
		if inner.Kind == Not {
			below := inner.Nodes[0]
			below.bare = false // the two NOT are before it
			return below
		}
		return &Node{Kind: Not, Nodes: []*Node{inner}}
	}
	below := g.operand(nil, next)
	if len(below) == 0 { // empty brackets
		g.note(noticeOperator)
		return g.word(t)
	}
	return &Node{Kind: Not, Nodes: []*Node{all(below)}}
}

// operand adds an operand. Words that follow each other become one node, so
// that they are read as the text that they are.
func (g *group) operand(nodes []*Node, t *token) []*Node {
	switch t.kind {
	case tokenOpen:
		return append(nodes, g.brackets(g.field)...)
	case tokenField:
		if t.group {
			g.at++ // the bracket
			below := g.brackets(t.field)
			if len(below) == 0 {
				g.note(noticeValue)
				return append(nodes, g.word(t))
			}
			return append(nodes, all(below))
		}
		return append(nodes, leaf(t.field, t))
	case tokenText:
		if last := len(nodes) - 1; last >= 0 && nodes[last].open && g.tokens[g.at-2].kind == tokenText {
			nodes[last].Text = g.text[nodes[last].start:t.end]
			return nodes
		}
		t.value = g.text[t.start:t.end]
	}
	n := leaf(g.field, t)
	n.start, n.open = t.start, t.kind == tokenText
	return append(nodes, n)
}

// brackets reads what stands in brackets, and the bracket that closes them.
func (g *group) brackets(f field) []*Node {
	nodes := g.parser.group(f)
	g.at++
	for _, n := range nodes {
		n.bare = false
	}
	return nodes
}

// leaf returns the node of a word, a phrase or years under a field.
func leaf(f field, t *token) *Node {
	n := &Node{Kind: f.kind, Text: t.value, In: f.in, Required: f.in != 0, Prefix: t.kind == tokenPrefix}
	switch {
	case f.kind == Identifier:
		n.ID, _ = idOf(f.id, t.value)
	case f.kind == HasText:
		n.Text, n.start, n.end, n.bare = "", t.start, t.end, true
	case t.kind == tokenYears:
		n.Kind, n.From, n.To = Years, t.from, t.to
	case f.kind == Years:
		n.Text, n.From, n.To = "", t.from, t.to
	case f.kind == Text && (t.kind == tokenPhrase || t.quoted):
		n.Kind = Phrase
	case t.kind == tokenField && !t.quoted:
		n.prefix()
	}
	return n
}

// prefix reads "*" at the end of a field's value.
func (n *Node) prefix() {
	if prefix, ok := prefixOf(n.Text); ok {
		n.Text, n.Prefix = prefix, true
	}
}
