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
	case c.Auth == "" && c.LocalOnly() && c.Service == "":
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
	if c.Service == "" || !c.WritesAny() {
		return faults
	}
	// An instance of Cloud Run keeps nothing, and the next call may reach another one.
	const shape = "unset on Cloud Run, with STACKROOM_WRITES"
	if c.StateBucket == "" {
		faults = append(faults, Fault{Variable: "STACKROOM_STATE_BUCKET", Shape: shape, Expected: "a bucket, which keeps the receipts by which changes are taken back; or STACKROOM_WRITES=none"})
	}
	if c.MasterKey == "" {
		faults = append(faults, Fault{Variable: "STACKROOM_MASTER_KEY", Shape: shape, Expected: "a key, by which each instance accepts the plans of the others; or STACKROOM_WRITES=none"})
	}
	return faults
}

// validLibrary accepts an ID of a library: local, or a kind and a name.
func validLibrary(s string) bool {
	kind, name, ok := strings.Cut(s, ":")
	return s == "local" || ok && plaintext.IsToken(kind, 20) && name != "" && len(name) <= 64 && !strings.ContainsAny(name, "/: ")
}
