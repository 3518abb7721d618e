package zotero

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
)

// wholeEvery is how often a library of a desktop app before version 10 is read
// whole if it is asked for: adding an item to a collection, and restoring it from
// the trash, change neither its version nor its date there.
const wholeEvery = 10 * time.Minute

// dateMargin is how far the dates of an item may be before the mark of its
// change: the app writes whole seconds, before it saves.
const dateMargin = 2 * time.Second

// desktopSource reads one library of the Zotero app. The app does not say what
// was removed, and before version 10 an item's version changes only when it is
// synced, so that a change is found by keys, dates and versions together. Objects
// and the library have no version for the replica: they would not grow with each
// change.
type desktopSource struct{ *source }

var _ replica.Source = desktopSource{}

// desktopMark is a state of the app's library.
type desktopMark struct {
	at      time.Time // when it was read, by the clock that the app has too
	version int64     // the highest that an item had
	whole   time.Time // when the library was last read whole
}

func (m desktopMark) String() string {
	return fmt.Sprintf("desktop %d %d %d", m.at.Unix(), m.version, m.whole.Unix())
}

func parseDesktopMark(mark string) (m desktopMark, ok bool) {
	var at, whole int64
	n, err := fmt.Sscanf(mark, "desktop %d %d %d", &at, &m.version, &whole)
	m.at, m.whole = time.Unix(at, 0), time.Unix(whole, 0)
	return m, err == nil && n == 3 && m.String() == mark
}

// head returns the state that the library had at a time.
func (s desktopSource) head(h replica.Head, m desktopMark) replica.Head {
	h.Mark, h.Version = m.String(), 0
	return h
}

// Head implements [replica.Source].
func (s desktopSource) Head(ctx context.Context) (replica.Head, error) {
	now := time.Now()
	h, err := s.source.Head(ctx)
	return s.head(h, desktopMark{now, h.Version, now}), err
}

// All implements [replica.Source].
func (s desktopSource) All(ctx context.Context, yield func(replica.Batch) error) (replica.Head, error) {
	now := time.Now()
	h, err := s.source.All(ctx, func(b replica.Batch) error {
		b.Objects = unversioned(b.Objects)
		return yield(b)
	})
	return s.head(h, desktopMark{now, h.Version, now}), err
}

// Keys implements [replica.Source].
func (s desktopSource) Keys(ctx context.Context) (map[string]int64, replica.Head, error) {
	now := time.Now()
	keys, h, err := s.source.Keys(ctx)
	for key := range keys {
		keys[key] = 0
	}
	return keys, s.head(h, desktopMark{now, h.Version, now}), err
}

// Get implements [replica.Source].
func (s desktopSource) Get(ctx context.Context, keys []string) ([]replica.Object, error) {
	objects, err := s.source.Get(ctx, keys)
	return unversioned(objects), err
}

// Below implements [replica.Source].
func (s desktopSource) Below(ctx context.Context, key string) ([]replica.Object, error) {
	objects, err := s.source.Below(ctx, key)
	return unversioned(objects), err
}

// Search implements [replica.Source].
func (s desktopSource) Search(ctx context.Context, q library.Query) (replica.Found, error) {
	now := time.Now()
	found, err := s.source.Search(ctx, q)
	found.Works = unversioned(found.Works)
	found.Head = s.head(found.Head, desktopMark{now, found.Head.Version, now})
	return found, err
}

// unversioned takes the versions out of objects.
func unversioned(objects []replica.Object) []replica.Object {
	for i := range objects {
		objects[i].Version = 0
		if w := objects[i].Work; w != nil {
			w.Version = 0
		}
	}
	return objects
}

// Since implements [replica.Source]. It costs a request each for the items that
// were edited last, the keys and the collections, and more if much changed.
func (s desktopSource) Since(ctx context.Context, mark string) (*replica.Changes, error) {
	m, ok := parseDesktopMark(mark)
	if !ok {
		return &replica.Changes{Whole: true}, nil
	}
	next := desktopMark{time.Now(), m.version, m.whole}
	items, versioned, err := s.edited(ctx, m.at.Add(-dateMargin))
	if err != nil {
		return nil, err
	}
	if len(items) > maxChanges || !versioned && next.at.Sub(m.whole) >= wholeEvery {
		return &replica.Changes{Whole: true}, nil
	}
	keys, head, err := s.source.Keys(ctx)
	if err != nil {
		return nil, err
	}
	synced, version, err := s.synced(ctx, keys, m.version, items)
	if err != nil {
		return nil, err
	}
	tree, _, err := s.collections(ctx)
	if err != nil {
		return nil, err
	}
	next.version = max(head.Version, version)
	for key := range keys {
		keys[key] = 0
	}
	return &replica.Changes{
		Head: s.head(head, next), Objects: unversioned(objectsOf(s.id, append(items, synced...))), Keys: keys, Collections: tree,
	}, nil
}

// edited returns the items whose date is not before a time, trash included, and
// whether the app gives a new version to each change, as it does from version 10
// on.
func (s desktopSource) edited(ctx context.Context, since time.Time) (items []item, versioned bool, err error) {
	query := url.Values{"includeTrashed": {"1"}, "sort": {"dateModified"}, "direction": {"desc"}}
	err = eachPage(ctx, s.ask, s.path+"/items", query, direct, func(p *page[item]) bool {
		versioned = p.res.Header.Get("Zotero-Server-Id") != ""
		for _, it := range p.items {
			if it.data.modified.Before(since) {
				return false
			}
			items = append(items, it)
		}
		return len(items) <= maxChanges
	})
	return items, versioned, lost(err)
}

// synced returns the items whose version is higher than any was before, but for
// those that are known already: what another computer edited has its date from
// there. The version is the highest of all.
func (s desktopSource) synced(ctx context.Context, keys map[string]int64, since int64, known []item) ([]item, int64, error) {
	highest := since
	newer := map[string]int64{}
	for key, version := range keys {
		highest = max(highest, version)
		if version > since {
			newer[key] = version
		}
	}
	for i := range known {
		delete(newer, known[i].key)
	}
	items, err := s.getItems(ctx, keysOf(newer))
	return items, highest, err
}

// appError returns an error of the Zotero app with what a person can do about
// it. An app that runs and refuses has its local API switched off, which is the
// default.
func appError(err error) error {
	const setting = "in Zotero choose Settings, Advanced, and check \"Allow other applications on this computer to communicate with Zotero\""
	switch {
	case isCode(err, library.Unavailable):
		return library.Errorf(library.Unavailable, "the Zotero app does not answer on this machine").WithHint("start Zotero; then %s", setting).WithCause(err)
	case isCode(err, library.Forbidden, library.Unauthenticated, library.NotFound):
		return library.Errorf(library.Unavailable, "the Zotero app refuses other programs").WithHint("%s", setting).WithCause(err)
	}
	return err
}
