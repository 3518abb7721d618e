package plaintext_test

import (
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

func TestShown_RemovesMarkup(t *testing.T) {
	for in, want := range map[string]string{
		"Uptake of N<sub>2</sub>O":                                              "Uptake of N2O",
		"10<sup>-3</sup> of it":                                                 "10-3 of it",
		"<i>Homo</i> sapiens\x00":                                               "Homo sapiens",
		`<span class="nocase">DNA</span> repair`:                                "DNA repair",
		`<span style="font-variant:small-caps;">l</span>`:                       "l",
		"a < b and c > d":                                                       "a < b and c > d",
		"x<br/>y<p>z</p>":                                                       "x\nyz\n",
		"<scr<b>ipt>alert(1)</script>":                                          "alert(1)",
		"<https://example.org> and <!-- x -->":                                  "https://example.org and ",
		"<jats:p>On <jats:italic>E. coli</jats:italic></jats:p>":                "On E. coli\n",
		"<jats:title>Abstract</jats:title><jats:p>We</jats:p>":                  "Abstract\nWe\n",
		"<italic>E. coli</italic> and <bold>more</bold>":                        "E. coli and more",
		"the <mml:math><mml:mi>Λ</mml:mi><mml:mi>b</mml:mi></mml:math> baryon":  "the Λb baryon",
		"<math><msub><mi>H</mi><mn>2</mn></msub></math>O":                       "H2O",
		`<math><mi>α</mi><annotation encoding="TeX">\alpha</annotation></math>`: "α",
		"A title": "A title",
	} {
		if got := plaintext.Shown(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestShown_ReadsFormulas(t *testing.T) {
	for in, want := range map[string]string{
		`$\alpha$-decay`:                      "α-decay",
		`Phases of \ce{H2O}`:                  "Phases of H2O",
		`below $10^{-3}$ kelvin`:              "below 10⁻³ kelvin",
		`$H_2O$ and $\mathrm{CO}_2$`:          "H₂O and CO₂",
		`the $n$-body problem`:                "the n-body problem",
		`2$\mu$m particles`:                   "2μm particles",
		`\(\beta\)-decay and \[x^2\]`:         "β-decay and x²",
		`$$E = mc^2$$`:                        "E = mc²",
		`$\Lambda$CDM`:                        "ΛCDM",
		`\textit{Homo} \emph{sapiens}`:        "Homo sapiens",
		`G{\"o}del and Erd{\H{o}}s`:           "Gödel and Erdős",
		`$\sqrt{s} = 13$ TeV`:                 "√s = 13 TeV",
		`$^{13}$C`:                            "¹³C",
		`$p<q$ and $r>s$`:                     "p<q and r>s",
		`$\textless$script>alert(1)</script>`: "",
		`it costs $5 and $10`:                 "it costs $5 and $10",
		`from $5–$10 a day`:                   "from $5–$10 a day",
		`US$5m, or US$ 6m`:                    "US$5m, or US$ 6m",
		`A$AP and Ke$ha`:                      "A$AP and Ke$ha",
		`$100 bills and 100$ notes`:           "$100 bills and 100$ notes",
		`C:\temp\new and \alpha`:              `C:\temp\new and \alpha`,
		`one $ sign`:                          "one $ sign",
		`\$5 or $`:                            `\$5 or $`,
		`\ce{H2O`:                             `\ce{H2O`,
		`$` + strings.Repeat("a", 501) + `$`:  `$` + strings.Repeat("a", 501) + `$`,
		`\`:                                   `\`,
	} {
		if got := plaintext.Shown(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestShown_IsStable(t *testing.T) {
	for _, in := range []string{`$\alpha$ <b>x</b>`, `G{\"o}del`, `\ce{H2O} a < b`} {
		once := plaintext.Shown(in)
		if again := plaintext.Shown(once); again != once {
			t.Errorf("%q becomes %q and then %q", in, once, again)
		}
	}
}

func TestName_MakesEqualWhatLooksEqual(t *testing.T) {
	for _, c := range [][2]string{
		{"café", "cafe\u0301"}, {"<i>E. coli</i>", "E. coli"}, {"to\u200b read", " to  read "}, {"한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"},
	} {
		if a, b := plaintext.Name(c[0]), plaintext.Name(c[1]); a != b {
			t.Errorf("%q is %q, %q is %q", c[0], a, c[1], b)
		}
	}
	if plaintext.Name("Physics") == plaintext.Name("physics") {
		t.Error("a name loses its case")
	}
	if plaintext.FoldName("<b>CAFE\u0301</b>") != plaintext.FoldName("café") {
		t.Error("case and encoding count")
	}
	if plaintext.FoldName("cafe") == plaintext.FoldName("café") {
		t.Error("accents do not count")
	}
}

func FuzzShown(f *testing.F) {
	for _, s := range []string{"N<sub>2</sub>O", `$\alpha$`, `\ce{H2O}`, `{\"o}`, `$$x$$`, `\(a\)`, "$5 and $10", `\\\{$}`, "<scr<b>ipt>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := plaintext.Shown(s)
		if plaintext.Clean(got) != got {
			t.Errorf("%q becomes %q, which is not clean", s, got)
		}
		if lower := strings.ToLower(got); strings.Contains(lower, "<script>") || strings.Contains(lower, "<b>") {
			t.Errorf("%q becomes %q", s, got)
		}
		plaintext.FoldName(s)
	})
}
