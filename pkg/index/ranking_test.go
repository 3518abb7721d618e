package index_test

import (
	"bufio"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// collection is a test collection: works, questions and judgments.
type collection struct {
	docs      shelf
	queries   []string
	judgments []map[string]bool // by query: keys of the relevant works
}

// smart says where a collection in the format of SMART stands.
type smart struct {
	folder, works, questions, judgments string
	graded                              bool // grade -1 and 1 to 4 are relevant
	most, asked                         int  // works and questions; strays follow
}

var (
	cranfield = smart{"cranfield", "cran.all.1400", "cran.qry", "cranqrel", true, 1400, 225}
	cacm      = smart{"cacm", "cacm.all", "query.text", "qrels.text", false, 3204, 64}
)

func (s smart) load(t testing.TB) collection {
	t.Helper()
	fixtures := os.Getenv("STACKROOM_FIXTURES")
	if fixtures == "" {
		t.Skip("STACKROOM_FIXTURES is not set")
	}
	dir := filepath.Join(fixtures, "..", "search", s.folder)
	c := collection{docs: shelf{}}
	for i, r := range smartRecords(t, filepath.Join(dir, s.works)) {
		if i < s.most {
			it := work(i+1, "title", r['T'], "abstractNote", r['W'])
			for name := range strings.Lines(r['A']) {
				it.Creators = append(it.Creators, library.Creator{Role: "author", Name: strings.TrimSpace(name)})
			}
			for keyword := range strings.SplitSeq(strings.ReplaceAll(r['K'], "\n", " "), ",") {
				if keyword = strings.TrimSpace(keyword); keyword != "" {
					it.Tags = append(it.Tags, keyword)
				}
			}
			c.docs.put(index.Document{Item: it})
		}
	}
	for i, r := range smartRecords(t, filepath.Join(dir, s.questions)) {
		if i < s.asked {
			c.queries = append(c.queries, r['W'])
			c.judgments = append(c.judgments, map[string]bool{})
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, s.judgments))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 3 {
			continue
		}
		q, _ := strconv.Atoi(f[0])
		d, _ := strconv.Atoi(f[1])
		grade, _ := strconv.Atoi(f[2])
		if q >= 1 && q <= s.asked && d >= 1 && d <= s.most && (!s.graded || grade == -1 || grade >= 1 && grade <= 4) {
			c.judgments[q-1][keyOf(d)] = true
		}
	}
	return c
}

// smartRecords reads records of sections that a dot and a letter begin.
func smartRecords(t testing.TB, path string) []map[byte]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var out []map[byte]string
	section := byte(0)
	for sc := bufio.NewScanner(f); sc.Scan(); {
		line := strings.TrimRight(sc.Text(), " \r")
		switch {
		case strings.HasPrefix(line, ".I "):
			out = append(out, map[byte]string{})
		case len(line) == 2 && line[0] == '.' && line[1] >= 'A' && line[1] <= 'Z':
			section = line[1]
		default:
			r := out[len(out)-1]
			r[section] = strings.TrimSpace(r[section] + "\n" + line)
		}
	}
	return out
}

// judge returns the means of binary nDCG@10 and of recall at 100. The ideal
// that a gain is divided by is what the query's relevant works could give;
// for strict it is ten relevant works for every query, as the yardsticks seem
// to have it.
func (c *collection) judge(t testing.TB, x *index.Index, mode library.Mode) (ndcg, strict, recall float64) {
	n := 0
	ten := 0.0
	for rank := range 10 {
		ten += 1 / math.Log2(float64(rank)+2)
	}
	for i, q := range c.queries {
		relevant := c.judgments[i]
		if len(relevant) == 0 {
			continue
		}
		n++
		gain, ideal, found := 0.0, 0.0, 0
		for rank, h := range search(t, x, library.Query{Text: q, Mode: mode, Limit: 100}).Hits {
			if relevant[h.Key] {
				found++
				if rank < 10 {
					gain += 1 / math.Log2(float64(rank)+2)
				}
			}
		}
		for rank := range min(10, len(relevant)) {
			ideal += 1 / math.Log2(float64(rank)+2)
		}
		ndcg += gain / ideal
		strict += gain / ten
		recall += float64(found) / float64(len(relevant))
	}
	return ndcg / float64(n), strict / float64(n), recall / float64(n)
}

// TestRanking measures the ranking of two collections: of the query's words
// alone, with words that the search adds, and with a latent space too. The bars
// of the first are those of the yardsticks beside the collections. Keywords are tags,
// as a library has them.
func TestRanking(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: much work of one goroutine")
	}
	for _, tc := range []struct {
		of                   smart
		mode                 library.Mode
		space                bool
		ndcg, strict, recall float64
	}{
		{cranfield, library.ModeExact, false, .53, .40, .77},
		{cranfield, library.ModeAuto, false, .565, .43, .80},
		{cranfield, library.ModeAuto, true, .565, .43, .81},
		{cacm, library.ModeExact, false, .50, .39, .67},
		{cacm, library.ModeAuto, false, .515, .41, .715},
		{cacm, library.ModeAuto, true, .505, .41, .72},
	} {
		c := tc.of.load(t)
		x := memory(t, c.docs)
		if tc.space {
			dir := t.TempDir()
			x = opened(t, dir, onDisk(t, dir, c.docs), c.docs)
		}
		ndcg, strict, recall := c.judge(t, x, tc.mode)
		t.Logf("%s, %s, space %v: nDCG@10 %.4f (%.4f against ten relevant works a query), R@100 %.4f", tc.of.folder, tc.mode, tc.space, ndcg, strict, recall)
		if ndcg < tc.ndcg || strict < tc.strict || recall < tc.recall {
			t.Errorf("%s, %s, space %v: want %v (%v), %v", tc.of.folder, tc.mode, tc.space, tc.ndcg, tc.strict, tc.recall)
		}
	}
}
