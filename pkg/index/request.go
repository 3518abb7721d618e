package index

// requestWords are English words by which a question asks for works, as in "papers
// about suburbs" and "what has been written on suburbs".
var requestWords = stopSet(`article articles book books literature paper papers publication publications published
	reference references source sources studies study text texts work works written wrote`)

// subjectWords come between such words and what the works are about.
var subjectWords = stopSet("about by concerning on regarding")

// requestEnd returns where the subject of a question begins in its text: after words
// that ask for works, or at 0. A work need not have those words.
func (p *parser) requestEnd(text string) int {
	p.Reset(text)
	end := 0
	for p.Next() {
		word := string(p.Word)
		switch {
		case subjectWords[word]:
			end = p.End
		case end > 0:
			return end
		case !requestWords[word] && !stopWords[word]:
			return 0
		}
	}
	return 0 // there is no subject
}
