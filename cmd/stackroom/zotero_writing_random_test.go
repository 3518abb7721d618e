package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
)

// The size of the test of two members.
const (
	randomWorks = 200
	randomTags  = 12
)

// fieldsOf is what the test changes of a work.
type fieldsOf struct {
	language string
	tags     string // sorted, each with a space before it
}

func (f fieldsOf) has(tag string) bool { return slices.Contains(strings.Fields(f.tags), tag) }

func (f fieldsOf) with(tags ...string) fieldsOf {
	slices.Sort(tags)
	f.tags = strings.Join(tags, " ")
	return f
}

// step is a change that was carried out: the works before it, and the receipt that it
// takes back.
type step struct {
	before  map[string]fieldsOf
	undoes  string
	changes int
}

// randomly is a group that two members change, with what it has to hold.
type randomly struct {
	t       *testing.T
	library string
	seed    *zoteroSeed
	word    string // in the titles of this run
	began   time.Time

	mu      sync.Mutex
	works   map[string]fieldsOf // by ID
	busy    map[string]bool
	last    map[string]string // the receipt that changed a work last
	steps   map[string]*step  // by receipt
	changes int
	wanted  int           // changes, of works
	limit   time.Duration // for them
}

// TestZoteroTwoMembersChangeAtRandom has two members, each with a process of their own,
// make hundreds of random changes of one group and take some back, their own and each other's.
// At the end the group, both replicas and the journal agree. The server loses changes
// that come to one work at the same moment, so that the members take turns at a work.
func TestZoteroTwoMembersChangeAtRandom(t *testing.T) {
	s := zoteroServer(t)
	master := make([]byte, 32)
	_, _ = rand.Read(master)
	fake := buckettest.New(t)
	x := &randomly{t: t, seed: s, wanted: 500, limit: 3 * time.Minute, word: rand.Text(), library: fmt.Sprint("group:", s.Pair.Group), works: map[string]fieldsOf{}, busy: map[string]bool{}, last: map[string]string{}, steps: map[string]*step{}}
	if os.Getenv("STACKROOM_TEST_LONG") == "1" {
		x.wanted, x.limit = 5000, 8*time.Minute
	}
	var members []asker
	for _, key := range s.Pair.Keys {
		url, _ := start(t, "STACKROOM_DATA="+t.TempDir(), "ZOTERO_URL="+s.URL, "ZOTERO_API_KEY="+key, "RATE_LIMIT_MAX=0", "STACKROOM_REQUEST_TIMEOUT=280s",
			"STACKROOM_WRITES=all", "STACKROOM_RESOLVERS=none", "STACKROOM_STATE_BUCKET="+buckettest.Bucket, "STORAGE_EMULATOR_HOST="+strings.TrimPrefix(fake.URL, "http://"),
			"STACKROOM_MASTER_KEY="+base64.StdEncoding.EncodeToString(master))
		ask := overREST(url)
		until(t, time.Minute, "a reading of the group", func() bool {
			a := ask(t, "search", map[string]any{"query": "", "library": x.library})
			return a.code == "" && !strings.Contains(a.text, "being read")
		})
		members = append(members, ask)
	}
	x.add(members[0])
	for _, ask := range members { // the works of another process are found after some seconds
		until(t, time.Minute, "a process that has all works", func() bool {
			return ask(t, "search", map[string]any{"query": x.word, "library": x.library, "limit": 1}).Total == randomWorks
		})
	}
	x.began = time.Now()
	var group sync.WaitGroup
	for i, ask := range members {
		group.Go(func() { x.live(ask, mathrand.New(mathrand.NewPCG(8, uint64(i)))) })
	}
	group.Wait()
	if x.changes < x.wanted {
		t.Errorf("only %d of %d changes in %s", x.changes, x.wanted, x.limit)
	}
	t.Logf("%d changes by %d calls in %s", x.changes, len(x.steps), time.Since(x.began).Round(time.Second))
	x.checkUpstream()
	for i, ask := range members {
		x.checkReplica(i, ask)
		x.checkJournal(ask)
	}
}

// tag returns one of the tags of this run.
func (x *randomly) tag(n int) string { return fmt.Sprint(x.word, n) }

