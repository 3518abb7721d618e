package main

import (
	"context"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// remote is the libraries of an upstream, as this process may see them.
type remote interface {
	Libraries(ctx context.Context) ([]library.Info, error)
	Open(ctx context.Context, id library.ID) (library.Reader, error)
}

// libraries are what this process serves: the embedded library, those of
// Zotero, or both side by side.
type libraries struct {
	embedded *embedded
	withhold bool      // the embedded library is not served
	shared   bool      // the embedded library is served to everyone who signs in with Zotero
	zotero   remote    // nil if it isn't configured
	replicas *replicas // of Zotero's libraries, or nil
}

// sharedNotice says in list_libraries who may read the embedded library.
const sharedNotice = "everyone who signs in to this server may read this library"

// withEmbedded reports whether the embedded library is served: its sample only
// where there is nothing else.
func (l *libraries) withEmbedded() bool {
	return !l.withhold && (l.zotero == nil || l.embedded.exists())
}

// List returns what the caller may see. Where Zotero can't say what it has,
// the embedded library stands beside the error.
func (l *libraries) List(ctx context.Context) ([]library.Info, error) {
	var infos []library.Info
	if l.withEmbedded() {
		info, err := l.embedded.info(ctx)
		if err != nil {
			return nil, err
		}
		if l.shared {
			info.Notice = sharedNotice
		}
		infos = append(infos, info)
	}
	if l.zotero == nil {
		return seen(ctx, infos), nil
	}
	others, err := l.zotero.Libraries(ctx)
	return seen(ctx, append(infos, others...)), err
}

// Open returns one library that the caller may see.
func (l *libraries) Open(ctx context.Context, id library.ID) (library.Reader, error) {
	switch {
	case hidden(ctx, id):
	case id == library.Local && l.withEmbedded():
		return l.embedded.reader(ctx)
	case id != library.Local && l.zotero != nil:
		return l.zotero.Open(ctx, id)
	}
	return nil, library.Errorf(library.NotFound, "no such library").WithHint("list_libraries names those that there are")
}

// ready says why no question can be answered yet, or nil. That an upstream is
// down is no reason: what is cached is answered, and the rest says so.
func (l *libraries) ready(ctx context.Context) error {
	if !l.withEmbedded() {
		return nil
	}
	_, err := l.embedded.info(ctx)
	return err
}

// Close closes what is open.
func (l *libraries) Close() {
	if l.replicas != nil {
		l.replicas.close()
	}
	l.embedded.Close()
}
