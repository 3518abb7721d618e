package ident

import (
	"strings"
	"testing"
)

func TestArXiv(t *testing.T) {
	for s, want := range map[string]string{
		"2005.14017": "2005.14017|", "2005.14017 [cs, eess]": "2005.14017|cs eess", "arXiv:2101.00001v2 [cs.CL]": "2101.00001v2|cs.CL",
		"arXiv: math/0211159": "math/0211159|", "math.AG/0211159v1 [math.GT]": "math.AG/0211159v1|math.GT",
		"https://arxiv.org/abs/2005.14017": "2005.14017|", "http://arxiv.org/pdf/0704.0001.pdf": "0704.0001|", "hep-th/9901001": "hep-th/9901001|",
		"2005.1": "", "see arXiv:2005.14017": "", "10.1000/182": "", "": "", "2005.14017 {cs}": "",
	} {
		id, classes, ok := ArXiv(s)
		if got := strings.TrimPrefix(id+"|"+strings.Join(classes, " "), "|"); got != want || ok != (want != "") {
			t.Errorf("ArXiv(%q) = %q, %v; want %q", s, got, ok, want)
		}
	}
}

func FuzzArXiv(f *testing.F) {
	f.Add("arXiv:2005.14017v2 [cs, eess]")
	f.Fuzz(func(t *testing.T, s string) {
		if id, _, ok := ArXiv(s); ok != (id != "") {
			t.Errorf("ArXiv(%q) = %q, %v", s, id, ok)
		}
	})
}
