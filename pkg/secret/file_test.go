package secret_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/secret"
	"github.com/stackroom-mcp/stackroom/pkg/secret/secrettest"
)

// lockedBuffer is a buffer for concurrent writers.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// openFile opens a store with a new file, on the clock of the synctest bubble.
func openFile(t *testing.T, value string, change func(*secret.Options)) (*secret.Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	secrettest.WriteFile(t, path, value)
	o := secret.Options{Settings: map[string]string{variable: secrettest.FileReference(path)}, Refresh: 10 * time.Minute, Overlap: time.Hour}
	if change != nil {
		change(&o)
	}
	store, err := secret.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store, path
}

// reveal returns the valid values, current first.
func reveal(s *secret.Source) string {
	var all []string
	for _, v := range s.All() {
		all = append(all, v.Reveal())
	}
	return strings.Join(all, " ")
}

func TestFile_IsReadAgainAfterRefresh(t *testing.T) {
	for range 20 { // the jitter is random
		synctest.Test(t, func(t *testing.T) {
			store, path := openFile(t, "one\n", nil)
			source := store.Source(variable)
			secrettest.WriteFile(t, path, "two\n")
			time.Sleep(9*time.Minute - time.Second)
			synctest.Wait()
			if got := reveal(source); got != "one" {
				t.Errorf("before: %q", got)
			}
			time.Sleep(2*time.Minute + 2*time.Second)
			synctest.Wait()
			if got := reveal(source); got != "two one" {
				t.Errorf("after: %q", got)
			}
		})
	}
}

func TestRefresh_HasJitter(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			begun, at := time.Now(), make(chan time.Duration, 100)
			openFile(t, "one", func(o *secret.Options) {
				o.Hooks.Refreshed = func(_, outcome string) {
					if outcome != "read" {
						at <- time.Since(begun)
					}
				}
			})
			seen[<-at] = true
		})
	}
	if len(seen) < 10 {
		t.Errorf("20 stores read at %d different times", len(seen))
	}
}

func TestAll_KeepsFormerValuesForOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, path := openFile(t, "one", nil)
		source := store.Source(variable)
		var told []string
		source.OnChange(func(all []secret.Value) { told = append(told, fmt.Sprint("first ", all[0].Reveal(), len(all))) })
		source.OnChange(func(all []secret.Value) { told = append(told, fmt.Sprint("second ", all[0].Reveal(), len(all))) })
		rotate := func(value string) {
			secrettest.WriteFile(t, path, value)
			source.Rejected(t.Context())
		}
		rotate("two")
		end := time.Now().Add(time.Hour)
		time.Sleep(30 * time.Minute)
		rotate("three") // two seconds later if the store has just read the file
		if got := reveal(source); got != "three two one" {
			t.Errorf("after two rotations: %q", got)
		}
		time.Sleep(time.Until(end) - time.Second)
		if got := reveal(source); got != "three two one" {
			t.Errorf("just before the end of the first overlap: %q", got)
		}
		time.Sleep(time.Second)
		if got := reveal(source); got != "three two" {
			t.Errorf("at its end: %q", got)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := reveal(source); got != "three" {
			t.Errorf("after both: %q", got)
		}
		want := []string{"first two2", "second two2", "first three3", "second three3", "first three2", "second three2", "first three1", "second three1"}
		if !slices.Equal(told, want) {
			t.Errorf("callback got %q, want %q", told, want)
		}
		for i := range 5 {
			time.Sleep(pauseBetween)
			rotate(fmt.Sprint("v", i))
		}
		if got := reveal(source); got != "v4 v3 v2" {
			t.Errorf("after five more: %q", got)
		}
		secrettest.WriteFile(t, path, "v3") // back to a former value
		time.Sleep(pauseBetween)
		source.Rejected(t.Context())
		if got := reveal(source); got != "v3 v4" {
			t.Errorf("after going back: %q", got)
		}
	})
}

// pauseBetween is the minimal time between lookups that Rejected triggers.
const pauseBetween = 2 * time.Second

