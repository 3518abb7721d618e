package datafolder

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

const (
	// perPage is how many items are read at a time.
	perPage = 500
	// maxChanges is how many changed items are held at a time. If there are
	// more, reading the library whole needs less memory.
	maxChanges = 2000
)

// source reads one library of a data folder. The versions of its objects and
// texts are times, in Unix milliseconds: the local database has no version that
// grows with each change.
type source struct {
	folder *Folder
	id     library.ID
}

var _ replica.Direct = source{}

// mark is a state of a library: its version, and the digest of its census.
type mark struct {
	version int64
	digest  string
}

func (m mark) String() string { return fmt.Sprintf("folder %d %s", m.version, m.digest) }

var digestPattern = regexp.MustCompile(`^[0-9a-f]{32}$`)

func parseMark(s string) (m mark, ok bool) {
	n, err := fmt.Sscanf(s, "folder %d %s", &m.version, &m.digest)
	return m, err == nil && n == 2 && digestPattern.MatchString(m.digest) && m.String() == s
}

// reading is one question to the present state of a library.
type reading struct {
	*state
	id     library.ID
	census *census
	names  *names
}

// begin begins a question. The caller calls release.
func (s source) begin(ctx context.Context, fresh bool) (r *reading, release func(), err error) {
	st, release, err := s.folder.use(ctx, fresh)
	if err != nil {
		return nil, nil, err
	}
	r = &reading{state: st, id: s.id}
	if r.census, err = st.census(ctx, s.id); err == nil {
		r.names, err = st.namesOf(ctx, s.id)
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	return r, release, nil
}

// head returns the head of the state, of which it keeps the sums.
func (r *reading) head() (replica.Head, error) {
	if err := keepSums(r.folder.work, r.id, r.census); err != nil {
		return replica.Head{}, notWritten(err)
	}
	return replica.Head{
		Mark: mark{r.version, r.census.digest}.String(), Version: r.version, Items: r.census.works, Objects: len(r.census.members),
	}, nil
}

// objects reads items by their rows, in the order of the rows. Those that are gone are
// left out.
func (r *reading) objects(ctx context.Context, rows []int64) ([]replica.Object, error) {
	objects := make([]replica.Object, 0, len(rows))
	for some := range slices.Chunk(rows, perPage) {
		items, err := r.db.load(ctx, r.names, some)
		if err != nil {
			return nil, err
		}
		for _, row := range some {
			if it := items[row]; it != nil {
				objects = append(objects, r.object(row, it))
			}
		}
	}
	return objects, nil
}

// object returns an item that has a place in the census.
func (r *reading) object(row int64, it *zotero.Item) replica.Object {
	if at, ok := r.census.byRow[row]; ok {
		m := &r.census.members[at]
		it.Children = m.children
		it.Version = min(max(m.changed, 1), r.version)
	}
	return it.Object(r.id)
}

// Head implements [replica.Source].
func (s source) Head(ctx context.Context) (replica.Head, error) {
	r, release, err := s.begin(ctx, true)
	if err != nil {
		return replica.Head{}, err
	}
	defer release()
	return r.head()
}

// All implements [replica.Source].
func (s source) All(ctx context.Context, yield func(replica.Batch) error) (replica.Head, error) {
	r, release, err := s.begin(ctx, true)
	if err != nil {
		return replica.Head{}, err
	}
	defer release()
	head, err := r.head()
	if err != nil {
		return head, err
	}
	ctx, cancel := context.WithCancel(ctx)
	pages := make(chan (<-chan page), loaders-1)
	go r.load(ctx, r.census.pages(perPage), pages)
	defer func() { // before the release
		cancel()
		for p := range pages { // wait until nothing reads any more
			<-p
		}
	}()
	for p := range pages {
		loaded := <-p
		if loaded.err != nil {
			return head, loaded.err
		}
		if err := yield(replica.Batch{Objects: loaded.objects, Total: len(r.census.members)}); err != nil {
			return head, err
		}
	}
	return head, ctx.Err()
}

// Direct implements [replica.Direct].
func (s source) Direct() {}

// page is some objects of a reading, or why it ended.
type page struct {
	objects []replica.Object
	err     error
}

// loaders is how many pages of a reading are loaded at the same time: the next one and
// those in the channel. It is less than connections: a search need not wait for a page.
const loaders = 2

// load loads pages of items by their rows until ctx ends, then closes the channel. The
// pages come in their order, each in a channel of its own once it is loaded.
func (r *reading) load(ctx context.Context, pages [][]int64, to chan<- (<-chan page)) {
	defer close(to)
	for _, rows := range pages {
		loaded := make(chan page, 1)
		select {
		case to <- loaded:
		case <-ctx.Done():
			return
		}
		go func() {
			objects, err := r.objects(ctx, rows)
			loaded <- page{objects, err}
		}()
	}
}

// Since implements [replica.Source]. It looks at the files, and copies the
// database if they changed. What changed is told by the sums of the state of the
// mark; if they are no longer kept, the library is read whole.
func (s source) Since(ctx context.Context, since string) (*replica.Changes, error) {
	m, ok := parseMark(since)
	if !ok {
		return &replica.Changes{Whole: true}, nil
	}
	none := &replica.Changes{Head: replica.Head{Mark: since, Version: m.version, Items: -1, Objects: -1}}
	if s.folder.unchanged(s.id, m.digest) != nil {
		return none, nil
	}
	r, release, err := s.begin(ctx, true)
	if err != nil {
		return nil, err
	}
	defer release()
	if r.census.digest == m.digest {
		return none, nil
	}
	head, err := r.head()
	if err != nil {
		return nil, err
	}
	was := readSums(s.folder.work, s.id, m.digest)
	if was == nil {
		return &replica.Changes{Head: head, Whole: true}, nil
	}
	rows, gone := r.census.difference(was)
	if len(rows) > maxChanges {
		return &replica.Changes{Head: head, Whole: true}, nil
	}
	objects, err := r.objects(ctx, rows)
	for i := range objects {
		atVersion(&objects[i], head.Version)
	}
	return &replica.Changes{Head: head, Objects: objects, Removed: gone, Collections: r.collections()}, err
}

// atVersion gives an object the version of the change that brought it.
func atVersion(o *replica.Object, version int64) {
	o.Version = version
	if o.Work != nil {
		o.Work.Version = version
	}
}

// collections returns all collections, not nil.
func (r *reading) collections() []library.Collection {
	return append([]library.Collection{}, r.census.collections...)
}

// Keys implements [replica.Source].
func (s source) Keys(ctx context.Context) (map[string]int64, replica.Head, error) {
	r, release, err := s.begin(ctx, false)
	if err != nil {
		return nil, replica.Head{}, err
	}
	defer release()
	keys := make(map[string]int64, len(r.census.members))
	for _, m := range r.census.members {
		keys[m.key] = min(max(m.changed, 1), r.version)
	}
	head, err := r.head()
	return keys, head, err
}

// Get implements [replica.Source].
func (s source) Get(ctx context.Context, keys []string) ([]replica.Object, error) {
	r, release, err := s.begin(ctx, false)
	if err != nil {
		return nil, err
	}
	defer release()
	var rows []int64
	for _, key := range keys {
		if m := r.census.find(key); m != nil {
			rows = append(rows, m.row)
		}
	}
	return r.objects(ctx, rows)
}

// Below implements [replica.Source].
func (s source) Below(ctx context.Context, key string) ([]replica.Object, error) {
	r, release, err := s.begin(ctx, false)
	if err != nil {
		return nil, err
	}
	defer release()
	above := r.census.find(key)
	if above == nil {
		return nil, nil
	}
	var rows []int64
	for _, m := range r.census.members {
		if m.parent == above.row {
			rows = append(rows, m.row)
		}
	}
	return r.objects(ctx, rows)
}

// Collections implements [replica.Source].
func (s source) Collections(ctx context.Context) ([]library.Collection, error) {
	r, release, err := s.begin(ctx, false)
	if err != nil {
		return nil, err
	}
	defer release()
	return r.collections(), nil
}

// newest orders members by their last change, newest first.
func newest(a, b member) int {
	return cmp.Or(cmp.Compare(b.changed, a.changed), cmp.Compare(a.row, b.row))
}
