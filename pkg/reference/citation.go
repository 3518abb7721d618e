package reference

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Quote is a quoted passage of a text.
type Quote struct {
	Text string
	// Keys are the citation keys and numbers beside the passage, and Names the
	// citations in brackets such as "Watson & Crick, 1953".
	Keys  []string
	Names []string
}

var (
	// latexCite is a citation of LaTeX, BibTeX and biblatex.
	latexCite = regexp.MustCompile(`\\(?:no)?[a-zA-Z]*cite[a-zA-Z]*\*?\s*(?:\[[^\]]*\]\s*){0,2}\{([^{}]*)\}`)
	// markdownCite is a citation key of Pandoc.
	markdownCite = regexp.MustCompile(`(?:^|[\s\[(;,-])@(?:\{([^{}\n]+)\}|([\p{L}\p{N}_](?:[\p{L}\p{N}_:.#$%&+?<>~/-]*[\p{L}\p{N}_])?))`)
	// numberCite is a citation by number, such as [3] or [3, 5].
	numberCite = regexp.MustCompile(`\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\]`)
	// nameCite is a citation by name and year.
	nameCite = regexp.MustCompile(`\(([^()]{2,200}\b(?:1[5-9]|20)\d\d[a-z]?\b[^()]{0,60})\)|(\p{Lu}[\p{L}'’-]+(?:\s(?:and|&|und|et)\s\p{Lu}[\p{L}'’-]+|\set al\.?)?\s\((?:1[5-9]|20)\d\d[a-z]?)[^()]{0,60}\)`)
	code     = regexp.MustCompile("(?s:```.*?```)|`[^`\n]*`")
	// comment is a comment of LaTeX, and latex is in texts that have some.
	comment = regexp.MustCompile(`(?m)(^|[^\\])%.*$`)
	latex   = regexp.MustCompile(`\\(?:documentclass|usepackage|begin|(?:sub)*section|[a-zA-Z]*cite[a-zA-Z]*\*?|bibliography|addbibresource)\s*[\[{]`)
)

// citationKeys returns the citation keys of a text in Markdown or LaTeX, each
// once. Code and comments have none.
func citationKeys(text string) []string {
	text = withoutCode(text)
	type found struct {
		at  int
		key string
	}
	var all []found
	for _, m := range latexCite.FindAllStringSubmatchIndex(text, -1) {
		for key := range strings.SplitSeq(text[m[2]:m[3]], ",") {
			if key = strings.TrimSpace(key); key != "" && key != "*" {
				all = append(all, found{m[0], key})
			}
		}
	}
	for _, m := range markdownCite.FindAllStringSubmatchIndex(text, -1) {
		from, to := m[2], m[3]
		if from < 0 {
			from, to = m[4], m[5]
		}
		all = append(all, found{from, text[from:to]})
	}
	slices.SortStableFunc(all, func(a, b found) int { return a.at - b.at })
	var keys []string
	for _, f := range all {
		if !slices.Contains(keys, f.key) {
			keys = append(keys, f.key)
		}
	}
	return keys
}

// withoutCode returns a text without code and, if it is LaTeX, without comments.
func withoutCode(text string) string {
	text = code.ReplaceAllString(text, " ")
	if latex.MatchString(text) {
		text = comment.ReplaceAllString(text, "$1")
	}
	return text
}

// maxNumber is the greatest number of a citation.
const maxNumber = 999

// citationNumbers returns the numbers that a text cites, each once, in the order
// of the text.
func citationNumbers(text string) []string {
	var all []string
	seen := make([]bool, maxNumber+1)
	for _, m := range numberCite.FindAllStringSubmatch(withoutCode(text), -1) {
		for part := range strings.FieldsFuncSeq(m[1], func(r rune) bool { return r == ',' || r == ';' }) {
			first, last, isRange := strings.Cut(strings.ReplaceAll(strings.TrimSpace(part), "–", "-"), "-")
			from, _ := strconv.Atoi(strings.TrimSpace(first))
			to := from
			if isRange {
				to, _ = strconv.Atoi(strings.TrimSpace(last))
			}
			for n := from; n <= min(to, maxNumber); n++ {
				if !seen[n] {
					seen[n], all = true, append(all, strconv.Itoa(n))
				}
			}
		}
	}
	return all
}

