// Command stackroom gives AI assistants a library to work from, over the
// Model Context Protocol.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// commands is the command line.
type commands struct {
	Serve       serveCommand       `cmd:"" group:"serve" help:"Serve libraries over HTTP."`
	Stdio       stdioCommand       `cmd:"" group:"serve" help:"Serve libraries on standard input and output, for a desktop client."`
	Import      importCommand      `cmd:"" group:"library" help:"Make the embedded library what bibliography files say (BibTeX, RIS, EndNote, CSL-JSON and others)."`
	Sources     sourcesCommand     `cmd:"" group:"library" help:"List the files and folders that were imported."`
	Remove      removeCommand      `cmd:"" group:"library" help:"Forget a file or folder, and remove the works that no other one has."`
	Reset       resetCommand       `cmd:"" group:"library" help:"Remove all works from the embedded library."`
	Cite        citeCommand        `cmd:"" group:"library" help:"Write a manuscript (Markdown, LaTeX, Word) with its citations and bibliography in any style."`
	Check       checkCommand       `cmd:"" group:"library" help:"Check the references and quotations of a manuscript (Markdown, LaTeX, Word) against libraries and registries."`
	Settings    settingsCommand    `cmd:"" group:"operate" help:"List the settings: what each is for, what it takes, its default."`
	Doctor      doctorCommand      `cmd:"" group:"operate" help:"Check settings, keys, libraries and folders, and say how to correct what is wrong. Changes nothing."`
	Token       tokenCommand       `cmd:"" group:"operate" help:"Make access tokens and keys for sign-in."`
	Healthcheck healthcheckCommand `cmd:"" group:"operate" help:"Ask the server on this machine whether it is healthy; for containers."`
	Catalog     catalogCommand     `cmd:"" group:"make" help:"Print the tools that assistants see."`
	Bundle      bundleCommand      `cmd:"" group:"make" help:"Make a desktop bundle (.mcpb) of this program or another build of it."`
	Version     versionCommand     `cmd:"" group:"make" help:"Print the version."`

	ShowVersion kong.VersionFlag `name:"version" help:"Print the version."`
}

// process is what a command has of the process it runs in.
type process struct {
	ctx            context.Context
	environ        []string
	stdin          io.ReadCloser
	stdout, stderr io.WriteCloser
}

// Exit statuses, beside 0.
const (
	exitFailure     = 1
	exitUsage       = 2   // the command line or the configuration can't be used
	exitInterrupted = 130 // Ctrl-C ended it, as shells have it: 128 and the signal's number
)

// errInterrupted means that the user ended the command.
var errInterrupted = errors.New("interrupted")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	status := realMain(&process{ctx: ctx, environ: os.Environ(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}, os.Args[1:])
	stop()
	os.Exit(status)
}

// realMain runs the command that args name and returns the exit status.
func realMain(p *process, args []string) int {
	ended := -1
	parser, err := newParser(p, func(status int) { ended = status })
	if err != nil {
		fmt.Fprintln(p.stderr, "stackroom:", err)
		return exitFailure
	}
	if len(args) == 0 { // not a command, but a question
		_, _ = parser.Parse([]string{"--help"})
		return exitUsage
	}
	command, err := parser.Parse(args)
	switch {
	case ended >= 0: // help or the version was asked for and given
		return ended
	case err != nil:
		fmt.Fprintln(p.stderr, "stackroom:", err)
		fmt.Fprintln(p.stderr, "  stackroom --help lists the commands, stackroom COMMAND --help its flags")
		return exitUsage
	}
	return explain(p.stderr, command.Run(p))
}

// newParser returns the parser of the command line. exit is called where help
// or the version was printed instead.
func newParser(p *process, exit func(status int)) (*kong.Kong, error) {
	return kong.New(&commands{}, kong.Name("stackroom"), kong.Writers(p.stdout, p.stderr), kong.Exit(exit),
		kong.Description("A library for AI assistants, over the Model Context Protocol."),
		kong.ExplicitGroups(commandGroups()), kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Help(printHelp),
		kong.Vars{"version": versionLine(), "formats": strings.Join(importFormats(), ","), "format_names": strings.Join(importFormats(), ", ")})
}

// explain prints an error with its hint and returns the exit status.
func explain(w io.Writer, err error) int {
	var faults config.Faults
	var failure *library.Error
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errInterrupted):
		fmt.Fprintln(w, "stackroom:", err)
		return exitInterrupted
	case errors.As(err, &faults):
		fmt.Fprintln(w, "stackroom:", faults)
		return exitUsage
	case errors.As(err, &failure):
		fmt.Fprintln(w, "stackroom:", failure.Message)
		if failure.Hint != "" {
			fmt.Fprintln(w, "  "+failure.Hint)
		}
		if failure.Cause != nil {
			fmt.Fprintln(w, "  cause:", failure.Cause)
		}
	default:
		fmt.Fprintln(w, "stackroom:", err)
	}
	return exitFailure
}
