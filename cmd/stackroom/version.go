package main

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// version and commit are stamped by the linker in a release build.
var (
	version = ""
	commit  = ""
)

// versionCommand prints the version.
type versionCommand struct{}

// Run implements the command.
func (versionCommand) Run(p *process) error {
	_, err := fmt.Fprintln(p.stdout, versionLine())
	return err
}

// versionLine names the program, its version and its commit.
func versionLine() string {
	return strings.TrimSpace("stackroom " + buildVersion() + " " + buildCommit())
}

// buildVersion returns the release, or what the module system knows of it.
func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "development"
}

// buildCommit returns the commit that was built, or "".
func buildCommit() string {
	if commit != "" {
		return commit
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
	}
	return ""
}
