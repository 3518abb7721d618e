package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// collection is a test collection: works, questions, and the keys of the works
// that are relevant to each.
type collection struct {
	works     []object
	questions map[int]string
	relevant  map[int]map[string]bool
}

// ranking compares the ranking of works that were imported with that of the same
// works served by Zotero.
func ranking(ctx context.Context, o options) error {
	folder := filepath.Join(os.Getenv("STACKROOM_FIXTURES"), "..", "search")
	for name, files := range map[string][3]string{
		"cranfield": {"cran.all.1400", "cran.qry", "cranqrel"}, "cacm": {"cacm.all", "query.text", "qrels.text"},
	} {
		c, err := loadCollection(filepath.Join(folder, name), files, name == "cranfield")
		if errors.Is(err, fs.ErrNotExist) {
			fmt.Printf("skip\tranking of %s: STACKROOM_FIXTURES does not lead to the collection\n", name)
			continue
		}
		if err != nil {
			return err
		}
		if err := compareRanking(ctx, o, name, c); err != nil {
			return err
		}
	}
	return nil
}

func compareRanking(ctx context.Context, o options, name string, c *collection) error {
	dir, err := os.MkdirTemp("", "replica-ranking-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m := &measurement{options: o, dir: dir, zotero: newStandIn(0), works: c.works}
	m.zotero.allow(keyOfMember(1), account{user: 1})
	m.zotero.put("users/1", m.works...)
	upstream := httptest.NewServer(m.zotero)
	defer upstream.Close()
	served, err := start(ctx, o.stackroom, filepath.Join(dir, "replica"), "ZOTERO_URL="+upstream.URL, "ZOTERO_API_KEY="+keyOfMember(1))
	if err != nil {
		return err
	}
	defer served.end(syscall.SIGTERM)
	if err := m.untilComplete(ctx, served, "", "user:1"); err != nil {
		return err
	}
	data := filepath.Join(dir, "embedded")
	if err := m.embed(ctx, data); err != nil {
		return err
	}
	embedded, err := start(ctx, o.stackroom, data)
	if err != nil {
		return err
	}
	defer embedded.end(syscall.SIGTERM)
	imported, err := c.judge(ctx, embedded)
	if err != nil {
		return err
	}
	zotero, err := c.judge(ctx, served)
	if err != nil {
		return err
	}
	bar(math.Abs(imported[0]-zotero[0]) <= .005, "%s: nDCG@10 %.4f imported, %.4f served by Zotero (bar: .005 apart); R@100 %.4f and %.4f", name, imported[0], zotero[0], imported[1], zotero[1])
	return nil
}

// judge returns the means of binary nDCG@10 (the ideal is that of at most ten
// relevant works) and of recall at 100. Works are told by their title.
func (c *collection) judge(ctx context.Context, s *server) (means [2]float64, err error) {
	titles := map[string]string{}
	for _, it := range c.works {
		titles[it["title"].(string)] = it["key"].(string)
	}
	n := 0.0
	for q, text := range c.questions {
		relevant := c.relevant[q]
		if len(relevant) == 0 {
			continue
		}
		answer, err := s.search(ctx, "", map[string]any{"query": text, "limit": 100})
		if err != nil {
			return means, err
		}
		n++
		gain, ideal, found := 0.0, 0.0, 0
		for rank, r := range answer.Results {
			if !relevant[titles[r.Title]] {
				continue
			}
			found++
			if rank < 10 {
				gain += 1 / math.Log2(float64(rank)+2)
			}
		}
		for rank := range min(10, len(relevant)) {
			ideal += 1 / math.Log2(float64(rank)+2)
		}
		means[0] += gain / ideal
		means[1] += float64(found) / float64(len(relevant))
	}
	return [2]float64{means[0] / n, means[1] / n}, nil
}

// loadCollection reads works, questions and judgments in the format of SMART.
// With graded judgments, -1 and 1 to 4 are relevant.
func loadCollection(folder string, files [3]string, graded bool) (*collection, error) {
	c := &collection{questions: map[int]string{}, relevant: map[int]map[string]bool{}}
	docs, err := records(filepath.Join(folder, files[0]))
	if err != nil {
		return nil, err
	}
	for i, r := range docs {
		title, _, _ := strings.Cut(strings.Join(strings.Fields(r['T']), " "), "\n")
		if len([]rune(title)) > 400 {
			title = string([]rune(title)[:400])
		}
		c.works = append(c.works, object{
			"key": keyOf(i + 1), "itemType": "journalArticle", "title": fmt.Sprintf("%s %d", title, 100_000+i), "abstractNote": strings.Join(strings.Fields(r['W']), " "),
			"creators": []any{map[string]any{"creatorType": "author", "firstName": "", "lastName": strings.Join(strings.Fields(r['A']), " ")}},
			"date":     "", "publicationTitle": "", "tags": []any{}, "collections": []string{}, "relations": map[string]any{},
			"dateAdded": "2026-01-01T00:00:00Z", "dateModified": "2026-01-01T00:00:00Z",
		})
	}
	queries, err := records(filepath.Join(folder, files[1]))
	if err != nil {
		return nil, err
	}
	for i, r := range queries {
		text := []rune(strings.Join(strings.Fields(r['W']), " "))
		c.questions[i+1] = string(text[:min(len(text), 1000)])
	}
	judgments, err := os.ReadFile(filepath.Join(folder, files[2]))
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(judgments)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		q, _ := strconv.Atoi(f[0])
		d, _ := strconv.Atoi(f[1])
		if graded && len(f) > 2 && f[2] == "5" {
			continue
		}
		if c.relevant[q] == nil {
			c.relevant[q] = map[string]bool{}
		}
		c.relevant[q][keyOf(d)] = true
	}
	return c, nil
}

// records reads records of sections that a dot and a letter begin.
func records(path string) ([]map[byte]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []map[byte]string
	section := byte(0)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), " \r")
		switch {
		case strings.HasPrefix(line, ".I "):
			all = append(all, map[byte]string{})
		case len(line) == 2 && line[0] == '.' && line[1] >= 'A' && line[1] <= 'Z':
			section = line[1]
		case len(all) > 0:
			all[len(all)-1][section] += line + "\n"
		}
	}
	return all, lines.Err()
}
