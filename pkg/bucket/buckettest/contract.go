package buckettest

import (
	"bytes"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/bucket"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Contract tests what pkg/bucket promises, over an empty bucket of a service.
func Contract(t *testing.T, b *bucket.Bucket) {
	ctx := t.Context()
	expires := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	const name = "a folder/with ?#%&+ü and spaces"
	if _, err := b.Get(ctx, name); library.CodeOf(err) != library.NotFound {
		t.Errorf("get before put: %v", err)
	}
	if err := b.Delete(ctx, name, 1); err != nil {
		t.Errorf("delete before put: %v", err)
	}
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	first, err := b.Put(ctx, name, data, expires, 0)
	if err != nil || first <= 0 {
		t.Fatalf("put: %d, %v", first, err)
	}
	if _, err := b.Put(ctx, name, []byte("x"), time.Time{}, 0); library.CodeOf(err) != library.Conflict {
		t.Errorf("put if absent, over an object: %v", err)
	}
	if _, err := b.Put(ctx, name, []byte("x"), time.Time{}, first+1); library.CodeOf(err) != library.Conflict {
		t.Errorf("put over another generation: %v", err)
	}
	if o, err := b.Get(ctx, name); err != nil || o.Generation != first || !bytes.Equal(o.Data, data) {
		t.Errorf("get: generation %d, %d bytes, %v", o.Generation, len(o.Data), err)
	}
	second, err := b.Put(ctx, name, nil, time.Time{}, first)
	if err != nil || second == first {
		t.Errorf("put over the same generation: %d, %v", second, err)
	}
	if o, err := b.Get(ctx, name); err != nil || o.Generation != second || len(o.Data) != 0 {
		t.Errorf("get: %+v, %v", o, err)
	}
	if err := b.Delete(ctx, name, second); err != nil {
		t.Errorf("delete: %v", err)
	}
	if _, err := b.Get(ctx, name); library.CodeOf(err) != library.NotFound {
		t.Errorf("get after delete: %v", err)
	}
	extends(t, b, expires)
	lists(t, b, expires)
	races(t, b)
}

// extends tests that an object's expiry changes and nothing else.
func extends(t *testing.T, b *bucket.Bucket, expires time.Time) {
	g, err := b.Put(t.Context(), "extended", []byte("data"), expires, 0)
	if err != nil {
		t.Fatal(err)
	}
	later := expires.Add(24 * time.Hour)
	if err := b.Extend(t.Context(), "extended", later, g); err != nil {
		t.Error(err)
	}
	if o, err := b.Get(t.Context(), "extended"); err != nil || o.Generation != g || string(o.Data) != "data" {
		t.Errorf("get after extend: %+v, %v", o, err)
	}
	if p, err := b.List(t.Context(), "extended", ""); err != nil || len(p.Objects) != 1 || !p.Objects[0].Expires.Equal(later) {
		t.Errorf("list after extend: %+v, %v", p, err)
	}
	if err := b.Extend(t.Context(), "absent", later, 1); library.CodeOf(err) != library.NotFound {
		t.Errorf("extend of an absent object: %v", err)
	}
}

// lists tests lists and their pages.
func lists(t *testing.T, b *bucket.Bucket, expires time.Time) {
	const many = 5
	for i := range many {
		if _, err := b.Put(t.Context(), fmt.Sprintf("list/%d", i), make([]byte, i), expires, 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Put(t.Context(), "listing", nil, time.Time{}, 0); err != nil {
		t.Fatal(err)
	}
	var all []bucket.Info
	next := ""
	for range many + 1 {
		p, err := b.List(t.Context(), "list/", next)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p.Objects...)
		if next = p.Next; next == "" {
			break
		}
	}
	if len(all) != many || next != "" {
		t.Fatalf("%d objects, next page %q", len(all), next)
	}
	for i, o := range all {
		if o.Name != fmt.Sprintf("list/%d", i) || o.Size != int64(i) || o.Generation <= 0 || !o.Expires.Equal(expires) {
			t.Errorf("object %d: %+v", i, o)
		}
	}
	if p, err := b.List(t.Context(), "nothing/", ""); err != nil || len(p.Objects) != 0 || p.Next != "" {
		t.Errorf("an empty list: %+v, %v", p, err)
	}
}

// races increments one number in several goroutines; no increment may be lost.
func races(t *testing.T, b *bucket.Bucket) {
	const goroutines, increments = 4, 5
	if _, err := b.Put(t.Context(), "number", []byte("0"), time.Time{}, 0); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range goroutines {
		group.Go(func() {
			for done := 0; done < increments; {
				o, err := b.Get(t.Context(), "number")
				if err != nil {
					t.Error(err)
					return
				}
				n, _ := strconv.Atoi(string(o.Data))
				_, err = b.Put(t.Context(), "number", []byte(strconv.Itoa(n+1)), time.Time{}, o.Generation)
				switch library.CodeOf(err) {
				case "":
					done++
				case library.Conflict:
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	if o, err := b.Get(t.Context(), "number"); err != nil || string(o.Data) != strconv.Itoa(goroutines*increments) {
		t.Errorf("%s, %v", o.Data, err)
	}
}
