package tool

import (
	"fmt"
	"strings"
)

// Markdown returns the tools as a table for the README: name, title, what each
// does.
func Markdown(tools []Definition) string {
	var b strings.Builder
	b.WriteString("| tool | title | does |\n|---|---|---|\n")
	cell := strings.NewReplacer("|", `\|`, "\n", " ")
	for _, d := range tools {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", d.Name, cell.Replace(d.Title), cell.Replace(d.Description))
	}
	return b.String()
}
