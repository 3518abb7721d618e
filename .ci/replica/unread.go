package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// unread compares the processor time of one question, asked again and again, of a
// library that is not read yet with that of one that is.
func unread(ctx context.Context, o options) error {
	const asked = 2000
	dir, err := os.MkdirTemp("", "replica-unread-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m := &measurement{options: o, dir: dir, zotero: newStandIn(0), works: standInWorks(3000)}
	m.questions = questions(m.works, 1)
	m.zotero.allow(keyOfMember(1), account{user: 1})
	m.zotero.put("users/1", m.works...)
	var took [2]time.Duration
	for i, slow := range []time.Duration{time.Hour, 0} {
		m.zotero.readingWait = slow
		upstream := httptest.NewServer(m.zotero)
		s, err := start(ctx, o.stackroom, filepath.Join(dir, strconv.Itoa(i)), "ZOTERO_URL="+upstream.URL, "ZOTERO_API_KEY="+keyOfMember(1))
		if err != nil {
			return err
		}
		if slow == 0 {
			if err := m.untilComplete(ctx, s, "", "user:1"); err != nil {
				return err
			}
		}
		took[i], err = m.repeated(ctx, s, asked, slow == 0)
		s.end(syscall.SIGTERM)
		upstream.CloseClientConnections()
		if err != nil {
			return err
		}
	}
	ratio := took[0].Seconds() / took[1].Seconds()
	bar(ratio <= 1.5, "the same question costs %.2f ms of a processor unread, %.2f read: ratio %.2f (bar 1.5)", took[0].Seconds()/asked*1000, took[1].Seconds()/asked*1000, ratio)
	return nil
}

// repeated returns the processor time of the same question, asked n times after
// a few.
func (m *measurement) repeated(ctx context.Context, s *server, n int, complete bool) (time.Duration, error) {
	var began time.Duration
	for i := range n + 50 {
		if i == 50 {
			began = s.processor()
		}
		answer, err := s.search(ctx, "", map[string]any{"query": m.questions[0], "library": "user:1"})
		if err != nil {
			return 0, err
		}
		if answer.complete() != complete {
			return 0, fmt.Errorf("complete %t: %q", answer.complete(), answer.Notices)
		}
	}
	return s.processor() - began, nil
}

// processor returns the processor time that the process has used.
func (s *server) processor() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.process.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond
}
