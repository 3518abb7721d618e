package zotero

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// Account is what one credential may read. It holds for one call: it is at most
// as old as the upstream's fresh time, and older only while Zotero does not
// answer.
type Account struct {
	client *Client
	cred   upstream.Credential
	ask    requester
	key    key
}

// grant is the right to read one library.
type grant struct {
	about  library.Info // without size and version
	path   string       // "/users/475425"
	view   string       // the rights that decide which objects a key sees
	files  bool
	notice string // what every answer from the library says
}

// missingNotes is what every answer says that a key without notes gets.
const missingNotes = "this key may not read notes, so they are missing; https://www.zotero.org/settings/keys can allow it"

// Account asks Zotero what a credential may read. A key that Zotero does not
// accept is [library.Unauthenticated]. With [Options.Local] there is no key: the
// caller reads what the app has.
func (c *Client) Account(ctx context.Context, cred upstream.Credential) (*Account, error) {
	a := &Account{client: c, cred: cred, ask: current(c.as(cred))}
	if c.o.Local {
		return a, appError(a.local(ctx))
	}
	var err error
	if a.key, _, err = getOne[key](ctx, a.ask, "/keys/current", nil, cached); err != nil {
		return nil, err
	}
	if a.key.user <= 0 {
		return nil, library.Errorf(library.Unauthenticated, "Zotero does not say to which user this key belongs").WithHint("make a new key at https://www.zotero.org/settings/keys")
	}
	return a, nil
}

// local asks the app for the number of its user, who is always 0 in paths. A
// person who never signed in to Zotero is user 1 here.
func (a *Account) local(ctx context.Context) error {
	a.key = key{user: 1, personal: rights{library: true, files: true, notes: true}, all: rights{library: true}}
	p, err := getPage[item](ctx, a.ask, "/users/0/items", paged(nil, 0, 1), cached)
	if err != nil {
		return err
	}
	for _, it := range p.items {
		if !it.inGroup && it.owner > 0 {
			a.key.user = it.owner
		}
	}
	return nil
}

// current returns a requester that accepts an old response only while Zotero
// does not answer: while it asks for a pause, a right that ended would stay.
func current(ask requester) requester {
	return func(ctx context.Context, path string, query url.Values, use caching) (*upstream.Response, error) {
		res, err := ask(ctx, path, query, use)
		if err == nil && res.Stale && isCode(res.Cause, library.RateLimited) {
			return nil, res.Cause
		}
		return res, err
	}
}

