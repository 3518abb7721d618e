package main

import (
	"context"
	"log/slog"

	"github.com/stackroom-mcp/stackroom/pkg/access"
	"github.com/stackroom-mcp/stackroom/pkg/access/embedded"
	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/meaning"
	"github.com/stackroom-mcp/stackroom/pkg/secret"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
	"github.com/stackroom-mcp/stackroom/pkg/zotero/datafolder"
)

// libraries are what this process serves.
type libraries struct {
	*access.Libraries
	embedded *embedded.Provider // served or not
	upstream *upstream.Client   // nil if there is none
	replicas *replicas          // nil if nothing has a replica
	zotero   *datafolder.Folder // nil if there is none
}

// libraryOptions are the choices of openLibraries.
type libraryOptions struct {
	config    *config.Config
	secrets   *secret.Store
	keyring   *seal.Keyring  // seals snapshots; nil leaves them as they are
	zotero    upstream.Hooks // of Zotero's client
	snapshots upstream.Hooks // of the bucket with the snapshots
	// embeddings embed works; nil embeds none.
	embeddings *meaning.Embeddings
	logger     *slog.Logger
}

// sharedNotice says in list_libraries who may read the embedded library.
const sharedNotice = "everyone who signs in to this server may read this library"

// openLibraries returns the libraries that the configuration names: the
// embedded library, unless the configuration withholds it, and those of Zotero.
// The sample library is served only where there is no other.
func openLibraries(ctx context.Context, o *libraryOptions) (*libraries, error) {
	c := o.config
	up, err := newUpstream(c, o.zotero)
	if err != nil {
		return nil, err
	}
	l := &libraries{upstream: up}
	remote, err := l.openRemote(ctx, o)
	if err != nil {
		return nil, err
	}
	options := embedded.Options{Dir: c.Data, Sample: remote == nil, Writable: c.WritesTo(string(library.Local))}
	if c.SharesLocal() {
		options.Notice = sharedNotice
	}
	if c.ServesLocal() {
		options.Embeddings = o.embeddings
	}
	l.embedded = embedded.New(options)
	var providers []access.Provider
	if c.ServesLocal() {
		providers = append(providers, l.embedded)
	}
	if remote != nil {
		providers = append(providers, remote)
	}
	l.Libraries = access.New(access.Options{Providers: providers, Writable: writable(c)})
	return l, l.Ready(ctx)
}

// writable returns the policy that says which libraries may be changed.
func writable(c *config.Config) func(library.ID) bool {
	return func(id library.ID) bool { return c.WritesTo(string(id)) }
}

// openRemote returns the provider of Zotero's libraries, over replicas, or nil if
// none are configured.
func (l *libraries) openRemote(ctx context.Context, o *libraryOptions) (_ access.Provider, err error) {
	if l.upstream == nil && o.config.ZoteroData == "" {
		return nil, nil
	}
	if l.replicas, err = openReplicas(ctx, o); err != nil {
		return nil, err
	}
	if o.config.ZoteroData != "" {
		l.zotero = datafolder.New(o.config.ZoteroData, l.replicas.zoteroData)
		return datafolder.NewProvider(l.zotero, l.replicas), nil
	}
	remote, err := zoteroProvider(o.config, l.upstream, l.replicas, o.secrets, o.logger)
	if err != nil {
		l.replicas.close()
	}
	return remote, err
}

// Close closes what is open.
func (l *libraries) Close() {
	if l.replicas != nil {
		l.replicas.close()
	}
	if l.zotero != nil {
		l.zotero.Close()
	}
	l.embedded.Close()
}

// ownCredential reports whether the caller reads libraries with a credential of
// their own, rather than the deployment's.
func ownCredential(ctx context.Context) bool {
	p := identity.PrincipalFrom(ctx)
	return p != nil && !p.Credential.Anonymous()
}
