package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// bench is what is set up for one measurement.
type bench struct {
	options options
	dir     string // for everything that is written
	items   []*library.Item
	queries []string

	binary  string
	targets []*target
	files   []*os.File
}

// stop stops every server.
func (b *bench) stop() {
	for _, t := range b.targets {
		t.stop()
	}
	for _, f := range b.files {
		_ = f.Close() // it goes with the folder
	}
}

// prepare starts what -compare names, and returns what to measure and how to
// compare it.
func (b *bench) prepare(ctx context.Context) ([]kind, []comparison, error) {
	if err := b.build(ctx); err != nil {
		return nil, nil, err
	}
	switch b.options.compare {
	case "bare":
		return b.againstBare(ctx)
	case "telemetry":
		return b.againstSilence(ctx)
	case "signin":
		return b.againstOneKey(ctx)
	}
	return nil, nil, errors.New("-compare is bare, telemetry or signin")
}

// build builds stackroom, if need be.
func (b *bench) build(ctx context.Context) error {
	b.binary = b.options.stackroom
	if b.binary != "" {
		return nil
	}
	// The load test is a module of its own; the program is built in its module,
	// with the versions that it ships with.
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/stackroom-mcp/stackroom").Output()
	if err != nil {
		return fmt.Errorf("finding stackroom's module (run the load test in cmd/loadtest, or name a binary with -stackroom): %w", err)
	}
	b.binary = filepath.Join(b.dir, "stackroom")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", b.binary, "./cmd/stackroom") //nolint:gosec // the file is in our own folder
	build.Dir = strings.TrimSpace(string(root))
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building stackroom: %w", err)
	}
	return nil
}

// againstBare compares Stackroom, as a user starts it, with the SDK's server.
func (b *bench) againstBare(ctx context.Context) ([]kind, []comparison, error) {
	bare, err := startBare(ctx)
	if err != nil {
		return nil, nil, err
	}
	b.targets = append(b.targets, bare)
	env, err := b.library(ctx)
	if err != nil {
		return nil, nil, err
	}
	ours, err := b.serve(ctx, "ours", append(env, "RATE_LIMIT_MAX=0")...)
	if err != nil {
		return nil, nil, err
	}
	era := b.options.era
	kinds := []kind{
		{name: "bare SDK server, trivial tool", target: bare, requests: trivialCalls(era)},
		{name: "stackroom, search", target: ours, requests: searchCalls(era, b.queries)},
		{name: "stackroom, tools/list", target: ours, requests: listCalls(era)},
	}
	return kinds, []comparison{{name: "search / bare", of: 1, to: 0}, {name: "cost of tools/list / cost of a trivial call", of: 0, to: 2}}, nil
}

// library makes the works ready to be served, and returns the settings that
// name them: from a stand-in of Zotero, imported, or the sample library.
func (b *bench) library(ctx context.Context) ([]string, error) {
	data := "STACKROOM_DATA=" + filepath.Join(b.dir, "data")
	switch {
	case b.options.zotero:
		stand, err := newStandIn(b.items)
		if err != nil {
			return nil, err
		}
		url, err := serveHere(ctx, stand)
		return []string{data, "ZOTERO_URL=" + url, "ZOTERO_API_KEY=loadtest"}, err
	case b.options.bib != "":
		load := exec.CommandContext(ctx, b.binary, "import", b.options.bib)
		load.Env = append(plainEnv(), data)
		if out, err := load.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("importing: %w: %s", err, out)
		}
	}
	return []string{data}, nil
}

// serve starts Stackroom with these settings. Its log and its audit go to
// files of this name, unless it is to keep quiet.
func (b *bench) serve(ctx context.Context, name string, env ...string) (*target, error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	return b.serveAt(ctx, addr, name, env...)
}

// serveAt is serve at an address that is known before.
func (b *bench) serveAt(ctx context.Context, addr, name string, env ...string) (*target, error) {
	cmd := exec.CommandContext(ctx, b.binary, "serve")
	if name != quiet {
		audit, err1 := os.Create(filepath.Join(b.dir, name+".audit"))
		log, err2 := os.Create(filepath.Join(b.dir, name+".log"))
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		b.files = append(b.files, audit, log)
		cmd.Stdout, cmd.Stderr = audit, log
	}
	t, err := start(ctx, addr, cmd, append(append(plainEnv(), "STACKROOM_ADDR="+addr, "STACKROOM_LOG_FORMAT=json"), env...))
	if err == nil {
		b.targets = append(b.targets, t)
	}
	return t, err
}

// quiet is the name of a server that writes nothing.
const quiet = ""
