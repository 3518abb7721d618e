package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// The names by which the service tells works from questions.
const (
	workModel     = "e5-passage"
	questionModel = "e5-query"
)

// importWorks makes an embedded library.
func importWorks(ctx context.Context, stackroom, data string, works []work) error {
	var all []map[string]any
	for i, w := range works {
		all = append(all, map[string]any{
			"id": fmt.Sprintf("work%d", i), "type": "book", "title": w.title, "abstract": w.abstract,
			"author": []any{map[string]any{"family": fmt.Sprintf("Writer%c", 'a'+i%26), "given": "A."}}, "issued": map[string]any{"raw": "2001"},
		})
	}
	raw, err := json.Marshal(all)
	if err != nil {
		return err
	}
	file := data + "/works.json"
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, stackroom, "import", file) //nolint:gosec // the program that CI built
	cmd.Env = []string{"STACKROOM_DATA=" + data, "HOME=" + data}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("import: %w: %.300s", err, out)
	}
	return nil
}

// server is a stackroom serve.
type server struct {
	url string
	cmd *exec.Cmd
	log bytes.Buffer
}

// start starts the program over a library, with an embedding service.
func start(ctx context.Context, stackroom, data, service string) (*server, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	s := &server{url: "http://" + addr, cmd: exec.CommandContext(ctx, stackroom, "serve")}
	s.cmd.Env = []string{
		"HOME=" + data, "STACKROOM_DATA=" + data, "STACKROOM_ADDR=" + addr, "RATE_LIMIT_MAX=0", "STACKROOM_RESOLVERS=none",
		"STACKROOM_EMBED_LIBRARIES=local", "STACKROOM_EMBED_URL=" + service, "STACKROOM_EMBED_MODEL=" + workModel, "STACKROOM_EMBED_QUERY_MODEL=" + questionModel,
	}
	s.cmd.Stderr = &s.log
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for range 300 {
		if _, err := s.search(ctx, ""); err == nil {
			return s, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil, errors.Join(errors.New("the server does not answer"), s.end())
}

// end stops the program.
func (s *server) end() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("%w: %s", err, lines(s.log.Bytes(), 5))
	}
	return nil
}

// answer is what a search returns.
type answer struct {
	Results []struct{ Title string }
	Notices []string
}

// says reports whether a notice has some words.
func (a *answer) says(words string) bool {
	return strings.Contains(strings.Join(a.Notices, "\n"), words)
}

func (s *server) search(ctx context.Context, query string) (*answer, error) {
	body, err := json.Marshal(map[string]any{"query": query, "limit": mostRanks})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/tools/search", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var a answer
	if err := json.NewDecoder(res.Body).Decode(&a); err != nil || res.StatusCode != http.StatusOK {
		return nil, errors.Join(err, fmt.Errorf("search: status %d", res.StatusCode))
	}
	return &a, nil
}

// What notices say of a search that had no vector, or not those of all works.
const (
	notCompared = "not compared by meaning"
	notAll      = "not all works are compared by meaning"
)

// embedded waits until all works have a vector.
func (s *server) embedded(ctx context.Context) error {
	for range 600 {
		a, err := s.search(ctx, "Wissenschaft und Dichtung")
		if err != nil {
			return err
		}
		if !a.says(notAll) && !a.says(notCompared) {
			return nil
		}
		time.Sleep(200 * time.Millisecond)
	}
	return fmt.Errorf("not all works are embedded after two minutes: %s", lines(s.log.Bytes(), 5))
}

// ask returns the titles that a question finds, and whether it had to wait for its
// vector.
func (s *server) ask(ctx context.Context, text string) (titles []string, waited bool, err error) {
	for range 50 {
		a, err := s.search(ctx, text)
		if err != nil {
			return nil, waited, err
		}
		if a.says(notCompared) {
			waited = true
			time.Sleep(200 * time.Millisecond)
			continue
		}
		for _, r := range a.Results {
			titles = append(titles, r.Title)
		}
		return titles, waited, nil
	}
	return nil, waited, fmt.Errorf("the service does not embed %q", text)
}
