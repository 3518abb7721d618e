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
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// commands is the command line.
type commands struct {
	Serve       serveCommand       `cmd:"" help:"Serve the library over HTTP."`
	Stdio       stdioCommand       `cmd:"" help:"Serve the library on standard input and output, for a desktop client."`
	Import      importCommand      `cmd:"" help:"Take bibliography files (BibTeX, BibLaTeX, RIS, CSL-JSON) into the embedded library."`
	Catalog     catalogCommand     `cmd:"" help:"Print the tools that assistants see."`
	Bundle      bundleCommand      `cmd:"" help:"Make a desktop bundle (.mcpb) of this program or another build of it."`
	Doctor      doctorCommand      `cmd:"" help:"Check settings, keys, libraries and folders, and say how to mend what is wrong."`
	Token       tokenCommand       `cmd:"" help:"Make access tokens and keys for sign-in."`
	Healthcheck healthcheckCommand `cmd:"" help:"Ask the server on this machine whether it is well; for containers."`
	Version     versionCommand     `cmd:"" help:"Print the version."`
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
	exitFailure = 1
	exitUsage   = 2 // the command line or the configuration can't be used
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := realMain(&process{ctx: ctx, environ: os.Environ(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}, os.Args[1:])
	stop()
	os.Exit(status)
}

// realMain runs the command that args name and returns the exit status.
func realMain(p *process, args []string) int {
	var c commands
	ended := -1
	parser, err := kong.New(&c, kong.Name("stackroom"), kong.UsageOnError(), kong.Writers(p.stdout, p.stderr),
		kong.Description("A library for AI assistants, over the Model Context Protocol. Begin with: stackroom serve"),
		kong.Exit(func(status int) { ended = status }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(p.stderr, "stackroom:", err)
		return exitFailure
	}
	command, err := parser.Parse(args)
	switch {
	case ended >= 0: // help was asked for and given
		return ended
	case err != nil:
		fmt.Fprintln(p.stderr, "stackroom:", err)
		return exitUsage
	}
	return explain(p.stderr, command.Run(p))
}

// explain tells the person at the terminal what went wrong, and returns the
// exit status.
func explain(w io.Writer, err error) int {
	var faults config.Faults
	var failure *library.Error
	switch {
	case err == nil:
		return 0
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