// add makes the works.
func (x *randomly) add(ask asker) {
	for first := 0; first < randomWorks; first += 50 {
		var works strings.Builder
		for i := range 50 {
			fmt.Fprintf(&works, "@book{r%d, title={Random walk %s number %d}, year=%d}\n", first+i, x.word, first+i, 1700+first+i)
		}
		a := ask(x.t, "add_items", map[string]any{"library": x.library, "works": works.String()})
		if a.Status != "done" || len(a.Changes) != 50 {
			x.t.Fatalf("%q of %d: %.600s", a.Status, len(a.Changes), a.text)
		}
		for _, c := range a.Changes {
			x.works[c.ID] = fieldsOf{}
		}
		x.steps[a.Receipt] = &step{changes: 50}
	}
}

// live changes works until there are enough changes.
func (x *randomly) live(ask asker, dice *mathrand.Rand) {
	for time.Since(x.began) < x.limit && !x.t.Failed() {
		x.mu.Lock()
		enough := x.changes >= x.wanted
		x.mu.Unlock()
		switch {
		case enough:
			return
		case dice.IntN(4) == 0:
			x.undo(ask, dice)
		default:
			x.change(ask, dice)
		}
	}
}

// take marks works as busy that no other member is changing, and returns them.
func (x *randomly) take(dice *mathrand.Rand) []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	ids := slices.DeleteFunc(slices.Sorted(maps.Keys(x.works)), func(id string) bool { return x.busy[id] })
	dice.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	ids = ids[:min(len(ids), 20+dice.IntN(31))]
	for _, id := range ids {
		x.busy[id] = true
	}
	return ids
}

// change makes one random change of some works.
func (x *randomly) change(ask asker, dice *mathrand.Rand) {
	ids := x.take(dice)
	tag := x.tag(dice.IntN(randomTags))
	arguments := map[string]any{"ids": ids}
	var after func(fieldsOf) fieldsOf
	switch dice.IntN(4) {
	case 0:
		word := rand.Text()[:8]
		arguments["fields"] = map[string]any{"language": word}
		after = func(f fieldsOf) fieldsOf { f.language = word; return f }
	case 1:
		arguments["remove_tags"] = []string{tag}
		after = func(f fieldsOf) fieldsOf {
			return f.with(slices.DeleteFunc(strings.Fields(f.tags), func(t string) bool { return t == tag })...)
		}
	case 2:
		arguments["set_tags"] = []string{tag, "set"}
		after = func(f fieldsOf) fieldsOf { return f.with(tag, "set") }
	default:
		arguments["add_tags"] = []string{tag}
		after = func(f fieldsOf) fieldsOf {
			if f.has(tag) {
				return f
			}
			return f.with(append(strings.Fields(f.tags), tag)...)
		}
	}
	to := map[string]fieldsOf{}
	x.mu.Lock()
	for _, id := range ids {
		if now := after(x.works[id]); now != x.works[id] {
			to[id] = now
		}
	}
	x.mu.Unlock()
	var a toolAnswer
	if len(to) > 0 {
		if a = ask(x.t, "update_items", arguments); a.Status == "planned" {
			a = ask(x.t, "apply_changes", map[string]any{"plan": a.Plan})
		}
	}
	x.settle(a, ids, to, "")
}

// undo takes back a receipt whose works were not changed since.
func (x *randomly) undo(ask asker, dice *mathrand.Rand) {
	x.mu.Lock()
	var able []string
	for _, receipt := range slices.Sorted(maps.Keys(x.steps)) {
		s := x.steps[receipt]
		free := len(s.before) > 0
		for id := range s.before {
			free = free && x.last[id] == receipt && !x.busy[id]
		}
		if free {
			able = append(able, receipt)
		}
	}
	if len(able) == 0 {
		x.mu.Unlock()
		x.change(ask, dice)
		return
	}
	receipt := able[dice.IntN(len(able))]
	to := x.steps[receipt].before
	ids := slices.Sorted(maps.Keys(to))
	for _, id := range ids {
		x.busy[id] = true
	}
	x.mu.Unlock()
	x.settle(ask(x.t, "undo_changes", map[string]any{"receipt": receipt}), ids, to, receipt)
}

