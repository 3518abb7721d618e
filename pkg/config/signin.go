package config

import (
	"encoding/base64"
	"net/url"
	"reflect"
	"strings"
	"time"
)

// Reference reports whether a setting's value is a reference to a secret:
// "sm://…" in Secret Manager, "file:///…" in a file.
func Reference(value string) bool {
	return strings.HasPrefix(value, "sm://") || strings.HasPrefix(value, "file://")
}

// ZoteroKeys parses the Zotero API keys in the value of ZOTERO_API_KEY or in
// the secret that it refers to; none for "". Its error is a [Faults].
func ZoteroKeys(value string) ([]string, error) {
	var keys []string
	if value == "" {
		return nil, nil
	}
	for key := range strings.SplitSeq(value, ",") {
		if key = strings.TrimSpace(key); !validKey(key) {
			return nil, Faults{{Variable: "ZOTERO_API_KEY", Shape: shape(key), Expected: expected("ZOTERO_API_KEY")}}
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// Secrets returns the value of each setting that is set and may be a reference,
// by variable.
func (c *Config) Secrets() map[string]string {
	all := map[string]string{}
	v := reflect.ValueOf(c).Elem()
	for f := range reflect.TypeFor[Config]().Fields() {
		if f.Tag.Get("secret") == "true" {
			if value := v.FieldByIndex(f.Index).String(); value != "" {
				all[f.Tag.Get("env")] = value
			}
		}
	}
	return all
}

// masterKeySize is the size of a master key, an AES-256 key, in bytes.
const masterKeySize = 32

// MasterKeys parses the master keys in the value of STACKROOM_MASTER_KEY or in
// the secret that it refers to, the current one first. Its error is a [Faults].
func MasterKeys(value string) ([][]byte, error) {
	var keys [][]byte
	for part := range strings.SplitSeq(value, ",") {
		key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(part))
		if err != nil || len(key) != masterKeySize {
			return nil, Faults{{Variable: "STACKROOM_MASTER_KEY", Shape: shape(part), Expected: expected("STACKROOM_MASTER_KEY")}}
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// minProbeToken is the minimal length of a probe token, that of 16 random bytes
// in hexadecimal.
const minProbeToken = 32

// CheckProbeToken validates the value of STACKROOM_PROBE_TOKEN or the secret
// that it refers to. Its error is a [Faults].
func CheckProbeToken(value string) error {
	if len(value) >= minProbeToken && !strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil
	}
	return Faults{{Variable: "STACKROOM_PROBE_TOKEN", Shape: shape(value), Expected: expected("STACKROOM_PROBE_TOKEN")}}
}

// MCPURL returns the URL that callers enter in their clients, the resource of
// their tokens (RFC 8707), or "" without a public URL.
func (c *Config) MCPURL() string {
	if c.PublicURL == "" {
		return ""
	}
	return strings.TrimSuffix(c.PublicURL, "/") + "/mcp"
}

// Hops returns the number of proxies in front of the server that write
// X-Forwarded-For.
func (c *Config) Hops() int {
	switch {
	case c.TrustedHops >= 0:
		return c.TrustedHops
	case c.Service != "":
		return 1
	}
	return 0
}

// checkSignIn returns the settings that a sign-in mode lacks or excludes.
func (c *Config) checkSignIn() []Fault {
	var faults []Fault
	need := func(variable, value string) {
		if value == "" {
			faults = append(faults, Fault{Variable: variable, Shape: "unset with STACKROOM_AUTH=" + c.Auth})
		}
	}
	switch c.Auth {
	case "tokens":
		need("STACKROOM_TOKENS", c.Tokens)
	case "oidc":
		need("STACKROOM_PUBLIC_URL", c.PublicURL)
		need("STACKROOM_OIDC_ISSUER", c.OIDCIssuer)
		if c.OIDCClientID != "" {
			need("STACKROOM_MASTER_KEY", c.MasterKey)
		}
		if c.OIDCClientSecret != "" {
			need("STACKROOM_OIDC_CLIENT_ID", c.OIDCClientID)
		}
	case "zotero":
		need("STACKROOM_PUBLIC_URL", c.PublicURL)
		need("STACKROOM_MASTER_KEY", c.MasterKey)
		need("ZOTERO_OAUTH_CLIENT_KEY", c.OAuthClientKey)
		need("ZOTERO_OAUTH_CLIENT_SECRET", c.OAuthClientSecret)
		if c.ZoteroKey != "" {
			faults = append(faults, Fault{Variable: "ZOTERO_API_KEY", Shape: "set with STACKROOM_AUTH=zotero", Expected: "nothing, because each member signs in with their own key"})
		}
	}
	if c.Auth != "" && c.Auth != "none" && c.ZoteroDesktop {
		faults = append(faults, Fault{Variable: "ZOTERO_DESKTOP", Shape: "true with STACKROOM_AUTH=" + c.Auth, Expected: "false, because the app on this machine belongs to one person"})
	}
	return faults
}

// checkZoteroData refuses a data folder beside another way to the same libraries,
// and where others than its owner can call.
func (c *Config) checkZoteroData() []Fault {
	fault := func(shape, expected string) []Fault {
		return []Fault{{Variable: "ZOTERO_DATA", Shape: shape, Expected: expected}}
	}
	switch {
	case c.ZoteroData == "":
		return nil
	case c.ZoteroKey != "":
		return fault("set, together with ZOTERO_API_KEY", "only one of the two, because both read the same libraries")
	case c.ZoteroDesktop:
		return fault("set, together with ZOTERO_DESKTOP", "only one of the two, because both read the same libraries")
	case c.Auth != "" && c.Auth != "none":
		return fault("set with STACKROOM_AUTH="+c.Auth, "nothing, because the folder on this machine belongs to one person")
	case c.Auth == "none" && (!c.LocalOnly() || c.Service != ""):
		return fault("set on an address that other machines can reach", "nothing, because the folder on this machine belongs to one person; or STACKROOM_AUTH unset")
	}
	return nil
}

// checkOperations returns the faults of operational settings.
func (c *Config) checkOperations() []Fault {
	var faults []Fault
	expect := func(ok bool, variable string) {
		if !ok {
			faults = append(faults, Fault{Variable: variable})
		}
	}
	expect(c.PublicURL == "" || validPublic(c.PublicURL), "STACKROOM_PUBLIC_URL")
	expect(c.OIDCIssuer == "" || validUpstream(c.OIDCIssuer), "STACKROOM_OIDC_ISSUER")
	expect(validUpstream(c.OAuthURL), "ZOTERO_OAUTH_URL")
	expect(within(c.AccessTokenTTL, 5*time.Minute, 168*time.Hour), "STACKROOM_ACCESS_TOKEN_TTL")
	expect(within(c.RateLimitMax, 0, 1_000_000), "RATE_LIMIT_MAX")
	expect(within(c.RateLimitWindow, time.Second, 24*time.Hour), "RATE_LIMIT_WINDOW")
	expect(within(c.MaxInFlight, 1, 100_000), "STACKROOM_MAX_IN_FLIGHT")
	expect(within(c.TrustedHops, -1, 5), "STACKROOM_TRUSTED_HOPS")
	expect(within(c.SecretRefresh, 10*time.Second, 24*time.Hour), "STACKROOM_SECRET_REFRESH")
	expect(c.MetricsAddr == "" || validAddr(c.MetricsAddr), "STACKROOM_METRICS_ADDR")
	expect(within(c.SlowCall, time.Millisecond, 5*time.Minute), "STACKROOM_SLOW_CALL")
	if c.Profiling && c.MetricsAddr == "" {
		faults = append(faults, Fault{Variable: "STACKROOM_PPROF", Shape: "true without STACKROOM_METRICS_ADDR", Expected: "a separate address for the profiles"})
	}
	return faults
}

// validPublic accepts the root of a host. Clients would not find the RFC 8414
// metadata of an issuer with a path.
func validPublic(s string) bool {
	u, err := url.Parse(s)
	return err == nil && validUpstream(s) && (u.Path == "" || u.Path == "/")
}
