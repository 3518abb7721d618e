package activity

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"
)

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
	delete(store.objects, "activity/summary/2026-11-28")
	damaged := folderOf(noon.AddDate(0, 0, -1)) + "damaged"
	store.objects[damaged] = []byte("damaged")
	if s, err := p.Summary(t.Context(), 2); err != nil || s.Unread != 1 || store.objects["activity/summary/2026-11-28"] != nil {
		t.Errorf("a part that can't be read now: %+v %v", s, err)
	}
	delete(store.objects, damaged)
	p.now = dayOf(noon).Add(2 * patience) // entries of yesterday may still be saved
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
