package changetest

import (
	"maps"
	"slices"
	"strings"
)

// pageSize is the names in a page of [Store.List].
const pageSize = 3

func pageOf(objects map[string][]byte, prefix, page string) (names []string, next string, err error) {
	for _, name := range slices.Sorted(maps.Keys(objects)) {
		if !strings.HasPrefix(name, prefix) || name <= page {
			continue
		}
		if len(names) == pageSize {
			return names, names[pageSize-1], nil
		}
		names = append(names, name)
	}
	return names, "", nil
}
