package main

import (
	"log/slog"
	"net/http"
	"net/url"

	"github.com/stackroom-mcp/stackroom/pkg/access"
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

// zoteroProvider returns the provider of Zotero's libraries that the
// configuration names, over an upstream.
func zoteroProvider(c *config.Config, up *upstream.Client, replicas zotero.Replicas, secrets *secret.Store, logger *slog.Logger) (access.Provider, error) {
	client := zotero.NewClient(up, clientOptions(c))
	switch {
	case c.ZoteroDesktop:
		return zotero.NewDesktop(client, replicas), nil
	case c.Auth == "zotero":
		return zotero.NewMembers(client, replicas, memberKey), nil
	}
	return keyring(c, client, replicas, secrets, logger)
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
