// Package access says which libraries a caller sees, with which rights. It puts
// providers side by side and limits them by the principal of the context.
package access

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Provider gives the libraries of one upstream. Its methods may be called at
// the same time.
//
// A provider whose libraries are [library.Writer]s also has a method Writes() bool,
// which is always the same; see [Libraries.Writes].
//
// A provider that can lack something of this process, rather than of its
// upstream, also has a method Ready(context.Context) error; see
// [Libraries.Ready].
type Provider interface {
	// Kinds returns the kinds of library that the provider gives, always the
	// same. No other provider has them.
	Kinds() []library.Kind
	// Libraries returns the libraries of the context's principal, in a fixed
	// order. Those beside an error can be opened.
	Libraries(ctx context.Context) ([]library.Info, error)
	// Open opens a library of the context's principal. Any other is
	// [library.NotFound].
	Open(ctx context.Context, id library.ID) (library.Reader, error)
	// Link returns the web page of an item, or "".
	Link(id library.ItemID) string
}

// Options are the choices of [New].
type Options struct {
	// Providers are listed in this order. Of two with the same kind the first
	// opens the libraries of that kind.
	Providers []Provider
	// Writable reports whether the deployment lets a library be changed. Nil lets
	// every one.
	Writable func(library.ID) bool
}

// Libraries are the libraries of all providers.
//
// The principal of a context (see [identity.PrincipalFrom]) limits every call
// before a provider is asked: a library that the principal may not see is
// [library.NotFound], like one that does not exist, and only a principal with
// [identity.Write] has the right to write, where the deployment lets the library be
// changed. Without a principal only the deployment's limit holds.
type Libraries struct {
	providers []Provider
	byKind    map[library.Kind]Provider
	writable  func(library.ID) bool // or nil
}

// New returns the libraries of the providers.
func New(o Options) *Libraries {
	l := &Libraries{providers: slices.Clone(o.Providers), byKind: map[library.Kind]Provider{}, writable: o.Writable}
	for _, p := range l.providers {
		for _, kind := range p.Kinds() {
			if l.byKind[kind] == nil {
				l.byKind[kind] = p
			}
		}
	}
	return l
}

// List returns the libraries that the principal sees, in the order of the
// providers, with the rights that the principal has. Providers are asked at the
// same time. Where one fails, the libraries of the others stand beside its
// error; of several errors, [library.Unauthenticated] comes first.
func (l *Libraries) List(ctx context.Context) ([]library.Info, error) {
	principal := identity.PrincipalFrom(ctx)
	lists, errs := make([][]library.Info, len(l.providers)), make([]error, len(l.providers))
	each(len(l.providers), func(i int) {
		if seesAny(principal, l.providers[i].Kinds()) {
			lists[i], errs[i] = l.providers[i].Libraries(ctx)
		}
	})
	var infos []library.Info
	for _, info := range slices.Concat(lists...) {
		if sees(principal, info.ID) {
			info.MayWrite = info.MayWrite && l.mayWrite(principal, info.ID)
			infos = append(infos, info)
		}
	}
	return infos, join(errs)
}

// Open opens a library that the principal sees. Any other is
// [library.NotFound], the same error whether it exists or not.
func (l *Libraries) Open(ctx context.Context, id library.ID) (library.Reader, error) {
	principal := identity.PrincipalFrom(ctx)
	provider := l.byKind[id.Kind()]
	if provider == nil || !sees(principal, id) {
		return nil, notFound()
	}
	r, err := provider.Open(ctx, id)
	switch {
	case library.CodeOf(err) == library.NotFound:
		return nil, notFound().WithCause(err)
	case err != nil:
		return nil, err
	case !l.mayWrite(principal, id):
		return readOnly(r), nil
	}
	return r, nil
}

// Link returns the web page of an item at the provider of its library, or "".
func (l *Libraries) Link(id library.ItemID) string {
	if p := l.byKind[id.Library.Kind()]; p != nil {
		return p.Link(id)
	}
	return ""
}

// Ready returns why this process can't answer any question yet, or nil. An
// upstream that is down is no such reason: what is cached is answered, and
// results say what they lack.
func (l *Libraries) Ready(ctx context.Context) error {
	for _, p := range l.providers {
		if r, ok := p.(interface{ Ready(context.Context) error }); ok {
			if err := r.Ready(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// notFound is the error for a library that the caller does not see.
func notFound() *library.Error {
	return library.Errorf(library.NotFound, "no such library").WithHint("list_libraries names those that there are")
}

// sees reports whether the principal, which may be nil, sees a library.
func sees(p *identity.Principal, id library.ID) bool { return p == nil || p.Sees(id) }

// seesAny reports whether the principal may see a library of these kinds.
func seesAny(p *identity.Principal, kinds []library.Kind) bool {
	return p == nil || p.Libraries == nil ||
		slices.ContainsFunc(p.Libraries, func(id library.ID) bool { return slices.Contains(kinds, id.Kind()) })
}

// mayWrite reports whether the principal, which may be nil, may change a library.
func (l *Libraries) mayWrite(p *identity.Principal, id library.ID) bool {
	return (p == nil || p.May(identity.Write)) && (l.writable == nil || l.writable(id))
}

// Writes reports whether any provider has libraries that can be changed. It asks no
// upstream.
func (l *Libraries) Writes() bool {
	return slices.ContainsFunc(l.providers, func(p Provider) bool {
		w, ok := p.(interface{ Writes() bool })
		return ok && w.Writes()
	})
}

// join returns the errors as one, [library.Unauthenticated] first: then signing
// in again comes before all else.
func join(errs []error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	slices.SortStableFunc(errs, func(a, b error) int { return order(a) - order(b) })
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

func order(err error) int {
	if library.CodeOf(err) == library.Unauthenticated {
		return 0
	}
	return 1
}

// each calls do for 0 to n-1 at the same time and returns when all are done. A
// panic in one of them is raised again here, where the caller recovers. One call
// needs no goroutine, whose stack would have to grow for it.
func each(n int, do func(i int)) {
	if n == 1 {
		do(0)
		return
	}
	var wg sync.WaitGroup
	panics := make([]any, n)
	for i := range n {
		wg.Go(func() {
			defer func() { panics[i] = recover() }()
			do(i)
		})
	}
	wg.Wait()
	for _, p := range panics {
		if p != nil {
			panic(p)
		}
	}
}
