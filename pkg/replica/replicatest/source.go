package replicatest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
)

// Source reads a [Library] with one credential. Its fields are set before it is
// used.
type Source struct {
	Library *Library
	// PageSize is how many objects a page of All has; 100 if 0.
	PageSize int
	// Hook is called before each request, with its name: "Head", "All", "Since",
	// "Removed", "Keys", "Get", "Below", "Collections", "TextVersions", "Text" or
	// "Search". All calls it for each page. An error fails the request. It may
	// change the library. It is set before a replica is opened.
	Hook func(ctx context.Context, request string) error
	// Totals changes the totals that All and Search tell.
	Totals func(int) int
	// ListKeys says that Since lists all keys in place of those removed.
	ListKeys bool
	// NoCounts says that objects do not tell how many are below them.
	NoCounts bool
	// NoTextList says that texts are not listed.
	NoTextList bool
	// Direct says that Opened returns a [replica.Direct].
	Direct bool
	// WholeAfter says that Since asks for a whole reading when more objects than
	// this changed; 0 never.
	WholeAfter int

	mu    sync.Mutex
	calls map[string]int
}

var _ replica.Source = (*Source)(nil)

// Opened returns the source as a replica is opened with it.
func (s *Source) Opened() replica.Source {
	if s.Direct {
		return direct{s}
	}
	return s
}

// Calls returns how many requests of a name there were, "" for all of them.
func (s *Source) Calls(request string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if request != "" {
		return s.calls[request]
	}
	n := 0
	for _, c := range s.calls {
		n += c
	}
	return n
}

