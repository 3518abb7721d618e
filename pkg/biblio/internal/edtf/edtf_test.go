package edtf

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct{ in, want string }{
		// EDTF levels 0 and 1.
		{"2008-06-26", "2008-06-26"},
		{"2008-06", "2008-06"},
		{"2008", "2008"},
		{"2008-06-26T10:11:12Z", "2008-06-26"},
		{"2008-06-26 10:11:12", "2008-06-26"},
		{"1984?", "1984"},
		{"2004-06~", "2004-06"},
		{"2004-06-11%", "2004-06-11"},
		{"2004?-06-~11", "2004-06-11"},
		{"1999/2001", "1999"},
		{"1999-02-03/2001-01", "1999-02-03"},
		{"1985-04-12/..", "1985-04-12"},
		{"1985/", "1985"},
		{"../1985-04-12", "1985-04-12"},
		{"/1985", "1985"},
		{"2004/open", "2004"},
		{"unknown/2004", "2004"},
		{"199X", "1990"},
		{"19XX", "1900"},
		{"199u", "1990"},
		{"1985-XX-XX", "1985"},
		{"156X-12-25", "1560-12-25"},
		{"1985-04-XX", "1985-04"},
		{"2008-21", "2008"},
		{"2008-24~", "2008"},
		{"2008-35", "2008"},
		{"Y-17000", "-17000"},
		{"Y170000002", "170000002"},
		{"-0044", "-0044"},
		{"-0044-03-15", "-0044-03-15"},
		{"0079-08-24", "0079-08-24"},
		{"[1667,1668, 1670..1672]", "1667"},
		{"{1960,1961-12}", "1960"},

		// Reference managers.
		{"2008/06/26", "2008-06-26"},
		{"2008/06//", "2008-06"},
		{"2008///", "2008"},
		{"2008//26/", "2008"},
		{"2008///Spring", "2008"},
		{"2008/06/26/Summer", "2008-06-26"},
		{"2008/6", "2008-06"},
		{"6/2008", "2008-06"},
		{"06-2008", "2008-06"},
		{"6/26/2008", "2008-06-26"},
		{"26/6/2008", "2008-06-26"},
		{"6/5/2008", "2008-06-05"},
		{"26.6.2008", "2008-06-26"},
		{"5.6.2008", "2008-06-05"},
		{"26-06-2008", "2008-06-26"},
		{"2008-6-2", "2008-06-02"},
		{"2008.06.26", "2008-06-26"},
		{"6/26/08", "2008-06-26"},
		{"6/26/95", "1995-06-26"},
		{"2008-00-00", "2008"},
		{"2008-06-00", "2008-06"},
		{"2008-26-06", "2008-06-26"},
		{"2008-02-30", "2008-02"},
		{"2000-02-29", "2000-02-29"},
		{"1900-02-29", "1900-02"},
		{"20080626", "2008-06-26"},
		{"200806", "2008-06"},
		{"0000-00-00 2001", "2001"},
		{"2008年6月26日", "2008-06-26"},
		{"2008年6月", "2008-06"},
		{"2008年", "2008"},
		{"2008년 6월 26일", "2008-06-26"},
		{"2008 Jun 26", "2008-06-26"},
		{"2008 Jun-Jul", "2008-06"},
		{"2008 Jun-Jul 12", "2008-06"},
		{"2008 Winter", "2008"},
		{"26-Jun-2008", "2008-06-26"},
		{"26-Jun-08", "2008-06-26"},
		{"Jun '08", "2008-06"},
		{"Thu, 26 Jun 2008 10:30:00 GMT", "2008-06-26"},
		{"June 2008, 10:30", "2008-06"},

		// Words.
		{"June 2008", "2008-06"},
		{"26 June 2008", "2008-06-26"},
		{"June 26th, 2008", "2008-06-26"},
		{"June 26-28, 2008", "2008-06-26"},
		{"26-28 June 2008", "2008-06-26"},
		{"28 June - 3 July 2008", "2008-06-28"},
		{"the 4th of July 1776", "1776-07-04"},
		{"Sept. 2008", "2008-09"},
		{"Spring 1999", "1999"},
		{"Juni 2008", "2008-06"},
		{"26. März 2008", "2008-03-26"},
		{"1er août 2008", "2008-08-01"},
		{"le 5 février 2008", "2008-02-05"},
		{"5 de mayo de 2008", "2008-05-05"},
		{"12 dicembre 2008", "2008-12-12"},
		{"12 de março de 2008", "2008-03-12"},
		{"3 мая 2008", "2008-05-03"},
		{"3 ноября 2008", "2008-11-03"},
		{"Μάρτιος 2008", "2008-03"},
		{"八月 2008", "2008-08"},

		// Cataloguers and historians.
		{"ca. 1920", "1920"},
		{"circa 1920", "1920"},
		{"c2008", "2008"},
		{"©2008", "2008"},
		{"[1987]", "1987"},
		{"[1987?]", "1987"},
		{"1976 [1977]", "1976"},
		{"[198-?]", "1980"},
		{"[18--]", "1800"},
		{"198?", "1980"},
		{"1990s", "1990"},
		{"1999-2001", "1999"},
		{"1999–2001", "1999"},
		{"1998-99", "1998"},
		{"Vol. 123, 2008", "2008"},
		{"44 BC", "-0044"},
		{"44 B.C.E.", "-0044"},
		{"44 v. Chr.", "-0044"},
		{"AD 79", "0079"},
		{"79 AD", "0079"},
		{"476", "0476"},
		{"submitted 2008", "2008"},

		// No date.
		{"", ""},
		{"n.d.", ""},
		{"s.d.", ""},
		{"forthcoming", ""},
		{"June", ""},
		{"26 June", ""},
		{"12", ""},
		{"0000", ""},
		{"0000-00-00", ""},
		{"..", ""},
		{"../..", ""},
		{"/", ""},
		{"////", ""},
		{"99999999999999999999", ""},
		{"\xff\xfe", ""},
	}
	for _, tt := range tests {
		got, ok := Parse(tt.in)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("Parse(%q) = %q, %v; want %q", tt.in, got, ok, tt.want)
		}
	}
}

