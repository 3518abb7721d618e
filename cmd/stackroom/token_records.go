package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/tokens"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// records returns the text of the records in a file, or else of those that
// STACKROOM_TOKENS refers to, and the file that has them, "" for none.
func records(p *process, file string) (text, path string, err error) {
	if file == "" {
		c, err := config.Load(p.environ)
		if err != nil {
			return "", "", err
		}
		if c.Tokens == "" {
			return "", "", library.Errorf(library.Invalid, "there are no records of tokens to look at").
				WithHint("name their file with --record, or set STACKROOM_TOKENS as the server has it")
		}
		var ok bool
		if file, ok = strings.CutPrefix(c.Tokens, "file://"); !ok {
			return secretRecords(p, c)
		}
	}
	stored, err := os.ReadFile(file)
	if err != nil {
		return "", "", library.Errorf(library.NotFound, "the file of records can't be read").WithHint("see that --record names it").WithCause(err)
	}
	return string(stored), file, nil
}

// secretRecords returns the records of STACKROOM_TOKENS itself, or of the secret
// that it refers to.
func secretRecords(p *process, c *config.Config) (text, path string, err error) {
	logger, closeLog := newLogger(p.stderr, &config.Config{LogLevel: "warn", LogStyle: "text"})
	defer closeLog()
	secrets, err := openSecrets(p.ctx, c, logger, nil)
	if err != nil {
		return "", "", err
	}
	defer secrets.Close()
	return secrets.Source("STACKROOM_TOKENS").Current().Reveal(), "", nil
}

// listTokensCommand lists the tokens that have a record.
type listTokensCommand struct {
	Record string `placeholder:"FILE" help:"The file of records. Default: what STACKROOM_TOKENS refers to."`
	JSON   bool   `name:"json" help:"Print the records as a JSON array, for programs."`
}

// Run implements the command.
func (c *listTokensCommand) Run(p *process) error {
	text, _, err := records(p, c.Record)
	if err != nil {
		return err
	}
	all, err := tokens.Records(text)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(p.stdout).Encode(all)
	}
	return printRecords(p.stdout, all, time.Now())
}

// printRecords prints a table of the records, without the hashes.
func printRecords(w io.Writer, all []tokens.Record, now time.Time) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tSCOPES\tLIBRARIES\tCREATED\tEXPIRES")
	for _, r := range all {
		expires := r.Expires
		if end, err := time.Parse(time.RFC3339, r.Expires); err == nil && !now.Before(end) {
			expires += " (expired)"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.Name, joined(r.Scopes), strings.Join(r.Libraries, ","), r.Created, expires)
	}
	return table.Flush()
}

func joined(scopes []identity.Scope) string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = string(s)
	}
	return strings.Join(names, ",")
}

// revokeTokenCommand removes the record of a token.
type revokeTokenCommand struct {
	ID     string `arg:"" help:"The ID of the token, or the token itself."`
	Record string `placeholder:"FILE" help:"The file of records. Default: what STACKROOM_TOKENS refers to."`
}

// Run implements the command. Records that are not in a file are printed without
// the one revoked: this program can't write where they are kept.
func (c *revokeTokenCommand) Run(p *process) error {
	text, file, err := records(p, c.Record)
	if err != nil {
		return err
	}
	rest, name, err := tokens.Without(text, c.ID)
	if err != nil {
		return err
	}
	if file == "" {
		fmt.Fprintf(p.stderr, "The records without %q follow. Put them where STACKROOM_TOKENS is kept, for example:\n  stackroom token revoke ID | gcloud secrets versions add NAME --data-file=-\n", name)
		_, err = io.WriteString(p.stdout, rest)
		return err
	}
	if err := replaceFile(file, []byte(rest)); err != nil {
		return library.Errorf(library.Unavailable, "the file of records can't be written; the token is not revoked").WithCause(err)
	}
	fmt.Fprintf(p.stderr, "The token %q is revoked. A running server refuses it once it has read the file again (STACKROOM_SECRET_REFRESH).\n", name)
	return nil
}

// replaceFile replaces a file atomically and keeps its permissions. It follows a
// link to the file.
func replaceFile(path string, data []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".records-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already if all went well
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(info.Mode().Perm())
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
