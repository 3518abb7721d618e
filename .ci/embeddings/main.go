// Command embeddings measures the search by meaning over a real embedding service:
// questions in one language for works in another.
//
//	go run ./.ci/embeddings -stackroom stackroom -service http://127.0.0.1:8000
//
// It writes rows of outcome and name for .ci/report.sh.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// The bar of the mean reciprocal rank, and the rank from which on a work counts as
// not found.
const (
	leastMRR  = 0.7
	mostRanks = 20
)

//go:embed questions.tsv others.txt
var sets embed.FS

// question asks for the work of a title.
type question struct{ language, text, title string }

// work is a work of the library; most have an abstract of a sentence.
type work struct{ title, abstract string }

func main() {
	stackroom := flag.String("stackroom", "stackroom", "the program")
	service := flag.String("service", "", "the embedding service")
	verbose := flag.Bool("v", false, "print every question with the rank of its work")
	limit := flag.Duration("limit", 8*time.Minute, "the longest that it may take")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), *limit)
	err := run(ctx, *stackroom, *service, *verbose)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "embeddings:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, stackroom, service string, verbose bool) error {
	questions, works, err := readSets()
	if err != nil {
		return err
	}
	counted, err := newCounter(service)
	if err != nil {
		return err
	}
	front := httptest.NewServer(counted)
	defer front.Close()
	data, err := os.MkdirTemp("", "embeddings-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(data)
	if err := importWorks(ctx, stackroom, data, works); err != nil {
		return err
	}
	s, err := start(ctx, stackroom, data, front.URL+"/v1")
	if err != nil {
		return err
	}
	began := time.Now()
	if err := s.embedded(ctx); err != nil {
		return errors.Join(err, s.end())
	}
	fmt.Printf("note\t%d works are embedded after %.1f s\n", len(works), time.Since(began).Seconds())
	err = measure(ctx, s, questions, verbose)
	if err := errors.Join(err, s.end()); err != nil {
		return err
	}
	sent := counted.texts()
	row(sent == len(works), "each work is sent once: %d texts for %d works", sent, len(works))
	if s, err = start(ctx, stackroom, data, front.URL+"/v1"); err != nil {
		return err
	}
	defer func() { _ = s.end() }()
	if err := s.embedded(ctx); err != nil {
		return err
	}
	time.Sleep(6 * time.Second) // a look at the library, and another one
	row(counted.texts() == sent, "after a restart no work is sent again: %d texts", counted.texts()-sent)
	return nil
}

func row(ok bool, format string, args ...any) {
	outcome := "pass"
	if !ok {
		outcome = "fail"
	}
	fmt.Printf("%s\t%s\n", outcome, fmt.Sprintf(format, args...))
}

// measure asks all questions and compares the mean reciprocal ranks with the bar.
func measure(ctx context.Context, s *server, questions []question, verbose bool) error {
	sums, counts := map[string]float64{}, map[string]int{}
	late := 0
	for _, q := range questions {
		titles, waited, err := s.ask(ctx, q.text)
		if err != nil {
			return err
		}
		if waited {
			late++
		}
		rank := slices.Index(titles[:min(len(titles), mostRanks)], q.title) + 1
		if rank > 0 {
			sums[q.language] += 1 / float64(rank)
			sums["all"] += 1 / float64(rank)
		}
		counts[q.language]++
		counts["all"]++
		if verbose {
			fmt.Printf("note\trank %2d of %2d  %s: %s\n", rank, len(titles), q.language, q.text)
		}
	}
	fmt.Printf("note\t%d of %d questions had no vector within 150 ms and were asked again\n", late, len(questions))
	for _, language := range []string{"de", "fr", "es", "en", "all"} {
		mrr := sums[language] / float64(counts[language])
		if language == "all" {
			row(mrr >= leastMRR, "mean reciprocal rank %.3f of %d questions (bar %.1f)", mrr, counts[language], leastMRR)
			continue
		}
		fmt.Printf("note\tmean reciprocal rank %.3f of %d questions in %s\n", mrr, counts[language], language)
	}
	return nil
}

// readSets returns the questions, and all works in the order of their titles.
func readSets() (questions []question, works []work, err error) {
	rows, err := sets.ReadFile("questions.tsv")
	if err != nil {
		return nil, nil, err
	}
	for line := range strings.Lines(string(rows)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 4 {
			return nil, nil, fmt.Errorf("a row of %d fields: %q", len(fields), line)
		}
		questions = append(questions, question{fields[0], fields[1], fields[2]})
		works = append(works, work{fields[2], fields[3]})
	}
	others, err := sets.ReadFile("others.txt")
	for line := range strings.Lines(string(others)) {
		works = append(works, work{title: strings.TrimSpace(line)})
	}
	slices.SortFunc(works, func(a, b work) int { return strings.Compare(a.title, b.title) })
	return questions, works, err
}

// counter passes requests on to the embedding service and counts the texts of works.
type counter struct {
	proxy *httputil.ReverseProxy
	mu    sync.Mutex
	sent  int
}

func newCounter(service string) (*counter, error) {
	u, err := url.Parse(service)
	if err != nil || u.Host == "" {
		return nil, cmp.Or(err, errors.New("-service is no URL"))
	}
	return &counter{proxy: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }}}, nil
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var q struct {
		Model string
		Input []string
	}
	if err != nil || json.Unmarshal(body, &q) != nil {
		http.Error(w, "no request", http.StatusBadRequest)
		return
	}
	if q.Model == workModel {
		c.mu.Lock()
		c.sent += len(q.Input)
		c.mu.Unlock()
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	c.proxy.ServeHTTP(w, r)
}

// texts returns how many texts of works were sent.
func (c *counter) texts() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sent
}

// lines returns the last lines of a log.
func lines(log []byte, n int) string {
	var all []string
	for s := bufio.NewScanner(bytes.NewReader(log)); s.Scan(); {
		all = append(all, s.Text())
	}
	return strings.Join(all[max(0, len(all)-n):], "\n")
}
