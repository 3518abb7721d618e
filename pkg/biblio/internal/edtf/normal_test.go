package edtf

import "testing"

func TestNormal(t *testing.T) {
	for in, want := range map[string]string{
		"2008": "2008", "2008-06": "2008-06", "2008-06-26": "2008-06-26", "1999/2001": "1999/2001", "1999-05/2000-06-01": "1999-05/2000-06-01",
		"1723~": "1723~", "1723?~": "1723%", "-0044": "-0044", "Y17000": "Y17000", "y-51234": "Y-51234", "199u": "199X", "19xx": "19XX", "1999-uu": "1999-XX",
		"1999-12-XX": "1999-12-XX", "1992-21": "1992-21", "1992-25": "1992", "2016-07-18T20:26:06Z": "2016-07-18T20:26:06Z", "1999/": "1999/", "/1999": "/1999",
		"1999/..": "1999/", "unknown/1999": "/1999", "*": "", "12/2014": "2014-12", "October 1, 2016": "2016-10-01", "25 April 1953": "1953-04-25", "0": "", "0000": "",
		"2008-6-2": "2008-06-02", "2008-02-30": "2008-02", "Summer 1992": "1992-22", "Fall 2001": "2001-23", "Sept.-Oct. 2013": "2013-09/2013-10",
		"26–28 June 2008": "2008-06-26/2008-06-28", "June 26-28, 2008": "2008-06-26/2008-06-28", "ca. 1650": "1650", "44 BC": "", "in press": "", "": "",
		"December/January 1999": "1999-12", "28-26 June 2008": "2008-06-26", "/": "", "1999/2000/2001": "1999",
	} {
		got, ok := Normal(in)
		if got != want || ok != (want != "") {
			t.Errorf("Normal(%q) = %q, %v; want %q", in, got, ok, want)
		}
	}
}

func TestMonthWords(t *testing.T) {
	for in, want := range map[string]string{
		"Summer 1992": "Summer", "September/October 2013": "September/October", "June 2008": "", "circa 1650": "", "in press": "", "26 June 2008": "", "Winter & Spring 1999": "Winter & Spring",
	} {
		got, ok := MonthWords(in)
		if got != want || ok != (want != "") {
			t.Errorf("MonthWords(%q) = %q, %v; want %q", in, got, ok, want)
		}
	}
}

func FuzzNormal(f *testing.F) {
	f.Add("26–28 June 2008")
	f.Add("1999/..")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := Normal(s)
		if again, _ := Normal(got); ok && again != got {
			t.Errorf("Normal(%q) = %q, whose normal form is %q", s, got, again)
		}
	})
}
