package access_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/access"
	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// libraries is what the contract checks.
type libraries interface {
	List(ctx context.Context) ([]library.Info, error)
	Open(ctx context.Context, id library.ID) (library.Reader, error)
}

// provider gives libraries that a test chooses and records the calls.
type provider struct {
	kinds []library.Kind
	infos []library.Info
	down  error // of every call, or nil

	mu     sync.Mutex
	lists  int
	opened []library.ID
}

func (p *provider) Kinds() []library.Kind { return p.kinds }

func (p *provider) Libraries(context.Context) ([]library.Info, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lists++
	if p.down != nil {
		return nil, p.down
	}
	return p.infos, nil
}

func (p *provider) Open(_ context.Context, id library.ID) (library.Reader, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opened = append(p.opened, id)
	if p.down != nil {
		return nil, p.down
	}
	for _, info := range p.infos {
		if info.ID == id {
			return librarytest.NewMemory(info, nil), nil
		}
	}
	return nil, library.Errorf(library.NotFound, "the upstream has no library %s", id)
}

func (p *provider) Link(id library.ItemID) string { return "https://provider.example/" + id.String() }

// calls returns the number of lists and the libraries opened since the last
// call of calls.
func (p *provider) calls() (int, []library.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	lists, opened := p.lists, p.opened
	p.lists, p.opened = 0, nil
	return lists, opened
}

// fixture returns two providers: of an embedded library that cannot be written, and
// of a person's library and two groups, one of which may be written.
func fixture() (local, remote *provider) {
	local = &provider{kinds: []library.Kind{library.KindLocal}, infos: []library.Info{{ID: library.Local}}}
	remote = &provider{kinds: []library.Kind{"user", "group"}, infos: []library.Info{
		{ID: "user:1", MayWrite: true}, {ID: "group:2", MayWrite: true}, {ID: "group:3"},
	}}
	return local, remote
}

// principals are the callers of the contract, with the libraries they see; a
// "+" marks one that they may write.
var principals = []struct {
	name      string
	principal *identity.Principal
	sees      string
}{
	{"without sign-in", nil, "local user:1+ group:2+ group:3"},
	{"all to read", &identity.Principal{Scopes: []identity.Scope{identity.Read}}, "local user:1 group:2 group:3"},
	{"all to write", &identity.Principal{Scopes: []identity.Scope{identity.Write}}, "local user:1+ group:2+ group:3"},
	{"the embedded library", &identity.Principal{Scopes: []identity.Scope{identity.Read}, Libraries: []library.ID{library.Local}}, "local"},
	{"one group to read", &identity.Principal{Scopes: []identity.Scope{identity.Read}, Libraries: []library.ID{"group:2"}}, "group:2"},
	{"two to write", &identity.Principal{Scopes: []identity.Scope{identity.Read, identity.Write}, Libraries: []library.ID{"group:3", "group:2"}}, "group:2+ group:3"},
	{"one that is gone", &identity.Principal{Scopes: []identity.Scope{identity.Read}, Libraries: []library.ID{"group:9"}}, ""},
	{"none", &identity.Principal{Scopes: []identity.Scope{identity.Write}, Libraries: []library.ID{}}, ""},
}

// faults collects what breaks the contract.
type faults []string