// begin counts a request and locks the library, unless the request fails.
func (s *Source) begin(ctx context.Context, request string) error {
	s.mu.Lock()
	if s.calls == nil {
		s.calls = map[string]int{}
	}
	s.calls[request]++
	s.mu.Unlock()
	if s.Hook != nil {
		if err := s.Hook(ctx, request); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.Library.mu.Lock()
	return nil
}

// head returns the library's state. The caller holds the library's lock.
func (s *Source) head() replica.Head {
	l := s.Library
	h := replica.Head{Version: l.version, Mark: "v" + strconv.FormatInt(l.version, 10)}
	for _, o := range l.objects {
		if !o.Trashed {
			h.Objects++
			if o.Work != nil {
				h.Items++
			}
		}
	}
	return h
}

// told returns an object as the source tells it.
func (s *Source) told(o replica.Object) replica.Object {
	o.Children = -1
	if !s.NoCounts {
		o.Children = 0
		for _, child := range s.Library.below(o.Key) {
			if !child.Trashed {
				o.Children++
			}
		}
	}
	return o
}

func (s *Source) total(n int) int {
	if s.Totals != nil {
		return s.Totals(n)
	}
	return n
}

// Head implements [replica.Source].
func (s *Source) Head(ctx context.Context) (replica.Head, error) {
	if err := s.begin(ctx, "Head"); err != nil {
		return replica.Head{}, err
	}
	defer s.Library.mu.Unlock()
	return s.head(), nil
}

// All implements [replica.Source]. Pages are counted from the start of what is
// there at the time, the last changed first, so that changes shift them.
func (s *Source) All(ctx context.Context, yield func(replica.Batch) error) (replica.Head, error) {
	size := cmp.Or(s.PageSize, 100)
	var first replica.Head
	for offset := 0; ; offset += size {
		if err := s.begin(ctx, "All"); err != nil {
			return first, err
		}
		if offset == 0 {
			first = s.head()
		}
		var all []replica.Object
		for _, o := range s.Library.objects {
			if !o.Trashed {
				all = append(all, o)
			}
		}
		slices.SortFunc(all, func(a, b replica.Object) int {
			return cmp.Or(cmp.Compare(b.Version, a.Version), cmp.Compare(a.Key, b.Key))
		})
		total := len(all)
		all = all[min(offset, total):min(offset+size, total)]
		for i := range all {
			all[i] = s.told(all[i])
		}
		s.Library.mu.Unlock()
		if err := yield(replica.Batch{Objects: all, Total: s.total(total)}); err != nil {
			return first, err
		}
		if offset+size >= total {
			return first, nil
		}
	}
}

// Since implements [replica.Source].
func (s *Source) Since(ctx context.Context, mark string) (*replica.Changes, error) {
	version, err := strconv.ParseInt(strings.TrimPrefix(mark, "v"), 10, 64)
	if err != nil {
		return &replica.Changes{Whole: true}, nil
	}
	if err := s.begin(ctx, "Since"); err != nil {
		return nil, err
	}
	ch := &replica.Changes{Head: s.head()}
	for _, o := range s.Library.objects {
		if o.Version > version {
			ch.Objects = append(ch.Objects, s.told(o))
		}
	}
	slices.SortFunc(ch.Objects, func(a, b replica.Object) int { return cmp.Compare(a.Version, b.Version) })
	if slices.ContainsFunc(slices.Collect(maps.Values(s.Library.collections)), func(c collection) bool { return c.version > version }) {
		ch.Collections = s.allCollections()
	}
	same := s.Library.version == version
	s.Library.mu.Unlock()
	switch {
	case s.WholeAfter > 0 && len(ch.Objects) > s.WholeAfter:
		return &replica.Changes{Head: ch.Head, Whole: true}, nil
	case same:
		return ch, nil
	case s.ListKeys:
		ch.Keys, _, err = s.Keys(ctx)
		return ch, err
	}
	if err := s.begin(ctx, "Removed"); err != nil {
		return nil, err
	}
	defer s.Library.mu.Unlock()
	for key, at := range s.Library.removed {
		if at > version {
			ch.Removed = append(ch.Removed, key)
		}
	}
	return ch, nil
}

// Keys implements [replica.Source].
func (s *Source) Keys(ctx context.Context) (map[string]int64, replica.Head, error) {
	if err := s.begin(ctx, "Keys"); err != nil {
		return nil, replica.Head{}, err
	}
	defer s.Library.mu.Unlock()
	keys := map[string]int64{}
	for key, o := range s.Library.objects {
		if !o.Trashed {
			keys[key] = o.Version
		}
	}
	return keys, s.head(), nil
}

// Get implements [replica.Source].
func (s *Source) Get(ctx context.Context, keys []string) ([]replica.Object, error) {
	if err := s.begin(ctx, "Get"); err != nil {
		return nil, err
	}
	defer s.Library.mu.Unlock()
	const most = 50
	if len(keys) > most {
		return nil, library.Errorf(library.Invalid, "at most %d keys", most)
	}
	var all []replica.Object
	for _, key := range keys {
		if o, ok := s.Library.objects[key]; ok {
			all = append(all, s.told(o))
		}
	}
	return all, nil
}

// Below implements [replica.Source].
func (s *Source) Below(ctx context.Context, key string) ([]replica.Object, error) {
	if err := s.begin(ctx, "Below"); err != nil {
		return nil, err
	}
	defer s.Library.mu.Unlock()
	all := s.Library.below(key)
	for i := range all {
		all[i] = s.told(all[i])
	}
	return all, nil
}

// Collections implements [replica.Source].
func (s *Source) Collections(ctx context.Context) ([]library.Collection, error) {
	if err := s.begin(ctx, "Collections"); err != nil {
		return nil, err
	}
	defer s.Library.mu.Unlock()
	return s.allCollections(), nil
}

// allCollections returns the collections outside the trash, counted.
func (s *Source) allCollections() []library.Collection {
	all := []library.Collection{}
	for _, c := range s.Library.collections {
		if c.trashed {
			continue
		}
		out := c.Collection
		for _, o := range s.Library.objects {
			if o.Work != nil && !o.Trashed && slices.Contains(o.Work.Collections, c.Key) {
				out.Items++
			}
		}
		all = append(all, out)
	}
	return all
}

// TextVersions implements [replica.Source].
func (s *Source) TextVersions(ctx context.Context, since int64) (map[string]int64, error) {
	if s.NoTextList {
		return nil, nil
	}
	if err := s.begin(ctx, "TextVersions"); err != nil {
		return nil, err
	}
	defer s.Library.mu.Unlock()
	all := map[string]int64{}
	for key, t := range s.Library.texts {
		if t.version > since {
			all[key] = t.version
		}
	}
	return all, nil
}

// Text implements [replica.Source].
func (s *Source) Text(ctx context.Context, attachment string) (replica.Text, error) {
	if err := s.begin(ctx, "Text"); err != nil {
		return replica.Text{}, err
	}
	defer s.Library.mu.Unlock()
	t := s.Library.texts[attachment]
	if len(t.pages) == 0 {
		return replica.Text{Status: library.TextStatus{Reason: "the file has no text"}}, nil
	}
	return replica.Text{
		Pages: slices.Clone(t.pages), Version: t.version,
		Status: library.TextStatus{Available: true, Pages: len(t.pages), PagesRead: len(t.pages)},
	}, nil
}

// Search implements [replica.Source]: the works whose fields have the whole text.
func (s *Source) Search(ctx context.Context, q library.Query) (replica.Found, error) {
	if err := s.begin(ctx, "Search"); err != nil {
		return replica.Found{}, err
	}
	defer s.Library.mu.Unlock()
	if c, ok := s.Library.collections[q.Collection]; q.Collection != "" && (!ok || c.trashed) {
		return replica.Found{}, library.Errorf(library.NotFound, "no such collection")
	}
	found := replica.Found{Head: s.head()}
	for _, o := range s.Library.objects {
		if o.Work == nil || o.Trashed || q.Collection != "" && !slices.Contains(o.Work.Collections, q.Collection) {
			continue
		}
		text := strings.ToLower(strings.Join(slices.Collect(maps.Values(o.Work.Fields)), " "))
		if strings.Contains(text, strings.ToLower(q.Text)) {
			found.Works = append(found.Works, s.told(o))
		}
	}
	slices.SortFunc(found.Works, func(a, b replica.Object) int { return cmp.Compare(a.Key, b.Key) })
	found.Total = s.total(len(found.Works))
	found.Works = found.Works[:min(q.Limit, len(found.Works))]
	return found, nil
}
