package activity

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// memory is a store in memory.
type memory struct {
	mu      sync.Mutex
	objects map[string][]byte
	expires map[string]time.Time
	create  error // of Create
	late    bool  // Create fails after it created
	get     error
	list    error
	gets    int
	creates int
}

// kept returns the number of objects.
func (m *memory) kept() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.objects)
}

func (m *memory) Create(_ context.Context, name string, data []byte, expires time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.creates++
	if m.create != nil && !m.late {
		return m.create
	}
	if m.objects[name] != nil {
		return library.Errorf(library.Conflict, "there is one")
	}
	m.objects[name], m.expires[name] = bytes.Clone(data), expires
	return m.create
}

func (m *memory) Get(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gets++
	data := m.objects[name]
	switch {
	case m.get != nil:
		return nil, m.get
	case data == nil:
		return nil, library.Errorf(library.NotFound, "there is none")
	}
	return bytes.Clone(data), nil
}

// List lists two names a page.
func (m *memory) List(_ context.Context, prefix, page string) (names []string, next string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(m.objects)) {
		if strings.HasPrefix(name, prefix) && name > page {
			names = append(names, name)
		}
	}
	if len(names) > 2 {
		return names[:2], names[1], m.list
	}
	return names, "", m.list
}

// mirror is a sealer that shows what was bound to what.
type mirror struct{}

func (mirror) Seal(plain, bound []byte) ([]byte, error) {
	return slices.Concat(bound, []byte("\x00"), plain), nil
}

func (mirror) Open(sealed, bound []byte) ([]byte, error) {
	plain, ok := bytes.CutPrefix(sealed, slices.Concat(bound, []byte("\x00")))
	if !ok {
		return nil, errors.New("forged")
	}
	return plain, nil
}

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// process is a process with a log over a store.
type process struct {
	*Recorder
	*Log

	log bytes.Buffer
	now time.Time
}

func newProcess(store Store) *process {
	p := &process{Recorder: NewRecorder(), now: noon}
	p.Log = New(Options{Recorder: p.Recorder, Store: store, Sealer: mirror{}, Logger: slog.New(slog.NewTextHandler(&p.log, nil)), Now: func() time.Time { return p.now }})
	return p
}

func newMemory() *memory {
	return &memory{objects: map[string][]byte{}, expires: map[string]time.Time{}}
}

// call returns a call at a time.
func call(at time.Time, tool string) Entry {
	return Entry{At: at, Client: "claude 1", Tool: tool, Libraries: []string{"group:4711"}, Took: 40 * time.Millisecond}
}

// tools returns the tools of a principal's day.
func (p *process) tools(t *testing.T, principal string, at time.Time) string {
	t.Helper()
	day, err := p.Day(t.Context(), principal, at)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for i := range day.Entries {
		names = append(names, day.Entries[i].Tool)
	}
	return strings.Join(names, " ")
}

