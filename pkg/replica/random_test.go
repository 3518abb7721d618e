package replica_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/replica/replicatest"
)

// chance makes random changes of a library.
type chance struct {
	mu sync.Mutex
	r  *rand.Rand
	up *replicatest.Library
	n  int
}

func newChance(seed uint64, up *replicatest.Library) *chance {
	return &chance{r: rand.New(rand.NewPCG(seed, 7)), up: up}
}

// change makes up to most random changes.
func (c *chance) change(most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for range c.r.IntN(most + 1) {
		c.n++
		c.one()
	}
}

func (c *chance) pick(all []string) string {
	if len(all) == 0 {
		return "NONE2222"
	}
	return all[c.r.IntN(len(all))]
}

// kinds returns the keys of works, of attachments and files alone, and of all.
func (c *chance) kinds() (works, files, all []string) {
	all = c.up.Keys()
	for _, key := range all {
		o, _ := c.up.Object(key)
		switch {
		case o.Work != nil && len(o.Work.Attachments) > 0, o.Attachment != nil:
			files = append(files, key)
		case o.Work != nil:
			works = append(works, key)
		}
	}
	return works, files, all
}

func (c *chance) one() {
	works, files, all := c.kinds()
	key := func(prefix string) string { return fmt.Sprintf("%s%05d", prefix, c.n) }
	text := fmt.Sprintf("Text %d", c.n)
	switch c.r.IntN(15) {
	case 0, 1:
		c.up.PutWork(key("WRK"), work(text, c.pick([]string{"COLLAAAA", "COLLBBBB"})))
	case 2:
		c.up.PutWork(c.pick(works), work(text, "COLLAAAA"))
	case 3, 4:
		c.up.PutNote(key("NTE"), c.pick(works), library.Note{Text: text})
	case 5, 6:
		file := key("ATT")
		c.up.PutAttachment(file, c.pick(works), library.Attachment{Title: text})
		c.up.PutText(file, pages(text))
	case 7:
		c.up.PutAnnotation(key("ANN"), c.pick(files), library.Annotation{Text: text, Page: fmt.Sprint(c.n % 9)})
	case 8, 9:
		c.up.Trash(c.pick(all))
	case 10, 11:
		c.up.Restore(c.pick(all))
	case 12:
		c.up.Delete(c.pick(all))
	case 13:
		child := c.pick(all)
		switch o, _ := c.up.Object(child); {
		case o.Note != nil, o.Attachment != nil:
			c.up.Move(child, c.pick(works))
		case o.Annotation != nil:
			c.up.Move(child, c.pick(files))
		}
	case 14:
		c.up.PutFile(key("FIL"), work(text), library.Attachment{Title: text})
	}
}

// However a library changes while it is read and between two questions, the
// replica is in the end what the upstream has.
func TestReplica_EqualsAnUpstreamThatChanges(t *testing.T) {
	t.Parallel()
	runs := uint64(6)
	if testing.Short() {
		runs = 1
	}
	for name := range sources() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range runs {
				src := sources()[name]
				src.Library, src.PageSize = small(), 5
				c := newChance(seed, src.Library)
				c.change(40)
				busy := true
				src.Hook = func(context.Context, string) error {
					c.mu.Lock()
					on := busy
					c.mu.Unlock()
					if on {
						c.change(3)
					}
					return nil
				}
				rs := newReplicas(t, replica.Options{})
				r := rs.Open(opening(src))
				complete(t, r)
				for range 12 {
					c.change(4)
					if _, err := r.Search(t.Context(), library.Query{Text: "text", Limit: 5}); err != nil {
						t.Fatal(err)
					}
				}
				c.mu.Lock()
				busy = false
				c.mu.Unlock()
				complete(t, r)
				present(t, r)
				if diff := cmp.Diff(src.Library.Describe(), describe(t, r)); diff != "" {
					t.Fatalf("seed %d (-upstream +replica):\n%s", seed, diff)
				}
			}
		})
	}
}

// An upstream of which each request fails once is read in the end.
func TestReplica_SurvivesEachFailure(t *testing.T) {
	t.Parallel()
	for _, code := range []library.Code{library.Unavailable, library.RateLimited, library.Internal} {
		t.Run(string(code), func(t *testing.T) {
			t.Parallel()
			up := small()
			var mu sync.Mutex
			failed, calm := map[string]int{}, false
			src := &replicatest.Source{Library: up, PageSize: 4, Hook: func(_ context.Context, request string) error {
				mu.Lock()
				defer mu.Unlock()
				if failed[request]++; !calm && failed[request]%2 == 1 && failed[request] < 4 {
					return library.Errorf(code, "a failure")
				}
				return nil
			}}
			inBubble(t, func(t *testing.T) {
				rs := newReplicas(t, replica.Options{})
				r := rs.Open(opening(src))
				eventuallyIn(t, "complete", func() bool {
					_, err := r.Tags(t.Context(), library.TagQuery{Limit: 1})
					return err == nil
				})
				for _, step := range steps()[:12] {
					step.do(up)
					_, _ = r.Search(t.Context(), library.Query{Limit: 1})
				}
				eventuallyIn(t, "equal", func() bool {
					mu.Lock()
					calm = true
					mu.Unlock()
					_, err := r.Tags(t.Context(), library.TagQuery{Limit: 1})
					return err == nil && cmp.Equal(up.Describe(), describe(t, r))
				})
			})
		})
	}
}

// Totals that are wrong change no more than the progress that is told.
func TestReplica_DoesNotTrustTotals(t *testing.T) {
	t.Parallel()
	for name, lie := range map[string]func(int) int{
		"none": func(int) int { return 0 }, "negative": func(int) int { return -5 }, "huge": func(n int) int { return 1000 * n },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			up := small()
			r := newReplicas(t, replica.Options{}).Open(opening(&replicatest.Source{Library: up, PageSize: 3, Totals: lie}))
			complete(t, r)
			equal(t, up, r)
		})
	}
}
