// Command conformance serves the tools, prompts and resources that the MCP
// conformance suite asks for, on the edge that production uses (pkg/server),
// so that what passes the suite is our stack and not a bare SDK.
//
//	conformance -addr 127.0.0.1:8124
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/stackroom-mcp/stackroom/pkg/server"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

// run serves the fixture until ctx ends.
func run(ctx context.Context, args []string, log io.Writer) error {
	flags := flag.NewFlagSet("conformance", flag.ContinueOnError)
	flags.SetOutput(log)
	addr := flags.String("addr", "127.0.0.1:8124", "loopback `address` to listen on")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", *addr)
	if err != nil {
		return err
	}
	return serve(ctx, l, slog.New(slog.NewTextHandler(log, nil)))
}

// serve serves the fixture on l until ctx ends.
func serve(ctx context.Context, l net.Listener, logger *slog.Logger) error {
	edge, err := server.New(server.Options{
		Catalog: newFixture(),
		Name:    "Stackroom conformance fixture",
		Logger:  logger,
		// The suite of 2025-11-25 wants to see log messages, which production
		// does not send.
		Logging: true,
	})
	if err != nil {
		return err
	}
	return edge.Serve(ctx, l)
}
