package zotero

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/maypok86/otter/v2"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

const jsonType = "application/json"

// Client speaks the read side of Zotero's API for any number of callers at the
// same time. Each method is one endpoint and one call, cached by the upstream;
// errors are [*library.Error]s.
type Client struct {
	up        Upstream
	o         Options
	gatherer  *gatherer
	snapshots *otter.Cache[snapshotKey, *snapshot]
	desks     *otter.Cache[identity, *desk]
	// alive ends when the client is closed, and with it what it does by itself.
	alive context.Context
	close context.CancelFunc
}

// Scope is one library as one credential sees it. An [Account] hands it out.
type Scope struct {
	cred     upstream.Credential
	path     string // "/users/475425"
	identity identity
}

// NewClient returns a client over an upstream that is pinned to Zotero's host.
func NewClient(up Upstream, o Options) *Client {
	o = o.withDefaults()
	c := &Client{up: up, o: o, desks: otter.Must(&otter.Options[identity, *desk]{MaximumSize: maxDesks})}
	c.alive, c.close = context.WithCancel(context.Background())
	c.snapshots = otter.Must(&otter.Options[snapshotKey, *snapshot]{
		MaximumWeight: o.CacheBytes,
		Weigher:       func(_ snapshotKey, s *snapshot) uint32 { return s.weight },
	})
	c.gatherer = newGatherer(o.GatherDelay, o.GatherMax, o.Batched, func(ctx context.Context, s Scope, keys []string) ([]Object, error) {
		list, err := c.ItemsByKey(ctx, s, keys)
		if err != nil {
			return nil, err
		}
		return list.Items, nil
	})
	return c
}

// Close ends the reading of libraries that goes on in the background. Calls
// may still be made.
func (c *Client) Close() { c.close() }

func (c *Client) get(ctx context.Context, cred upstream.Credential, path string, query url.Values, accept string) (*upstream.Response, error) {
	header := http.Header{"Zotero-Api-Version": {"3"}, "Accept": {accept}}
	res, err := c.up.Get(ctx, upstream.Request{
		Path: path, Query: query, Header: header, Credential: cred,
		// Before version 10 the desktop app's versions don't grow until it has
		// synced, so that renewing by version would keep what is old.
		NoCache: c.o.Local,
	})
	if err != nil {
		return nil, translate(err)
	}
	return res, nil
}

// getOne fetches one JSON value and returns it with its version.
func getOne[T any](ctx context.Context, c *Client, cred upstream.Credential, path string, query url.Values) (value T, version int64, err error) {
	res, err := c.get(ctx, cred, path, query, jsonType)
	if err != nil {
		return value, 0, err
	}
	if err := json.Unmarshal(res.Body, &value); err != nil {
		return value, 0, unreadable(err)
	}
	return value, versionOf(res.Header), nil
}

// keyed returns the path of an object, and refuses a key that is none: it
// would lead elsewhere.
func keyed(s Scope, kind, key, rest string) (string, error) {
	if !validKey(key) {
		return "", library.Errorf(library.NotFound, "no such key").WithHint("a key has 8 characters of 2-9 and A-Z")
	}
	return s.path + "/" + kind + "/" + key + rest, nil
}

// listOf fetches a list below the library.
func listOf[T any](ctx context.Context, c *Client, s Scope, rest string, p Parameters) (*List[T], error) {
	return getList[T](ctx, c, s.cred, s.path+rest, p.values())
}

// listBelow fetches a list below an object of the library.
func listBelow[T any](ctx context.Context, c *Client, s Scope, kind, key, rest string, p Parameters) (*List[T], error) {
	path, err := keyed(s, kind, key, rest)
	if err != nil {
		return nil, err
	}
	return getList[T](ctx, c, s.cred, path, p.values())
}

// CurrentKey returns what the credential's key may do: GET /keys/current. A
// key that Zotero doesn't know is [library.Unauthenticated].
func (c *Client) CurrentKey(ctx context.Context, cred upstream.Credential) (Key, error) {
	key, _, err := getOne[Key](ctx, c, cred, "/keys/current", nil)
	return key, err
}

// Groups lists the groups of a user, also those that the key may not read.
func (c *Client) Groups(ctx context.Context, cred upstream.Credential, user int64, p Parameters) (*List[Group], error) {
	return getList[Group](ctx, c, cred, "/users/"+strconv.FormatInt(user, 10)+"/groups", p.values())
}