func TestLog_ReadsWhatAllProcessesDid(t *testing.T) {
	store := newMemory()
	a, b := newProcess(store), newProcess(store)
	a.Record("zotero:1", call(noon, "search"))
	b.Record("zotero:1", call(noon.Add(time.Second), "fetch"))
	b.Record("zotero:2", call(noon, "cite"))
	if got := a.tools(t, "zotero:1", noon); got != "search" {
		t.Errorf("before a flush: %q", got)
	}
	a.Flush(t.Context())
	b.Flush(t.Context())
	a.Record("zotero:1", call(noon.Add(time.Minute), "export"))
	for name, p := range map[string]*process{"export fetch search": a, "fetch search": b} {
		if got := p.tools(t, "zotero:1", noon); got != name {
			t.Errorf("got %q, want %q", got, name)
		}
	}
	if got := b.tools(t, "zotero:2", noon.Add(11*time.Hour)); got != "cite" {
		t.Errorf("another member: %q", got)
	}
	if got := b.tools(t, "zotero:2", noon.Add(12*time.Hour)); got != "" {
		t.Errorf("the next day: %q", got)
	}
	if len(store.objects) != 3 {
		t.Errorf("%d objects", len(store.objects))
	}
	for name, expires := range store.expires {
		if !strings.HasPrefix(name, "activity/2026-11-29/") || strings.Contains(name, "zotero") || !expires.Equal(time.Date(2026, 12, 30, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s expires %v", name, expires)
		}
	}
}

func TestLog_SplitsAtMidnight(t *testing.T) {
	p := newProcess(newMemory())
	midnight := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	p.Record("zotero:1", call(midnight.Add(-time.Millisecond), "search"))
	p.Record("zotero:1", call(midnight, "fetch"))
	for range 2 {
		if before, after := p.tools(t, "zotero:1", midnight.Add(-time.Hour)), p.tools(t, "zotero:1", midnight); before != "search" || after != "fetch" {
			t.Errorf("before %q, after %q", before, after)
		}
		p.Flush(t.Context())
	}
}

func TestLog_RetriesAnHour(t *testing.T) {
	store := newMemory()
	p := newProcess(store)
	store.create = library.Errorf(library.Unavailable, "down")
	p.Record("zotero:1", call(noon, "search"))
	for _, after := range []time.Duration{0, time.Minute, time.Hour} {
		p.now = noon.Add(after)
		p.Flush(t.Context())
	}
	if got := p.tools(t, "zotero:1", noon); got != "search" || p.Lost() != 0 || !strings.Contains(p.log.String(), "can't be saved now") {
		t.Errorf("%q, lost %d, log %s", got, p.Lost(), &p.log)
	}
	p.now = noon.Add(time.Hour + 1)
	p.Flush(t.Context())
	if got := p.tools(t, "zotero:1", noon); got != "" || p.Lost() != 1 || !strings.Contains(p.log.String(), "level=ERROR msg=\"activity was lost\" calls=1") {
		t.Errorf("%q, lost %d, log %s", got, p.Lost(), &p.log)
	}
	store.create = nil
	p.Record("zotero:1", call(p.now, "fetch"))
	p.Flush(t.Context())
	if len(store.objects) != 1 {
		t.Errorf("%d objects", len(store.objects))
	}
}

// TestLog_StopsAtAStoreThatIsDown leaves the other records to the next flush.
func TestLog_StopsAtAStoreThatIsDown(t *testing.T) {
	store := newMemory()
	p := newProcess(store)
	store.create = library.Errorf(library.Unavailable, "down")
	for i := range 10 * parallel {
		p.Record(fmt.Sprint("zotero:", i), call(noon, "search"))
	}
	p.Flush(t.Context())
	if store.creates > parallel {
		t.Errorf("%d objects were tried, at most %d at once", store.creates, parallel)
	}
	store.create = nil
	p.Flush(t.Context())
	if store.kept() != 10*parallel {
		t.Errorf("%d objects", store.kept())
	}
}

func TestLog_KeepsAnObjectOnce(t *testing.T) {
	store := newMemory()
	store.create, store.late = library.Errorf(library.Unavailable, "the answer did not arrive"), true
	p := newProcess(store)
	p.Record("zotero:1", call(noon, "search"))
	p.Flush(t.Context())
	if got := p.tools(t, "zotero:1", noon); got != "search" {
		t.Errorf("in memory and in the store: %q", got)
	}
	store.create = nil
	p.Flush(t.Context())
	if got := p.tools(t, "zotero:1", noon); got != "search" || store.creates != 2 {
		t.Errorf("%q after %d attempts", got, store.creates)
	}
	p.Flush(t.Context())
	if store.creates != 2 {
		t.Errorf("saved again")
	}
}

func TestLog_CountsWhatItDoesNotRecord(t *testing.T) {
	p := newProcess(newMemory())
	for range MaxEntries + 312 {
		p.Record("zotero:1", call(noon, "search"))
	}
	for range 2 {
		day, err := p.Day(t.Context(), "zotero:1", noon)
		if err != nil || len(day.Entries) != MaxEntries || day.More != 312 {
			t.Errorf("%d entries, %d more, %v", len(day.Entries), day.More, err)
		}
		p.Flush(t.Context())
	}
	s, err := p.Summary(t.Context(), 1)
	if err != nil || s.More != 312 || s.Members["zotero:1"].Calls != MaxEntries+312 || s.Members["zotero:1"].More != 312 {
		t.Errorf("%+v %v", s, err)
	}
}

func TestLog_BoundsMemory(t *testing.T) {
	store := newMemory()
	store.create = library.Errorf(library.Unavailable, "down")
	p := newProcess(store)
	const members = maxRecords + 5
	for i := range members {
		for range 20 {
			p.Record(fmt.Sprint("zotero:", i), call(noon, "search"))
		}
	}
	if p.Recorder.held != maxHeld || len(p.pending) != maxRecords {
		t.Errorf("%d entries of %d members", p.Recorder.held, len(p.pending))
	}
	p.Flush(t.Context())
	if p.Lost() != 5*20 {
		t.Errorf("lost %d", p.Lost())
	}
	p.Record("zotero:1", call(noon.Add(time.Second), "fetch"))
	p.Flush(t.Context())
	held := 0
	for _, g := range p.unsaved {
		held += len(g.Entries)
	}
	if held > maxHeld || len(p.unsaved) > maxRecords || p.Lost() <= 5*20 {
		t.Errorf("%d entries in %d records, lost %d", held, len(p.unsaved), p.Lost())
	}
	if got := p.tools(t, "zotero:1", noon); !strings.Contains(got, "fetch") {
		t.Errorf("the latest is gone: %q", got)
	}
}

func TestLog_FlushesEachMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		p := newProcess(store)
		ctx, stop := context.WithCancel(t.Context())
		go p.Run(ctx)
		p.Record("zotero:1", call(noon, "search"))
		time.Sleep(time.Minute - 1)
		synctest.Wait()
		if store.kept() != 0 {
			t.Error("too early")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if store.kept() != 1 {
			t.Error("not saved")
		}
		stop()
		synctest.Wait()
	})
}

