package tool

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/duplicate"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// duplicatesInput is the arguments of find_duplicates.
type duplicatesInput struct {
	Library string
	Across  bool
	Limit   int
	Cursor  string
}

// duplicatesOutput is the answer of find_duplicates. Total counts groups.
type duplicatesOutput struct {
	Groups []duplicateGroup `json:"groups" jsonschema:"by, title, works, differs: untrusted third-party text"`
	listed
}

// duplicateGroup is works that are duplicates of each other.
type duplicateGroup struct {
	By        string          `json:"by"`
	Title     string          `json:"title"`
	Works     []duplicateWork `json:"works"`
	MoreWorks int             `json:"more_works,omitempty"`
	// Differs has the values of the fields that differ, in the order of Works.
	Differs map[string][]string `json:"differs,omitempty"`
	// MoreFields counts the fields that differ and are not in Differs.
	MoreFields int `json:"more_fields,omitempty"`
}

type duplicateWork struct {
	ID          string `json:"id"`
	Files       int    `json:"files,omitempty"`
	Notes       int    `json:"notes,omitempty"`
	Annotations int    `json:"annotations,omitempty"`
}

// Bounds of find_duplicates.
const (
	maxCompared  = 100_000 // works that are compared in one call; each takes about a kilobyte
	maxComparing = 2       // calls that compare at the same time
	maxGroups    = 50      // on a page
	maxDuplicate = 10      // works of a group that are shown
	maxDiffering = 12      // fields of a group that are shown
	maxDiffer    = 80      // characters of a value
)

func findDuplicatesTool(c *Catalog) (*definition, error) {
	return readTool(c, about{"find_duplicates", "Find duplicates",
		"Works that a library has twice, by identifier or title, people, year. " +
			"Use it to clean up. Not for one work."},
		[]field[duplicatesInput]{
			name(libraryName, "", func(in *duplicatesInput) *string { return &in.Library }),
			boolean("across_libraries", "", func(in *duplicatesInput) *bool { return &in.Across }),
			limitField(20, maxGroups, func(in *duplicatesInput) *int { return &in.Limit }),
			cursorField(func(in *duplicatesInput) *string { return &in.Cursor }),
		}, c.findDuplicates)
}

// findDuplicates compares all works of the libraries. It needs the catalogue, which
// bounds how many calls do so at the same time.
func (c *Catalog) findDuplicates(ctx context.Context, k *call, in duplicatesInput) (answer[duplicatesOutput], error) {
	var none answer[duplicatesOutput]
	from, before, err := k.duplicatesFrom(in.Cursor)
	if err != nil {
		return none, err
	}
	all, _, notices, err := k.portions(ctx, in.Library, "", "")
	if err != nil {
		return none, err
	}
	found, err := c.compare(ctx, k, all, in.Across)
	if err != nil {
		return none, err
	}
	if in.Cursor != "" && before != found.version {
		notices = append(notices, "a library changed since the page before; groups may be missing or repeated")
	}
	from = min(from, len(found.groups))
	page := found.groups[from:min(from+in.Limit, len(found.groups))]
	t := &tidy{}
	lines, err := k.duplicateLines(ctx, t, page)
	if err != nil {
		return none, err
	}
	notices = append(notices, found.notices...)
	out, err := fit(k.budget, len(lines), func(n int) duplicatesOutput {
		out := duplicatesOutput{Groups: lines[:n], listed: k.listedFlat(from, n, len(lines), len(found.groups))}
		if out.NextCursor != "" {
			out.NextCursor = encodeCursor(k.digest(), []mark{{numbers: []int64{int64(from + n), found.version}}})
		}
		out.Notices = append(out.Notices, notices...)
		out.note(t.notice())
		return out
	})
	for _, g := range lines[:out.kept] {
		k.touchWorks(ctx, g.Works)
	}
	return out, err
}

// duplicatesFrom reads a cursor: the groups on the pages before, and the version of
// all libraries together then.
func (c *call) duplicatesFrom(cursor string) (from int, version int64, err error) {
	if cursor == "" {
		return 0, 0, nil
	}
	marks, err := decodeCursor(cursor, c.digest())
	if err != nil {
		return 0, 0, err
	}
	if len(marks) != 1 || len(marks[0].numbers) != 2 || marks[0].numbers[0] > maxOffset {
		return 0, 0, damaged()
	}
	return int(marks[0].numbers[0]), marks[0].numbers[1], nil
}