func TestParseReadsNoMoreThanADate(t *testing.T) {
	if got, ok := Parse(strings.Repeat("x ", 1<<20) + "2008"); ok {
		t.Errorf("Parse found %q behind a megabyte of words", got)
	}
}

// TestMonthsOfZotero checks the month names that Zotero knows.
func TestMonthsOfZotero(t *testing.T) {
	folder := os.Getenv("STACKROOM_FIXTURES")
	if folder == "" {
		t.Skip("STACKROOM_FIXTURES is not set: Zotero's month names are not at hand")
	}
	data, err := os.ReadFile(filepath.Join(folder, "zotero-utilities", "dateFormats.json"))
	if err != nil {
		t.Fatal(err)
	}
	var locales map[string]map[string][]string
	if err := json.Unmarshal(data, &locales); err != nil {
		t.Fatal(err)
	}
	right, wrong := 0, 0
	for locale, forms := range locales {
		if locale == "el-GR" {
			continue // the list has English names in the wrong order
		}
		for i, name := range forms["long"] {
			want := "2008-" + padded(i+1, 2)
			if got, _ := Parse(name + " 2008"); got == want {
				right++
			} else {
				wrong++
				t.Logf("%s: %q is %q, want %q", locale, name, got, want)
			}
		}
	}
	if right < 10*wrong {
		t.Errorf("knows %d months, doesn't know %d", right, wrong)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2008-06-26", "199X", "26 June 2008", "44 BC", "[198-?]", "2008年6月26日", "Y-17000", "6/26/08", "Jun '08", "//", "\xff"} {
		f.Add(s)
	}
	isoForm := regexp.MustCompile(`^-?\d{4,9}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$`)
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := Parse(s)
		if ok != (got != "") {
			t.Fatalf("Parse(%q) = %q, %v", s, got, ok)
		}
		if !ok {
			return
		}
		if !isoForm.MatchString(got) {
			t.Fatalf("Parse(%q) = %q", s, got)
		}
		again := got
		if year, _, _ := strings.Cut(strings.TrimPrefix(got, "-"), "-"); len(year) > 4 {
			again = "Y" + got // ISO 8601-2 asks for the letter
		}
		if twice, _ := Parse(again); twice != got {
			t.Fatalf("Parse(%q) = %q, but read again it is %q", s, got, twice)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for name, s := range map[string]string{"iso": "2008-06-26", "words": "26 June 2008", "numeric": "6/26/2008"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Parse(s)
			}
		})
	}
}