// Group returns one group's description.
func (c *Client) Group(ctx context.Context, cred upstream.Credential, id int64) (Group, error) {
	group, _, err := getOne[Group](ctx, c, cred, "/groups/"+strconv.FormatInt(id, 10), nil)
	return group, err
}

// Items lists items of every kind. Children of works in the trash are among
// them.
func (c *Client) Items(ctx context.Context, s Scope, p Parameters) (*List[Object], error) {
	return listOf[Object](ctx, c, s, "/items", p)
}

// TopItems lists items that stand by themselves. A search, tag or type that a
// child has finds the item above it.
func (c *Client) TopItems(ctx context.Context, s Scope, p Parameters) (*List[Object], error) {
	return listOf[Object](ctx, c, s, "/items/top", p)
}

// TrashedItems lists items in the trash.
func (c *Client) TrashedItems(ctx context.Context, s Scope, p Parameters) (*List[Object], error) {
	return listOf[Object](ctx, c, s, "/items/trash", p)
}

// Publications lists a user's own publications, which need no key.
func (c *Client) Publications(ctx context.Context, s Scope, p Parameters) (*List[Object], error) {
	return listOf[Object](ctx, c, s, "/publications/items", p)
}

// Item returns one item, also from the trash.
func (c *Client) Item(ctx context.Context, s Scope, key string) (Object, error) {
	path, err := keyed(s, "items", key, "")
	if err != nil {
		return Object{}, err
	}
	item, _, err := getOne[Object](ctx, c, s.cred, path, nil)
	return item, err
}

// ItemsByKey returns the items of these keys, at most 50, in any order. Keys
// that are none, unknown ones and the trash are left out.
func (c *Client) ItemsByKey(ctx context.Context, s Scope, keys []string) (*List[Object], error) {
	keys = validKeys(keys)
	if len(keys) > maxKeys {
		return nil, library.Errorf(library.Internal, "too many keys in one call")
	}
	if len(keys) == 0 {
		return &List[Object]{}, nil
	}
	return listOf[Object](ctx, c, s, "/items", Parameters{keys: keys})
}

// GatheredItem returns one item like [Client.ItemsByKey], in one call with
// others of the same library that are asked for at the same time; nil if
// there is none.
func (c *Client) GatheredItem(ctx context.Context, s Scope, key string) (*Object, error) {
	return c.gatherer.get(ctx, s, key)
}

// Children lists the notes and attachments of a work, or the annotations of an
// attachment.
func (c *Client) Children(ctx context.Context, s Scope, key string, p Parameters) (*List[Object], error) {
	return listBelow[Object](ctx, c, s, "items", key, "/children", p)
}

// ItemTags lists the tags of one item. The local API doesn't have it.
func (c *Client) ItemTags(ctx context.Context, s Scope, key string, p Parameters) (*List[Tag], error) {
	return listBelow[Tag](ctx, c, s, "items", key, "/tags", p)
}

// Collections lists all collections, also those in the trash.
func (c *Client) Collections(ctx context.Context, s Scope, p Parameters) (*List[Collection], error) {
	return listOf[Collection](ctx, c, s, "/collections", p)
}

// TopCollections lists the collections at the top of the tree.
func (c *Client) TopCollections(ctx context.Context, s Scope, p Parameters) (*List[Collection], error) {
	return listOf[Collection](ctx, c, s, "/collections/top", p)
}

// Collection returns one collection.
func (c *Client) Collection(ctx context.Context, s Scope, key string) (Collection, error) {
	path, err := keyed(s, "collections", key, "")
	if err != nil {
		return Collection{}, err
	}
	collection, _, err := getOne[Collection](ctx, c, s.cred, path, nil)
	return collection, err
}

// Subcollections lists the collections directly below one.
func (c *Client) Subcollections(ctx context.Context, s Scope, key string, p Parameters) (*List[Collection], error) {
	return listBelow[Collection](ctx, c, s, "collections", key, "/collections", p)
}

// CollectionItems lists the items in a collection with their children, those
// of collections below it not.
func (c *Client) CollectionItems(ctx context.Context, s Scope, key string, p Parameters) (*List[Object], error) {
	return listBelow[Object](ctx, c, s, "collections", key, "/items", p)
}

