package tool

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// call is one call of a tool: its way to the libraries, its budget in
// characters, its progress, and the digest of its arguments for cursors.
type call struct {
	libs     Libraries
	budget   int
	touched  func(ctx context.Context, ids ...string) // or nil
	progress *progress
	digest   func() digest
	writes   bool // the catalogue has a tool that writes
	// ownCredential is [Options].OwnCredential, or nil.
	ownCredential func(context.Context) bool

	standing standing
	opened   readers
	known    []library.Info // what List returned, asked for once a call
	missing  error          // why that may not be all
}

// newCall returns a call; digest identifies its arguments.
func (c *Catalog) newCall(digest func() digest) *call {
	return &call{libs: c.libs, budget: c.budget, touched: c.touched, ownCredential: c.ownCredential, digest: digest, writes: c.Writes()}
}

// standing collects what answers from the libraries that a call reads always
// say, each once, and the error that replaces the answer. It is safe for
// concurrent use.
type standing struct {
	mu      sync.Mutex
	notices []string
	failure error
}

// reject makes err the outcome of the call.
func (s *standing) reject(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = err
}

// rejected returns the error that replaces the answer, or nil.
func (s *standing) rejected() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failure
}

func (s *standing) add(notice string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.notices, notice) {
		s.notices = append(s.notices, notice)
	}
}

func (s *standing) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.notices))
}

// maxNamed bounds how many candidates an error lists.
const maxNamed = 10

// list returns the caller's libraries, all that can be listed.
func (c *call) list(ctx context.Context) ([]library.Info, error) {
	if c.known == nil {
		infos, err := c.libs.List(ctx)
		if err != nil && len(infos) == 0 {
			return nil, err
		}
		c.known, c.missing = infos, err
		if err != nil {
			c.tolerate(ctx, err)
		} else if len(infos) == 0 {
			c.standing.add(noLibraries)
		}
	}
	return c.known, nil
}

// noLibraries is said in every answer to a caller who may read no library: an
// empty answer alone would look as if nothing met the question.
const noLibraries = "there is no library that you may read, so nothing can be found; give your key or account access to one (for Zotero: https://www.zotero.org/settings/keys), or ask the operator of this server"

// tolerate returns the words of an error that the answer reports in a notice. If
// the error says that the caller's own credential is refused, it replaces the
// answer: the caller must sign in again, however many libraries still answer.
func (c *call) tolerate(ctx context.Context, err error) string {
	if library.CodeOf(err) == library.Unauthenticated && c.ownCredential != nil && c.ownCredential(ctx) {
		c.standing.reject(err)
	}
	return words(library.AsError(err))
}

// incomplete says that libraries could not be listed, or "".
func (c *call) incomplete() string {
	if c.missing == nil {
		return ""
	}
	return "some of your libraries could not be listed and are left out: " + words(library.AsError(c.missing))
}

// choose returns the libraries that the argument names: all for "", else the
// one of that ID or name, without regard to case. Candidates are listed by ID,
// because names are untrusted text, which errors do not repeat.
func (c *call) choose(ctx context.Context, name string) ([]library.Info, error) {
	all, err := c.list(ctx)
	if err != nil || name == "" {
		return all, err
	}
	var named []library.Info
	for _, lib := range all {
		if strings.EqualFold(string(lib.ID), name) {
			return []library.Info{lib}, nil
		}
		if plaintext.FoldCase(plaintext.Line(lib.Name)) == plaintext.FoldCase(name) {
			named = append(named, lib)
		}
	}
	switch len(named) {
	case 1:
		return named, nil
	case 0:
		return nil, c.noLibrary()
	}
	return nil, library.Errorf(library.Invalid, "argument %q names more than one library: %s", "library", ids(named)).
		WithHint("use one of these IDs; list_libraries describes them")
}

// noLibrary is the error for a library that is not listed: either there is
// none, or that is not known.
func (c *call) noLibrary() error {
	all := c.known
	if c.missing != nil {
		return c.missing
	}
	if len(all) == 0 {
		return library.Errorf(library.NotFound, "there is no library that you may read").
			WithHint("give your key or account access to one, for Zotero at https://www.zotero.org/settings/keys, or ask the operator of this server")
	}
	return library.Errorf(library.NotFound, "no library of that ID or name is among yours: %s", ids(all)).
		WithHint("use one of these IDs, or list_libraries for their names")
}

// ids lists libraries by ID.
func ids(libs []library.Info) string {
	names := make([]string, len(libs))
	for i, lib := range libs {
		names[i] = string(lib.ID)
	}
	return enumerate(names)
}

// enumerate lists names, the first few if they are many.
func enumerate(names []string) string {
	if more := len(names) - maxNamed; more > 0 {
		names = append(slices.Clone(names[:maxNamed]), strconv.Itoa(more)+" more")
	}
	return strings.Join(names, ", ")
}

// holding is a work and the library that holds it.
type holding struct {
	lib    library.Info
	reader library.Reader
	item   *library.Item
	// asked is the key that was asked for: the work's own, or that of one of
	// its children.
	asked string
}

// find returns the work of an item ID as any tool or resource writes it.
func (c *call) find(ctx context.Context, argument, id string) (holding, error) {
	want, err := parseItemID(argument, id)
	if err != nil {
		return holding{}, err
	}
	lib, reader, err := c.open(ctx, want.Library)
	if err != nil {
		return holding{}, err
	}
	items, err := reader.Items(ctx, []string{want.Key})
	if err != nil {
		return holding{}, err
	}
	if len(items) == 0 {
		return holding{}, library.Errorf(library.NotFound, "library %s has no item %s", want.Library, want.Key).
			WithHint("search for it; it may have been removed")
	}
	c.touch(ctx, 1, func(int) library.ItemID { return items[0].ID })
	return holding{lib: lib, reader: reader, item: items[0], asked: want.Key}, nil
}

// open opens one of the caller's libraries.
func (c *call) open(ctx context.Context, id library.ID) (library.Info, library.Reader, error) {
	all, err := c.list(ctx)
	if err != nil {
		return library.Info{}, nil, err
	}
	at := slices.IndexFunc(all, func(lib library.Info) bool { return lib.ID == id })
	if at < 0 {
		return library.Info{}, nil, c.noLibrary()
	}
	reader, err := c.reader(ctx, id)
	return all[at], reader, err
}

// parseItemID reads an item ID, repairing the case of the key and taking the
// URI of the item's resource for it.
func parseItemID(argument, s string) (library.ItemID, error) {
	if uri, ok := strings.CutPrefix(s, resourceScheme); ok {
		s = strings.Replace(strings.TrimSuffix(uri, textSuffix), "/items/", "/", 1)
		s = strings.Replace(strings.Replace(s, "%3A", ":", 1), "%3a", ":", 1)
	}
	lib, key, ok := strings.Cut(s, "/")
	id, err := library.ParseItemID(strings.ToLower(lib) + "/" + strings.ToUpper(key))
	if err == nil {
		return id, nil
	}
	e := library.Errorf(library.Invalid, "argument %q is not an item ID", argument).WithCause(err)
	if !ok && library.ValidKey(strings.ToUpper(s)) {
		return id, e.WithHint("a key alone names nothing, since keys repeat between libraries: put the library before it, as in local/ABCD2345")
	}
	return id, e.WithHint("an item ID looks like local/ABCD2345 or group:4711/ABCD2345; take it from a search result")
}
