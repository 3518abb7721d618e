package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/secret"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// desktopURL is where the Zotero desktop app serves its local API
// (https://www.zotero.org/support/dev/web_api/v3/local_api).
const desktopURL = "http://127.0.0.1:23119/api"

// zoteroHost is Zotero's own server.
const zoteroHost = "api.zotero.org"

// openLibraries returns what the configuration says that this process serves,
// and the client of its upstream, nil if there is none.
func openLibraries(ctx context.Context, c *config.Config, secrets *secret.Store, hooks upstream.Hooks, logger *slog.Logger) (*libraries, *upstream.Client, error) {
	l := &libraries{embedded: &embedded{dir: c.Data}, withhold: !c.ServesLocal(), shared: c.SharesLocal()}
	up, err := newUpstream(c, hooks)
	if err != nil || up == nil {
		return l, nil, errors.Join(err, l.ready(ctx))
	}
	replicas, err := openReplicas(c, logger)
	if err != nil {
		return nil, nil, err
	}
	l.replicas = replicas
	client := zotero.NewClient(up, clientOptions(c))
	switch {
	case c.ZoteroDesktop:
		l.zotero = zotero.NewDesktop(client, replicas)
	case c.Auth == "zotero":
		l.zotero = zotero.NewMembers(client, replicas, memberKey)
	default:
		if l.zotero, err = keyring(c, client, replicas, secrets, logger); err != nil {
			return nil, nil, err
		}
	}
	return l, up, l.ready(ctx)
}

// clientOptions returns how Zotero's API is read.
func clientOptions(c *config.Config) zotero.Options {
	o := zotero.Options{Local: c.ZoteroDesktop}
	if u, err := url.Parse(c.ZoteroURL); err == nil && !c.ZoteroDesktop && u.Host != zoteroHost {
		o.Host = u.Host
	}
	return o
}

// keyring returns the libraries of the deployment's own keys. When Zotero
// refuses one, the secret is read again before the call fails, so that no call fails
// because a key was rotated.
func keyring(c *config.Config, client *zotero.Client, replicas zotero.Replicas, secrets *secret.Store, logger *slog.Logger) (*zotero.Keyring, error) {
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
		ring = zotero.NewKeyring(client, replicas, keys, zotero.KeyringOptions{
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

// upstreamStates returns the states of the circuit breakers, for /ready.
func upstreamStates(up *upstream.Client) func() map[string]string {
	if up == nil {
		return nil
	}
	return func() map[string]string { return map[string]string{"zotero": string(up.State().Breaker)} }
}