// CollectionTopItems lists the works in a collection, those of collections
// below it not.
func (c *Client) CollectionTopItems(ctx context.Context, s Scope, key string, p Parameters) (*List[Object], error) {
	return listBelow[Object](ctx, c, s, "collections", key, "/items/top", p)
}

// CollectionTags lists the tags in a collection. The local API doesn't have it.
func (c *Client) CollectionTags(ctx context.Context, s Scope, key string, p Parameters) (*List[Tag], error) {
	return listBelow[Tag](ctx, c, s, "collections", key, "/tags", p)
}

// Searches lists the saved searches.
func (c *Client) Searches(ctx context.Context, s Scope, p Parameters) (*List[Search], error) {
	return listOf[Search](ctx, c, s, "/searches", p)
}

// Search returns one saved search.
func (c *Client) Search(ctx context.Context, s Scope, key string) (Search, error) {
	path, err := keyed(s, "searches", key, "")
	if err != nil {
		return Search{}, err
	}
	search, _, err := getOne[Search](ctx, c, s.cred, path, nil)
	return search, err
}

// Tags lists the tags of items of every kind, one entry for each name and way
// of setting it.
func (c *Client) Tags(ctx context.Context, s Scope, p Parameters) (*List[Tag], error) {
	return listOf[Tag](ctx, c, s, "/tags", p)
}

// FullText returns the text of an attachment (never of the work above it);
// [library.NotFound] if Zotero has none.
func (c *Client) FullText(ctx context.Context, s Scope, key string) (FullText, error) {
	path, err := keyed(s, "items", key, "/fulltext")
	if err != nil {
		return FullText{}, err
	}
	full, version, err := getOne[FullText](ctx, c, s.cred, path, nil)
	full.Version = version
	return full, err
}

// FullTextVersions returns the attachments whose text changed after a version,
// 0 for all, with the version of each text.
func (c *Client) FullTextVersions(ctx context.Context, s Scope, since int64) (map[string]int64, error) {
	return c.versions(ctx, s, "/fulltext", url.Values{"since": {strconv.FormatInt(since, 10)}})
}

// ItemVersions returns the versions of all items that p chooses, without
// paging: GET /items?format=versions.
func (c *Client) ItemVersions(ctx context.Context, s Scope, p Parameters) (map[string]int64, error) {
	query := p.values()
	query.Del("limit")
	query.Set("format", "versions")
	return c.versions(ctx, s, "/items", query)
}

func (c *Client) versions(ctx context.Context, s Scope, rest string, query url.Values) (map[string]int64, error) {
	raws, _, err := getOne[map[string]json.RawMessage](ctx, c, s.cred, s.path+rest, query)
	if err != nil {
		return nil, err
	}
	versions := make(map[string]int64, len(raws))
	for key, raw := range raws {
		if validKey(key) {
			versions[key] = number(raw, 0)
		}
	}
	return versions, nil
}

// File opens an attachment's file, which the caller closes. The header
// describes it.
func (c *Client) File(ctx context.Context, s Scope, key string) (io.ReadCloser, http.Header, error) {
	path, err := keyed(s, "items", key, "/file")
	if err != nil {
		return nil, nil, err
	}
	body, header, err := c.up.Download(ctx, upstream.Request{Path: path, Header: http.Header{"Zotero-Api-Version": {"3"}}, Credential: s.cred})
	if err != nil {
		return nil, nil, translate(err)
	}
	return body, header, nil
}

// Deleted returns what is gone for good since a version. The local API doesn't
// have it.
func (c *Client) Deleted(ctx context.Context, s Scope, since int64) (Deleted, error) {
	deleted, version, err := getOne[Deleted](ctx, c, s.cred, s.path+"/deleted", url.Values{"since": {strconv.FormatInt(since, 10)}})
	deleted.Version = version
	return deleted, err
}

// Settings returns the library's settings by name.
func (c *Client) Settings(ctx context.Context, s Scope) (map[string]Setting, error) {
	raws, _, err := getOne[map[string]json.RawMessage](ctx, c, s.cred, s.path+"/settings", nil)
	if err != nil {
		return nil, err
	}
	settings := make(map[string]Setting, len(raws))
	for name, raw := range raws {
		m := object(raw)
		settings[name] = Setting{Value: m["value"], Version: number(m["version"], 0)}
	}
	return settings, nil
}
