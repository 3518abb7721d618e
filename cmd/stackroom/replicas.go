package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
)

// maxReplicaBytes bounds the replicas on a disk. In a container the folder for
// temporary files can be memory, so there it is a third of the container's.
const maxReplicaBytes = 4 << 30

// closeReplicas is how long the work of replicas in the background may take to
// end.
const closeReplicas = 5 * time.Second

// replicas are the replicas of the libraries that this process reads.
type replicas struct {
	*replica.Replicas
	temporary string // the folder to remove at the end, or ""
}

// openReplicas opens the replicas in the data folder of a person's machine, which
// its processes share. In a container, and where there is no data folder, they
// are in a folder of this process.
func openReplicas(c *config.Config, logger *slog.Logger) (*replicas, error) {
	r := &replicas{}
	o := replica.Options{Dir: filepath.Join(c.Data, "replicas"), MaxBytes: maxReplicaBytes, Logger: logger}
	limit := containerMemory()
	if limit > 0 {
		o.MaxBytes = limit / 3
	}
	if problem, _ := dataProblem(c.Data); limit > 0 || problem != "" {
		dir, err := os.MkdirTemp("", "stackroom-replicas-")
		if err != nil {
			return nil, library.Errorf(library.Unavailable, "no folder for replicas can be made").WithHint("set TMPDIR to a folder that can be written").WithCause(err)
		}
		o.Dir, r.temporary = dir, dir
	}
	r.Replicas = replica.New(o)
	return r, nil
}

// close ends the work in the background.
func (r *replicas) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeReplicas)
	defer cancel()
	_ = r.Close(ctx) // what is not done is done by the next process
	if r.temporary != "" {
		_ = os.RemoveAll(r.temporary)
	}
}