func TestLog_SaysWhatCannotBeRead(t *testing.T) {
	store := newMemory()
	p := newProcess(store)
	p.Record("zotero:1", call(noon, "search"))
	p.Flush(t.Context())
	p.Record("zotero:1", call(noon.Add(time.Second), "fetch"))
	p.Flush(t.Context())
	names := slices.Sorted(maps.Keys(store.objects))
	other := strings.Replace(names[0], digest("zotero:1"), digest("zotero:2"), 1)
	store.objects[other] = store.objects[names[0]] // sealed under another name
	store.objects[names[1]] = slices.Concat([]byte(names[1]), []byte("\x00{"))
	for principal, want := range map[string]int{"zotero:1": 1, "zotero:2": 0} {
		day, err := p.Day(t.Context(), principal, noon)
		if err != nil || day.Unread != 1 || len(day.Entries) != want {
			t.Errorf("%s: %+v %v", principal, day, err)
		}
	}
	plain := New(Options{Recorder: NewRecorder(), Store: store})
	store.objects[other] = []byte(`{"p":"zotero:1","a":[{"o":"search"}]}`)
	if day, err := plain.Day(t.Context(), "zotero:2", noon); err != nil || len(day.Entries) != 0 {
		t.Errorf("an object under another member's name: %+v %v", day, err)
	}
	for _, fail := range []func(error){func(err error) { store.get = err }, func(err error) { store.list = err }} {
		fail(library.Errorf(library.Internal, "down"))
		if _, err := p.Day(t.Context(), "zotero:1", noon); library.CodeOf(err) != library.Unavailable {
			t.Errorf("got %v", err)
		}
		if _, err := p.Summary(t.Context(), 7); library.CodeOf(err) != library.Unavailable {
			t.Errorf("got %v", err)
		}
		fail(nil)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Day(ctx, "zotero:1", noon); err == nil {
		t.Error("a call that ended was answered")
	}
}

func TestLog_ReadsAtMostSoMany(t *testing.T) {
	store := newMemory()
	p := newProcess(store)
	for i := range 5 {
		p.Record("zotero:1", call(noon.Add(time.Duration(i)*time.Minute), fmt.Sprint("tool", i)))
		p.Flush(t.Context())
	}
	names, partial, err := p.names(t.Context(), folderOf(noon), 3)
	if err != nil || !partial || len(names) != 3 || !strings.Contains(names[2], "-120400-") {
		t.Errorf("%q %v %v", names, partial, err)
	}
	if names, partial, _ := p.names(t.Context(), folderOf(noon), 5); partial || len(names) != 5 {
		t.Errorf("%q %v", names, partial)
	}
}
