package duplicate

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strconv"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Kind says by what works are known to be duplicates.
type Kind string

// The kinds, the surest first.
const (
	ByDOI   Kind = "doi"
	ByArXiv Kind = "arxiv"
	ByPMID  Kind = "pmid"
	ByISBN  Kind = "isbn"
	ByTitle Kind = "title" // title, people and year
)

// kinds returns all kinds in their order.
func kinds() []Kind { return []Kind{ByDOI, ByArXiv, ByPMID, ByISBN, ByTitle} }

// Group is works that are duplicates of each other.
type Group struct {
	By    Kind             // the surest kind by which two of them are known
	Works []library.ItemID // two or more, in the order in which they were added
}

// window bounds the works that one is compared with in a block: those that come next
// by title.
const window = 50

// Finder finds duplicates among the works that are added to it. It keeps some 500
// bytes of a work. It is not safe for concurrent use.
type Finder struct {
	works  []*work
	blocks map[Kind][]entry
	seed   maphash.Seed
	group  []int // by work: another work of its group, or itself
	member map[int][]int
	by     map[int]Kind // by the root of a group
	unit   []int        // by work: the root of the works that share identifiers with it
}

// entry puts a work into a block: works that are compared with each other.
type entry struct {
	block uint64
	work  int
}

// NewFinder returns a finder without works.
func NewFinder() *Finder {
	return &Finder{blocks: map[Kind][]entry{}, seed: maphash.MakeSeed()}
}

// Add adds a work. It keeps nothing of the item but texts.
func (f *Finder) Add(it *library.Item) {
	w := workOf(it)
	at := len(f.works)
	f.works = append(f.works, w)
	add := func(k Kind, value string) {
		if value != "" {
			f.blocks[k] = append(f.blocks[k], entry{maphash.String(f.seed, value), at})
		}
	}
	add(ByDOI, w.doi)
	add(ByArXiv, w.arXiv)
	add(ByPMID, w.pmid)
	for _, isbn := range w.isbns {
		add(ByISBN, isbn)
	}
	if w.title.whole == "" {
		return
	}
	add(ByTitle, w.title.whole)
	if w.title.main != w.title.whole {
		add(ByTitle, w.title.main)
	}
	if len(w.people) > 0 && w.dated { // finds titles with an error
		add(ByTitle, strconv.Itoa(w.year)+"\x00"+w.people[0].family)
	}
}

// Groups returns the groups of duplicates, in the order of their first works.
func (f *Finder) Groups() []Group {
	f.group, f.member, f.by = make([]int, len(f.works)), map[int][]int{}, map[int]Kind{}
	for i := range f.group {
		f.group[i] = i
	}
	for _, k := range kinds() {
		if k == ByTitle {
			f.unit = make([]int, len(f.works))
			for i := range f.unit {
				f.unit[i] = f.root(i)
			}
		}
		f.compare(k)
	}
	var groups []Group
	for root, members := range f.member {
		slices.Sort(members)
		g := Group{By: f.by[root]}
		for _, m := range members {
			g.Works = append(g.Works, f.works[m].id)
		}
		groups = append(groups, g)
	}
	order := make(map[library.ItemID]int, len(f.works))
	for i, w := range f.works {
		order[w.id] = i
	}
	slices.SortFunc(groups, func(a, b Group) int { return cmp.Compare(order[a.Works[0]], order[b.Works[0]]) })
	return groups
}

// compare joins the duplicates of a kind.
func (f *Finder) compare(k Kind) {
	all := f.blocks[k]
	slices.SortFunc(all, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.block, b.block), cmp.Compare(f.works[a.work].title.whole, f.works[b.work].title.whole), a.work-b.work)
	})
	for i, a := range all {
		for _, b := range all[i+1 : min(i+1+window, len(all))] {
			if a.block != b.block {
				break
			}
			if f.match(k, f.works[a.work], f.works[b.work]) {
				f.join(k, a.work, b.work)
			}
		}
	}
}

// match reports whether two works of a block are duplicates.
func (f *Finder) match(k Kind, a, b *work) bool {
	switch k {
	case ByTitle:
		return agree(a, b)
	case ByISBN: // volumes may have the ISBN of all volumes
		return !differ(a.volume, b.volume) && !differ(Numbers(a.title.whole), Numbers(b.title.whole))
	}
	return true
}

// root returns the work that stands for the group of a work.
func (f *Finder) root(i int) int {
	for f.group[i] != i {
		f.group[i] = f.group[f.group[i]]
		i = f.group[i]
	}
	return i
}

// join puts the groups of two works together.
func (f *Finder) join(k Kind, a, b int) {
	x, y := f.root(a), f.root(b)
	if x == y {
		return
	}
	xs, ys := f.members(x), f.members(y)
	if k == ByTitle && f.divided(xs, ys) {
		return
	}
	f.group[y] = x
	f.member[x] = append(xs, ys...)
	delete(f.member, y)
	by := k // kinds come the surest first
	for _, root := range []int{x, y} {
		if known, ok := f.by[root]; ok && slices.Index(kinds(), known) < slices.Index(kinds(), by) {
			by = known
		}
	}
	delete(f.by, y)
	f.by[x] = by
}

// divided reports whether works of two groups are told apart, so that one title does
// not put them together: a work without a year does not join those of two years. Works
// that share an identifier count as one. Of each group the first works are looked at.
func (f *Finder) divided(xs, ys []int) bool {
	together := map[[2]int]bool{}
	for _, i := range xs[:min(len(xs), window)] {
		for _, j := range ys[:min(len(ys), window)] {
			units := [2]int{f.unit[i], f.unit[j]}
			together[units] = together[units] || !apart(f.works[i], f.works[j])
		}
	}
	for _, ok := range together {
		if !ok {
			return true
		}
	}
	return false
}

// members returns the works of a group.
func (f *Finder) members(root int) []int {
	if all, ok := f.member[root]; ok {
		return all
	}
	return []int{root}
}
