package ident

import (
	"strings"
	"testing"
)

func TestDOI(t *testing.T) {
	tests := []struct{ in, want string }{
		{"10.1000/182", "10.1000/182"},
		{"doi:10.1000/182", "10.1000/182"},
		{"DOI 10.1000/AbC.", "10.1000/AbC"},
		{"https://doi.org/10.1000/182", "10.1000/182"},
		{"http://dx.doi.org/10.1002/(SICI)1097%3C1::AID%3E3", "10.1002/(SICI)1097<1::AID>3"},
		{"10.1002/a%3Cb%3E", "10.1002/a<b>"},
		{"(10.1000/182)", "10.1000/182"},
		{"10.1016/S0027-9684(15)31340-7", "10.1016/S0027-9684(15)31340-7"},
		{"10.1016/S0027(15)", "10.1016/S0027(15)"},
		{"10/fqd6hj", "10/fqd6hj"},
		{"10.1000/1 and 10.1000/2", "10.1000/1"},
		{"1010.1000/1", "10.1000/1"},
		{"10.12/x 10.1234/y", "10.1234/y"},
		{"10.1000/", ""},
		{"10.1000/.,", ""},
		{"n/a", ""},
		{"", ""},
		{"10", ""},
		{"https://%zz/10.1000/1", "10.1000/1"},
	}
	for _, tt := range tests {
		if got, ok := DOI(tt.in); got != tt.want || ok != (tt.want != "") {
			t.Errorf("DOI(%q) = %q, %v; want %q", tt.in, got, ok, tt.want)
		}
	}
}

func TestDOIs(t *testing.T) {
	for in, want := range map[string]string{
		"10.1000/1": "10.1000/1", "10.1000/1;10.1000/2": "10.1000/1 10.1000/2", "10.1000/1, https://doi.org/10.1000/2 10.1000/1": "10.1000/1 10.1000/2",
		"10.1002/1521(2000);2-P": "10.1002/1521(2000);2-P", "none": "", "": "", "doi:10.1000/a,doi:10.1000/b": "10.1000/a 10.1000/b",
	} {
		if got := strings.Join(DOIs(in), " "); got != want {
			t.Errorf("DOIs(%q) = %q, want %q", in, got, want)
		}
	}
	if got := len(DOIs(strings.Repeat("10.1000/1 ", 5))); got != 1 {
		t.Errorf("%d DOIs of one repeated", got)
	}
}

func FuzzDOI(f *testing.F) {
	f.Add("doi:10.1000/182")
	f.Add("(10.1000/a)")
	f.Add("10.10.1000/,")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := DOI(s)
		if ok != (got != "") {
			t.Fatalf("DOI(%q) = %q, %v", s, got, ok)
		}
	})
}
