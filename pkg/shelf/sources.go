package shelf

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Source is a file or folder whose works an import took into the library.
type Source struct {
	ID       string            `json:"id"` // see [Input]
	Settings map[string]string `json:"settings,omitempty"`
	Works    int               `json:"works"`
	// Changed is when an import last found something new in it.
	Changed time.Time `json:"changed"`
}

// sourceRow is a row of the table of sources.
type sourceRow struct {
	Source
	Number int `json:"number"`
}

// Sources returns the sources of the library in the order of their IDs.
func (s *Shelf) Sources(ctx context.Context) ([]Source, error) {
	st, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer st.release()
	byID, err := readSources(st.rows)
	if err != nil {
		return nil, err
	}
	all := make([]Source, 0, len(byID))
	for _, row := range byID {
		all = append(all, row.Source)
	}
	slices.SortFunc(all, func(a, b Source) int { return strings.Compare(a.ID, b.ID) })
	return all, nil
}

// readSources returns the sources by their IDs.
func readSources(r *rows) (map[string]*sourceRow, error) {
	byID := map[string]*sourceRow{}
	err := r.scan(sourceTable, "", func(key string, value []byte) error {
		row := &sourceRow{}
		if err := json.Unmarshal(value, row); err != nil {
			return damaged(fmt.Errorf("source %s: %w", key, err))
		}
		byID[row.ID] = row
		return nil
	})
	return byID, err
}

// sourceReading is a source while an import reads it.
type sourceReading struct {
	*sourceRow
	known   bool // an earlier import read it
	before  sourceRow
	keep    bool // works that it no longer has stay
	forget  bool
	waiting []waitingWork
	bytes   int // of waiting
	report  SourceReport
}

// begin begins to read a source.
func (c *catalogue) begin(in *Input) error {
	r := &sourceReading{sourceRow: c.sources[in.ID], known: c.sources[in.ID] != nil, forget: in.Tell == nil}
	if !r.known {
		number := 1
		for _, other := range c.sources {
			number = max(number, other.Number+1)
		}
		r.sourceRow = &sourceRow{Source: Source{ID: in.ID}, Number: number}
		c.sources[in.ID] = r.sourceRow
	}
	r.before = *r.sourceRow
	r.report.ID = in.ID
	c.source = r
	return nil
}

// end ends the reading of a source. What it no longer has is dropped when all
// sources are read: a work may have moved from one to another.
func (c *catalogue) end(in *Input, whole bool) error {
	r := c.source
	r.keep = r.keep || in.Keep || !whole
	if err := c.pair(true); err != nil {
		return err
	}
	if in.Settings != nil {
		r.Settings = maps.Clone(in.Settings)
	}
	c.read = append(c.read, r)
	return nil
}

// heldKey returns the key of the row that says that a source has an item.
func heldKey(source int, item string) string { return strconv.Itoa(source) + "\x00" + item }

// unseen returns the works that a source had before and of which this import did
// not tell.
func (c *catalogue) unseen(r *sourceReading) ([]string, error) {
	var keys []string
	prefix := heldKey(r.Number, "")
	err := c.rows.scan(heldTable, prefix, func(row string, _ []byte) error {
		if key := row[len(prefix):]; !c.seen[key].by(r.Number) {
			keys = append(keys, key)
		}
		return nil
	})
	return keys, err
}

// drop takes from a source the works that it no longer has. A work that no source
// has is removed.
func (c *catalogue) drop(r *sourceReading) error {
	keys, err := c.unseen(r)
	if err != nil {
		return err
	}
	for _, key := range keys {
		it, err := c.item(key)
		if err != nil {
			return err
		}
		if it == nil {
			continue
		}
		if err := c.written(); err != nil {
			return err
		}
		if r.keep {
			r.report.Kept++
			c.report.Kept++
			c.report.work(Kept, it, r.ID)
			continue
		}
		r.report.Dropped++
		if err := c.dropOne(r, it); err != nil {
			return err
		}
	}
	return nil
}

func (c *catalogue) dropOne(r *sourceReading, old *library.Item) error {
	key := old.ID.Key
	held, err := c.holdings(key)
	if err != nil {
		return err
	}
	left := slices.DeleteFunc(slices.Clone(held), func(h holding) bool { return h.Source == r.Number })
	c.rows.put(heldTable, heldKey(r.Number, key), nil)
	r.Works--
	c.dirty, c.touched[r.Number] = true, true
	if len(left) == 0 {
		return c.remove(old, held, r.ID)
	}
	c.putHoldings(key, left)
	s := c.see(key, r.ID)
	s.told = true
	it, err := c.derive(old, left)
	if err != nil {
		return err
	}
	return c.rewrite(it, old)
}

// remove removes a work from the library.
func (c *catalogue) remove(old *library.Item, held []holding, origin string) error {
	key := old.ID.Key
	ids := identities(old)
	if e, err := c.entry(key); err != nil {
		return err
	} else if e != nil {
		ids = append(ids, identities(e.whole)...)
	}
	for _, h := range held {
		for _, entry := range h.Entries {
			if err := c.unidentify(entry, key); err != nil {
				return err
			}
		}
	}
	for _, id := range ids {
		if err := c.unidentify(id.row(), key); err != nil {
			return err
		}
	}
	c.rows.put(holdingTable, key, nil)
	delete(c.seen, key)
	if e, err := c.entry(key); err != nil {
		return err
	} else if e != nil {
		return c.leave(e, origin)
	}
	return c.removeItem(old, origin)
}

// removeItem removes a work from what readers see.
func (c *catalogue) removeItem(old *library.Item, origin string) error {
	key := old.ID.Key
	c.keys.forget(key)
	c.meta.Items--
	c.removed = append(c.removed, key)
	c.report.Removed++
	c.report.work(Removed, old, origin)
	return writeItem(c.rows, old, nil, change{kind: library.Removed, at: c.now}, c.before+1)
}

// saveSource writes the row of a source that was read, if it is not as it was.
func (c *catalogue) saveSource(r *sourceReading) {
	number := strconv.Itoa(r.Number)
	if r.forget && r.Works <= 0 {
		c.rows.put(sourceTable, number, nil)
		delete(c.sources, r.ID)
		c.dirty = c.dirty || r.known
		return
	}
	r.report.Works = r.Works
	if r.known && r.Works == r.before.Works && maps.Equal(r.Settings, r.before.Settings) && !c.touched[r.Number] {
		return
	}
	r.Changed = c.now
	c.rows.put(sourceTable, number, encode(r.sourceRow))
	c.dirty = true
}
