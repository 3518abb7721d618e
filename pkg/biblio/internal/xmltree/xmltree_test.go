package xmltree

import (
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

// texts returns the texts of the records of a file, with their lines.
func texts(t testing.TB, file string, names ...string) []Record {
	t.Helper()
	rs, err := Open(t.Context(), strings.NewReader(file), names...)
	if err != nil {
		return nil
	}
	var all []Record
	for {
		r, err := rs.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
}

func TestRecords(t *testing.T) {
	const file = "<?xml version='1.0'?>\n<!-- <r>no</r> --><x>\n<r a='>'>1<r>2</r></r>\n<p:r xmlns:p='u'/><![CDATA[<r>no</r>]]><s>a < b <r>\"3</r></s><r>4<![CDATA[</r>]]></r><r>5"
	got := texts(t, file, "r")
	want := []struct {
		line int
		text string
	}{{3, "<r a='>'>1<r>2</r></r>"}, {4, "<p:r xmlns:p='u'/>"}, {4, `<r>"3</r>`}, {4, "<r>4<![CDATA[</r>]]></r>"}, {4, ""}}
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d: %v", len(got), len(want), got)
	}
	for i, w := range want {
		if got[i].Line != w.line || string(got[i].Text) != w.text || (got[i].Fault != "") != (w.text == "") {
			t.Errorf("record %d: line %d, %q, fault %q; want line %d, %q", i, got[i].Line, got[i].Text, got[i].Fault, w.line, w.text)
		}
	}
}

func TestParse(t *testing.T) {
	n, err := Parse([]byte("<a x='1'><b>t <i>it</i> &amp; &eacute; &no;</b><c/><b>u</b><d><b>deep</b></d></a>"))
	if err != nil {
		t.Fatal(err)
	}
	if n.Attr("x") != "1" || n.TextAt("b") != "t it & é &no;" || n.First("b").Rich(map[string]string{"i": "em"}) != "t <em>it</em> & é &no;" ||
		n.TextAt("d/b") != "deep" || len(n.All("b")) != 2 || n.First("e/f").Text() != "" || n.First("e").Attr("x") != "" || len(n.Elements()) != 4 {
		t.Errorf("%+v", n)
	}
	for _, bad := range []string{"", "text", "<a", strings.Repeat("<a>", 66), strings.Repeat("<a/>", 200_002)} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%.20q is parsed", bad)
		}
	}
}

func FuzzRecords(f *testing.F) {
	for _, s := range []string{"<r>1</r>", "<r><r/></r>", "<r", "<![CDATA[<r>", "<!-- <r>", "<p:r a='>'>x</p:r>", "a < b \"<r>", "<?xml encoding='latin1'?><r>\xe9</r>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range texts(t, s, "r") {
			if r.Fault != "" {
				continue
			}
			n, err := Parse(r.Text)
			if err != nil {
				continue
			}
			if text := n.Text(); !utf8.ValidString(text) {
				t.Errorf("%q has text %q", r.Text, text)
			}
		}
	})
}
