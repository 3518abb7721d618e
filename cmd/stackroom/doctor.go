package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/access/embedded"
	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/secret"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// doctorCommand checks what a server needs and says how to correct what is
// wrong. It changes nothing.
type doctorCommand struct{}

// Run implements the command. It fails if a check does.
func (doctorCommand) Run(p *process) error {
	d := &doctor{w: p.stdout, logger: slog.New(slog.DiscardHandler)}
	for _, u := range config.FindUnknown(p.environ) {
		fmt.Fprintf(d.w, "warn  %-14s %s\n", "configuration", u)
	}
	c, err := config.Load(p.environ)
	if err != nil {
		d.configuration(err)
		return d.verdict()
	}
	d.pass("configuration", "every setting can be used; the server would listen on "+c.ListenAddr())
	secrets := d.secrets(p.ctx, c)
	if secrets == nil {
		return d.verdict()
	}
	defer secrets.Close()
	d.embedded(p.ctx, c)
	d.zotero(p.ctx, c, secrets)
	d.signIn(p.ctx, c, secrets)
	d.embeddings(p.ctx, c, current(secrets, embeddingsKey))
	d.limits(c)
	d.metrics(p.ctx, c)
	d.exporters(p.ctx, p.environ)
	return d.verdict()
}

// doctor prints a line for each check.
type doctor struct {
	w      io.Writer
	logger *slog.Logger // of what is opened; the checks say themselves what is wrong
	sick   int
}

func (d *doctor) pass(check, finding string) {
	fmt.Fprintf(d.w, "ok    %-14s %s\n", check, finding)
}

// skip prints what was not checked and why.
func (d *doctor) skip(check, why string) {
	fmt.Fprintf(d.w, "skip  %-14s %s\n", check, why)
}

// fail prints what is wrong and how to correct it.
func (d *doctor) fail(check string, err error) {
	d.sick++
	e := library.AsError(err)
	fmt.Fprintf(d.w, "FAIL  %-14s %s\n", check, e.Message)
	if e.Hint != "" {
		fmt.Fprintf(d.w, "      %-14s → %s\n", "", e.Hint)
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(d.w, "      %-14s → try again in %s\n", "", e.RetryAfter.Round(time.Second))
	}
	if cause := errors.Unwrap(e); cause != nil {
		fmt.Fprintf(d.w, "      %-14s cause: %v\n", "", cause)
	}
}

// verdict returns an error if a check failed.
func (d *doctor) verdict() error {
	if d.sick == 0 {
		return nil
	}
	return library.Errorf(library.Unavailable, "%d of the checks failed", d.sick)
}

func (d *doctor) configuration(err error) {
	var faults config.Faults
	if !errors.As(err, &faults) {
		d.fail("configuration", err)
		return
	}
	d.faults("configuration", faults)
}

func (d *doctor) faults(check string, faults config.Faults) {
	for _, f := range faults {
		d.fail(check, library.Errorf(library.Invalid, "%s is %s", f.Variable, f.Shape).WithHint("set it to %s, or leave it unset", f.Expected))
	}
}

// embedded checks the folder of the embedded library.
func (d *doctor) embedded(ctx context.Context, c *config.Config) {
	if err := checkData(c); err != nil {
		d.data(err)
		return
	}
	e := embedded.New(embedded.Options{Dir: c.Data})
	defer e.Close()
	info, err := e.Info(ctx)
	switch {
	case err != nil:
		d.fail("embedded", err)
		return
	case e.Imported():
		d.pass("embedded", fmt.Sprintf("%d works in %s%s", info.Items, c.Data, servedTo(c)))
	default:
		d.pass("embedded", fmt.Sprintf("nothing was imported yet; the sample library has %d works", info.Items))
	}
	switch err := mayWrite(c.Data); {
	case errors.Is(err, fs.ErrNotExist):
		d.pass("data folder", c.Data+" does not exist; the first import makes it")
	case err != nil:
		d.fail("data folder", library.Errorf(library.Forbidden, "%s can't be written", c.Data).
			WithHint("nothing can be imported: give this user the right to write there, or set STACKROOM_DATA to another folder").WithCause(err))
	default:
		d.pass("data folder", c.Data+" can be written")
	}
}

