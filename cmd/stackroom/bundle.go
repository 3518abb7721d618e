package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/bundle"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// bundleCommand makes a desktop bundle, or describes those that were made.
type bundleCommand struct {
	Out        string `default:"dist" type:"path" placeholder:"DIR" help:"Folder of the bundles."`
	Binary     string `type:"existingfile" placeholder:"PATH" help:"The program to bundle, for the system it was built for. Default: this one."`
	OS         string `name:"os" placeholder:"OS" help:"Refuse a program for another system: darwin, linux or windows."`
	Arch       string `placeholder:"ARCH" help:"Refuse a program for another processor: amd64 or arm64."`
	Release    string `placeholder:"VERSION" help:"The bundle's version. Default: that of the program that makes it."`
	ServerJSON string `name:"server-json" type:"path" placeholder:"FILE" help:"Make no bundle, but write what the MCP registry wants to know of those in the folder."`
}

// Run implements the command.
func (c *bundleCommand) Run(p *process) error {
	if c.Release == "" {
		c.Release = buildVersion()
	}
	version, err := bundle.Version(c.Release)
	if err != nil {
		return err
	}
	if c.ServerJSON != "" {
		return c.describe(version)
	}
	return c.pack(p, version)
}

// pack makes the bundle and, beside it, its SHA-256 for sha256sum --check.
func (c *bundleCommand) pack(p *process, version string) error {
	program, platform, err := c.program()
	if err != nil {
		return err
	}
	defer program.Close()
	// On a laptop, where bundles run, the person's own libraries can be changed.
	catalog, err := tool.NewCatalog(noLibraries{}, tool.Options{Writing: &tool.Writing{Confirm: tool.ConfirmChanges}})
	if err != nil {
		return err
	}
	contents, err := bundle.ContentsOf(p.ctx, catalog)
	if err != nil {
		return err
	}
	name := bundle.FileName(version, platform)
	path := filepath.Join(c.Out, name)
	digest := sha256.New()
	err = create(path, func(w io.Writer) error {
		return bundle.Write(io.MultiWriter(w, digest), bundle.NewManifest(version, platform, contents), program)
	})
	if err != nil {
		return err
	}
	sum := hex.EncodeToString(digest.Sum(nil))
	err = create(path+".sha256", func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s  %s\n", sum, name)
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.stdout, path)
	return err
}

// program opens the program to bundle and says what it runs on.
func (c *bundleCommand) program() (*os.File, bundle.Platform, error) {
	path := c.Binary
	if path == "" {
		var err error
		if path, err = os.Executable(); err != nil {
			return nil, bundle.Platform{}, err
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, bundle.Platform{}, err
	}
	platform, err := bundle.PlatformOf(f)
	if err == nil && (c.OS != "" && c.OS != platform.OS || c.Arch != "" && c.Arch != platform.Arch) {
		err = library.Errorf(library.Conflict, "this program is for %s on %s", platform.OS, platform.Arch).
			WithHint("name another with --binary, or leave out --os and --arch")
	}
	if err != nil {
		_ = f.Close() // only read
		return nil, bundle.Platform{}, err
	}
	return f, platform, nil
}

// describe writes server.json with the bundles of a version that exist.
func (c *bundleCommand) describe(version string) error {
	var packages []bundle.Package
	for _, platform := range bundle.Platforms() {
		sum, err := sumOf(filepath.Join(c.Out, bundle.FileName(version, platform)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		default:
			packages = append(packages, bundle.NewPackage(version, platform, sum))
		}
	}
	return create(c.ServerJSON, func(w io.Writer) error {
		_, err := bundle.NewServer(version, packages).WriteTo(w)
		return err
	})
}

// sumOf returns a file's SHA-256 in hexadecimal.
func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	digest := sha256.New()
	if _, err := io.Copy(digest, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// create writes a file that every user can read, atomically.
func create(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // for everyone
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+strings.TrimPrefix(filepath.Base(path), ".")+"-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already if all went well
	err = errors.Join(write(f), f.Chmod(0o644), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
