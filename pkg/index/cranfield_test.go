package index_test

import (
	"bufio"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// cranfield is the Cranfield test collection.
type cranfield struct {
	docs      shelf
	queries   []string
	judgments []map[string]bool // by query: keys of the relevant works
}

const (
	cranfieldWorks   = 1400
	cranfieldQueries = 225
)

func loadCranfield(t testing.TB) cranfield {
	t.Helper()
	fixtures := os.Getenv("STACKROOM_FIXTURES")
	if fixtures == "" {
		t.Skip("STACKROOM_FIXTURES is not set")
	}
	dir := filepath.Join(fixtures, "..", "search", "cranfield")
	c := cranfield{docs: shelf{}}
	for i, r := range cranfieldRecords(t, filepath.Join(dir, "cran.all.1400")) {
		if i < cranfieldWorks {
			it := work(i+1, "title", r['T'], "abstractNote", r['W'])
			it.Creators = []library.Creator{{Role: "author", Name: r['A']}}
			c.docs.put(index.Document{Item: it})
		}
	}
	for i, r := range cranfieldRecords(t, filepath.Join(dir, "cran.qry")) {
		if i < cranfieldQueries {
			c.queries = append(c.queries, r['W'])
			c.judgments = append(c.judgments, map[string]bool{})
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, "cranqrel"))
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
		if q >= 1 && q <= cranfieldQueries && d >= 1 && d <= cranfieldWorks && (grade == -1 || grade >= 1 && grade <= 4) {
			c.judgments[q-1][keyOf(d)] = true
		}
	}
	return c
}

// cranfieldRecords reads records of sections that a dot and a letter begin.
func cranfieldRecords(t testing.TB, path string) []map[byte]string {
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
func (c *cranfield) judge(t testing.TB, x *index.Index) (ndcg, strict, recall float64) {
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
		for rank, h := range search(t, x, library.Query{Text: q, Limit: 100}).Hits {
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

// Ranking on Cranfield is at least as good as the yardsticks beside the
// collection: SQLite's FTS5 (.389, .741) and BM25 with fields (.395, .752).
func TestRankingOnCranfield(t *testing.T) {
	c := loadCranfield(t)
	x := memory(t, c.docs)
	ndcg, strict, recall := c.judge(t, x)
	t.Logf("binary nDCG@10 %.4f (%.4f against ten relevant works a query), R@100 %.4f over %d queries", ndcg, strict, recall, len(c.queries))
	if strict < 0.39 || recall < 0.74 {
		t.Errorf("nDCG@10 = %.4f, R@100 = %.4f; want at least .39 and .74", strict, recall)
	}
	if !slices.ContainsFunc(c.judgments, func(m map[string]bool) bool { return len(m) > 10 }) {
		t.Error("the judgments were not read")
	}
}