// servedTo says who may read the imported library, where that is not every
// caller.
func servedTo(c *config.Config) string {
	switch {
	case c.SharesLocal():
		return "; everyone who signs in with Zotero may read it"
	case !c.ServesLocal():
		return "; not served: STACKROOM_LOCAL_LIBRARY=members serves it to everyone who signs in with Zotero"
	}
	return ""
}

// data prints what is wrong with the data folder.
func (d *doctor) data(err error) {
	if faults := (config.Faults)(nil); errors.As(err, &faults) {
		d.faults("data folder", faults)
		return
	}
	d.fail("data folder", err)
}

// zotero checks the upstream and what each key may read.
func (d *doctor) zotero(ctx context.Context, c *config.Config, secrets *secret.Store) {
	up, err := newUpstream(c, upstream.Hooks{})
	switch {
	case c.ZoteroData != "":
		d.zoteroData(ctx, c)
		return
	case err != nil:
		d.fail("zotero", err)
		return
	case up == nil:
		d.pass("zotero", "not configured; "+waysToZotero(c))
		return
	}
	client := zotero.NewClient(up, clientOptions(c))
	switch {
	case c.ZoteroDesktop:
		a, err := client.Account(ctx, upstream.Credential{})
		d.account(ctx, "zotero app", a, err)
		return // on this machine: neither its clock nor its state tells more
	case c.Auth == "zotero":
		d.pass("zotero", "everybody reads with a key of their own, which they grant when they sign in")
	default:
		d.keys(ctx, c, client, secrets.Source("ZOTERO_API_KEY").Current().Reveal())
	}
	s := up.State()
	if s.Breaker != upstream.BreakerClosed {
		d.fail("breaker", library.Errorf(library.Unavailable, "the circuit breaker of %s is %s", s.Host, s.Breaker).WithRetryAfter(s.RetryIn))
		return
	}
	d.pass("breaker", "closed: "+s.Host+" is asked")
	d.clock(ctx, up)
}

// keys checks each of the deployment's own keys.
func (d *doctor) keys(ctx context.Context, c *config.Config, client *zotero.Client, value string) {
	keys, err := config.ZoteroKeys(value)
	if err != nil {
		d.configuration(err)
		return
	}
	if len(keys) == 0 {
		d.skip("zotero", "there is no key to try; see the secret above")
		return
	}
	ring := zotero.NewKeyring(client, nil, keys, zotero.KeyringOptions{Every: c.ZoteroRotation})
	for i := range ring.Len() {
		a, err := ring.Account(ctx, i)
		d.account(ctx, fmt.Sprintf("zotero key #%d", i), a, err)
	}
}

// account checks what one key, or the app, gives.
func (d *doctor) account(ctx context.Context, check string, a *zotero.Account, err error) {
	var infos []library.Info
	if err == nil {
		infos, err = a.Libraries(ctx)
	}
	if err != nil {
		d.fail(check, err)
		return
	}
	if len(infos) == 0 {
		d.fail(check, library.Errorf(library.Forbidden, "no library can be read with it").WithHint("give the key access at https://www.zotero.org/settings/keys"))
		return
	}
	for _, info := range infos {
		if info.Items < 0 {
			d.fail(check, library.Errorf(library.Unavailable, "%s %s", info.ID, info.Notice).WithHint("try again; if it stays so, look at https://status.zotero.org"))
			continue
		}
		d.pass(check, fmt.Sprintf("%s: %d works, version %d", info.ID, info.Items, info.Version))
	}
}

// maxClockError is the largest error of this machine's clock with which
// signatures and expiry times still hold.
const maxClockError = time.Minute

// clock compares this machine's clock with the upstream's.
func (d *doctor) clock(ctx context.Context, up *upstream.Client) {
	res, err := up.Get(ctx, upstream.Request{Path: "/itemTypes", NoCache: true})
	if err != nil {
		d.skip("clock", "not compared: "+library.AsError(err).Message)
		return
	}
	theirs, err := time.Parse(time.RFC1123, res.Header.Get("Date"))
	if err != nil {
		d.pass("clock", "the upstream doesn't tell the time")
		return
	}
	if off := time.Since(theirs).Round(time.Second); off.Abs() > maxClockError {
		d.fail("clock", library.Errorf(library.Conflict, "this machine's clock is %s off", off).WithHint("set it by NTP"))
		return
	}
	d.pass("clock", "agrees with the upstream's")
}
