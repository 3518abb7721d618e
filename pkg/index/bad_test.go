package index_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// badQueries are queries that a parser or an index may stumble over.
func badQueries() map[string]string {
	various := func(form string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, form, syntheticWord(3*i))
		}
		return b.String()
	}
	return map[string]string{
		"one letter":              strings.Repeat("a", 8_000),
		"one letter, many words":  strings.Repeat("a ", 4_000),
		"quotes":                  strings.Repeat(`"`, 8_000),
		"opening quotes":          strings.Repeat("„", 8_000),
		"opening brackets":        strings.Repeat("(", 8_000),
		"closing brackets":        strings.Repeat(")", 8_000),
		"brackets in brackets":    strings.Repeat("(", 4_000) + strings.Repeat(")", 4_000),
		"300 operators":           various("%s OR ", 300),
		"64 alternatives":         various("%s OR ", 64),
		"60 exclusions":           various("-%s ", 60),
		"60 beginnings":           strings.Repeat("ba* ce* di* ", 20),
		"60 beginnings, excluded": strings.Repeat("-ba* -ce* -di* ", 20),
		"wildcards":               strings.Repeat("* ", 4_000),
		"wildcards together":      strings.Repeat("*", 8_000),
		"negations":               strings.Repeat("NOT ", 2_000),
		"minuses":                 strings.Repeat("-", 8_000),
		"fields":                  strings.Repeat("title:", 1_300),
		"fields that are none":    strings.Repeat("a:b ", 2_000),
		"colons":                  strings.Repeat(":", 8_000),
		"bars":                    strings.Repeat("|", 8_000),
		"bars between words":      strings.Repeat("a|b|", 2_000),
		"scopes":                  strings.Repeat("in:notes ", 900),
		"phrases":                 strings.Repeat(`"ba ce" `, 1_000),
		"a long phrase":           `"` + various("%s ", 900) + `"`,
		"many words":              various("%s ", 1_100),
		"a regular expression":    strings.Repeat("(a+)+", 1_600) + "$",
		"a citation":              strings.Repeat("Nature 171 ", 700) + "737",
		"spaces and digits":       strings.Repeat("1 ", 4_000),
		"a DOI":                   "10.1000/" + strings.Repeat("(", 7_900),
		"an address":              "https://a.org/?" + strings.Repeat("b&", 3_900),
		"an arXiv ID":             strings.Repeat("a-", 3_900) + "/0000000",
		"invalid UTF-8":           strings.Repeat("\xff", 8_000),
		"marks":                   "a" + strings.Repeat("\u0301", 7_900),
		"Chinese":                 strings.Repeat("机器学习数据挖掘", 1_000),
		"markup":                  strings.Repeat("<b>", 2_600),
	}
}

// TestSearch_BadInputCostsLittle compares with an ordinary query of six words, of
// which each takes the least of five times.
func TestSearch_BadInputCostsLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: much work of one goroutine")
	}
	const most = 40 // times an ordinary query, and 5 ms
	x := memory(t, synthetic(2_000))
	least := func(text string) time.Duration {
		best := time.Hour
		for range 5 {
			begin := time.Now()
			if _, err := x.Search(t.Context(), library.Query{Text: text, Limit: 10}, nil); err != nil && library.CodeOf(err) != library.Invalid {
				t.Fatalf("%.40q: %v", text, err)
			}
			best = min(best, time.Since(begin))
		}
		return best
	}
	ordinary := least("bax cex dix fox gux hax.")
	for name, text := range badQueries() {
		took := least(text)
		t.Logf("%-24s %8v, %.1f times an ordinary query", name, took.Round(time.Microsecond), float64(took)/float64(ordinary))
		if took > most*ordinary+5*time.Millisecond {
			t.Errorf("%s takes %v, an ordinary query %v", name, took, ordinary)
		}
	}
}