// Bounds of quoted passages. Shorter ones are terms and titles.
const (
	minQuoteWords = 5
	maxQuoteChars = 1500
	// besideQuote is how far from a passage its citation may stand, in bytes.
	besideQuote = 160
)

// quoted matches passages in quotation marks of several languages, and block
// quotations of Markdown.
var quoted = regexp.MustCompile("“([^“”]+)”|„([^„“”]+)[“”]|«([^«»]+)»|»([^«»]+)«|\"([^\"\\n]+)\"|``([^`']+)''|「([^「」]+)」|(?m:^((?:>[^\\n]*\\n?)+))")

// quotes returns the quoted passages of a text, with the citations beside them.
func quotes(text string) []Quote {
	var out []Quote
	all := quoted.FindAllStringSubmatchIndex(text, -1)
	for i, m := range all {
		passage := ""
		for g := 2; g < len(m); g += 2 {
			if m[g] >= 0 {
				passage = text[m[g]:m[g+1]]
			}
		}
		passage = strings.Join(strings.Fields(strings.ReplaceAll(passage, "\n>", "\n")), " ")
		passage = strings.TrimSpace(strings.TrimPrefix(passage, ">"))
		if len(scan(passage)) < minQuoteWords || utf8.RuneCountInString(passage) > maxQuoteChars {
			continue
		}
		q := Quote{Text: passage}
		next, before := len(text), 0
		if i+1 < len(all) {
			next = all[i+1][0]
		}
		if i > 0 {
			before = all[i-1][1]
		}
		if own := ownCitation.FindStringIndex(passage); own != nil && q.cite(passage[own[0]:], true) {
			q.Text = strings.TrimSpace(passage[:own[0]])
		} else if !q.cite(text[m[1]:min(next, m[1]+besideQuote)], true) {
			q.cite(text[max(before, m[0]-besideQuote):m[0]], false)
		}
		out = append(out, q)
	}
	return out
}

// ownCitation is a citation at the end of a block quotation.
var ownCitation = regexp.MustCompile(`\s*(?:\[[^\[\]]*@[^\[\]]*\]|\\[a-z]*cite[a-z]*(?:\[[^\]]*\])*\{[^{}]*\}|\([^()]*\b(?:1[5-9]|20)\d\d[^()]*\))\s*\.?$`)

// sentence ends where a citation no longer belongs to the passage before it.
var sentence = regexp.MustCompile(`[.!?]\s+\p{Lu}|\n\s*\n`)

// cite takes the citations of the text beside the passage, and reports whether
// there is one.
func (q *Quote) cite(text string, after bool) bool {
	if at := sentence.FindAllStringIndex(text, -1); len(at) > 0 {
		if after {
			text = text[:at[0][0]+1]
		} else {
			text = text[at[len(at)-1][1]-1:]
		}
	}
	q.Keys = citationKeys(text)
	q.Keys = append(q.Keys, citationNumbers(text)...)
	for _, m := range nameCite.FindAllStringSubmatch(text, -1) {
		q.Names = append(q.Names, m[1]+m[2])
	}
	return len(q.Keys)+len(q.Names) > 0
}

// Cites reports whether a citation in brackets, such as "Watson & Crick, 1953,
// p. 737", means the reference: it has the first author's family name and the
// year.
func (r *Reference) Cites(name string) bool {
	words := wordsOf(name)
	if r.Item != nil {
		list := authors(r.Item)
		year, ok := YearOf(r.Item)
		return ok && len(list) > 0 && contains(words, wordsOf(list[0].Family+list[0].Name)) && slices.Contains(textYearsOf(name), year)
	}
	first := scan(r.Text)
	if len(first) == 0 {
		return false
	}
	for _, year := range textYearsOf(name) {
		if slices.Contains(textYearsOf(bare(r.Text)), year) {
			return slices.ContainsFunc(first[:min(len(first), 3)], func(w word) bool { return len(w.fold) > 2 && slices.Contains(words, w.fold) })
		}
	}
	return false
}

// textYearsOf returns the years in a text.
func textYearsOf(text string) []int { return (&prose{text: text}).years() }
