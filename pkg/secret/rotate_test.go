package secret_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/secret"
	"github.com/stackroom-mcp/stackroom/pkg/secret/secrettest"
)

// often sets a short refresh interval; tests wait for results.
func often(o *secret.Options) { o.Refresh = 2 * time.Millisecond }

// until checks a condition after each lookup until it holds.
func until(t *testing.T, lookups <-chan string, what string, holds func() bool) {
	t.Helper()
	for !holds() {
		select {
		case <-lookups:
		case <-t.Context().Done():
			t.Fatalf("never came: %s", what)
		}
	}
}

// watched returns a change of options that signals lookups.
func watched(changes ...func(*secret.Options)) (func(*secret.Options), <-chan string) {
	lookups := make(chan string, 1)
	return func(o *secret.Options) {
		o.Hooks.Refreshed = func(_, outcome string) {
			select {
			case lookups <- outcome:
			default:
			}
		}
		for _, change := range changes {
			change(o)
		}
	}, lookups
}

func TestRejected_ReadsNewVersion(t *testing.T) {
	service := secrettest.New(t)
	service.Add(key, "one")
	source := mustOpen(t, service, nil).Source(variable)
	var told []string
	source.OnChange(func(all []secret.Value) { told = append(told, fmt.Sprint(len(all), " ", all[0].Reveal())) })
	expect(t, source, "at first", "1:one")
	service.Add(key, "two")
	source.Rejected(t.Context())
	expect(t, source, "after a rejection", "2:two", "1:one")
	if !slices.Equal(told, []string{"2 two"}) {
		t.Errorf("callbacks got %q before Rejected returned", told)
	}
}

func TestRefresh_ReadsNewVersions(t *testing.T) {
	service := secrettest.New(t)
	service.Add(key, "one")
	change, lookups := watched(often)
	source := mustOpen(t, service, change).Source(variable)
	for number := 2; number <= 5; number++ {
		service.Add(key, fmt.Sprint("v", number))
		until(t, lookups, "version", func() bool { return source.Current().Version() == fmt.Sprint(number) })
	}
	expect(t, source, "after four rotations", "5:v5", "4:v4", "3:v3")
}

// An instance that starts after a rotation must open data that other instances
// sealed before it.
func TestOpen_ReadsFormerVersions(t *testing.T) {
	day := 24 * time.Hour
	for _, c := range []struct {
		name    string
		ages    []time.Duration // of versions 1, 2, …
		prepare func(*secrettest.Service)
		want    []string
	}{
		{"one only", []time.Duration{0}, nil, []string{"1:v1"}},
		{"the previous one, if its age is unknown", []time.Duration{9 * day, 8 * day, 0}, nil, []string{"3:v3", "2:v2"}},
		{"two that were current within the overlap", []time.Duration{9 * day, time.Hour, 0}, (*secrettest.Service).AllowMetadata, []string{"3:v3", "2:v2", "1:v1"}},
		{"two at most", []time.Duration{0, 0, 0, 0}, (*secrettest.Service).AllowMetadata, []string{"4:v4", "3:v3", "2:v2"}},
		{"none that was replaced before the overlap", []time.Duration{9 * day, 8 * day, time.Hour}, (*secrettest.Service).AllowMetadata, []string{"3:v3", "2:v2"}},
		{"none after the overlap", []time.Duration{9 * day, 8 * day, 2 * day}, (*secrettest.Service).AllowMetadata, []string{"3:v3"}},
		{"none that is disabled", []time.Duration{0, 0}, func(s *secrettest.Service) { s.Disable(key, 1) }, []string{"2:v2"}},
		{"the version before a disabled one", []time.Duration{0, 0, 0}, func(s *secrettest.Service) { s.AllowMetadata(); s.Destroy(key, 2) }, []string{"3:v3", "1:v1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			service := secrettest.New(t)
			for i, age := range c.ages {
				service.AddAt(key, fmt.Sprint("v", i+1), time.Now().Add(-age))
			}
			if c.prepare != nil {
				c.prepare(service)
			}
			expect(t, mustOpen(t, service, nil).Source(variable), "at start", c.want...)
			if c.name == "none after the overlap" && service.Reads(key, "2") != 0 {
				t.Error("a version past its overlap was read")
			}
		})
	}
}

