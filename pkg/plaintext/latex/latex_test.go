package latex

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestToUnicode(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain text stays", "Oil & Gas 50% of $5", "Oil & Gas 50% of $5"},
		{"protective braces go", "The {UNIX} {\\TeX}book {{A}} B", "The UNIX TeXbook A B"},
		{"accents in every spelling", `P\"{a}ckert P{\"a}ckert P\"ackert {\"{a}} \'{\i} {\'\i} \'\i`, "Päckert Päckert Päckert ä í í í"},
		{"accents with a space", `\' e \c c \v{s} \H o \k{a} \r a \u{g} \d{s}`, "é ç š ő ą å ğ ṣ"},
		{"two accents on one letter", `\'{\^o}`, "ố"},
		{"an accent over two letters", `\t{oo}`, "o͡o"},
		{"letters of their own", `Stra\ss e, \O rsted, {\L}\'od\'z, \AA ngstr\"om, {\th}{\dh}{\ae}`, "Straße, Ørsted, Łódź, Ångström, þðæ"},
		{"an accent alone", `\~{}home \^{} \"{}`, "~home ^ ¨"},
		{"accents on digits and signs", `$\bar{1}0\bar{1}$, $\overline{3}$m, \ocirc{A}, $\not\subset$, $\not=$ and 10\^6`, "1\u030401\u0304, 3\u0304m, Å, ⊄, ≠ and 10^6"},
		{"symbols of packages", `$a \lessapprox b$, $\upmu$m, \textmho, \textschwa, $\dddot{x}$`, "a ⪅b, μm, ℧, ə, x\u20db"},
		{"escaped signs", `\& \% \$ \# \_ \{ \}`, "& % $ # _ { }"},
		{"dashes and quotes", "``a'' -- b---c !`hola?'", "“a” – b—c ¡hola?'"},
		{"single hyphens and apostrophes stay", "Jean-Luc's", "Jean-Luc's"},
		{"ties and white space", "J.~Amer.\n   Math.\t Soc.", "J. Amer. Math. Soc."},
		{"invisible commands", `Un\-der\-stand {\em vs.\/} {\relax Ch}arles`, "Understand <i>vs.</i> Charles"},
		{"a command swallows the space after it", `D\textquotesingle Arcy \LaTeX\ rocks`, "D'Arcy LaTeX rocks"},
		{"formats", `\textit{a} \emph{b} \textbf{c} \textsc{d} \textsubscript{e} \textsuperscript{f}`,
			`<i>a</i> <i>b</i> <b>c</b> <span style="small-caps">d</span> <sub>e</sub> <sup>f</sup>`},
		{"declarations end with their group", `{\it a {\bf b} c} d`, "<i>a <b>b</b> c</i> d"},
		{"math keeps letters and signs", `$\alpha \leq \beta$ and $O(n \log n)$`, "α≤β and O(n log n)"},
		{"single scripts are characters", `DNA$_{\textrm{2}}$, $\Sigma^{0}$, H$_2$O, $x^n$`, "DNA₂, Σ⁰, H₂O, xⁿ"},
		{"longer scripts are markup", `4$^{\textrm{ème}}$ and $_{ab}$`, "4<sup>ème</sup> and <sub>ab</sub>"},
		{"blackboard letters, fractions, roots", `$\mathbb{R}$ $\frac{1}{2}$ $\sqrt{2}$`, "ℝ 1/2 √2"},
		{"two prices are no math", "costs $5 and $10", "costs $5 and $10"},
		{"a dollar alone", "US$ 5", "US$ 5"},
		{"underscores outside math", "snake_case ^", "snake_case ^"},
		{"quotes by command", `\enquote{a} \mkbibquote{b} \enquote*{c}`, "“a” “b” “c”"},
		{"links", `\href{http://a.b/c_d}{text} \url{http://a.b/\~{}c\_d}`, "text (http://a.b/c_d) http://a.b/~c_d"},
		{"an unknown command keeps its argument", `\foo{bar} \citet{KR}`, "bar KR"},
		{"an unknown command alone keeps its name", `a \foo b`, `a \foo b`},
		{"a line break", `a \\ b`, "a b"},
		{"a backslash escaped once too often", `Swe{\\i}g D\\'ecoret \\bar`, `Swe\ıg D\écoret \bar`},
		{"braces that don't balance", "a} b {c", "a b c"},
		{"a backslash at the end", `a\`, `a\`},
		{"math without an end in a group", "{a $ b} c$", "a b c$"},
	}
	for _, tt := range tests {
		if got := ToUnicode(tt.in); got != tt.want {
			t.Errorf("%s: ToUnicode(%q)\n got %q\nwant %q", tt.name, tt.in, got, tt.want)
		}
	}
}

func TestToTextHasNoMarkup(t *testing.T) {
	got := ToText(`{\em a} \textbf{b} $x_{10}$ \textsc{c}` + "\n\nd")
	if want := "a b x₁₀ c d"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestToParagraphsKeepsParagraphs(t *testing.T) {
	got := ToParagraphs("one\ntwo\n \n\nthree\\par four\r\n\r\nfive")
	if want := "one two\n\nthree\n\nfour\n\nfive"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestVerbatim(t *testing.T) {
	tests := []struct{ in, want string }{
		{"http://a.b/c_d%20e~f--g", "http://a.b/c_d%20e~f--g"},
		{`http://a.b/\~{}c\_d\%20`, "http://a.b/~c_d%20"},
		{`\url{http://a.b/{\textasciitilde}c}`, "http://a.b/~c"},
		{"http://a.b/\n   c", "http://a.b/c"},
		{"10.1002/(SICI)19:4<377::AID-JCC1>3.0.CO;2-P", "10.1002/(SICI)19:4<377::AID-JCC1>3.0.CO;2-P"},
	}
	for _, tt := range tests {
		if got := Verbatim(tt.in); got != tt.want {
			t.Errorf("Verbatim(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestFromUnicode_Markup(t *testing.T) {
	for in, want := range map[string]string{
		`Measuring <span class="nocase">pH</span> of <i>E. coli</i>`: `Measuring {pH} of \textit{E. coli}`,
		`<i>a</i> <u>b</u>`:             `\textit{a} {\textless}u{\textgreater}b{\textless}/u{\textgreater}`,
		`<i>a <b>b</i>`:                 `\textit{a {\textless}b{\textgreater}b}`,
		`</i><sub>2</sub>`:              `{\textless}/i{\textgreater}\textsubscript{2}`,
		`<em>a</em> <strong>b</strong>`: `\textit{a} \textbf{b}`,
		`<span style="font-variant: small-caps;">a</span> <span class='smallcaps'>b</span> <sc>c</sc>`: `\textsc{a} \textsc{b} \textsc{c}`,
		`<span lang="x">a <i>b</i></span>`: `{\textless}span lang="x"{\textgreater}a \textit{b}{\textless}/span{\textgreater}`,
		"a\n\nb":                           "a b",
		"p<q":                              `p{\textless}q`,
	} {
		if got := FromUnicode(in); got != want {
			t.Errorf("FromUnicode(%q)\n got %q\nwant %q", in, got, want)
		}
	}
	if got, want := FromTitle(`On <span class="nocase">mRNA</span> and DNA`), `On {mRNA} and {DNA}`; got != want {
		t.Errorf("FromTitle gives %q, want %q", got, want)
	}
}

func TestFromTitleProtectsCapitals(t *testing.T) {
	got := FromTitle("The DNA of <i>Natrix cetti</i> in Corsica")
	if want := `The {DNA} of \textit{{Natrix} cetti} in {Corsica}`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// hostile are texts that would break out of a value if they were not escaped.
var hostile = []string{
	"}, author = {Mallory}", "{", "}", `\`, `a\`, `\}`, "}\n@article{x,", "%", "a % b", "@comment{", "#", "a\n\n@book{b,\n}",
	"``--''---'''", "<i>open", "</i><b>", "<i><b>crossed</i></b>", "<i>x</i>", "$x$ $$", "~^_&", "\x00\x1b[31m", "\u202e", "a\xffb",
	`<span style="small-caps">x</span>`, `<sc>y</sc>`, "line\r\nline", "tab\tstop", "!`?`", "`", "(", ")", `"`, "a\n\nb", " x ", "''\x18'", "<i>\x7f</i>",
}

func TestEscapingRoundTrips(t *testing.T) {
	for _, s := range hostile {
		checkRoundTrip(t, s)
	}
}

// checkRoundTrip checks what FromUnicode and its sisters promise of s.
func checkRoundTrip(t *testing.T, s string) {
	t.Helper()
	for _, source := range []string{FromUnicode(s), FromText(s), FromTitle(s)} {
		checkBalanced(t, s, source)
	}
	want := strings.Join(strings.Fields(strings.Map(dropControl, strings.ToValidUTF8(s, "\uFFFD"))), " ")
	// What is white space to Unicode and not to TeX stays.
	if strings.ContainsFunc(want, func(r rune) bool { return r > 0x7f }) {
		return
	}
	if got := ToText(FromText(s)); got != want {
		t.Errorf("%q is written as %q, which is read as %q", s, FromText(s), got)
	}
	if strings.Contains(want, "nocase") {
		return
	}
	normal := strings.NewReplacer("<sc>", `<span style="small-caps">`, "</sc>", "</span>", "font-variant:small-caps;", "small-caps",
		"<em>", "<i>", "</em>", "</i>", "<strong>", "<b>", "</strong>", "</b>")
	for _, source := range []string{FromUnicode(s), FromTitle(s)} {
		if got := ToUnicode(source); normal.Replace(got) != normal.Replace(want) && !strings.Contains(want, "><") {
			t.Errorf("%q is written as %q, which is read as %q", s, source, got)
		}
	}
}

func dropControl(r rune) rune {
	if unicode.IsControl(r) && !strings.ContainsRune("\t\n\r", r) {
		return -1
	}
	return r
}

func checkBalanced(t *testing.T, s, source string) {
	t.Helper()
	if strings.ContainsAny(source, "\r\n\x00") {
		t.Errorf("%q is written as %q, with a newline", s, source)
	}
	escaped, literal := 0, 0
	for i := range len(source) {
		step := map[byte]int{'{': 1, '}': -1}[source[i]]
		literal += step
		if i == 0 || source[i-1] != '\\' {
			escaped += step
		}
		if literal < 0 || escaped < 0 {
			t.Fatalf("%q is written as %q, whose braces don't balance", s, source)
		}
	}
	if literal != 0 || escaped != 0 || strings.HasSuffix(source, `\`) {
		t.Errorf("%q is written as %q, whose braces don't balance", s, source)
	}
}

func TestDeepNestingEnds(t *testing.T) {
	const n = 50_000
	for _, unit := range []string{"{", `\'`, `\emph{`, "$", `\em `, `{\em `, `\frac`, `\\`, `$_`, `\url{`, "\\href{a}{", "<i>"} {
		for _, end := range []string{"", "a", strings.Repeat("}", n)} {
			got := ToUnicode(strings.Repeat(unit, n) + end)
			if !utf8.ValidString(got) {
				t.Errorf("%q repeated gives invalid text", unit)
			}
		}
	}
	if got := ToUnicode(strings.Repeat("{", 1000) + "deep" + strings.Repeat("}", 1000)); got != "deep" {
		t.Errorf("deep text became %q", got)
	}
	checkBalanced(t, "many tags", FromUnicode(strings.Repeat("<i>", n)+strings.Repeat("</i>", n)))
}

func FuzzToUnicode(f *testing.F) {
	for _, s := range append(hostile, `\"{a} {\'\i} $\Sigma^{0}$ \frac{a}{b}`, `{\em a {\bf`, `\href{a}{b}`, `\t{oo}\c`, `\\"a`) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		valid := utf8.ValidString(s)
		for _, got := range []string{ToUnicode(s), ToText(s), ToParagraphs(s), Verbatim(s)} {
			if valid && !utf8.ValidString(got) {
				t.Errorf("%q gives invalid text %q", s, got)
			}
			if len(got) > 40*len(s)+40 {
				t.Errorf("%d bytes become %d", len(s), len(got))
			}
		}
	})
}

func FuzzFromUnicode(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkRoundTrip(t, s) })
}

func BenchmarkToUnicode(b *testing.B) {
	s := `Higher-order {E}rd{\H o}s-{S}zekeres theorems: Mitochondrial {DNA}$_{\textrm{2}}$ (\textit{Natrix cetti}) f{\"u}r {\'E}li\'a{\v s}`
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		ToUnicode(s)
	}
}
