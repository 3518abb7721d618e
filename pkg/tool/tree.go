package tool

import "github.com/stackroom-mcp/stackroom/pkg/library"

// node is a collection at its place in the tree.
type node struct {
	library.Collection
	path  string // names from the top, joined by "/"
	depth int    // 0 at the top
}

// maxDepth bounds how deep a tree is followed; what lies deeper is listed at
// the top.
const maxDepth = 50

// tree returns the collections in reading order: each below its parent,
// siblings as they come. A collection whose parent is not there, or which is
// among its own ancestors, stands at the top, so that none is lost.
func tree(all []library.Collection) []node {
	children := map[string][]library.Collection{}
	exists := make(map[string]bool, len(all))
	for _, c := range all {
		exists[c.Key] = true
	}
	for _, c := range all {
		parent := c.Parent
		if !exists[parent] {
			parent = ""
		}
		children[parent] = append(children[parent], c)
	}
	nodes := make([]node, 0, len(all))
	seen := make(map[string]bool, len(all))
	var walk func(list []library.Collection, prefix string, depth int)
	walk = func(list []library.Collection, prefix string, depth int) {
		for _, c := range list {
			if seen[c.Key] || depth > maxDepth {
				continue
			}
			seen[c.Key] = true
			nodes = append(nodes, node{Collection: c, path: prefix + c.Name, depth: depth})
			walk(children[c.Key], prefix+c.Name+"/", depth+1)
		}
	}
	walk(children[""], "", 0)
	for _, c := range all {
		walk([]library.Collection{c}, "", 0)
	}
	return nodes
}