// settle records what a call did. The works can be changed again then.
func (x *randomly) settle(a toolAnswer, ids []string, to map[string]fieldsOf, undoes string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, id := range ids {
		delete(x.busy, id)
	}
	if len(to) == 0 {
		return
	}
	if a.Status != "done" || a.Total != len(to) || a.Receipt == "" {
		x.t.Errorf("%q of %d, want %d: %.900s", a.Status, a.Total, len(to), a.text)
		return
	}
	s := &step{before: map[string]fieldsOf{}, undoes: undoes, changes: len(to)}
	for id, now := range to {
		s.before[id] = x.works[id]
		x.works[id], x.last[id] = now, a.Receipt
	}
	x.steps[a.Receipt] = s
	x.changes += len(to)
}

// undone reports whether a change was taken back, and that not taken back itself.
func (x *randomly) undone(receipt string) bool {
	for name, s := range x.steps {
		if s.undoes == receipt && !x.undone(name) {
			return true
		}
	}
	return false
}

// checkUpstream compares the works with those of the server.
func (x *randomly) checkUpstream() {
	base := "/groups/" + strings.TrimPrefix(x.library, "group:")
	for part := range slices.Chunk(slices.Sorted(maps.Keys(x.works)), 50) {
		keys := make([]string, len(part))
		for i, id := range part {
			_, keys[i], _ = strings.Cut(id, "/")
		}
		var got []struct {
			Key  string
			Data struct {
				Language string
				Tags     []struct{ Tag string }
			}
		}
		if err := json.Unmarshal(zoteroAPIAs(x.t, x.seed, x.seed.Pair.Keys[0], http.MethodGet, base+"/items?limit=100&itemKey="+strings.Join(keys, ","), nil), &got); err != nil || len(got) != len(part) {
			x.t.Fatalf("%d of %d works: %v", len(got), len(part), err)
		}
		for _, it := range got {
			tags := []string{}
			for _, tag := range it.Data.Tags {
				tags = append(tags, tag.Tag)
			}
			id := x.library + "/" + it.Key
			if now := (fieldsOf{language: it.Data.Language}).with(tags...); now != x.works[id] {
				x.t.Errorf("%s is %+v at the server, want %+v", id, now, x.works[id])
			}
		}
	}
}

// checkReplica compares the works with what a member's process finds by tag. Its replica
// may be some seconds old.
func (x *randomly) checkReplica(i int, ask asker) {
	for n := range randomTags {
		tag := x.tag(n)
		want := []string{}
		for id, f := range x.works {
			if f.has(tag) {
				want = append(want, id)
			}
		}
		slices.Sort(want)
		until(x.t, time.Minute, fmt.Sprintf("agreement of process %d on the %d works with tag %s", i, len(want), tag), func() bool {
			got := []string{}
			for cursor := ""; ; {
				arguments := map[string]any{"query": "", "library": x.library, "tags": []string{tag}, "limit": 100}
				if cursor != "" {
					arguments["cursor"] = cursor
				}
				a := ask(x.t, "search", arguments)
				got = append(got, a.found()...)
				if cursor = a.NextCursor; cursor == "" {
					break
				}
			}
			slices.Sort(got)
			return slices.Equal(got, want)
		})
	}
}

// checkJournal compares the receipts with the changes that were made. The journal lists
// the latest 200.
func (x *randomly) checkJournal(ask asker) {
	listed := 0
	for cursor := ""; ; {
		arguments := map[string]any{"library": x.library, "receipts": true, "limit": 100}
		if cursor != "" {
			arguments["cursor"] = cursor
		}
		a := ask(x.t, "recent_changes", arguments)
		var page struct {
			Changes []struct {
				ID, Status, Undoes string
				Edits              int
				Undone             bool
			}
		}
		if err := json.Unmarshal([]byte(a.text), &page); err != nil {
			x.t.Fatal(err)
		}
		for _, r := range page.Changes {
			s := x.steps[r.ID]
			if s == nil {
				continue // of another test
			}
			listed++
			if r.Status != "done" || r.Edits != s.changes || r.Undone != x.undone(r.ID) || r.Undoes != s.undoes {
				x.t.Errorf("the journal has %+v, want %+v", r, *s)
			}
		}
		if cursor = a.NextCursor; cursor == "" {
			break
		}
	}
	if listed < min(len(x.steps), 190) {
		x.t.Errorf("%d of %d receipts are in the journal", listed, len(x.steps))
	}
}
