package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/replica/snapshot"
)

// maxReplicaBytes bounds the replicas on a disk. In a container the folder for
// temporary files can be memory, so there it is a third of the container's.
const maxReplicaBytes = 4 << 30

// zoteroDataFresh is how long a replica of a data folder answers before it looks
// at the folder again, which costs less than a request to a service.
const zoteroDataFresh = time.Second

// closeReplicas is how long the work of replicas in the background may take to
// end.
const closeReplicas = 5 * time.Second

// replicas are the replicas of the libraries that this process reads.
type replicas struct {
	*replica.Replicas
	temporary string // the folder to remove at the end, or ""
	// zoteroData is where copies of a Zotero data folder's database are made.
	zoteroData string
}

// openReplicas opens the replicas in the data folder of a person's machine, which
// its processes share. In a container, and where the data folder can't be
// written, they are in a folder of this process.
func openReplicas(ctx context.Context, o *libraryOptions) (*replicas, error) {
	store, err := openSnapshots(ctx, o)
	if err != nil {
		return nil, err
	}
	r := &replicas{}
	options := replica.Options{Dir: filepath.Join(o.config.Data, "replicas"), MaxBytes: maxReplicaBytes, Store: store, Embeddings: o.embeddings, Logger: o.logger}
	limit := containerMemory()
	if limit > 0 {
		options.MaxBytes = limit / 3
	}
	if limit > 0 || os.MkdirAll(options.Dir, 0o700) != nil {
		if r.temporary, err = os.MkdirTemp("", "stackroom-replicas-"); err != nil {
			return nil, library.Errorf(library.Unavailable, "no folder for replicas can be made").WithHint("set TMPDIR to a folder that can be written").WithCause(err)
		}
		options.Dir = r.temporary
	}
	if o.config.ZoteroData != "" {
		options.Fresh = zoteroDataFresh
	}
	r.zoteroData = filepath.Join(options.Dir, "zotero-data")
	r.Replicas = replica.New(options)
	return r, nil
}

// openSnapshots opens the snapshots of replicas in the state bucket; nil if there
// are none. The client of the bucket is one of its own, so that failures of
// snapshots do not stop what sign-in keeps there.
func openSnapshots(ctx context.Context, o *libraryOptions) (replica.Store, error) {
	if o.config.Snapshots != "on" || o.config.StateBucket == "" {
		return nil, nil
	}
	b, err := openBucket(ctx, o.config, o.snapshots)
	if err != nil {
		return nil, err
	}
	options := snapshot.Options{Bucket: b, Logger: o.logger}
	if o.keyring != nil {
		options.Sealer = o.keyring.Sealer("snapshot")
	}
	return snapshot.New(options), nil
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
