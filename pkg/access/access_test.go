package access_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/access"
	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

func TestList_SigningInAgainComesBeforeOtherErrors(t *testing.T) {
	local, remote := fixture()
	local.down = library.Errorf(library.Unavailable, "the disk is gone")
	remote.down = library.Errorf(library.Unauthenticated, "the key is refused")
	infos, err := access.New(access.Options{Providers: []access.Provider{local, remote}}).List(t.Context())
	if len(infos) != 0 || library.CodeOf(err) != library.Unauthenticated || !errors.Is(err, local.down) {
		t.Errorf("%v, %v", infos, err)
	}
}

// slow is a provider whose list takes a second.
type slow struct{ *provider }

func (s slow) Libraries(ctx context.Context) ([]library.Info, error) {
	time.Sleep(time.Second)
	return s.provider.Libraries(ctx)
}

func TestList_AsksProvidersAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		local, remote := fixture()
		start := time.Now()
		infos, err := access.New(access.Options{Providers: []access.Provider{slow{remote}, slow{local}}}).List(t.Context())
		if got := marked(infos); err != nil || got != "user:1+ group:2+ group:3 local" {
			t.Errorf("%q, %v", got, err)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("two providers take %s", took)
		}
	})
}

// panicking is a provider with a fault of its own.
type panicking struct{ *provider }

func (panicking) Libraries(context.Context) ([]library.Info, error) { panic("fault of a provider") }

func TestList_PanicsInItsCaller(t *testing.T) {
	local, remote := fixture()
	defer func() {
		if got := recover(); got != "fault of a provider" {
			t.Errorf("recovered %v", got)
		}
	}()
	_, err := access.New(access.Options{Providers: []access.Provider{local, panicking{remote}}}).List(t.Context())
	t.Errorf("List returns, %v", err)
}

func TestList_LeavesTheProvidersListAlone(t *testing.T) {
	_, remote := fixture()
	l := access.New(access.Options{Providers: []access.Provider{remote}})
	reads := identity.WithPrincipal(t.Context(), &identity.Principal{Scopes: []identity.Scope{identity.Read}})
	if infos, err := l.List(reads); err != nil || marked(infos) != "user:1 group:2 group:3" {
		t.Errorf("%q, %v", marked(infos), err)
	}
	if infos, err := l.List(t.Context()); err != nil || marked(infos) != "user:1+ group:2+ group:3" {
		t.Errorf("then %q, %v", marked(infos), err)
	}
}

func TestLink(t *testing.T) {
	local, remote := fixture()
	l := access.New(access.Options{Providers: []access.Provider{local, remote}})
	for id, want := range map[library.ID]string{"group:4711": "https://provider.example/group:4711/K", "folder:x": "", "": ""} {
		if got := l.Link(library.ItemID{Library: id, Key: "K"}); got != want {
			t.Errorf("%q: %q, want %q", id, got, want)
		}
	}
}

func TestOpen_FirstProviderOfAKind(t *testing.T) {
	first := &provider{kinds: []library.Kind{"user"}, infos: []library.Info{{ID: "user:1"}}}
	_, second := fixture()
	l := access.New(access.Options{Providers: []access.Provider{first, second}})
	for id, want := range map[library.ID]*provider{"user:1": first, "group:2": second} {
		if _, err := l.Open(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if _, opened := want.calls(); len(opened) != 1 || opened[0] != id {
			t.Errorf("%s: opened %q", id, opened)
		}
	}
}

// unready is a provider that lacks something of this process.
type unready struct {
	*provider
	err error
}

func (u unready) Ready(context.Context) error { return u.err }

func TestReady(t *testing.T) {
	local, remote := fixture()
	remote.down = library.Errorf(library.Unavailable, "the upstream is down")
	fault := library.Errorf(library.Unavailable, "the folder can't be read")
	for _, c := range []struct{ err, want error }{{nil, nil}, {fault, fault}} {
		l := access.New(access.Options{Providers: []access.Provider{remote, unready{local, c.err}}})
		if got := l.Ready(t.Context()); !errors.Is(got, c.want) || (got == nil) != (c.want == nil) {
			t.Errorf("%v, want %v", got, c.want)
		}
	}
}

// noticed is a library with a notice, and with a method beyond reading.
type noticed struct{ library.Reader }

func (noticed) Notice() string { return "read with care" }
func (noticed) Write()         {}

// writable provides one library that can be written.
type writable struct {
	*provider
	reader library.Reader
}

func (w writable) Open(context.Context, library.ID) (library.Reader, error) { return w.reader, nil }

func TestOpen_WithoutWriteKeepsTheNoticeOnly(t *testing.T) {
	_, remote := fixture()
	memory := librarytest.NewMemory(library.Info{ID: "user:1", MayWrite: true}, nil)
	reads := identity.WithPrincipal(t.Context(), &identity.Principal{Scopes: []identity.Scope{identity.Read}})
	writes := identity.WithPrincipal(t.Context(), &identity.Principal{Scopes: []identity.Scope{identity.Write}})
	for _, c := range []struct {
		ctx          context.Context
		reader       library.Reader
		notice, more bool
	}{{reads, noticed{memory}, true, false}, {reads, memory, false, false}, {writes, noticed{memory}, true, true}, {t.Context(), noticed{memory}, true, true}} {
		r, err := access.New(access.Options{Providers: []access.Provider{writable{remote, c.reader}}}).Open(c.ctx, "user:1")
		if err != nil {
			t.Fatal(err)
		}
		n, notice := r.(interface{ Notice() string })
		_, more := r.(interface{ Write() })
		if notice != c.notice || notice && n.Notice() != "read with care" || more != c.more {
			t.Errorf("%T: notice %t, more %t", r, notice, more)
		}
	}
}

func TestWritable_LimitsWhatPrincipalsMayWrite(t *testing.T) {
	local, remote := fixture()
	l := access.New(access.Options{Providers: []access.Provider{local, remote}, Writable: func(id library.ID) bool { return id == "group:2" }})
	writer := identity.WithPrincipal(t.Context(), &identity.Principal{Scopes: []identity.Scope{identity.Write}})
	reader := identity.WithPrincipal(t.Context(), &identity.Principal{Scopes: []identity.Scope{identity.Read}})
	for ctx, want := range map[context.Context]string{
		t.Context(): "local user:1 group:2+ group:3", writer: "local user:1 group:2+ group:3", reader: "local user:1 group:2 group:3",
	} {
		infos, err := l.List(ctx)
		if err != nil || marked(infos) != want {
			t.Errorf("%q, %v, want %q", marked(infos), err, want)
		}
	}
	r, err := l.Open(writer, "user:1")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := r.Info(writer); err != nil || info.MayWrite {
		t.Errorf("%+v, %v", info, err)
	}
	if l.Writes() || !access.New(access.Options{Providers: []access.Provider{local, writes{remote}}}).Writes() {
		t.Error("Writes is wrong")
	}
}

// writes is a provider of libraries that can be changed.
type writes struct{ *provider }

func (writes) Writes() bool { return true }
