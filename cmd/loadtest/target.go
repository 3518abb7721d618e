package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// target is a server process under load.
type target struct {
	addr string
	cmd  *exec.Cmd
}

// startBare starts this program again, as the bare server.
func startBare(ctx context.Context) (*target, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	return start(ctx, addr, exec.CommandContext(ctx, self, "-bare", addr), plainEnv())
}

// plainEnv is the environment without settings of Go's runtime, so that each
// server runs with those it chooses itself.
func plainEnv() []string {
	env := []string{}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "GOGC=") && !strings.HasPrefix(v, "GOMEMLIMIT=") && !strings.HasPrefix(v, "GOMAXPROCS=") {
			env = append(env, v)
		}
	}
	return env
}

// start starts a server that listens on addr, and waits until it is ready.
func start(ctx context.Context, addr string, cmd *exec.Cmd, env []string) (*target, error) {
	cmd.Env = env
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	t := &target{addr: addr, cmd: cmd}
	for range 200 {
		if req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/ready", nil); err == nil {
			if res, err := http.DefaultClient.Do(req); err == nil {
				_ = res.Body.Close()
				if res.StatusCode == http.StatusOK {
					return t, nil
				}
			}
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.stop()
	return nil, errors.New("the server did not become ready: " + cmd.Path)
}

func (t *target) stop() {
	_ = t.cmd.Process.Signal(syscall.SIGTERM)
	_ = t.cmd.Wait() // its exit status says nothing of the measurement
}

// cpu returns the processor time that the server has used (proc(5): utime and
// stime, in hundredths of a second).
func (t *target) cpu() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", t.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("processor time is read from /proc: %w", err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, errors.New("/proc/PID/stat has another form")
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(err1, err2)
}

// peakMemory returns the most memory that the server has had resident, in
// bytes.
func (t *target) peakMemory() int64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", t.cmd.Process.Pid))
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kb), "kB")), 10, 64)
			return n << 10
		}
	}
	return 0
}

func freeAddr(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
