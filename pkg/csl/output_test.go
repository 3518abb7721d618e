package csl_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
)

func TestText_OutputFormats(t *testing.T) {
	layout := `<text variable="title" font-style="italic"/><text value=" "/><text variable="note"/>`
	title := `A <b>b</b> * <sc>c</sc> x<sup>2</sup> H<sub>2</sub>O <i>n</i>`
	encoded, err := json.Marshal(title)
	if err != nil {
		t.Fatal(err)
	}
	p := mustProcessor(t, layoutText("", layout))
	text := p.Bibliography(mustItems(t, `[{"id":"a","type":"book","title":`+string(encoded)+`,"note":"1_2 & <"}]`)).Entries[0].Text
	if got, want := text.HTML(), `<i>A <b>b</b> * <span style="font-variant:small-caps;">c</span> x<sup>2</sup> H<sub>2</sub>O <span style="font-style:normal;">n</span></i> 1_2 &amp; &lt;`; got != want {
		t.Errorf("HTML\ngot  %s\nwant %s", got, want)
	}
	if got, want := text.Plain(), `A b * c x2 H2O n 1_2 & <`; got != want {
		t.Errorf("plain text: got %q, want %q", got, want)
	}
	if got, want := text.Markdown(), `*A* ***b*** *\** [*c*]{.smallcaps} *x**^2^* *H**~2~**O* n 1\_2 & \<`; got != want {
		t.Errorf("Markdown\ngot  %s\nwant %s", got, want)
	}
	want := []csl.Run{
		{Text: "A ", Italic: true}, {Text: "b", Italic: true, Bold: true}, {Text: " * ", Italic: true},
		{Text: "c", Italic: true, SmallCaps: true}, {Text: " x", Italic: true}, {Text: "2", Italic: true, Superscript: true},
		{Text: " H", Italic: true}, {Text: "2", Italic: true, Subscript: true}, {Text: "O ", Italic: true},
		{Text: "n 1_2 & <"},
	}
	if got := text.Runs(); !reflect.DeepEqual(got, want) {
		t.Errorf("runs\ngot  %+v\nwant %+v", got, want)
	}
}

func TestText_Blocks(t *testing.T) {
	layout := `<text variable="title" display="left-margin"/><text variable="note" display="right-inline"/><text variable="publisher" display="indent"/>`
	text := mustProcessor(t, layoutText("", layout)).Bibliography(mustItems(t, `[{"id":"a","type":"book","title":"T","note":"N","publisher":"P"}]`)).Entries[0].Text
	want := []csl.Run{{Text: "T", Block: "left-margin"}, {Text: "N", Block: "right-inline"}, {Text: "P", Block: "indent"}}
	if got := text.Runs(); !reflect.DeepEqual(got, want) {
		t.Errorf("runs: got %+v, want %+v", got, want)
	}
	if got, want := text.Markdown(), "T N\n\nP"; got != want {
		t.Errorf("Markdown: got %q, want %q", got, want)
	}
	if got, want := text.Plain(), "T N P"; got != want {
		t.Errorf("plain text: got %q, want %q", got, want)
	}
}

func TestBibliography_HTML(t *testing.T) {
	b := mustProcessor(t, layoutText("", `<text variable="title"/>`)).Bibliography(mustItems(t, people))
	if got, want := (&csl.Bibliography{Entries: b.Entries[:2]}).HTML(), "<div class=\"csl-bib-body\">\n  <div class=\"csl-entry\">A</div>\n  <div class=\"csl-entry\">B</div>\n</div>"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
