package index_test

import (
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// TestSearch_FindsWhatIsShown searches for texts as answers show them.
func TestSearch_FindsWhatIsShown(t *testing.T) {
	s := shelf{}
	markup := work(1, "title", "Uptake of N<sub>2</sub>O by <i>Homo  sapiens</i> where a < b", "abstractNote", "The CO<sub>2</sub> and <span style=\"font-variant:small-caps;\">nad</span>h of it.",
		"publicationTitle", "Journal of <b>Gases</b>")
	markup.Attachments = []library.Attachment{{Key: "FILE2222", Title: "A <i>scan</i>", Annotations: []library.Annotation{
		{Key: "ANNO2222", Text: "So\u00adft hy<sub>phens</sub>", Comment: "note<b>worthy</b>", Tags: []string{"to check"}},
	}}}
	markup.Notes = []library.Note{{Key: "NOTE2222", Text: "plain", Tags: []string{"to read"}}}
	s.put(index.Document{Item: markup})
	chinese := work(2, "title", "深度神经网络综述与展望")
	chinese.Creators = []library.Creator{{Family: "张", Given: "伟明"}, {Family: "李", Given: "娜"}}
	chinese.Tags = []string{"cafe\u0301"}
	s.put(index.Document{Item: chinese})
	file := work(3)
	file.Attachments = []library.Attachment{{Key: "FILE3333", Filename: "quarterly-report.pdf"}}
	s.put(index.Document{Item: file})
	x := memory(t, s)
	for _, c := range []struct {
		q    library.Query
		want int // the number of the work; 0 for none
	}{
		{library.Query{Text: "N2O."}, 1},
		{library.Query{Text: "CO2."}, 1},
		{library.Query{Text: "nadh."}, 1},
		{library.Query{Text: `"N2O by Homo sapiens"`}, 1},
		{library.Query{Text: "sub."}, 0},
		{library.Query{Text: "span."}, 0},
		{library.Query{Text: "style."}, 0},
		{library.Query{Text: "gases."}, 1},
		{library.Query{Text: "scan."}, 1},
		{library.Query{Text: "hyphens."}, 1},
		{library.Query{Text: "soft."}, 1},
		{library.Query{Text: "noteworthy."}, 1},
		{library.Query{Text: `"to read"`}, 1},
		{library.Query{TagsAll: []string{"to read", "TO CHECK"}}, 1},
		{library.Query{TagsAny: []string{"café"}}, 2},
		{library.Query{TagsNone: []string{"to read", "cafe\u0301"}}, 3},
		{library.Query{Text: "神经网络 综述"}, 2},
		{library.Query{Creator: "张伟明"}, 2},
		{library.Query{Creator: "伟明 张"}, 2},
		{library.Query{Creator: "张"}, 2},
		{library.Query{Creator: "伟明"}, 2},
		{library.Query{Creator: "张 娜"}, 0}, // of two creators
		{library.Query{Text: "quarterly report"}, 3},
	} {
		r := search(t, x, c.q)
		if c.want == 0 && r.Total != 0 || c.want > 0 && (r.Total == 0 || r.Hits[0].Key != keyOf(c.want)) {
			t.Errorf("%+v: %d works, first %s, want %s", c.q, r.Total, keys(r), keyOf(c.want))
		}
		for _, h := range r.Hits {
			if h.Match != nil && h.Match.Text != plaintext.Shown(h.Match.Text) {
				t.Errorf("%+v: the match %q is not as it is shown", c.q, h.Match.Text)
			}
		}
	}
}
