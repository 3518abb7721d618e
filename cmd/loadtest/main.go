// Command loadtest measures what Stackroom costs a processor, against the
// barest server that the official Go SDK makes, in the same run:
//
//	go -C cmd/loadtest run . -bib $PWD/refs.bib
//
// It is a module of its own, so that the load generator is no dependency of the
// product.
//
// Both servers are processes of their own on loopback. What is compared is
// calls for each second of processor time that the server used, so the load
// generator on the same machine does not count, and rounds alternate, so that
// a machine that changes its speed does so for both.
//
// With -compare it measures instead what a part of Stackroom costs, against
// Stackroom without it, and fails if that is more than it may:
//
//	go -C cmd/loadtest run . -compare telemetry
//	go -C cmd/loadtest run . -compare signin
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"fortio.org/log"
)

// options are what the command line says.
type options struct {
	bib         string
	stackroom   string
	connections int
	rounds      int
	round       time.Duration
	queries     int
	era         string
	zotero      bool
	compare     string
	otlp        string
}

func main() {
	var o options
	flag.StringVar(&o.bib, "bib", "", "bibliography to serve and to draw queries from (default: the sample library)")
	flag.StringVar(&o.stackroom, "stackroom", "", "stackroom binary (default: built from this module)")
	flag.IntVar(&o.connections, "connections", 50, "connections that call without pause")
	flag.IntVar(&o.rounds, "rounds", 0, "rounds of each kind (default: 3; 150 for what -compare has a bar for)")
	flag.DurationVar(&o.round, "round", 0, "length of a round, at most 1m (default: 6s; 500ms for what -compare has a bar for)")
	flag.IntVar(&o.queries, "queries", 400, "different queries of one to four words")
	flag.StringVar(&o.era, "era", "modern", "protocol era of the calls: modern or legacy")
	flag.BoolVar(&o.zotero, "zotero", false, "serve the works from a stand-in of Zotero instead of importing them")
	flag.StringVar(&o.compare, "compare", "bare", "what to compare: bare, telemetry (on against off) or signin (with Zotero against none)")
	flag.StringVar(&o.otlp, "otlp", "", "collector that takes OTLP over HTTP, for -compare telemetry (default: a sink in this program)")
	bare := flag.String("bare", "", "serve the bare server at this address (used by the program itself)")
	flag.Parse()
	o.defaults()
	log.SetLogLevelQuiet(log.Warning) // fortio has a line for each connection of each round

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var err error
	if *bare != "" {
		err = serveBare(ctx, *bare)
	} else {
		err = run(ctx, o)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "loadtest:", err)
		os.Exit(1)
	}
}

// defaults chooses the rounds that were not given. Many short ones tell a few
// hundredths apart on a machine whose speed changes; a few long ones don't.
func (o *options) defaults() {
	rounds, round := 3, 6*time.Second
	if o.compare != "bare" {
		rounds, round = 150, 500*time.Millisecond
	}
	if o.rounds <= 0 {
		o.rounds = rounds
	}
	if o.round <= 0 {
		o.round = round
	}
	o.round = min(o.round, time.Minute)
}

// run starts the servers, drives them in turn and prints the table.
func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "stackroom-loadtest-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	items, err := works(ctx, o.bib)
	if err != nil {
		return err
	}
	queries, err := drawQueries(items, o.queries)
	if err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		return err
	}
	b := &bench{options: o, dir: dir, items: items, queries: queries}
	defer b.stop()
	kinds, all, err := b.prepare(ctx)
	if err != nil {
		return err
	}
	if err := measure(ctx, o, kinds); err != nil {
		return err
	}
	report(os.Stdout, o, len(queries), kinds)
	return judge(os.Stdout, kinds, all)
}

// measure drives what is measured in turn, for as many rounds as o says.
func measure(ctx context.Context, o options, kinds []kind) error {
	for i := range kinds { // one short round each, so that caches and heaps are as in use
		if _, err := kinds[i].drive(ctx, o.connections, o.round/3); err != nil {
			return err
		}
	}
	for turn := range o.rounds {
		for next := range kinds {
			i := (turn + next) % len(kinds) // so that none always comes first
			r, err := kinds[i].drive(ctx, o.connections, o.round)
			if err != nil {
				return err
			}
			kinds[i].rounds = append(kinds[i].rounds, r)
		}
	}
	return nil
}
