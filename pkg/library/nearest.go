package library

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// Nearer is a [Reader] that knows the names that are like one.
type Nearer interface {
	Reader
	// Nearest returns the names of that kind that are like name, at most MaxNames,
	// the nearest first; none if there are none, or if the library can't tell at
	// present. The name itself is not among them.
	Nearest(ctx context.Context, kind NameKind, name string) ([]Name, error)
}

// NameKind says what a name stands for.
type NameKind string

// The kinds of names.
const (
	TagName     NameKind = "tag"
	CreatorName NameKind = "creator"
)

// Name is the name of a tag or a creator. Like every text from a library it is
// untrusted.
type Name struct {
	Text     string
	Works    int // that have it, about
	Distance int // from what was asked for: errors in the word that differs most
}

// MaxNames is how many names [Nearer] returns.
const MaxNames = 3

// NearestNames returns the nearest names of those given, the most frequent of
// equally near ones first. Works of equal names are added up.
func NearestNames(lists ...[]Name) []Name {
	var all []Name
	for _, n := range slices.Concat(lists...) {
		i := slices.IndexFunc(all, func(other Name) bool { return other.Text == n.Text })
		if i < 0 {
			all = append(all, n)
			continue
		}
		all[i].Works += n.Works
		all[i].Distance = min(all[i].Distance, n.Distance)
	}
	slices.SortFunc(all, func(a, b Name) int {
		return cmp.Or(a.Distance-b.Distance, b.Works-a.Works, strings.Compare(a.Text, b.Text))
	})
	return all[:min(len(all), MaxNames)]
}
