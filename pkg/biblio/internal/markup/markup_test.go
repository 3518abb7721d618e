package markup

import (
	"strings"
	"testing"
)

func TestInline(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                                 "plain",
		"<i>E. coli</i> and <B>more</B>":        "E. coli and more",
		"H<sub>2</sub>O &amp; CO&#x2082;":       "H2O & CO₂",
		"p<q and x>y":                           "p<q and x>y",
		"n<10":                                  "n<10",
		`<a href="http://x" class='y'>link</a>`: "link",
		"<script>alert(1)</script>":             "",
		"a <br/> b":                             "a b",
	} {
		if got := Inline(in); got != want {
			t.Errorf("Inline(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNote(t *testing.T) {
	for in, want := range map[string]string{
		"plain * text\nin lines":             "plain * text\nin lines",
		"<p>One</p><p>Two<br/>three</p>":     "One\n\nTwo\nthree",
		"<p>a_b &lt; c</p>":                  "a_b < c",
		"<ul><li>x</li><li>y</li></ul>":      "- x\n- y",
		"<p>x<script>alert(1)</script>y</p>": "xy",
	} {
		if got := Note(in); got != want {
			t.Errorf("Note(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNoteOfHostileHTML(t *testing.T) {
	for name, in := range map[string]string{
		"deep": strings.Repeat("<div>", 100_000) + "text",
		"long": "<p>" + strings.Repeat("text ", 1<<19) + "</p>",
		"open": strings.Repeat("<p", 100_000) + "<p>text",
	} {
		if got := Note(in); !strings.Contains(got, "text") {
			t.Errorf("%s: the text is lost", name)
		}
	}
}

func TestParagraphsAreOneLineThatNoteReads(t *testing.T) {
	const text = "One <b>1</b>\nline\n\nTwo & three"
	html := Paragraphs(text)
	if strings.ContainsAny(html, "\r\n") {
		t.Errorf("Paragraphs wrote lines: %q", html)
	}
	if got := Note(html); got != text {
		t.Errorf("read again it is %q, was %q", got, text)
	}
}

func FuzzNote(f *testing.F) {
	f.Add("<p>a<br>b</p>")
	f.Add("<table><tr><td>x</table>")
	f.Add("&lt;<i")
	f.Fuzz(func(_ *testing.T, s string) {
		Note(s)
		Inline(s)
	})
}
