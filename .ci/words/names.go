package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
)

// exportedNames returns the exported names that a Go file declares: types,
// functions, methods, fields, constants and variables, split into words. A file
// that does not parse has none.
func exportedNames(source []byte) []numbered {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", source, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	var names []numbered
	add := func(idents ...*ast.Ident) {
		for _, id := range idents {
			if id.IsExported() {
				names = append(names, numbered{splitName(id.Name), files.Position(id.Pos()).Line})
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			add(n.Name)
			return false // neither parameters nor local names
		case *ast.TypeSpec:
			add(n.Name)
		case *ast.ValueSpec:
			add(n.Names...)
		case *ast.Field:
			add(n.Names...)
		case *ast.FuncLit:
			return false
		}
		return true
	})
	slices.SortFunc(names, func(a, b numbered) int { return a.line - b.line })
	return names
}
