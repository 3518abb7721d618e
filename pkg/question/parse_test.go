package question_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/question"
)

// show writes nodes in a form that tells all of them apart.
func show(nodes []*question.Node) string {
	out := make([]string, len(nodes))
	for i, n := range nodes {
		out[i] = showNode(n)
	}
	return strings.Join(out, " + ")
}

func showNode(n *question.Node) string {
	kinds := [...]string{"", "phrase", "author", "tag", "journal", "type", "years", "id", "text", "all", "any", "not"}
	s := kinds[n.Kind]
	switch n.Kind {
	case question.All, question.Any, question.Not:
		below := make([]string, len(n.Nodes))
		for i, c := range n.Nodes {
			below[i] = showNode(c)
		}
		return s + "(" + strings.Join(below, ", ") + ")"
	case question.Years:
		s += fmt.Sprintf("[%d %d]", n.From, n.To)
	case question.Identifier:
		return n.ID.String()
	case question.HasText:
		return s
	}
	if n.In != 0 {
		s += fmt.Sprintf("in%d", n.In)
	}
	if n.Required {
		s += "!"
	}
	s += "<" + n.Text + ">"
	if n.Prefix {
		s += "*"
	}
	return s
}

func TestParse(t *testing.T) {
	tests := []struct{ text, want string }{
		{"deep learning", "<deep learning>"},
		{"", ""},
		{"rock and roll or not", "<rock and roll or not>"},
		{`"origin of species" darwin`, "phrase<origin of species> + <darwin>"},
		{"“origin of species”", "phrase<origin of species>"},
		{"networks NOT Latour", "<networks> + not(<Latour>)"},
		{"networks -Latour theory", "<networks> + not(<Latour>) + <theory>"},
		{`-"actor network" theory`, "not(phrase<actor network>) + <theory>"},
		{"-title:whale", "not(in1!<whale>)"},
		{"NOT NOT whale", "<whale>"},
		{"NOT (whale dolphin)", "not(<whale dolphin>)"},
		{"whale OR dolphin", "any(<whale>, <dolphin>)"},
		{"whale | dolphin", "any(<whale>, <dolphin>)"},
		{"whale|dolphin", "any(<whale>, <dolphin>)"},
		{"whale || dolphin && seal", "any(<whale>, all(<dolphin>, <seal>))"},
		{"machine learning OR deep learning", "any(<machine learning>, <deep learning>)"},
		{"a OR b AND c", "any(<a>, all(<b>, <c>))"},
		{"deep learning AND medical images", "all(<deep learning>, <medical images>)"},
		{"(whale OR dolphin) migration", "any(<whale>, <dolphin>) + <migration>"},
		{"(whale OR dolphin) AND NOT captive", "all(any(<whale>, <dolphin>), not(<captive>))"},
		{strings.Repeat("a OR ", 64) + "a", "any(" + strings.Repeat("<a>, ", 64) + "<a>)"},
		{"learning (second edition)", "<learning> + <second edition>"},
		{"f(x) g(y", "<f(x) g(y>"},
		{"author:Latour title:science", "author<Latour> + in1!<science>"},
		{"Author:Latour creator:Callon", "author<Latour> + author<Callon>"},
		{"author: Latour networks", "author<Latour> + <networks>"},
		{`author:"Bruno Latour"`, "author<Bruno Latour>"},
		{"author:(Latour OR Callon)", "any(author<Latour>, author<Callon>)"},
		{`title:"actor network" note:x`, "phrasein1!<actor network> + in16!<x>"},
		{"tag:ecology journal:Nature type:book", "tag<ecology> + journal<Nature> + type<book>"},
		{"year:1990 year:1990-2000 year:>=1990 year:<1990", "years[1990 1990]<> + years[1990 2000]<> + years[1990 9999]<> + years[-9999 1989]<>"},
		{"whales 1970-1980", "<whales> + years[1970 1980]<1970-1980>"},
		{"whales 1970–1980", "<whales> + years[1970 1980]<1970–1980>"},
		{"1980-1970 123-456 7000-8000", "<1980-1970 123-456 7000-8000>"},
		{"doi:10.1000/ABC key:Darwin1859", "doi:10.1000/abc + key:darwin1859"},
		{"isbn:0140432051", "isbn:9780140432053"},
		{"evolut* theory", "<evolut>* + <theory>"},
		{"title:evolut*", "in1!<evolut>*"},
		{"io* x", "<io>* + <x>"},
		{"year:>1990 year:<=1990", "years[1991 9999]<> + years[-9999 1990]<>"},
		{"1000-2100 1000-2101 0999-1200", "years[1000 2100]<1000-2100> + <1000-2101 0999-1200>"},
		{"in:notes entropy boltzmann", "in16<entropy boltzmann>"},
		{"(in:notes,tags entropy) whale", "in20<entropy> + <whale>"},
		{"in:notes title:whale entropy", "in1!<whale> + in16<entropy>"},
		{"has:text", "text"},
		{"has:text whale", "text + <whale>"},
		{"whale HAS:Fulltext, dolphin", "text + <whale> + <dolphin>"},
		{"whale OR dolphin has:text", "text + any(<whale>, <dolphin>)"},
		{"has:text whale AND dolphin OR seal", "text + any(all(<whale>, <dolphin>), <seal>)"},
		{"whale OR has:text", "any(<whale>, text)"},
		{"whale AND has:text", "all(<whale>, text)"},
		{"whale OR dolphin AND -has:text", "any(<whale>, all(<dolphin>, not(text)))"},
		{"whale OR dolphin -has:text", "not(text) + any(<whale>, <dolphin>)"},
		{"whale NOT NOT has:text", "text + <whale>"},
		{"(whale OR dolphin has:text) OR seal", "any(all(text, any(<whale>, <dolphin>)), <seal>)"},
		{"seal (whale has:text)", "<seal> + text + <whale>"},
		{"seal (has:text) OR whale", "any(all(<seal>, text), <whale>)"},
		{"has:text in:notes whale", "text + in16<whale>"},
		{"-40 degrees", "<-40 degrees>"},
		{"post - war", "<post - war>"},
		{"Abstract: we show", "<Abstract: we show>"},
		{"https://example.org/a", "<https://example.org/a>"},
	}
	for _, tc := range tests {
		t.Run(tc.text, func(t *testing.T) {
			if got := show(question.Parse(tc.text).Nodes); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

// TestParse_SaysWhatIsNoOperator has texts with what looks like an operator and is
// none.
func TestParse_SaysWhatIsNoOperator(t *testing.T) {
	tests := []struct{ text, want, notice string }{
		{`the "whale`, "<the \"whale>", "quotation mark"},
		{"(whale dolphin", "<whale dolphin>", "bracket"},
		{"whale) dolphin", "<whale) dolphin>", "bracket"},
		{"title:(whale", "<title:(whale>", "bracket"},
		{"whale OR", "<whale> + <OR>", "AND, OR or NOT"},
		{"OR whale", "<OR> + <whale>", "AND, OR or NOT"},
		{"whale AND", "<whale> + <AND>", "AND, OR or NOT"},
		{"NOT", "<NOT>", "AND, OR or NOT"},
		{"whale NOT", "<whale> + <NOT>", "AND, OR or NOT"},
		{"NOT ()", "<NOT>", "AND, OR or NOT"},
		{"color:red whale", "<color:red whale>", "no field"},
		{"title: ", "<title:>", "without a value"},
		{"year:soon whale", "<year:soon whale>", "without a value"},
		{"doi:nothing", "<doi:nothing>", "without a value"},
		{"in:cellar whale", "<in:cellar whale>", "in:"},
		{"in:notes", "<in:notes>", "in:"},
		{"has:wings whale", "<has:wings whale>", "has:text"},
		{"has:(text) whale", "<has:(text) whale>", "has:text"},
		{"has:title whale", "<has:title whale>", "has:text"},
		{"in:notes has:text", "text + <in:notes>", "in:"},
		{"*", "<*>", "*"},
		{"w*le", "<w*le>", "*"},
		{"a*", "<a*>", "*"},
		{"-1990", "<-1990>", "number after"},
		{strings.Repeat("a OR ", 65) + "a", "<" + strings.Repeat("a OR ", 65) + "a>", "more than 64"},
		{strings.Repeat("a OR ", 300) + "a", "<" + strings.Repeat("a OR ", 300) + "a>", "more than 64"},
		{strings.Repeat("(", 17) + "a" + strings.Repeat(")", 17), "<" + strings.Repeat("(", 17) + "a" + strings.Repeat(")", 17) + ">", "16 brackets"},
		{strings.Repeat(`"a b" `, 9), strings.Repeat("phrase<a b> + ", 8) + `<"a b">`, "first 8 phrases"},
	}
	for _, tc := range tests {
		t.Run(fmt.Sprintf("%.20s", tc.text), func(t *testing.T) {
			q := question.Parse(tc.text)
			if got := show(q.Nodes); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			if len(q.Notices) != 1 || !strings.Contains(q.Notices[0], tc.notice) {
				t.Errorf("notices %q, want one with %q", q.Notices, tc.notice)
			}
		})
	}
}

// TestParse_SaysNothingOfPlainText has texts without operators.
func TestParse_SaysNothingOfPlainText(t *testing.T) {
	for _, text := range []string{
		"what is the capacity of a channel?", "pre- and post-war", "Nature & Science", "C++ and C#", "Science in Action: How to follow",
		"https://example.org/a?b=c", "10.1000/xyz(1)", "doi:10.1000/xyz", "arXiv:2301.00001", "the 1990s", "A/B testing", "it's",
		"all that it has: text", "it has:", "urn:isbn:0140432051", "|V| of graphs", "10:30", `"a b" -c`, "60% of <b>x</b>",
	} {
		if q := question.Parse(text); len(q.Notices) > 0 {
			t.Errorf("%q: %q", text, q.Notices)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", `a OR (b AND -c) "d e" title:(f OR g*)`, "in:notes,tags a", "((((", "))))", `author:"x`, "NOT NOT NOT", "year:>=1990 1970-1980",
		"has:text a OR -has:text", "NOT NOT has:text|a", "has:text AND AND a has:text",
		"a||b", "|a|b|", "-(-(-a))", "title:title:title:", "in:in:in:", "\xff\x00(", "title:() NOT ()", "a | | b",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q := question.Parse(text)
		rest, limited := question.WithoutHasText(text)
		if limited == (len(rest) >= len(text)) {
			t.Errorf("limited %v: %q", limited, rest)
		}
		leaves := 0
		var check func(n *question.Node, depth int)
		check = func(n *question.Node, depth int) {
			if depth > 4*question.MaxDepth {
				t.Fatalf("a tree of more than %d levels", depth)
			}
			switch n.Kind {
			case question.All, question.Any:
				if len(n.Nodes) < 2 {
					t.Errorf("%d nodes below", len(n.Nodes))
				}
			case question.Not:
				if len(n.Nodes) != 1 {
					t.Errorf("%d nodes below NOT", len(n.Nodes))
				}
			default:
				leaves++
				if len(n.Nodes) > 0 || n.Text == "" && n.Kind != question.Phrase && n.Kind != question.Years && n.Kind != question.HasText || n.Kind == question.Years && n.From > n.To+1 {
					t.Errorf("leaf %+v", n)
				}
			}
			for _, c := range n.Nodes {
				check(c, depth+1)
			}
		}
		for _, n := range q.Nodes {
			check(n, 0)
		}
		if leaves > 4*question.MaxOperators+2*question.MaxPhrases {
			t.Errorf("%d leaves", leaves)
		}
	})
}

func TestQuery_Plain(t *testing.T) {
	for _, tc := range []struct {
		text, want string
		exact      bool
	}{
		{`deep learning "of images"`, `deep learning "of images"`, true},
		{"(deep learning)", "deep learning", true},
		{"networks NOT Latour", "networks", false},
		{"author:Latour title:science", "Latour science", false},
		{`whale OR ("blue whale" AND tag:sea)`, `whale "blue whale" sea`, false},
		{"evolut* year:1990 type:book", "evolut", false},
		{"in:notes entropy", "entropy", false},
		{"doi:10.1000/ABC", "10.1000/abc", false},
		{"NOT whale", "", false},
		{"has:text whale", "whale", false},
	} {
		q := question.Parse(tc.text)
		if got, exact := q.Plain(); got != tc.want || exact != tc.exact {
			t.Errorf("%q: %q, %v", tc.text, got, exact)
		}
	}
}