func TestRefresh_DropsDisabledFormerVersion(t *testing.T) {
	service := secrettest.New(t)
	service.Add(key, "one")
	service.Add(key, "two")
	source := mustOpen(t, service, nil).Source(variable)
	told := 0
	source.OnChange(func(all []secret.Value) { told = len(all) })
	expect(t, source, "at first", "2:two", "1:one")
	service.Disable(key, 1)
	source.Rejected(t.Context())
	expect(t, source, "after", "2:two")
	if told != 1 {
		t.Errorf("callback got %d values", told)
	}
}

func TestRefresh_KeepsUnreadableFormerVersion(t *testing.T) {
	service := secrettest.New(t)
	service.Add(key, "one")
	service.Add(key, "two")
	source := mustOpen(t, service, nil).Source(variable)
	service.Fail(key, "1", 1)
	service.Add(key, "three")
	source.Rejected(t.Context())
	expect(t, source, "while version 1 can't be read", "3:three", "2:two", "1:one")
	service = secrettest.New(t)
	service.Add(key, "one")
	service.Add(key, "two")
	service.Fail(key, "1", 1)
	expect(t, mustOpen(t, service, nil).Source(variable), "where it could not be read from the start", "2:two")
}

// After the start, the previous value stays in use on every failure. The
// failure is logged, and the next version is used once it is readable.
func TestRefresh_KeepsValueOnFailure(t *testing.T) {
	for _, c := range []struct {
		name          string
		spoil, repair func(*secrettest.Service)
		reason        secret.Reason
	}{
		{"down", func(s *secrettest.Service) { s.Down(true) }, func(s *secrettest.Service) { s.Down(false) }, secret.Unreachable},
		{"slow", func(s *secrettest.Service) { s.Slow(time.Hour) }, func(s *secrettest.Service) { s.Slow(0) }, secret.Unreachable},
		{"denied", func(s *secrettest.Service) { s.Deny(key, true) }, func(s *secrettest.Service) { s.Deny(key, false) }, secret.Denied},
		{"damaged", func(s *secrettest.Service) { s.Damage(true) }, func(s *secrettest.Service) { s.Damage(false) }, secret.Damaged},
		{"disabled", func(s *secrettest.Service) { s.Disable(key, 2) }, func(*secrettest.Service) {}, secret.Disabled},
		{"an empty version", func(s *secrettest.Service) { s.Add(key, "\n") }, func(*secrettest.Service) {}, secret.Unusable},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			service := secrettest.New(t)
			service.Add(key, "one-value")
			service.Add(key, "two-value")
			var log lockedBuffer
			change, lookups := watched(often, func(o *secret.Options) {
				o.Timeout = 50 * time.Millisecond
				o.Logger = slog.New(slog.NewTextHandler(&log, nil))
			})
			store := mustOpen(t, service, change)
			source := store.Source(variable)
			c.spoil(service)
			until(t, lookups, "a fault", func() bool { f := store.Status()[0].Fault; return f != nil && f.Reason == c.reason })
			if st := store.Status()[0]; st.Version != "2" || source.Current().Reveal() != "two-value" {
				t.Errorf("serves %q, %+v", values(source), st)
			}
			until(t, lookups, "the log", func() bool { return strings.Contains(log.String(), "level=WARN") })
			c.repair(service)
			service.Add(key, "next-value")
			until(t, lookups, "the next version", func() bool { return source.Current().Reveal() == "next-value" })
			until(t, lookups, "the end of the fault", func() bool { return store.Status()[0].Fault == nil })
			for _, want := range []string{"variable=" + variable, "reason=" + string(c.reason), "hint="} {
				if !strings.Contains(log.String(), want) {
					t.Errorf("the log does not say %q:\n%s", want, log.String())
				}
			}
			if strings.Contains(log.String(), "-value") {
				t.Errorf("the log shows a value:\n%s", log.String())
			}
		})
	}
}