// Libraries lists the libraries that the account may read, the personal one
// first, with size and version. A library that does not answer is listed with a
// size of -1 and a notice. A key that Zotero no longer accepts is
// [library.Unauthenticated].
func (a *Account) Libraries(ctx context.Context) ([]library.Info, error) {
	grants, err := a.grants(ctx)
	if err != nil {
		return nil, err
	}
	infos := make([]library.Info, len(grants))
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(a.client.o.Parallel)
	for i := range grants {
		g.Go(func() (err error) {
			infos[i], err = a.info(inner, &grants[i])
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return infos, nil
}

// info describes a library as it is now.
func (a *Account) info(ctx context.Context, g *grant) (library.Info, error) {
	info := g.about
	h, err := a.client.source(g, a.ask).Head(ctx)
	switch {
	case isCode(err, library.Unauthenticated) || ctx.Err() != nil:
		return info, err
	case err != nil:
		info.Items, info.Notice = -1, "did not answer: "+library.AsError(err).Message
	default:
		// A library in which nothing was ever saved has version 0.
		info.Items, info.Version, info.Notice = h.Items, max(h.Version, 1), h.Notice
	}
	return info, nil
}

// source returns the source of a library, which makes its requests with ask.
func (c *Client) source(g *grant, ask requester) replica.Source {
	if c.o.Local {
		return desktopSource{c.webSource(g, ask)}
	}
	return c.webSource(g, ask)
}

func (c *Client) webSource(g *grant, ask requester) *source {
	return &source{ask: ask, id: g.about.ID, path: g.path, files: g.files, local: c.o.Local, parallel: c.o.Parallel}
}

// open opens the replica of a library for a caller.
func (c *Client) open(r Replicas, g *grant, by caller) library.Reader {
	o := replica.Opening{About: g.about, View: g.view, Source: c.source(g, by.ask), Notice: g.notice}
	if g.about.MayWrite && !c.o.Local {
		o.Target = &target{source: c.webSource(g, by.ask), send: by.send, download: by.download, upload: by.upload}
	}
	return r.Open(o)
}

// grant returns the right to read one library. Any other library does not exist
// for the account: [library.NotFound].
func (a *Account) grant(ctx context.Context, id library.ID) (*grant, error) {
	switch {
	case id == library.UserID(a.key.user) && a.key.personal.library:
		return a.personal(), nil
	case groupNumber(id) > 0 && a.key.in(groupNumber(id)).library:
		grants, err := a.grants(ctx)
		if err != nil {
			return nil, err
		}
		for i := range grants {
			if grants[i].about.ID == id {
				return &grants[i], nil
			}
		}
	}
	return nil, library.Errorf(library.NotFound, "no such library").WithHint("list_libraries names those that there are")
}

// grants returns the rights to read of the account.
func (a *Account) grants(ctx context.Context) ([]grant, error) {
	var all []grant
	if a.key.personal.library {
		all = append(all, *a.personal())
	}
	if !a.key.readsGroups() {
		return all, nil
	}
	groups, _, _, err := getAll[group](ctx, a.ask, a.userPath()+"/groups", nil, cached)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		// The list has public groups too that the key may not read.
		if r := a.key.in(g.id); g.id > 0 && r.library {
			all = append(all, grant{
				path: "/groups/" + strconv.FormatInt(g.id, 10), view: a.client.view(), files: true,
				about: library.Info{ID: library.GroupID(g.id), Name: g.title(), Kind: library.KindGroup, MayWrite: r.write && g.editableBy(a.key.user), StoresFiles: !a.client.o.Local},
			})
		}
	}
	return all, nil
}

// personal returns the right to the personal library.
func (a *Account) personal() *grant {
	r := a.key.personal
	g := &grant{
		path: a.userPath(), files: r.files,
		about: library.Info{ID: library.UserID(a.key.user), Name: "My Library", Kind: library.KindUser, MayWrite: r.write, StoresFiles: r.files && !a.client.o.Local},
	}
	if !r.notes {
		g.about.HidesNotes, g.notice = true, missingNotes
	}
	var may []string
	if r.notes {
		may = append(may, "notes")
	}
	if r.files {
		may = append(may, "files")
	}
	g.view = a.client.view(may...)
	return g
}

func (a *Account) userPath() string {
	if a.client.o.Local {
		return "/users/0"
	}
	return "/users/" + strconv.FormatInt(a.key.user, 10)
}

// view returns the name of what a key with these rights sees. The app's objects
// have other versions than the same ones at zotero.org, and another server has
// other libraries of the same numbers.
func (c *Client) view(may ...string) string {
	if c.o.Local {
		may = append(may, "desktop")
	}
	if c.o.Host != "" {
		may = append(may, c.o.Host)
	}
	return strings.Join(may, ",")
}

// link returns the page of an item at zotero.org, or "" where there is none.
func (c *Client) link(id library.ItemID) string {
	if c.o.Local || c.o.Host != "" || !validKey(id.Key) {
		return ""
	}
	kind, number, _ := strings.Cut(string(id.Library), ":")
	switch library.Kind(kind) {
	case library.KindUser:
		return "https://www.zotero.org/users/" + number + "/items/" + id.Key
	case library.KindGroup:
		return "https://www.zotero.org/groups/" + number + "/items/" + id.Key
	}
	return ""
}
