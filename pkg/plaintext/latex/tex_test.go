package latex

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestTeX(t *testing.T) {
	tests := []struct {
		name, in, want, names string
		exact                 bool
	}{
		{"plain text", `a \& b`, `a \& b`, `a {\&} b`, true},
		{"Latin letters", "Müller Čapek ȘȚ", "Müller Čapek ȘȚ", `M{\"{u}}ller {\v{C}}apek {\textcommabelow{S}}{\textcommabelow{T}}`, true},
		{"letters beyond T1", "Ḥārith ố ǰ", `{\d{H}}ārith {\'{\^{o}}} {\v{\j}}`, `{\d{H}}{\={a}}rith {\'{\^{o}}} {\v{\j}}`, true},
		{"a mark on a letter", "x\u0304 u\u0308", `{\={x}} ü`, `{\={x}} {\"{u}}`, true},
		{"Greek in math", "α-Fe and Γ", `$\alpha$-Fe and {$\Gamma$}`, `{\ensuremath{\alpha}}-Fe and {\ensuremath{\Gamma}}`, true},
		{"accented Greek", "ά", `{$\acute{\alpha}$}`, `{\ensuremath{\acute{\alpha}}}`, true},
		{"scripts", "Cu₂O 10⁻³ 5°", `Cu$_{2}$O 10$^{-}$$^{3}$ 5$^{\circ}$`, `Cu{\ensuremath{_{2}}}O 10{\ensuremath{^{-}}}{\ensuremath{^{3}}} 5{\ensuremath{^{\circ}}}`, true},
		{"signs", "x ≤ y ± z → ∞ × €", `x $\leq$ y $\pm$ z $\rightarrow$ $\infty$ $\times$ {\texteuro}`, `x {\ensuremath{\leq}} y {\ensuremath{\pm}} z {\ensuremath{\rightarrow}} {\ensuremath{\infty}} {\ensuremath{\times}} {\texteuro}`, true},
		{"quotes and dashes", "“a” – b’s", "“a” – b’s", `{\textquotedblleft}a{\textquotedblright} {\textendash} b{\textquoteright}s`, true},
		{"spaces and marks that don't show", "a\u2009b\u200bc\u2011d\u202ee", "a bc-de", "a bc-de", true},
		{"Cyrillic", "Достоевский", "Dostoevskii", "Dostoevskii", false},
		{"Chinese", "中文", "ZhongWen", "ZhongWen", false},
		{"Latin letters that T1 lacks", "Ħŧĸ", "Htk", "Htk", false},
		{"a blackboard letter", "ℝ", `{$\mathbf{R}$}`, `{\ensuremath{\mathbf{R}}}`, false},
		{"a ligature", "eﬃcient", "efficient", "efficient", false},
		{"a wide sign", "５０％", `50\%`, `50{\%}`, false},
		{"an emoji", "🙂", "?", "?", false},
	}
	w := NewWriter()
	for _, tt := range tests {
		got, exact := w.TeX(tt.in, false)
		if got != tt.want || exact != tt.exact {
			t.Errorf("%s: TeX(%q) = %q, %v; want %q, %v", tt.name, tt.in, got, exact, tt.want, tt.exact)
		}
		if got, _ := w.TeX(tt.in, true); got != tt.names {
			t.Errorf("%s: in names TeX(%q) = %q, want %q", tt.name, tt.in, got, tt.names)
		}
	}
}

// TestTeX_IsReadAgain checks every character of the tables: what is exact is
// read as the same text, and nothing that pdflatex can't set is left.
func TestTeX_IsReadAgain(t *testing.T) {
	w := NewWriter()
	for r := rune(0x80); r < 0x30000; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		checkTeX(t, w, "a"+string(r)+"b")
	}
	for base := 'A'; base <= 'z'; base++ {
		for mark := range combiningCommands {
			if s := string([]rune{base, mark}); base <= 'Z' || base >= 'a' {
				checkTeX(t, w, s)
			}
		}
	}
}

func checkTeX(t *testing.T, w *Writer, s string) {
	t.Helper()
	for _, letters := range []bool{false, true} {
		tex, exact := w.TeX(s, letters)
		for _, r := range tex {
			if r >= 0x80 && !isT1(r) {
				t.Errorf("%q is written as %q, which pdflatex refuses", s, tex)
			}
		}
		want := strings.Map(func(r rune) rune {
			if as, ok := approximations[r]; ok {
				first, _ := utf8.DecodeRuneInString(strings.NewReplacer("~", " ", "$-$", "-", "{\\textendash}", "–", "{\\textemdash}", "—").Replace(as) + "\x00")
				if first == 0 {
					return -1
				}
				return first
			}
			return r
		}, ToText(s))
		if got := ToText(tex); exact && norm.NFC.String(got) != norm.NFC.String(want) {
			t.Errorf("%q is written as %q, which is read as %q", s, tex, got)
		}
		checkBalanced(t, s, tex)
	}
}

func FuzzTeX(f *testing.F) {
	for _, s := range append(hostile, "α̂", "x\u0304\u0304", "\u0301", "Ḥārith ố", "中文 Достоевский ά") {
		f.Add(s)
	}
	w := NewWriter()
	f.Fuzz(func(t *testing.T, s string) {
		for _, source := range []string{FromUnicode(s), FromText(s), FromTitle(s)} {
			tex, _ := w.TeX(source, false)
			checkBalanced(t, s, tex)
			for _, r := range tex {
				if r >= 0x80 && !isT1(r) {
					t.Errorf("%q is written as %q, which pdflatex refuses", s, tex)
				}
			}
		}
	})
}
