package config

import (
	"net/url"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// checkDirectories returns the faults of the settings for directories of servers.
func (c *Config) checkDirectories() []Fault {
	var faults []Fault
	if c.Support != "" && !validContact(c.Support) && !validPage(c.Support) {
		faults = append(faults, Fault{Variable: "STACKROOM_SUPPORT"})
	}
	if c.Challenge != "" && !plaintext.IsToken(c.Challenge, maxChallenge) {
		faults = append(faults, Fault{Variable: "STACKROOM_OPENAI_CHALLENGE"})
	}
	return faults
}

// maxChallenge bounds a challenge, in characters.
const maxChallenge = 200

// validPage accepts the address of a page that a person opens.
func validPage(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && len(s) <= 500
}
