package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zotero/datafolder"
)

// checkZoteroData returns why ZOTERO_DATA can't be a Zotero data folder, or nil,
// so that a mistyped one is an error at the start.
func checkZoteroData(c *config.Config) error {
	if c.ZoteroData == "" {
		return nil
	}
	problem, _ := dataProblem(c.ZoteroData)
	if problem == "" {
		if _, err := os.Lstat(filepath.Join(c.ZoteroData, datafolder.DatabaseName)); errors.Is(err, fs.ErrNotExist) {
			problem = "has no " + datafolder.DatabaseName
		}
	}
	if problem == "" {
		return nil
	}
	return config.Faults{{
		Variable: "ZOTERO_DATA", Shape: fmt.Sprintf("%q, which %s", c.ZoteroData, problem),
		Expected: "the folder that Zotero shows in Settings, Advanced, Files and Folders",
	}}
}

// waysToZotero says how Zotero's libraries can be served.
func waysToZotero(c *config.Config) string {
	if c.Auth == "" && c.ZoteroHome != "" {
		if _, err := os.Stat(filepath.Join(c.ZoteroHome, datafolder.DatabaseName)); err == nil {
			return fmt.Sprintf("ZOTERO_DATA=%s serves the Zotero libraries on this machine, ZOTERO_API_KEY those at zotero.org", c.ZoteroHome)
		}
	}
	return "set ZOTERO_API_KEY to serve its libraries"
}

// zoteroData checks the Zotero data folder: it copies and reads the database as
// the server does, into a folder that is removed.
func (d *doctor) zoteroData(ctx context.Context, c *config.Config) {
	const check = "zotero data"
	if err := checkZoteroData(c); err != nil {
		var faults config.Faults
		errors.As(err, &faults)
		d.faults(check, faults)
		return
	}
	work, err := os.MkdirTemp("", "stackroom-doctor-")
	if err != nil {
		d.fail(check, library.Errorf(library.Unavailable, "no folder for a copy can be made").WithHint("set TMPDIR to a folder that can be written").WithCause(err))
		return
	}
	defer func() { _ = os.RemoveAll(work) }()
	folder := datafolder.New(c.ZoteroData, work)
	defer folder.Close()
	infos, err := folder.Libraries(ctx)
	if err != nil {
		d.fail(check, err)
		return
	}
	for _, info := range infos {
		d.pass(check, fmt.Sprintf("%s: %d works in %q", info.ID, info.Items, info.Name))
	}
	if len(infos) > 0 && infos[0].Notice != "" {
		fmt.Fprintf(d.w, "warn  %-14s %s\n", check, infos[0].Notice)
	}
}
