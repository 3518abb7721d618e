package tool

import (
	"fmt"
	"strings"
)

// Markdown returns the tools as a table for the README: name, and the first sentence of
// what each does.
func Markdown(tools []Definition) string {
	var b strings.Builder
	b.WriteString("| tool | does |\n|---|---|\n")
	cell := strings.NewReplacer("|", `\|`, "\n", " ")
	for _, d := range tools {
		does, _, _ := strings.Cut(d.Description, ". ")
		fmt.Fprintf(&b, "| `%s` | %s. |\n", d.Name, cell.Replace(strings.TrimSuffix(does, ".")))
	}
	return b.String()
}
