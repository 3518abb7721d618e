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
	link     func(library.ItemID) string // or nil
	pages    string                      // [Options].Pages
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
	return &call{libs: c.libs, link: c.link, pages: c.pages, budget: c.budget, touched: c.touched, ownCredential: c.ownCredential, digest: digest, writes: c.Writes()}
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

// hear adds what a library says of an answer to what this call says.
func (c *call) hear(id library.ID, notice string) {
	if notice != "" {
		c.standing.add("library " + string(id) + ": " + ours(notice))
	}
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
const noLibraries = "there is no library that you may read, so nothing can be found; give your key or account access to one, or ask the operator of this server"

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
// one of that ID or name, in any letter case. Candidates are listed by ID: a
// name is untrusted text, which an error must not repeat.
func (c *call) choose(ctx context.Context, name string) ([]library.Info, error) {
	all, err := c.list(ctx)
	if err != nil || name == "" {
		return all, err
	}
	if at := indexID(all, library.ID(name)); at >= 0 {
		return all[at : at+1], nil
	}
	var named []library.Info
	for _, lib := range all {
		if plaintext.FoldName(lib.Name) == plaintext.FoldName(name) {
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

// indexID returns the position of the library of that ID, else of the first
// whose ID differs in letter case only, else -1.
func indexID(libs []library.Info, id library.ID) int {
	if at := slices.IndexFunc(libs, func(lib library.Info) bool { return lib.ID == id }); at >= 0 {
		return at
	}
	return slices.IndexFunc(libs, func(lib library.Info) bool { return strings.EqualFold(string(lib.ID), string(id)) })
}

// noLibrary is the error for a library that is not listed: it does not exist,
// or its provider did not answer.
func (c *call) noLibrary() error {
	all := c.known
	if c.missing != nil {
		return c.missing
	}
	if len(all) == 0 {
		return library.Errorf(library.NotFound, "there is no library that you may read").
			WithHint("give your key or account access to one, or ask the operator of this server")
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