func (f *faults) add(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

// check returns what breaks the contract in the libraries that open returns.
func check(open func(...access.Provider) libraries) faults {
	var f faults
	for _, c := range principals {
		local, remote := fixture()
		l := open(local, remote)
		ctx := context.Background()
		if c.principal != nil {
			ctx = identity.WithPrincipal(ctx, c.principal)
		}
		infos, err := l.List(ctx)
		if got := marked(infos); err != nil || got != c.sees {
			f.add("%s: lists %q, %v, want %q", c.name, got, err, c.sees)
		}
		checkAsked(&f, c.name, c.principal, local, remote)
		for _, id := range []library.ID{library.Local, "user:1", "group:2", "group:3", "group:9", "user:2", "folder:x", "local:1", ""} {
			checkOpen(ctx, &f, c.name, c.sees, l, id)
		}
		for _, p := range []*provider{local, remote} {
			_, opened := p.calls()
			for _, id := range opened {
				if c.principal != nil && !c.principal.Sees(id) {
					f.add("%s: a provider is asked to open %s", c.name, id)
				}
			}
		}
		checkDown(ctx, &f, c.name, c.sees, open)
	}
	return f
}

// marked writes the libraries as the table does.
func marked(infos []library.Info) string {
	var all []string
	for _, info := range infos {
		mark := ""
		if info.MayWrite {
			mark = "+"
		}
		all = append(all, string(info.ID)+mark)
	}
	return strings.Join(all, " ")
}

// checkAsked checks that a provider is asked for a list only where the
// principal may see a library of its kinds.
func checkAsked(f *faults, name string, p *identity.Principal, providers ...*provider) {
	for _, each := range providers {
		want := 1
		if p != nil && p.Libraries != nil && !slices.ContainsFunc(p.Libraries, func(id library.ID) bool { return slices.Contains(each.kinds, id.Kind()) }) {
			want = 0
		}
		if lists, _ := each.calls(); lists != want {
			f.add("%s: the provider of %q is asked for %d lists, want %d", name, each.kinds, lists, want)
		}
	}
}

// checkOpen opens one library: it has the rights of the list, or does not exist.
func checkOpen(ctx context.Context, f *faults, name, sees string, l libraries, id library.ID) {
	writes := slices.Contains(strings.Fields(sees), string(id)+"+")
	r, err := l.Open(ctx, id)
	if !writes && !slices.Contains(strings.Fields(sees), string(id)) {
		_, unknown := l.Open(ctx, "unknown:1")
		if r != nil || shown(err) != shown(unknown) || library.CodeOf(err) != library.NotFound {
			f.add("%s: %s: error %q, that of an unknown library is %q", name, id, shown(err), shown(unknown))
		}
		return
	}
	if err != nil {
		f.add("%s: %s can't be opened: %v", name, id, err)
		return
	}
	if info, err := r.Info(ctx); err != nil || info.ID != id || info.MayWrite != writes {
		f.add("%s: %s opens as %+v, %v", name, id, info, err)
	}
}

// shown returns what a caller reads of an error.
func shown(err error) string {
	if err == nil {
		return "none"
	}
	e := library.AsError(err)
	return fmt.Sprintf("%s|%s|%s|%s", e.Code, e.Message, e.Hint, e.RetryAfter)
}

// checkDown lets the second provider fail: the first one answers beside its
// error, and what the caller does not see still does not exist.
func checkDown(ctx context.Context, f *faults, name, sees string, open func(...access.Provider) libraries) {
	local, remote := fixture()
	remote.down = library.Errorf(library.Unavailable, "the upstream is down")
	l := open(remote, local)
	asked := strings.Contains(sees, ":") || name == "one that is gone"
	infos, err := l.List(ctx)
	if want := string(library.Local); strings.HasPrefix(sees, want) != (marked(infos) == want) {
		f.add("%s: beside a provider that is down: %q", name, marked(infos))
	}
	if (library.CodeOf(err) == library.Unavailable) != asked {
		f.add("%s: a provider is down: list error %v", name, err)
	}
	for _, id := range []library.ID{"user:1", "group:2", "group:3"} {
		want := library.NotFound
		if strings.Contains(sees, string(id)) {
			want = library.Unavailable
		}
		if _, err := l.Open(ctx, id); library.CodeOf(err) != want {
			f.add("%s: a provider is down: %s: %v, want %s", name, id, err, want)
		}
	}
}

func TestLibraries_KeepTheContract(t *testing.T) {
	for _, fault := range check(func(p ...access.Provider) libraries { return access.New(access.Options{Providers: p}) }) {
		t.Error(fault)
	}
}

// leaky is a set of libraries with one planted leak.
type leaky struct {
	*access.Libraries
	list func(ctx context.Context, whole *access.Libraries) ([]library.Info, error)
	open func(ctx context.Context, whole *access.Libraries, id library.ID) (library.Reader, error)
}

func (l leaky) List(ctx context.Context) ([]library.Info, error) {
	if l.list == nil {
		return l.Libraries.List(ctx)
	}
	return l.list(ctx, l.Libraries)
}

func (l leaky) Open(ctx context.Context, id library.ID) (library.Reader, error) {
	if l.open == nil {
		return l.Libraries.Open(ctx, id)
	}
	return l.open(ctx, l.Libraries, id)
}

// unlimited returns a context without a principal.
func unlimited() context.Context { return context.Background() }

func TestContract_CatchesLeaks(t *testing.T) {
	sees := func(ctx context.Context, id library.ID) bool {
		p := identity.PrincipalFrom(ctx)
		return p == nil || p.Sees(id)
	}
	for name, leak := range map[string]leaky{
		"the list is not limited": {list: func(_ context.Context, whole *access.Libraries) ([]library.Info, error) {
			return whole.List(unlimited())
		}},
		"the list is limited after all providers are asked": {list: func(ctx context.Context, whole *access.Libraries) ([]library.Info, error) {
			infos, err := whole.List(unlimited())
			p := identity.PrincipalFrom(ctx)
			infos = slices.DeleteFunc(slices.Clone(infos), func(i library.Info) bool { return !sees(ctx, i.ID) })
			for i := range infos {
				infos[i].MayWrite = infos[i].MayWrite && (p == nil || p.May(identity.Write))
			}
			return infos, err
		}},
		"the list has the rights of the provider": {list: func(ctx context.Context, whole *access.Libraries) ([]library.Info, error) {
			infos, err := whole.List(unlimited())
			return slices.DeleteFunc(slices.Clone(infos), func(i library.Info) bool { return !sees(ctx, i.ID) }), err
		}},
		"an error replaces the list": {list: func(ctx context.Context, whole *access.Libraries) ([]library.Info, error) {
			infos, err := whole.List(ctx)
			if err != nil {
				return nil, err
			}
			return infos, nil
		}},
		"an error is dropped": {list: func(ctx context.Context, whole *access.Libraries) ([]library.Info, error) {
			infos, _ := whole.List(ctx)
			return infos, nil
		}},
		"libraries open without a limit": {open: func(_ context.Context, whole *access.Libraries, id library.ID) (library.Reader, error) {
			return whole.Open(unlimited(), id)
		}},
		"access is checked after the opening": {open: func(ctx context.Context, whole *access.Libraries, id library.ID) (library.Reader, error) {
			if _, err := whole.Open(unlimited(), id); err != nil {
				return nil, err
			}
			return whole.Open(ctx, id)
		}},
		"an opened library has the rights of the provider": {open: func(ctx context.Context, whole *access.Libraries, id library.ID) (library.Reader, error) {
			if _, err := whole.Open(ctx, id); err != nil {
				return nil, err
			}
			return whole.Open(unlimited(), id)
		}},
		"a hidden library is forbidden": {open: func(ctx context.Context, whole *access.Libraries, id library.ID) (library.Reader, error) {
			if !sees(ctx, id) {
				return nil, library.Errorf(library.Forbidden, "this library is hidden from you")
			}
			return whole.Open(ctx, id)
		}},
		"a hidden library has a hint of its own": {open: func(ctx context.Context, whole *access.Libraries, id library.ID) (library.Reader, error) {
			r, err := whole.Open(ctx, id)
			if e := (*library.Error)(nil); errors.As(err, &e) && !sees(ctx, id) && id == "group:3" {
				return r, e.WithHint("ask for a wider token")
			}
			return r, err
		}},
	} {
		if got := check(func(p ...access.Provider) libraries {
			leak.Libraries = access.New(access.Options{Providers: p})
			return leak
		}); len(got) == 0 {
			t.Errorf("%s: the contract does not catch it", name)
		}
	}
}

// optional is all that a library may do beside [library.Reader].
type optional interface {
	library.Ranked
	library.Counted
	library.Whole
	library.Nearer
}

// TestOpen_KeepsWhatALibraryMayDo opens a library that the caller may only read.
func TestOpen_KeepsWhatALibraryMayDo(t *testing.T) {
	local, _ := fixture()
	reads := identity.WithPrincipal(t.Context(), &identity.Principal{Scopes: []identity.Scope{identity.Read}})
	r, err := access.New(access.Options{Providers: []access.Provider{local}}).Open(reads, library.Local)
	if err != nil {
		t.Fatal(err)
	}
	all, ok := r.(optional)
	if !ok {
		t.Fatalf("%T lacks a method", r)
	}
	if _, err := all.Each(t.Context(), func(*library.Item) error { return nil }); err != nil {
		t.Errorf("each work: %v", err)
	}
	if _, err := all.Counts(t.Context(), library.Query{Limit: 1}); err != nil {
		t.Errorf("counts: %v", err)
	}
}
