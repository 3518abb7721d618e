package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// server is a process of Stackroom.
type server struct {
	url     string
	data    string
	process *exec.Cmd
	log     string
	peak    atomic.Int64 // bytes of anonymous memory and of the data folder
	stop    context.CancelFunc
}

// readTime bounds the reading of a request's header.
const readTime = 10 * time.Second

// start starts a server and waits until it is ready.
func start(ctx context.Context, binary, data string, environ ...string) (*server, error) {
	return startProgram(ctx, func(string) []string { return []string{binary, "serve"} }, data, environ...)
}

// startNode starts a node of this program.
func startNode(ctx context.Context, self, data string, environ ...string) (*server, error) {
	return startProgram(ctx, func(address string) []string { return []string{self, "-node", address} }, data, environ...)
}

// startProgram starts a program, whose command line may need its address.
func startProgram(ctx context.Context, command func(address string) []string, data string, environ ...string) (*server, error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	s := &server{url: "http://" + address, data: data, log: data + ".log"}
	out, err := os.Create(s.log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	line := command(address)
	s.process = exec.CommandContext(ctx, line[0], line[1:]...)
	s.process.Env = append([]string{"STACKROOM_ADDR=" + address, "STACKROOM_DATA=" + data, "RATE_LIMIT_MAX=0", "HOME=" + filepath.Dir(data), "LOG_LEVEL=debug"}, environ...)
	s.process.Stdout, s.process.Stderr = out, out
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	watched, stop := context.WithCancel(ctx)
	s.stop = stop
	go s.watch(watched)
	for range 400 {
		if res, err := http.Get(s.url + "/ready"); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return s, nil
			}
		}
		time.Sleep(25 * time.Millisecond)
	}
	said, _ := os.ReadFile(s.log)
	return nil, fmt.Errorf("the server is not ready: %s", said)
}

// end stops the server, by SIGTERM or at once.
func (s *server) end(signal syscall.Signal) {
	s.stop()
	_ = s.process.Process.Signal(signal)
	_ = s.process.Wait()
}

// watch records the peak of memory and folder together, every 50 ms.
func (s *server) watch(ctx context.Context) {
	for ctx.Err() == nil {
		if n := s.anonymous() + folderBytes(s.data); n > s.peak.Load() {
			s.peak.Store(n)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// anonymous returns the process's anonymous memory in bytes.
func (s *server) anonymous() int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return n << 10
		}
	}
	return 0
}

// folderBytes returns the bytes of the files below a folder.
func folderBytes(folder string) int64 {
	var n int64
	_ = filepath.Walk(folder, func(_ string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			n += info.Size()
		}
		return nil
	})
	return n
}

// found is the answer of search.
type found struct {
	Results []struct {
		ID    string `json:"id"`
		Title string `json:"title"`
	} `json:"results"`
	Total   int      `json:"total"`
	Notices []string `json:"notices"`
}

// complete reports whether the answer has no notice of a reading.
func (f *found) complete() bool {
	return !strings.Contains(strings.Join(f.Notices, " "), "read")
}

// search calls the tool, with a bearer token unless it is "".
func (s *server) search(ctx context.Context, token string, arguments map[string]any) (*found, error) {
	body, err := json.Marshal(arguments)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/tools/search", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("search: %s: %.300s", res.Status, raw)
	}
	var f found
	return &f, json.Unmarshal(raw, &f)
}
