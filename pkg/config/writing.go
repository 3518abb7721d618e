package config

import (
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// Values of STACKROOM_WRITES beside a list of libraries.
const (
	writesNone = "none"
	writesOwn  = "own"
	writesAll  = "all"
)

// writes returns the policy of STACKROOM_WRITES, or its default: own without sign-in
// where only this machine can reach the server, else none.
func (c *Config) writes() []string {
	switch {
	case len(c.Writes) > 0:
		return c.Writes
	case c.Auth == "" && c.LocalOnly():
		return []string{writesOwn}
	}
	return []string{writesNone}
}

// WritesAny reports whether the policy lets any library be changed.
func (c *Config) WritesAny() bool { return c.writes()[0] != writesNone }

// WritesTo reports whether the policy lets the library of that ID be changed. The
// rights of the caller, the key and the group come on top.
func (c *Config) WritesTo(id string) bool {
	switch policy := c.writes(); policy[0] {
	case writesNone:
		return false
	case writesAll:
		return true
	case writesOwn:
		return id == "local" || strings.HasPrefix(id, "user:")
	default:
		return slices.Contains(policy, id)
	}
}

// checkWriting returns the faults of the settings of writing.
func (c *Config) checkWriting() []Fault {
	var faults []Fault
	alone := len(c.Writes) == 1 && slices.Contains([]string{writesNone, writesOwn, writesAll}, c.Writes[0])
	if !alone && !all(c.Writes, validLibrary) {
		faults = append(faults, Fault{Variable: "STACKROOM_WRITES"})
	}
	if !slices.Contains([]string{"always", "changes", "never"}, c.Confirm) {
		faults = append(faults, Fault{Variable: "STACKROOM_CONFIRM"})
	}
	return faults
}

// validLibrary accepts an ID of a library: local, or a kind and a name.
func validLibrary(s string) bool {
	kind, name, ok := strings.Cut(s, ":")
	return s == "local" || ok && plaintext.IsToken(kind, 20) && name != "" && len(name) <= 64 && !strings.ContainsAny(name, "/: ")
}
