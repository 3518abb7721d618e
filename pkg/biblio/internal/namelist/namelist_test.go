package namelist

import (
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for name, want := range map[string]string{
		"Cullis, A.G.; Hutchison, J.L.": "Cullis, A.G.|Hutchison, J.L.", "Ada Lovelace; Charles Babbage;": "Ada Lovelace|Charles Babbage",
		"Doe, J.": "Doe, J.", "Smith &amp; Sons": "Smith &amp; Sons", "{A, B; C, D}": "{A, B; C, D}", `A \; B, C`: `A \; B, C`,
		"Department of Physics, Office 3, Building 7, Street; University": "Department of Physics, Office 3, Building 7, Street; University",
		"Ministry; Office": "Ministry; Office", "A, B;; C, D": "A, B;; C, D", ";": ";", "": "",
	} {
		if got := strings.Join(Split(name), "|"); got != want {
			t.Errorf("Split(%q) = %q, want %q", name, got, want)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("Cullis, A.G.; Hutchison, J.L.")
	f.Add(`{A; B; C\;`)
	f.Fuzz(func(t *testing.T, s string) {
		parts := Split(s)
		if len(parts) == 0 {
			t.Errorf("Split(%q) gives nothing", s)
		}
	})
}