// "latest" is eventually consistent; the newest version seen stays current.
func TestRefresh_LatestDoesNotGoBack(t *testing.T) {
	service := secrettest.New(t)
	service.Add(key, "one")
	service.Add(key, "two")
	change, lookups := watched(often)
	source := mustOpen(t, service, change).Source(variable)
	service.Lag(key, 1)
	asked := service.Reads(key, "latest")
	until(t, lookups, "a lookup", func() bool { return service.Reads(key, "latest") > asked+1 })
	expect(t, source, "while latest lags", "2:two", "1:one")
	service.Destroy(key, 2)
	until(t, lookups, "version 1", func() bool { return source.Current().Version() == "1" })
	service.Delete(key)
	service.Lag(key, 0)
	service.Add(key, "recreated")
	until(t, lookups, "the re-created secret", func() bool { return source.Current().Reveal() == "recreated" })
}

// The hardest rotation: callers use a key of which the other side accepts only
// the newest. A caller whose key is rejected reports it and retries once. No
// call fails, and the number of lookups is far below the number of rejections.
func TestRotation_UnderLoadFailsNoCall(t *testing.T) {
	const callers, calls = 16, 500
	service := secrettest.New(t)
	service.Add(key, "v1")
	source := mustOpen(t, service, nil).Source(variable)
	var good atomic.Value
	good.Store("v1")
	call := func() bool { return source.Current().Reveal() == good.Load() }
	var done, failed, refused atomic.Int64
	var load sync.WaitGroup
	for range callers {
		load.Go(func() {
			for range calls {
				if done.Add(1) == callers*calls/2 {
					service.Add(key, "v2")
					good.Store("v2")
				}
				if call() {
					continue
				}
				refused.Add(1)
				source.Rejected(t.Context())
				if !call() {
					failed.Add(1)
				}
			}
		})
	}
	load.Wait()
	if failed.Load() > 0 || refused.Load() == 0 {
		t.Errorf("of %d calls %d met the rotation and %d failed", done.Load(), refused.Load(), failed.Load())
	}
	if reads := service.Reads(key, "latest"); reads > 3 { // one at start, and for rejections before and after the rotation was seen
		t.Errorf("%d rejections made %d lookups", refused.Load(), reads-1)
	}
}

// Two instances open data that either of them sealed, while the key is rotated
// and one of them reads the new one first.
func TestRotation_AcrossInstancesFailsNoCall(t *testing.T) {
	const callers, calls = 8, 500
	service := secrettest.New(t)
	service.Add(key, "v1")
	change, lookups := watched(often)
	first, second := mustOpen(t, service, change).Source(variable), mustOpen(t, service, nil).Source(variable)
	opens := func(by *secret.Source, sealed string) bool {
		return slices.ContainsFunc(by.All(), func(v secret.Value) bool { return v.Reveal() == sealed })
	}
	var failed, unknown atomic.Int64
	present := func(by *secret.Source, sealed string) {
		if opens(by, sealed) {
			return
		}
		unknown.Add(1)
		by.Rejected(t.Context())
		if !opens(by, sealed) {
			failed.Add(1)
		}
	}
	early := first.Current().Reveal()
	work := func() {
		var load sync.WaitGroup
		for range callers {
			load.Go(func() {
				for range calls {
					present(second, first.Current().Reveal())
					present(first, second.Current().Reveal())
					present(first, early)
					present(second, early)
				}
			})
		}
		load.Wait()
	}
	work()
	service.Add(key, "v2")
	until(t, lookups, "v2 at the first", func() bool { return first.Current().Reveal() == "v2" })
	work()
	if failed.Load() > 0 || unknown.Load() == 0 {
		t.Errorf("%d met a key they did not know, and %d failed", unknown.Load(), failed.Load())
	}
	expect(t, mustOpen(t, service, nil).Source(variable), "at an instance that starts now", "2:v2", "1:v1")
}
