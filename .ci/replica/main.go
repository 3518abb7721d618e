// Command replica measures Zotero libraries against their bars: the program as
// it is released, over a stand-in of Zotero's API on loopback. It prints a line
// "pass" or "fail" for each bar, with the figure.
//
//	go run ./.ci/replica -stackroom bin/stackroom
package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// options are what the command line says.
type options struct {
	stackroom string
	works     int
	latency   time.Duration
	questions int
	counts    bool
}

func main() {
	var o options
	flag.StringVar(&o.stackroom, "stackroom", "bin/stackroom", "the program")
	flag.IntVar(&o.works, "works", 40_000, "works of the library")
	flag.DurationVar(&o.latency, "latency", 50*time.Millisecond, "latency of Zotero")
	flag.BoolVar(&o.counts, "counts", false, "leave out the bars on times, which need a quiet machine")
	flag.IntVar(&o.questions, "questions", 300, "questions for the times of searches")
	node := flag.String("node", "", "serve a node at this address (used by the program itself)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 15*time.Minute)
	defer cancel()
	if *node != "" {
		if err := serveNode(ctx, *node); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		return
	}
	for _, measure := range []func(context.Context, options) error{run, unread, group, ranking} {
		if err := measure(ctx, o); err != nil {
			fmt.Printf("fail\t%v\n", err)
		}
	}
}

// bar prints whether a figure is within its bar.
func bar(ok bool, format string, args ...any) {
	outcome := "pass"
	if !ok {
		outcome = "fail"
	}
	fmt.Printf("%s\t%s\n", outcome, fmt.Sprintf(format, args...))
}

// measurement is what the steps share.
type measurement struct {
	options
	dir       string
	zotero    *standIn
	environ   []string
	works     []object
	questions []string
}

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "replica-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m := &measurement{options: o, dir: dir, zotero: newStandIn(o.latency), works: standInWorks(o.works)}
	m.questions = questions(m.works, o.questions)
	m.zotero.allow(keyOfMember(1), account{user: 1})
	m.zotero.put("users/1", m.works...)
	upstream := httptest.NewServer(m.zotero)
	defer upstream.Close()
	m.environ = []string{"ZOTERO_URL=" + upstream.URL, "ZOTERO_API_KEY=" + keyOfMember(1)}
	s, err := m.read(ctx)
	if err != nil {
		return err
	}
	if s, err = m.restart(ctx, s); err != nil {
		return err
	}
	defer func() { s.end(syscall.SIGTERM) }()
	if err := m.change(ctx, s); err != nil {
		return err
	}
	if o.counts {
		return nil
	}
	return m.compare(ctx, s)
}

// read asks an unread library until it is complete.
func (m *measurement) read(ctx context.Context) (*server, error) {
	s, err := start(ctx, m.stackroom, filepath.Join(m.dir, "replica"), m.environ...)
	if err != nil {
		return nil, err
	}
	m.zotero.take()
	began := time.Now()
	first, err := s.search(ctx, "", map[string]any{"query": m.questions[0], "library": "user:1"})
	if err != nil {
		return nil, err
	}
	calls := m.zotero.take()
	bar(len(first.Notices) > 0 && calls["search"] == 1, "an unread library: %d works and %d notices after %d ms; requests %v", len(first.Results), len(first.Notices), time.Since(began).Milliseconds(), calls)
	for {
		answer, err := s.search(ctx, "", map[string]any{"query": m.questions[0], "library": "user:1"})
		if err != nil {
			return nil, err
		}
		if answer.complete() {
			break
		}
		if time.Since(began) > 5*time.Minute {
			return nil, fmt.Errorf("the library is not complete after five minutes: %q", answer.Notices)
		}
		time.Sleep(250 * time.Millisecond)
	}
	fmt.Printf("note\tthe library is read whole after %.1f s; requests %v\n", time.Since(began).Seconds(), m.zotero.take())
	for _, q := range m.questions {
		if _, err := s.search(ctx, "", map[string]any{"query": q}); err != nil {
			return nil, err
		}
	}
	folder := folderBytes(s.data)
	bar(s.peak.Load() <= 400<<20, "memory and folder together: at most %d MB (bar 400); now %d MB of memory and a folder of %d MB, %d bytes a work", s.peak.Load()>>20, s.anonymous()>>20, folder>>20, folder/int64(len(m.works)))
	return s, nil
}

// restart kills the server and starts it again.
func (m *measurement) restart(ctx context.Context, s *server) (*server, error) {
	s.end(syscall.SIGKILL)
	m.zotero.take()
	s, err := start(ctx, m.stackroom, s.data, m.environ...)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	answer, err := s.search(ctx, "", map[string]any{"query": m.questions[0], "library": "user:1"})
	if err != nil {
		return nil, err
	}
	took := time.Since(began)
	calls := m.zotero.take()
	quick := m.counts || took < 1500*time.Millisecond
	bar(answer.complete() && quick && sum(calls) <= 5, "after a restart: the first answer, complete %t, after %d ms (bar 1500) and %d requests (bar 5) %v", answer.complete(), took.Milliseconds(), sum(calls), calls)
	return s, nil
}

func sum(counts map[string]int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

// change changes a work at Zotero and waits until a search finds it.
func (m *measurement) change(ctx context.Context, s *server) error {
	it := m.works[len(m.works)/2]
	changed := maps.Clone(it)
	changed["title"] = "Zyxwvut observations " + it["title"].(string)
	changed["dateModified"] = "2026-02-01T00:00:00Z"
	m.zotero.put("users/1", changed)
	m.zotero.take()
	began := time.Now()
	for {
		answer, err := s.search(ctx, "", map[string]any{"query": "zyxwvut", "library": "user:1"})
		if err != nil {
			return err
		}
		if len(answer.Results) == 1 {
			break
		}
		if time.Since(began) > 90*time.Second {
			return fmt.Errorf("the change is not found after 90 s: %q", answer.Notices)
		}
		time.Sleep(100 * time.Millisecond)
	}
	calls := m.zotero.take()
	n := sum(calls) - calls["access"] - calls["unchanged"] - calls["texts"]
	bar(n <= 3, "a change is found after %.1f s with %d requests beside access and texts (bar 3) %v", time.Since(began).Seconds(), n, calls)
	return nil
}

// compare compares times of searches with those of the embedded library that
// has the same works.
func (m *measurement) compare(ctx context.Context, replica *server) error {
	data := filepath.Join(m.dir, "embedded")
	if err := m.embed(ctx, data); err != nil {
		return err
	}
	embedded, err := start(ctx, m.stackroom, data)
	if err != nil {
		return err
	}
	defer embedded.end(syscall.SIGTERM)
	var times [2][]time.Duration
	for i, q := range m.questions {
		for j := range times {
			at := (i + j) % 2
			s := []*server{replica, embedded}[at]
			began := time.Now()
			if _, err := s.search(ctx, "", map[string]any{"query": q + " " + fmt.Sprint(i), "limit": 10}); err != nil {
				return err
			}
			times[at] = append(times[at], time.Since(began))
		}
	}
	slices.Sort(times[0])
	slices.Sort(times[1])
	of := func(at, percent int) float64 {
		return float64(times[at][len(times[at])*percent/100].Microseconds()) / 1000
	}
	ratio := of(0, 50) / of(1, 50)
	bar(ratio <= 1.2, "a search takes %.2f ms at p50, %.2f at p95; as embedded library %.2f and %.2f: ratio %.2f (bar 1.2)", of(0, 50), of(0, 95), of(1, 50), of(1, 95), ratio)
	return nil
}
