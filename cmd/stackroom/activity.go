package main

import (
	"cmp"
	"context"
	"log/slog"
	"path/filepath"
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/activity"
	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/server"
	"github.com/stackroom-mcp/stackroom/pkg/server/pages"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// activityLog keeps what callers did while the server runs.
type activityLog struct {
	*activity.Log

	stop func()
}

// recordIn returns a function that records calls.
func recordIn(r *activity.Recorder) func(telemetry.Ended) {
	return func(e telemetry.Ended) {
		r.Record(cmp.Or(e.Principal, activity.Local), activity.Entry{
			At: e.Begun, Client: e.Client, Tool: e.Tool, Libraries: e.Libraries, Code: e.Code, Took: e.Took,
		})
	}
}

// openActivity returns the log of what the recorder takes, in the state bucket or a
// folder of the data folder. It saves each minute until it is closed.
func openActivity(ctx context.Context, a *app, keyring *seal.Keyring, logger *slog.Logger) (*activityLog, error) {
	options := activity.Options{Recorder: a.observing.recorder, Logger: logger}
	if keyring != nil {
		options.Sealer = keyring.Sealer("activity")
	}
	if a.config.StateBucket == "" {
		options.Store = change.NewFolder(filepath.Join(a.config.Data, "activity"), nil)
	} else {
		b, err := openBucket(ctx, a.config, a.observing.upstreamHooks("activity", logger))
		if err != nil {
			return nil, err
		}
		options.Store = bucketStore{b}
	}
	l := &activityLog{Log: activity.New(options)}
	running, stop := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { l.Run(running) })
	l.stop = func() {
		stop()
		done.Wait()
	}
	return l, nil
}

// close saves the rest.
func (l *activityLog) close(ctx context.Context) {
	l.stop()
	l.Flush(ctx)
}

// showActivity adds the pages about what callers did, if that is kept.
func (a *app) showActivity(o *server.Options) {
	if a.activity == nil {
		return
	}
	o.Activity, o.Admins = a.activity, a.config.Admins
	if all := a.libs.replicas; all != nil {
		o.Replicas = func() []pages.Replica { return replicaRows(all.State()) }
	}
	if unknown := a.config.UnknownAdmins(); len(unknown) > 0 {
		o.Logger.Warn("STACKROOM_ADMINS names principals that no caller can be with this sign-in", "names", unknown, "auth", a.config.Auth)
	}
}

// replicaRows returns replicas as the page of the admins shows them.
func replicaRows(states []replica.State) []pages.Replica {
	rows := make([]pages.Replica, len(states))
	for i, s := range states {
		rows[i] = pages.Replica{Library: string(s.Name.Library), Complete: s.Complete, AsOf: s.AsOf, Bytes: s.Bytes}
	}
	return rows
}
