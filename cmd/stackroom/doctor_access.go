package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/identity/tokens"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/secret"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// secrets reads every secret that the configuration names and returns those that
// can be read, for the other checks; nil if none can.
func (d *doctor) secrets(ctx context.Context, c *config.Config) *secret.Store {
	options := secretOptions(c, d.logger, nil)
	options.Settings = maps.Clone(options.Settings)
	store, err := secret.Open(ctx, options)
	var faults secret.Faults
	if errors.As(err, &faults) {
		for _, f := range faults {
			d.fail("secret", secretError(f))
			delete(options.Settings, f.Variable)
		}
		store, err = secret.Open(ctx, options)
	}
	if err != nil { // it went away between two looks, or ctx ended
		d.fail("secret", err)
		return nil
	}
	for _, s := range store.Status() {
		d.secret(s)
	}
	return store
}

func secretError(f *secret.Fault) error {
	return library.Errorf(library.Unavailable, "%s: %s", f.Variable, f.Message).WithHint("%s", f.Hint).WithCause(f.Cause)
}

// secret tells of one secret where it is kept and when it was last changed.
func (d *doctor) secret(s secret.Status) {
	if s.Fault != nil {
		d.fail("secret", secretError(s.Fault))
		return
	}
	switch {
	case s.Kind == secret.Plain:
		d.pass("secret", s.Variable+": in the setting itself; a reference to Secret Manager or a file could be rotated without a restart")
	case s.Created.IsZero():
		d.pass("secret", fmt.Sprintf("%s: %s, version %s; roles/secretmanager.viewer would let it say how old that is", s.Variable, s.Reference, s.Version))
	default:
		d.pass("secret", fmt.Sprintf("%s: %s, version %s, last rotated %s, %s ago", s.Variable, s.Reference, s.Version,
			s.Created.UTC().Format(time.DateTime), ago(s.Age(time.Now()))))
	}
}

// ago formats an age, in days if it is a day or more.
func ago(d time.Duration) string {
	if days := int(d.Hours() / 24); days > 0 {
		return fmt.Sprintf("%d days", days)
	}
	return d.Round(time.Second).String()
}

// signInTime bounds one request to a service that sign-in needs.
const signInTime = 10 * time.Second

// signIn checks sign-in and what it needs.
func (d *doctor) signIn(ctx context.Context, c *config.Config, secrets *secret.Store) {
	ctx, cancel := context.WithTimeout(ctx, signInTime)
	defer cancel()
	switch c.Auth {
	case "tokens":
		d.tokens(secrets)
	case "oidc":
		d.oidc(ctx, c, secrets)
	case "zotero":
		d.zoteroSignIn(ctx, c, secrets)
	case "none":
		d.pass("sign-in", "not needed: every caller who reaches "+c.ListenAddr()+" may read everything")
	default:
		d.pass("sign-in", "not needed: only this machine reaches the server")
	}
}

// tokens checks the records of tokens.
func (d *doctor) tokens(secrets *secret.Store) {
	source := secrets.Source("STACKROOM_TOKENS")
	if source == nil {
		d.skip("sign-in", "with tokens, whose records can't be had; see the secret above")
		return
	}
	v, err := tokens.New(source.Current().Reveal())
	if err != nil {
		d.fail("sign-in", err)
		return
	}
	d.pass("sign-in", fmt.Sprintf("with tokens; there are records of %d", v.Len()))
}

// oidc checks that the identity provider's keys can be fetched.
func (d *doctor) oidc(ctx context.Context, c *config.Config, secrets *secret.Store) {
	if c.OIDCPolicy != "" && secrets.Source("STACKROOM_OIDC_POLICY") == nil {
		d.skip("sign-in", "with oidc, whose policy can't be had; see the secret above")
		return
	}
	v, err := openOIDC(c, secrets, d.logger)
	if err == nil {
		err = v.Ready(ctx)
	}
	if err != nil {
		d.fail("sign-in", err)
		return
	}
	d.pass("sign-in", "with oidc; "+c.OIDCIssuer+" gives its keys")
	if c.OIDCClientID == "" {
		d.pass("account", "members can't make personal access tokens; STACKROOM_OIDC_CLIENT_ID lets them")
		return
	}
	d.pass("account", "members make personal access tokens at "+issuer(c)+"/account/tokens")
	d.ledger(ctx, c)
}

// zoteroSignIn checks what our own authorization server needs.
func (d *doctor) zoteroSignIn(ctx context.Context, c *config.Config, secrets *secret.Store) {
	for _, variable := range []string{"STACKROOM_MASTER_KEY", "ZOTERO_OAUTH_CLIENT_KEY", "ZOTERO_OAUTH_CLIENT_SECRET"} {
		if secrets.Source(variable) == nil {
			d.skip("sign-in", "with zotero, and "+variable+" can't be had; see the secret above")
			return
		}
	}
	keys, err := masterKeys(secrets.Source("STACKROOM_MASTER_KEY").All())
	if err != nil {
		d.configuration(err)
		return
	}
	d.pass("sign-in", fmt.Sprintf("with zotero as %s; %d master keys, the first of them seals", issuer(c), len(keys)))
	d.ledger(ctx, c)
}

// ledger checks that the records of sign-in can be written and read.
func (d *doctor) ledger(ctx context.Context, c *config.Config) {
	if c.StateBucket == "" {
		d.ledgerFile(c)
		return
	}
	records, err := openLedger(ctx, c, upstream.Hooks{}, d.logger)
	if err == nil {
		defer records.Close()
		err = records.Check(ctx)
	}
	if err != nil {
		d.fail("state", library.Errorf(library.Unavailable, "the bucket %s can't be used", c.StateBucket).
			WithHint("the account that this runs as needs roles/storage.objectUser on it").WithCause(err))
		return
	}
	d.pass("state", "in the bucket "+c.StateBucket+", which can be read and written")
}

// ledgerFile checks the records in the data folder, which a running server has
// open.
func (d *doctor) ledgerFile(c *config.Config) {
	if c.Service != "" {
		d.fail("state", library.Errorf(library.Invalid, "STACKROOM_STATE_BUCKET is unset, and Cloud Run may run several instances").
			WithHint("set it to a bucket, or members have to sign in again with each new instance"))
		return
	}
	at := filepath.Join(c.Data, ledger.FileName)
	switch err := ledger.Probe(c.Data); {
	case errors.Is(err, ledger.ErrLocked):
		d.pass("state", "in "+at+", which a running server has open; several servers need STACKROOM_STATE_BUCKET")
	case err != nil:
		d.fail("state", err)
	default:
		d.pass("state", "in "+at+", for one process; several need STACKROOM_STATE_BUCKET")
	}
}
