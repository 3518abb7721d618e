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

func TestSummary_CountsMembersClientsAndTools(t *testing.T) {
	store := newMemory()
	p := newProcess(store)
	failed := call(noon.Add(time.Second), "search")
	failed.Code, failed.Took, failed.Client = "unavailable", 3*time.Second, "cursor"
	p.Record("zotero:1", call(noon, "search"))
	p.Record("zotero:1", failed)
	for _, days := range []int{7, 6} {
		p.now = noon.AddDate(0, 0, -days)
		p.Record("zotero:2", call(p.now, "fetch"))
		p.Flush(t.Context())
	}
	p.now = noon
	s, err := p.Summary(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	if m := s.Members["zotero:1"]; m.Calls != 2 || m.Errors != 1 || !m.Last.Equal(failed.At) {
		t.Errorf("%+v", m)
	}
	if s.Members["zotero:2"].Calls != 1 || s.Clients["claude 1"].Calls != 2 || s.Clients["cursor"].Errors != 1 || s.Tools["search"].Calls != 2 || s.Codes["unavailable"] != 1 {
		t.Errorf("%+v", s)
	}
	if len(s.Slowest) != 3 || s.Slowest[0].Took != failed.Took || s.Slowest[0].Principal != "zotero:1" {
		t.Errorf("%+v", s.Slowest)
	}
	if d := s.Tools["search"].Took; d.Quantile(0.5) < 40*time.Millisecond || d.Quantile(0.5) > 48*time.Millisecond || d.Quantile(0.95) < 3*time.Second || d.Quantile(0.95) > 3600*time.Millisecond {
		t.Errorf("%v %v", d.Quantile(0.5), d.Quantile(0.95))
	}
}

func TestSummary_IsKeptOfDaysThatAreOver(t *testing.T) {
	store := newMemory()
	p := newProcess(store)
	for _, p.now = range []time.Time{noon.AddDate(0, 0, -1), noon} {
		p.Record("zotero:1", call(p.now, "search"))
		p.Flush(t.Context())
	}
	for range 2 {
		store.gets = 0
		s, err := p.Summary(t.Context(), 2)
		if err != nil || s.Tools["search"].Calls != 2 {
			t.Fatalf("%+v %v", s, err)
		}
	}
	if store.gets != 2 || store.objects["activity/summary/2026-11-28"] == nil || store.objects["activity/summary/2026-11-29"] != nil {
		t.Errorf("%d reads, %q", store.gets, slices.Sorted(maps.Keys(store.objects)))
	}
	p.now = dayOf(noon).Add(2 * patience) // entries of yesterday may still be saved
	delete(store.objects, "activity/summary/2026-11-28")
	if _, err := p.Summary(t.Context(), 2); err != nil || store.objects["activity/summary/2026-11-28"] != nil {
		t.Errorf("kept too early: %v", err)
	}
}

func TestSummary_OfSomeDaysIsPartial(t *testing.T) {
	store := newMemory()
	p := newProcess(store)
	p.Record("zotero:1", call(noon, "search"))
	ctx, cancel := context.WithCancel(t.Context())
	p.Log.options.Store = stopping{store, cancel}
	s, err := p.Summary(ctx, 30)
	if err != nil || !s.Partial || s.Tools["search"].Calls != 1 {
		t.Errorf("%+v %v", s, err)
	}
}

// stopping is a store whose Get ends the caller's context.
type stopping struct {
	*memory

	stop func()
}

func (s stopping) Get(ctx context.Context, name string) ([]byte, error) {
	s.stop()
	return nil, ctx.Err()
}

func TestSummary_BoundsClients(t *testing.T) {
	s := newSummary()
	for i := range maxClients + 3 {
		e := call(noon, "search")
		e.Client = fmt.Sprint("client", i)
		s.add(&record{Principal: "zotero:1", Entries: []Entry{e}})
	}
	if len(s.Clients) != maxClients+1 || s.Clients[Other].Calls != 3 || len(s.Slowest) != maxSlowest {
		t.Errorf("%d clients, %d slowest", len(s.Clients), len(s.Slowest))
	}
}

func TestDurations(t *testing.T) {
	var none Durations
	if none.Quantile(0.5) != 0 {
		t.Error("none")
	}
	var d Durations
	for i := range 100 {
		d.add(time.Duration(i+1) * time.Millisecond)
	}
	d.add(time.Hour)
	d.add(0)
	for q, want := range map[float64]time.Duration{0: time.Millisecond, 0.5: 50 * time.Millisecond, 0.95: 96 * time.Millisecond, 1: 262 * time.Second} {
		if got := d.Quantile(q); got < want || got > want*12/10 {
			t.Errorf("%v: %v", q, got)
		}
	}
}

// FuzzRead reads objects that another program wrote.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"p":"zotero:1","a":[{"t":"2026-11-29T12:00:00Z","o":"search","d":1}],"m":1}`))
	f.Add([]byte(`{"Members":{"a":null},"Tools":{"search":{"n":1,"d":[1]}},"Slowest":[{"p":"a"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		store := newMemory()
		store.objects[folderOf(noon)+digest("zotero:1")+"-120000-x-1"] = raw
		store.objects[summaryName(noon.AddDate(0, 0, -1))] = raw
		l := New(Options{Recorder: NewRecorder(), Store: store, Now: func() time.Time { return noon }})
		if _, err := l.Day(t.Context(), "zotero:1", noon); err != nil {
			t.Error(err)
		}
		if _, err := l.Summary(t.Context(), 2); err != nil {
			t.Error(err)
		}
	})
}

// BenchmarkRecord measures what a call pays; "clock" is the yardstick.
func BenchmarkRecord(b *testing.B) {
	b.Run("clock", func(b *testing.B) {
		for b.Loop() {
			_ = time.Now()
		}
	})
	for _, members := range []int{1, 100} {
		b.Run(fmt.Sprint(members, " members"), func(b *testing.B) {
			r := NewRecorder()
			names := make([]string, members)
			for i := range names {
				names[i] = fmt.Sprint("zotero:", i)
			}
			e := call(noon, "search")
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%10_000 == 0 {
					r.take()
				}
				r.Record(names[i%members], e)
			}
		})
	}
}