// touchWorks tells the audit which works the caller was given.
func (c *call) touchWorks(ctx context.Context, works []duplicateWork) {
	if c.touched == nil {
		return
	}
	ids := make([]string, len(works))
	for i, w := range works {
		ids[i] = w.ID
	}
	c.touched(ctx, ids...)
}

// compared is the duplicates of several libraries.
type compared struct {
	groups   []duplicate.Group
	compared int
	version  int64 // sum of the versions of the libraries; it changes with any of them
	notices  []string
}

// compare compares the works of libraries as soon as few enough other calls do.
func (c *Catalog) compare(ctx context.Context, k *call, all []portion, across bool) (*compared, error) {
	select {
	case c.comparing <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-c.comparing }()
	return k.compare(ctx, all, across)
}

// compare finds the duplicates of each library or, across libraries, of all of them
// together. Libraries are read one after the other, so that memory is bounded by the
// largest, or by maxCompared works.
func (c *call) compare(ctx context.Context, all []portion, across bool) (*compared, error) {
	out := &compared{}
	finder := duplicate.NewFinder()
	var failed error
	answered := len(all) == 0
	for _, p := range all {
		n, version, err := c.addWorks(ctx, p.lib.ID, finder, maxCompared-out.compared)
		if err != nil {
			failed = err
			out.notices = append(out.notices, "library "+string(p.lib.ID)+" did not answer and is left out: "+c.tolerate(ctx, err))
		}
		answered = answered || err == nil
		out.compared, out.version = out.compared+n, out.version+version
		c.progress.step(len(all), "read "+string(p.lib.ID))
		if !across {
			out.groups = append(out.groups, finder.Groups()...)
			finder = duplicate.NewFinder()
		}
	}
	if failed != nil && !answered {
		return nil, failed
	}
	if across {
		out.groups = finder.Groups()
	}
	if out.compared == maxCompared {
		out.notices = append(out.notices, fmt.Sprintf("only the first %d works were compared; name one library to compare its works", maxCompared))
	}
	return out, ctx.Err()
}

// errEnough ends the reading of a library.
var errEnough = errors.New("enough works")

// addWorks adds the works of a library, most of them at most. It returns their number
// and the version of the library.
func (c *call) addWorks(ctx context.Context, id library.ID, finder *duplicate.Finder, most int) (n int, version int64, err error) {
	r, err := c.reader(ctx, id)
	if err != nil {
		return 0, 0, err
	}
	page, err := eachOf(ctx, r, func(it *library.Item) error {
		if n == most {
			return errEnough
		}
		n++
		finder.Add(it)
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	c.hear(id, page.Notice)
	return n, page.Version, err
}

// duplicateLines describes groups. A group of which works were removed meanwhile has
// those that are left.
func (c *call) duplicateLines(ctx context.Context, t *tidy, groups []duplicate.Group) ([]duplicateGroup, error) {
	keys := map[library.ID][]string{}
	for _, g := range groups {
		for _, id := range g.Works[:min(len(g.Works), maxDuplicate)] {
			keys[id.Library] = append(keys[id.Library], id.Key)
		}
	}
	items := map[library.ItemID]*library.Item{}
	for id, keys := range keys {
		for part := range slices.Chunk(keys, library.MaxLimit) {
			_, found, err := c.itemsOf(ctx, id, part)
			if err != nil {
				return nil, err
			}
			for _, f := range found {
				if f.item != nil {
					items[f.item.ID] = f.item
				}
			}
		}
	}
	lines := make([]duplicateGroup, len(groups))
	for i, g := range groups {
		var works []*library.Item
		for _, id := range g.Works[:min(len(g.Works), maxDuplicate)] {
			if it := items[id]; it != nil {
				works = append(works, it)
			}
		}
		lines[i] = t.duplicateGroup(g, works)
	}
	return lines, nil
}

func (t *tidy) duplicateGroup(g duplicate.Group, works []*library.Item) duplicateGroup {
	line := duplicateGroup{By: string(g.By), Works: []duplicateWork{}, MoreWorks: max(0, len(g.Works)-maxDuplicate)}
	for _, it := range works {
		w := duplicateWork{ID: it.ID.String(), Files: len(it.Attachments), Notes: len(it.Notes)}
		for i := range it.Attachments {
			w.Annotations += len(it.Attachments[i].Annotations)
		}
		line.Works = append(line.Works, w)
	}
	if len(works) > 0 {
		line.Title = t.title(works[0])
		line.Differs, line.MoreFields = t.differing(works)
	}
	return line
}
