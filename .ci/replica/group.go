package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
)

// group measures a group library of 50 members with keys of their own, over two
// processes with one bucket.
func group(ctx context.Context, o options) error {
	const members, works = 50, 20_000
	dir, err := os.MkdirTemp("", "replica-group-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m := &measurement{options: o, dir: dir, zotero: newStandIn(o.latency), works: standInWorks(works)}
	m.questions = questions(m.works, 20)
	m.zotero.put("groups/7", m.works...)
	for user := 1; user <= members; user++ {
		m.zotero.allow(keyOfMember(user), account{user: user, groups: []int{7}})
	}
	upstream, storage := httptest.NewServer(m.zotero), httptest.NewServer(buckettest.NewFake())
	defer upstream.Close()
	defer storage.Close()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var nodes [2]*server
	for i := range nodes {
		if nodes[i], err = startNode(ctx, self, filepath.Join(dir, fmt.Sprint("node", i)), "ZOTERO_URL="+upstream.URL, "STORAGE_URL="+storage.URL); err != nil {
			return err
		}
		defer nodes[i].end(syscall.SIGTERM)
	}
	m.zotero.take()
	pages := 0
	for _, n := range nodes { // the second finds the snapshot of the first
		if err := m.untilComplete(ctx, n, keyOfMember(1), "group:7"); err != nil {
			return err
		}
		counts := m.zotero.take()
		fmt.Printf("note\ta process has the group; requests %v\n", counts)
		pages += counts["items"]
	}
	one := nodes[0].anonymous()
	for user := 1; user <= members; user++ {
		for _, n := range nodes {
			answer, err := n.search(ctx, keyOfMember(user), map[string]any{"query": m.questions[user%len(m.questions)], "library": "group:7"})
			if err != nil {
				return err
			}
			if !answer.complete() || len(answer.Results) == 0 {
				return fmt.Errorf("member %d: %d works, %q", user, len(answer.Results), answer.Notices)
			}
		}
	}
	counts := m.zotero.take()
	pages += counts["items"]
	bar(pages <= 210, "50 members over two processes: %d pages of items (bar 210)", pages)
	bar(counts["access"] <= 4*members, "access costs %.1f requests a member (bar 4); requests %v", float64(counts["access"])/members, counts)
	ratio := float64(nodes[0].anonymous()) / float64(one)
	bar(ratio <= 1.3, "a process holds %.2f times what it holds for one member (bar 1.3): %d MB", ratio, nodes[0].anonymous()>>20)
	return nil
}

// untilComplete asks until an answer is complete.
func (m *measurement) untilComplete(ctx context.Context, s *server, key, library string) error {
	for began := time.Now(); time.Since(began) < 3*time.Minute; time.Sleep(250 * time.Millisecond) {
		answer, err := s.search(ctx, key, map[string]any{"query": "first question", "library": library})
		if err != nil {
			return err
		}
		if answer.complete() {
			return nil
		}
	}
	return fmt.Errorf("the library is not complete after three minutes")
}
