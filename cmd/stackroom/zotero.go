package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/stackroom-mcp/stackroom/pkg/access"
	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/secret"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// desktopURL is where the Zotero desktop app serves its local API
// (https://www.zotero.org/support/dev/web_api/v3/local_api).
const desktopURL = "http://127.0.0.1:23119/api"

// zoteroProvider returns the provider of Zotero's libraries that the
// configuration names, or nil.
func zoteroProvider(ctx context.Context, c *config.Config, up *upstream.Client, secrets *secret.Store, hooks upstream.Hooks, logger *slog.Logger) (access.Provider, error) {
	switch {
	case c.ZoteroDesktop:
		return desktop{client: newClient(ctx, up, hooks, zotero.Options{Local: true})}, nil
	case c.Auth == "zotero":
		return members{client: newClient(ctx, up, hooks, zotero.Options{})}, nil
	case c.ZoteroKey != "":
		ring, err := keyring(c, newClient(ctx, up, hooks, zotero.Options{}), secrets, logger)
		return keys{Keyring: ring}, err
	}
	return nil, nil
}

// keys is the libraries of the deployment's own keys.
type keys struct {
	zoteroSite
	*zotero.Keyring
}

// newClient returns a client whose reading in the background ends with ctx. In
// a container, what it keeps in memory is bounded by a third of the container's.
func newClient(ctx context.Context, up *upstream.Client, hooks upstream.Hooks, o zotero.Options) *zotero.Client {
	if limit := containerMemory(); limit > 0 {
		o.CacheBytes = min(uint64(limit)/3, 256<<20)
	}
	if hooks.Cache != nil {
		o.Batched = func() { hooks.Cache("batched") }
	}
	client := zotero.NewClient(up, o)
	context.AfterFunc(ctx, client.Close)
	return client
}

// keyring returns the libraries of the deployment's own keys. When Zotero
// refuses one, the secret is read again before the call fails, so that no call fails
// because a key was rotated.
func keyring(c *config.Config, client *zotero.Client, secrets *secret.Store, logger *slog.Logger) (*zotero.Keyring, error) {
	var ring *zotero.Keyring
	err := follow(secrets, "ZOTERO_API_KEY", logger, func(all []secret.Value) error {
		keys, err := config.ZoteroKeys(all[0].Reveal())
		if err != nil {
			return err
		}
		if ring != nil {
			ring.Replace(keys)
			return nil
		}
		ring = zotero.NewKeyring(client, keys, zotero.KeyringOptions{
			Every: c.ZoteroRotation, Logger: logger, Refused: secrets.Source("ZOTERO_API_KEY").Rejected,
		})
		return nil
	})
	return ring, err
}

// newUpstream returns the client of the one host that is asked for Zotero's
// libraries, or nil if none is.
func newUpstream(c *config.Config, hooks upstream.Hooks) (*upstream.Client, error) {
	url := c.ZoteroURL
	switch {
	case c.ZoteroDesktop:
		url = desktopURL
	case c.ZoteroKey == "" && c.Auth != "zotero":
		return nil, nil
	}
	return upstream.New(upstream.Options{
		BaseURL: url, Name: "Zotero", Hooks: hooks,
		Header: http.Header{"Zotero-Api-Version": {"3"}, "User-Agent": {"stackroom/" + buildVersion() + " (+https://github.com/stackroom-mcp/stackroom)"}},
	})
}

// desktop is the libraries of the Zotero that runs on this machine.
type desktop struct {
	zoteroSite
	client *zotero.Client
}

// Libraries lists what the app has.
func (d desktop) Libraries(ctx context.Context) ([]library.Info, error) {
	a, err := d.client.Account(ctx, upstream.Credential{})
	if err != nil {
		return nil, appError(err)
	}
	return a.Libraries(ctx)
}

// Open opens one of the app's libraries.
func (d desktop) Open(ctx context.Context, id library.ID) (library.Reader, error) {
	a, err := d.client.Account(ctx, upstream.Credential{})
	if err != nil {
		return nil, appError(err)
	}
	return a.Open(ctx, id)
}

// appError returns an error of the Zotero app with what a person can do about
// it. An app that runs and refuses has its local API switched off, which is
// the default.
func appError(err error) error {
	e := (*library.Error)(nil)
	if !errors.As(err, &e) {
		return err
	}
	const setting = "in Zotero choose Settings, Advanced, and check \"Allow other applications on this computer to communicate with Zotero\""
	switch e.Code {
	case library.Unavailable:
		return library.Errorf(e.Code, "the Zotero app does not answer on this machine").WithHint("start Zotero; then %s", setting).WithCause(err)
	case library.Forbidden, library.Unauthenticated, library.NotFound:
		return library.Errorf(library.Unavailable, "the Zotero app refuses other programs").WithHint("%s", setting).WithCause(err)
	}
	return err
}

// upstreamStates returns the states of the circuit breakers, for /ready.
func upstreamStates(up *upstream.Client) func() map[string]string {
	if up == nil {
		return nil
	}
	return func() map[string]string { return map[string]string{"zotero": string(up.State().Breaker)} }
}
