package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"github.com/stackroom-mcp/stackroom/pkg/config"
)

// The columns of help: where the second one begins, and where lines end.
const (
	helpColumn = 30
	helpWidth  = 80
)

// commandGroups are the groups in which help lists the commands.
func commandGroups() []kong.Group {
	return []kong.Group{
		{Key: "serve", Title: "Serve a library"},
		{Key: "library", Title: "Fill a library and cite from it"},
		{Key: "operate", Title: "Set up and check"},
		{Key: "make", Title: "Describe and package"},
	}
}

// printHelp prints the help of the chosen command: what kong knows of it, the
// settings that it reads, and examples.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	path := ""
	if node := ctx.Selected(); node != nil {
		path = node.Path()
	}
	printSettings(ctx.Stdout, settingsOf(path))
	if all := examplesOf(path); len(all) > 0 {
		fmt.Fprintln(ctx.Stdout, "\nExamples:")
		for _, e := range all {
			fmt.Fprintf(ctx.Stdout, "  # %s\n  %s\n", e.purpose, e.line)
		}
	}
	return nil
}

// settingsOf returns the settings that the help of a command names.
func settingsOf(path string) []config.Variable {
	all := config.Variables()
	only := func(names ...string) []config.Variable {
		return slices.DeleteFunc(all, func(v config.Variable) bool {
			return !slices.Contains(names, v.Name) && !slices.Contains(names, v.Group)
		})
	}
	switch path {
	case "serve":
		return all
	case "stdio":
		return only("Libraries", "Log and traces", "STACKROOM_RESULT_CHARS")
	case "import", "sources", "remove", "reset":
		return only("STACKROOM_DATA")
	case "cite":
		return only("STACKROOM_DATA", "STACKROOM_STYLES", "STACKROOM_STYLE_REPOSITORY", "ZOTERO_API_KEY", "ZOTERO_DESKTOP")
	case "check":
		return only("STACKROOM_DATA", "STACKROOM_RESOLVERS", "STACKROOM_CONTACT", "STACKROOM_OPENALEX_KEY", "ZOTERO_API_KEY", "ZOTERO_DESKTOP")
	case "healthcheck":
		return only("PORT", "STACKROOM_ADDR")
	case "token new", "token list", "token revoke":
		return only("STACKROOM_TOKENS")
	case "token key":
		return only("STACKROOM_MASTER_KEY")
	}
	return nil
}

// printSettings prints a line on each setting, group by group.
func printSettings(w io.Writer, settings []config.Variable) {
	if len(settings) == 0 {
		return
	}
	fmt.Fprintln(w, "\nSettings (environment variables):")
	for i, v := range settings {
		if i == 0 || settings[i-1].Group != v.Group {
			fmt.Fprintf(w, "\n%s\n", v.Group)
		}
		first, _, _ := strings.Cut(v.Doc, ". ")
		printRow(w, v.Name, strings.TrimSuffix(first, ".")+".")
	}
	fmt.Fprintln(w, "\nRun \"stackroom settings\" for what each one takes, and its default.")
}

// printRow prints a row of two columns and wraps the second.
func printRow(w io.Writer, name, text string) {
	left := "  " + name
	for _, line := range wrapped(text, helpWidth-helpColumn) {
		fmt.Fprintf(w, "%-*s  %s\n", helpColumn-2, left, line)
		left = ""
	}
}

// wrapped returns the text in lines of at most width characters, or of one longer
// word.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
