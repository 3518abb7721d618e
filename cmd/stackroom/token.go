package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/tokens"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// tokenCommand makes the tokens and keys that sign-in needs.
type tokenCommand struct {
	New    newTokenCommand    `cmd:"" help:"Make a personal access token, for STACKROOM_AUTH=tokens."`
	List   listTokensCommand  `cmd:"" help:"List the tokens that have a record."`
	Revoke revokeTokenCommand `cmd:"" help:"Take the record of a token out, so that the token is refused."`
	Key    newKeyCommand      `cmd:"" help:"Make a master key, for STACKROOM_MASTER_KEY."`
}

// newTokenCommand makes a personal access token.
type newTokenCommand struct {
	Name    string   `required:"" help:"Whose it is, or what for; people read it in the record."`
	Scope   []string `default:"library:read" help:"What it may do: library:read. No tool writes yet, so there is no more to allow."`
	Library []string `placeholder:"ID" xor:"libraries" help:"A library that it may see, such as group:4711; again for more."`
	All     bool     `name:"all-libraries" xor:"libraries" help:"It may see every library that the server's key reads."`
	Expires string   `default:"90d" help:"How long it is good: 90d, 12h, or never."`
	Record  string   `placeholder:"FILE" help:"Add the record to this file instead of printing it."`
	JSON    bool     `name:"json" help:"Print token and record as one JSON object, for programs."`
}

// Run implements the command. The token alone goes to standard output, so that
// it can be piped into a password manager; the rest goes to standard error.
func (c *newTokenCommand) Run(p *process) error {
	token, record, err := c.issue(time.Now())
	if err != nil {
		return err
	}
	line, err := json.Marshal(record)
	if err != nil {
		return err
	}
	if c.Record != "" {
		if err := appendLine(c.Record, line); err != nil {
			return library.Errorf(library.Unavailable, "the record can't be added to the file, so there is no token").WithCause(err)
		}
	}
	if c.JSON {
		return json.NewEncoder(p.stdout).Encode(struct {
			Token  string          `json:"token"`
			Record json.RawMessage `json:"record"`
		}{token, line})
	}
	fmt.Fprintln(p.stderr, "The token is printed once, now. Give it to its owner as you would a password.")
	if c.Record == "" {
		fmt.Fprintf(p.stderr, "Its record goes, as one line, into the secret that STACKROOM_TOKENS refers to. Take the line out to revoke the token:\n\n%s\n\n", line)
	} else {
		fmt.Fprintln(p.stderr, "Its record is the last line of the file. Take the line out to revoke the token.")
	}
	_, err = fmt.Fprintln(p.stdout, token)
	return err
}

// issue makes the token that the flags describe.
func (c *newTokenCommand) issue(now time.Time) (string, tokens.Record, error) {
	if c.All {
		c.Library = []string{tokens.All}
	}
	if len(c.Library) == 0 {
		return "", tokens.Record{}, library.Errorf(library.Invalid, "no library is named that the token may see").
			WithHint("add --library group:4711, or --all-libraries")
	}
	ends, err := parseLifetime(c.Expires, now)
	if err != nil {
		return "", tokens.Record{}, err
	}
	scopes := make([]identity.Scope, 0, len(c.Scope))
	for _, s := range c.Scope {
		scopes = append(scopes, identity.Scope(s))
	}
	return tokens.Issue(c.Name, scopes, c.Library, now, ends)
}

// maxLifetime bounds the lifetime of a token, since a mistyped one may be endless.
const maxLifetime = 10 * 366 * 24 * time.Hour

// parseLifetime returns the time when a token made now expires: days as 90d, a
// duration as 12h, or the zero time for never.
func parseLifetime(s string, now time.Time) (time.Time, error) {
	if s == tokens.Never {
		return time.Time{}, nil
	}
	d, err := time.ParseDuration(s)
	if digits, ok := strings.CutSuffix(s, "d"); ok {
		var days uint16
		days, err = parseDays(digits)
		d = time.Duration(days) * 24 * time.Hour
	}
	if err != nil || d < time.Minute || d > maxLifetime {
		return time.Time{}, library.Errorf(library.Invalid, "--expires is not a time to live of a minute to ten years").
			WithHint("write it as 90d, 12h or never")
	}
	return now.Add(d), nil
}

func parseDays(digits string) (uint16, error) {
	n, err := strconv.ParseUint(digits, 10, 16)
	return uint16(n), err
}

// appendLine adds a line to a file that only its owner can read.
func appendLine(path string, line []byte) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if info, err := f.Stat(); err == nil && info.Size() > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
			line = append([]byte{'\n'}, line...)
		}
	}
	if _, err := f.Write(line); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// newKeyCommand makes a master key.
type newKeyCommand struct{}

// Run implements the command.
func (newKeyCommand) Run(p *process) error {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails; the program ends if the system has no randomness
	fmt.Fprintln(p.stderr, "Put it first in the secret that STACKROOM_MASTER_KEY refers to, with a comma before an older one. A person who has it can sign in as any member.")
	_, err := fmt.Fprintln(p.stdout, base64.StdEncoding.EncodeToString(key))
	return err
}
