package replica

import (
	"context"
	"log/slog"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// The types of this file stand for those of the branch replica until it is merged.

// Options says how replicas are kept.
type Options struct {
	Dir      string
	MaxBytes int64
	Logger   *slog.Logger
}

// Replicas is the replicas of a process.
type Replicas struct{}

// New returns replicas.
func New(Options) *Replicas { return &Replicas{} }

// Close closes them.
func (*Replicas) Close(context.Context) error { return nil }

// Open opens one.
func (*Replicas) Open(Opening) library.Reader { return nil }

// Opening is one caller's use of a replica.
type Opening struct {
	About  library.Info
	View   string
	Source Source
	Notice string
}