func TestRejected_SharesAndLimitsLookups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		lookups := 0
		count := func() int { mu.Lock(); defer mu.Unlock(); return lookups }
		store, path := openFile(t, "one", func(o *secret.Options) {
			o.Hooks.Refreshed = func(_, outcome string) { mu.Lock(); defer mu.Unlock(); lookups++ }
		})
		source := store.Source(variable)
		crowd := func(n int, ctx context.Context) (waited []time.Duration) {
			var all sync.WaitGroup
			for range n {
				all.Go(func() {
					begun := time.Now()
					source.Rejected(ctx)
					mu.Lock()
					defer mu.Unlock()
					waited = append(waited, time.Since(begun))
				})
			}
			all.Wait()
			return waited
		}
		crowd(50, t.Context())
		if got := count(); got < 2 || got > 3 {
			t.Errorf("the start and 50 concurrent rejections made %d lookups", got)
		}
		time.Sleep(time.Minute)
		before := count()
		source.Rejected(t.Context())
		if waited := crowd(50, t.Context()); slices.Max(waited) != pauseBetween || slices.Min(waited) != pauseBetween {
			t.Errorf("50 callers right after a lookup waited %v to %v", slices.Min(waited), slices.Max(waited))
		}
		if got := count() - before; got != 2 {
			t.Errorf("51 rejections made %d lookups", got)
		}
		if waited := crowd(500, t.Context()); slices.Min(waited) != 0 || slices.Max(waited) != pauseBetween {
			t.Errorf("of 500 the last waited %v, the first not to wait %v", slices.Max(waited), slices.Min(waited))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if waited := crowd(3, ctx); slices.Max(waited) != time.Second {
			t.Errorf("the caller's second took %v", slices.Max(waited))
		}
		time.Sleep(time.Minute)
		secrettest.WriteFile(t, path, "two")
		before = count()
		source.Rejected(t.Context())
		crowd(50, t.Context())
		if got := count() - before; got != 1 || reveal(source) != "two one" {
			t.Errorf("51 rejections, 50 of them after the new value arrived, made %d lookups: %q", got, reveal(source))
		}
	})
}

func TestClose_ReleasesWaitingCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, _ := openFile(t, "one", nil)
		source := store.Source(variable)
		source.Rejected(t.Context())
		var waiting sync.WaitGroup
		waiting.Go(func() { source.Rejected(t.Context()) })
		synctest.Wait()
		begun := time.Now()
		store.Close()
		waiting.Wait()
		source.Rejected(t.Context())
		if time.Since(begun) != 0 || reveal(source) != "one" {
			t.Errorf("waited %v; values %q", time.Since(begun), reveal(source))
		}
		store.Close()
	})
}

func TestFile_NamesFault(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		secrettest.WriteFile(t, path, content)
		return secrettest.FileReference(path)
	}
	if err := os.WriteFile(filepath.Join(dir, "closed"), []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	rows := map[string]struct {
		value  string
		reason secret.Reason
		says   string
	}{
		"missing":    {secrettest.FileReference(filepath.Join(dir, "none")), secret.Missing, "there is no file"},
		"folder":     {secrettest.FileReference(dir), secret.Unreadable, "can't be read"},
		"empty":      {file("empty", ""), secret.Unusable, "is empty"},
		"a line end": {file("line", "\r\n"), secret.Unusable, "is empty"},
		"utf-16":     {file("utf16", "\xff\xfek\x00"), secret.Unusable, "not UTF-8 text"},
		"too large":  {file("large", strings.Repeat("x", 1<<20+1)), secret.Unusable, "1 MiB"},
	}
	if runtime.GOOS != "windows" {
		device := rows["folder"]
		device.value = "file://" + os.DevNull
		rows["device"] = device
	}
	if runtime.GOOS != "windows" && os.Geteuid() != 0 {
		rows["closed"] = struct {
			value  string
			reason secret.Reason
			says   string
		}{secrettest.FileReference(filepath.Join(dir, "closed")), secret.Denied, "may not be read"}
	}
	for name, c := range rows {
		_, err := secret.Open(t.Context(), secret.Options{Settings: map[string]string{"A": c.value}})
		var faults secret.Faults
		if !errors.As(err, &faults) || faults[0].Reason != c.reason || !strings.Contains(faults[0].Message, c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	store, err := secret.Open(t.Context(), secret.Options{Settings: map[string]string{"A": file("most", strings.Repeat("x", 1<<20)), "B": file("inner", "a\n\nb\n\n")}})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if a, b := len(store.Source("A").Current().Reveal()), store.Source("B").Current().Reveal(); a != 1<<20 || b != "a\n\nb\n" {
		t.Errorf("read %d bytes and %q", a, b)
	}
}

func TestFile_FollowsReplacedLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		for _, name := range []string{"one", "two"} {
			secrettest.WriteFile(t, filepath.Join(dir, name), name)
		}
		link := filepath.Join(dir, "key")
		if err := os.Symlink(filepath.Join(dir, "one"), link); err != nil {
			t.Skip("no symbolic links here:", err)
		}
		store, err := secret.Open(t.Context(), secret.Options{Settings: map[string]string{variable: secrettest.FileReference(link)}})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		if err := os.Symlink(filepath.Join(dir, "two"), link+".new"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(link+".new", link); err != nil {
			t.Fatal(err)
		}
		store.Source(variable).Rejected(t.Context())
		if got := reveal(store.Source(variable)); got != "two one" {
			t.Errorf("holds %q", got)
		}
	})
}
