// Package config reads the configuration from the environment once, at start,
// and reports all its faults together.
package config

import (
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config is the configuration of a server. The tags of a field name its
// variable, its default, the expected values, and its purpose; blank fields
// name the groups of the fields after them. [Variables] reads the tags.
type Config struct {
	_              struct{}      `group:"Libraries"`
	Data           string        `env:"STACKROOM_DATA" expect:"a folder" doc:"Folder of the embedded library. Default: the user's data folder."`
	LocalLibrary   string        `env:"STACKROOM_LOCAL_LIBRARY" expect:"members" doc:"Sign-in with zotero: members serves the imported library to everyone who signs in, which every Zotero account can. Unset: that mode does not serve it."`
	ZoteroKey      string        `env:"ZOTERO_API_KEY" expect:"Zotero API keys, comma-separated, or a reference to them" secret:"true" doc:"Serve the libraries that this key may read. Several keys are used in rotation. Make one at https://www.zotero.org/settings/keys."`
	ZoteroRotation time.Duration `env:"ZOTERO_KEY_ROTATION" envDefault:"1h" expect:"a duration from 1m to 720h" doc:"How long one of several keys is used before the next."`
	ZoteroDesktop  bool          `env:"ZOTERO_DESKTOP" envDefault:"false" expect:"true or false" doc:"Serve the library of the Zotero that runs on this machine, through its local API on port 23119, without a key."`
	ZoteroData     string        `env:"ZOTERO_DATA" expect:"the folder that has zotero.sqlite in it" doc:"Serve the libraries of this Zotero data folder, without a key, a network or a running Zotero: ~/Zotero for most people. It is only read. Without sign-in only."`
	ZoteroURL      string        `env:"ZOTERO_URL" envDefault:"https://api.zotero.org" expect:"an https URL, or an http one on this machine" doc:"The Zotero service, the only host that receives keys."`
	Snapshots      string        `env:"STACKROOM_SNAPSHOTS" envDefault:"on" expect:"on or off" doc:"Keep snapshots of Zotero libraries in the state bucket, so that a new instance does not read them from Zotero again. off: neither written nor read."`

	_               struct{} `group:"Citations"`
	Styles          string   `env:"STACKROOM_STYLES" expect:"a folder" doc:"Folder with further citation styles (.csl) and locales, such as Zotero's own."`
	StyleRepository string   `env:"STACKROOM_STYLE_REPOSITORY" expect:"an https URL, or an http one on this machine" doc:"Where other styles are fetched, as https://www.zotero.org/styles."`

	_           struct{} `group:"References"`
	Resolvers   []string `env:"STACKROOM_RESOLVERS" envDefault:"all" expect:"all, none, or names of crossref, datacite, doiorg, arxiv, pubmed, europepmc, openlibrary, openalex, comma-separated" doc:"The public registries that check_references asks. They get identifiers, and the words of references without one."`
	ResolverURL string   `env:"STACKROOM_RESOLVER_URL" expect:"an https URL, or an http one on this machine" doc:"Where the registries are reached instead of at their own hosts, each below its name, such as a proxy that has them at /crossref and so on."`
	Contact     string   `env:"STACKROOM_CONTACT" expect:"an e-mail address" doc:"Sent to the registries with each call, as they ask for; some then allow more calls."`
	WebPages    string   `env:"STACKROOM_WEB_PAGES" expect:"on or off" doc:"Whether check_references reads the web pages that references without an identifier name, and add_items fetches PDF files: of public hosts alone. Default: on without sign-in, off with sign-in or if STACKROOM_RESOLVERS is none or STACKROOM_RESOLVER_URL is set."`
	Translation string   `env:"STACKROOM_TRANSLATION_SERVER" expect:"an https URL, or an http one on this machine" doc:"A translation server of Zotero, such as http://127.0.0.1:1969. check_references asks it first for web pages, and for identifiers that no registry has, as add_items does. It fetches pages itself: let it reach public hosts only. Not asked if STACKROOM_RESOLVERS is none."`
	OpenAlexKey string   `env:"STACKROOM_OPENALEX_KEY" expect:"an OpenAlex key, or a reference to it" secret:"true" doc:"Lets check_references ask OpenAlex in batches, not only for 10 DOIs at once."`

	_         struct{} `group:"Directories"`
	Support   string   `env:"STACKROOM_SUPPORT" expect:"an e-mail address or an https URL" doc:"Who runs the server: where members ask, named on the pages /support and /privacy."`
	Challenge string   `env:"STACKROOM_OPENAI_CHALLENGE" expect:"the token of OpenAI's form, up to 200 letters, digits, - and _" doc:"Served at /.well-known/openai-apps-challenge, to prove to ChatGPT's directory that the domain is yours. It is public."`

	_                        struct{} `group:"Embeddings"`
	EmbeddingsLibraries      []string `env:"STACKROOM_EMBED_LIBRARIES" expect:"all, or IDs of libraries such as local or group:4711, comma-separated" doc:"Search these libraries by meaning too: their titles and abstracts, and the questions to them, are sent to the embedding service. Unset: nothing is sent."`
	EmbeddingsURL            string   `env:"STACKROOM_EMBED_URL" expect:"an https URL, or an http one on this machine, or vertex: and a region of Google Cloud" doc:"The embedding service: one with OpenAI's API, to whose URL /embeddings is added, such as https://api.openai.com/v1; or Vertex AI, as vertex:europe-west1, with the service's own account."`
	EmbeddingsModel          string   `env:"STACKROOM_EMBED_MODEL" expect:"the name of a model" doc:"The model, such as text-embedding-3-small. Another one embeds every work again."`
	EmbeddingsQuestionModel  string   `env:"STACKROOM_EMBED_QUERY_MODEL" expect:"the name of a model" doc:"The name to ask for when a question is embedded, if the service tells questions from works by it."`
	EmbeddingsPrefix         string   `env:"STACKROOM_EMBED_PREFIX" expect:"at most 200 characters" doc:"Put before the text of a work, with a space at its end where the model wants one: E5 models want passage: and a space."`
	EmbeddingsQuestionPrefix string   `env:"STACKROOM_EMBED_QUERY_PREFIX" expect:"at most 200 characters" doc:"Put before each question: E5 models want query: and a space."`
	EmbeddingsDimensions     int      `env:"STACKROOM_EMBED_DIMENSIONS" envDefault:"0" expect:"a number from 0 to 4096" doc:"The dimensions to ask the service for, if it can shorten vectors; 384 are kept of each. 0: those of the model."`
	EmbeddingsMatryoshka     bool     `env:"STACKROOM_EMBED_MATRYOSHKA" envDefault:"false" expect:"true or false" doc:"Whether the first dimensions of the model's vectors stand for all. If not, a vector of more than 384 is rotated at random before it is shortened."`
	EmbeddingsKey            string   `env:"STACKROOM_EMBED_KEY" expect:"the service's key, or a reference to it" secret:"true" doc:"Sent to the embedding service as a bearer token."`
	EmbeddingsBudget         int      `env:"STACKROOM_EMBED_BUDGET" envDefault:"2000000" expect:"a number of characters from 10000 to 1000000000" doc:"The most characters of works that an instance sends in a day (UTC), and the most of questions. A work has about 1,000."`

	_       struct{} `group:"Writing"`
	Writes  []string `env:"STACKROOM_WRITES" expect:"none, own, all, or IDs of libraries such as group:4711, comma-separated" doc:"The libraries that assistants may change. own: the embedded library and personal ones. Default: own without sign-in where only this machine can reach the server, else none. The rights of the caller, the key and the group count too."`
	Confirm string   `env:"STACKROOM_CONFIRM" envDefault:"changes" expect:"always, changes or never" doc:"Which changes are planned and shown before they are made. changes: those that overwrite, move or remove. always: additions too. never: none."`

	_              struct{} `group:"Address"`
	Port           string   `env:"PORT" expect:"a port, 1 to 65535" doc:"Port to listen on; Cloud Run sets it. Default 8080."`
	Addr           string   `env:"STACKROOM_ADDR" expect:"host:port" doc:"Address to listen on instead of 127.0.0.1 and PORT."`
	PublicURL      string   `env:"STACKROOM_PUBLIC_URL" expect:"an https URL without a path, or an http one on this machine" doc:"The URL at which callers reach the server, such as https://library.example.org. Required for oidc and zotero; tokens are issued for its /mcp."`
	AllowedHosts   []string `env:"STACKROOM_ALLOWED_HOSTS" expect:"host names, comma-separated" doc:"Host names that a server on loopback accepts beside localhost, such as that of a tunnel or proxy."`
	AllowedOrigins []string `env:"STACKROOM_ALLOWED_ORIGINS" expect:"origins such as https://example.org, comma-separated" doc:"Web origins whose pages may call the server. A server on loopback also accepts pages of this machine."`
	TrustedHops    int      `env:"STACKROOM_TRUSTED_HOPS" envDefault:"-1" expect:"a number from -1 to 5" doc:"The number of proxies in front of the server that write X-Forwarded-For. -1: one on Cloud Run, none elsewhere. With a load balancer in front of Cloud Run: 2."`

	_                 struct{}      `group:"Sign-in"`
	Auth              string        `env:"STACKROOM_AUTH" expect:"none, tokens, oidc or zotero" doc:"How callers sign in. Unset: without sign-in, and only this machine can reach the server. none: without sign-in on any address. tokens: with access tokens that the admin gives to members. oidc: with the organisation's identity provider. zotero: each with their own Zotero account."`
	Tokens            string        `env:"STACKROOM_TOKENS" expect:"records that stackroom token new prints, or a reference to them" secret:"true" doc:"Sign-in with tokens: the records of the valid tokens."`
	OIDCIssuer        string        `env:"STACKROOM_OIDC_ISSUER" expect:"an https URL, or an http one on this machine" doc:"Sign-in with oidc: the identity provider."`
	OIDCAudience      string        `env:"STACKROOM_OIDC_AUDIENCE" expect:"the audience of the tokens" doc:"Sign-in with oidc: the audience that tokens must name. Default: the MCP URL."`
	OIDCPolicy        string        `env:"STACKROOM_OIDC_POLICY" expect:"a policy as JSON, or a reference to one" secret:"true" doc:"Sign-in with oidc: which claims grant which scopes and libraries. Default: every token may read every library."`
	OIDCScopes        []string      `env:"STACKROOM_OIDC_SCOPES" expect:"scopes, comma-separated" doc:"Sign-in with oidc: the scopes that clients ask the provider for, if it does not support library:read."`
	OIDCClientID      string        `env:"STACKROOM_OIDC_CLIENT_ID" expect:"the client ID of the server at the identity provider" doc:"Sign-in with oidc: lets members sign in at /account/tokens and make personal access tokens. Its redirect URI there is the public URL with /account/callback."`
	OIDCClientSecret  string        `env:"STACKROOM_OIDC_CLIENT_SECRET" expect:"the client secret, or a reference to it" secret:"true" doc:"Sign-in with oidc: the secret of that client, if it has one."`
	MasterKey         string        `env:"STACKROOM_MASTER_KEY" expect:"32 bytes in base64, current first, comma-separated, or a reference to them" secret:"true" doc:"Sign-in with zotero, and personal access tokens with oidc: the secret that all others are derived from. stackroom token key makes one."`
	OAuthClientKey    string        `env:"ZOTERO_OAUTH_CLIENT_KEY" expect:"the client key of the application at zotero.org/oauth/apps, or a reference to it" secret:"true" doc:"Sign-in with zotero: the key of the application that you registered with Zotero."`
	OAuthClientSecret string        `env:"ZOTERO_OAUTH_CLIENT_SECRET" expect:"the client secret of the application, or a reference to it" secret:"true" doc:"Sign-in with zotero: the secret of that application."`
	OAuthURL          string        `env:"ZOTERO_OAUTH_URL" envDefault:"https://www.zotero.org/oauth" expect:"an https URL, or an http one on this machine" doc:"Sign-in with zotero: where Zotero asks people for their consent."`
	StateBucket       string        `env:"STACKROOM_STATE_BUCKET" expect:"the name of a Cloud Storage bucket" doc:"Sign-in with zotero, and personal access tokens with oidc: the bucket in which several processes share the state of sign-ins, and keep snapshots of libraries. Unset: the state is in the data folder, for one process."`
	Admins            []string      `env:"STACKROOM_ADMINS" expect:"principals as the audit names them, such as zotero:475425, token:4bcs7wwo7pjkeysm or oidc:…, comma-separated" doc:"Who sees the page /admin: members, clients, tools, errors and the state of the server. Default: no caller."`
	AccessTokenTTL    time.Duration `env:"STACKROOM_ACCESS_TOKEN_TTL" envDefault:"24h" expect:"a duration from 5m to 168h" doc:"Sign-in with zotero: the lifetime of an access token; clients then refresh it."`

	_               struct{}      `group:"Limits"`
	RateLimitMax    int           `env:"RATE_LIMIT_MAX" envDefault:"600" expect:"a number from 1 to 1000000, or 0 for no limit" doc:"The most calls of one caller in the window, in each instance."`
	RateLimitWindow time.Duration `env:"RATE_LIMIT_WINDOW" envDefault:"15m" expect:"a duration from 1s to 24h" doc:"The window of that limit; a tenth of the calls may come in a burst."`
	MaxInFlight     int           `env:"STACKROOM_MAX_IN_FLIGHT" envDefault:"512" expect:"a number from 1 to 100000" doc:"The most concurrent calls in an instance; further calls are told when to retry."`
	RequestTimeout  time.Duration `env:"STACKROOM_REQUEST_TIMEOUT" envDefault:"60s" expect:"a duration from 1s to 290s" doc:"The longest that one call may take."`
	MaxBodyBytes    int64         `env:"STACKROOM_MAX_BODY_BYTES" envDefault:"1048576" expect:"a number of bytes from 1024 to 67108864" doc:"The largest request body."`
	ResultChars     int           `env:"STACKROOM_RESULT_CHARS" envDefault:"40000" expect:"a number of characters from 10000 to 400000" doc:"The longest result of a tool; longer ones continue with a cursor."`
	ShutdownGrace   time.Duration `env:"STACKROOM_SHUTDOWN_GRACE" envDefault:"8s" expect:"a duration from 0s to 5m" doc:"How long running calls may take to finish after SIGTERM. Cloud Run allows 10 s in total."`

	_             struct{}      `group:"Operation"`
	Project       string        `env:"GOOGLE_CLOUD_PROJECT" expect:"a Google Cloud project ID" doc:"The project of secret references without one, and of traces in logs."`
	SecretRefresh time.Duration `env:"STACKROOM_SECRET_REFRESH" envDefault:"5m" expect:"a duration from 10s to 24h" doc:"How often secrets are read again."`
	ProbeToken    string        `env:"STACKROOM_PROBE_TOKEN" expect:"at least 32 characters without spaces, or a reference to them" secret:"true" doc:"Serve GET /probe to requests with this bearer token: it runs one search over the sample library and reports the result. Unset: not served."`
	MetricsAddr   string        `env:"STACKROOM_METRICS_ADDR" expect:"host:port" doc:"Serve Prometheus metrics at /metrics on this separate address. Unset: no metrics."`
	Profiling     bool          `env:"STACKROOM_PPROF" envDefault:"false" expect:"true or false" doc:"Serve Go's profiles at /debug/pprof/ on the address of the metrics."`
	LegacySSE     bool          `env:"STACKROOM_LEGACY_SSE" envDefault:"false" expect:"true or false" doc:"Serve the HTTP+SSE transport of 2024 at /sse too, for clients that support no other; one process only."`

	_            struct{}      `group:"Log and traces"`
	LogLevel     string        `env:"LOG_LEVEL" envDefault:"info" expect:"debug, info, warn or error" doc:"The minimal severity of log lines."`
	LogStyle     string        `env:"STACKROOM_LOG_FORMAT" expect:"json or text" doc:"Format of log lines. Default: text on a terminal, else JSON in Cloud Logging's field names."`
	SlowCall     time.Duration `env:"STACKROOM_SLOW_CALL" envDefault:"2s" expect:"a duration from 1ms to 5m" doc:"Calls that take longer are marked slow in the log."`
	TraceContent bool          `env:"STACKROOM_TRACE_CONTENT" envDefault:"false" expect:"true or false" doc:"Put the arguments of calls into traces. They reveal what people search for."`

	_ struct{} `group:""` // not set by people

	// Service is the name of the Cloud Run service, "" elsewhere.
	Service string `env:"K_SERVICE" expect:"set by Cloud Run" doc:"Set by Cloud Run; do not set it."`

	// StorageEmulator is the host and port of a Cloud Storage emulator on this
	// machine, for tests; "" for the real service.
	StorageEmulator string `env:"STORAGE_EMULATOR_HOST" expect:"host:port on this machine" doc:"For tests: an emulator of Cloud Storage."`

	// DataGiven reports whether STACKROOM_DATA is set. If not, Data is the
	// user's data folder, which need not exist.
	DataGiven bool `env:"-"`

	// ZoteroHome is where Zotero keeps its data folder unless a person chooses
	// another one, or "". It need not exist.
	ZoteroHome string `env:"-"`
}

// ListenAddr returns the address to listen on.
func (c *Config) ListenAddr() string {
	if c.Addr != "" {
		return c.Addr
	}
	port := c.Port
	if port == "" {
		port = "8080"
	}
	if c.Auth != "" && c.Port != "" {
		return ":" + port
	}
	return net.JoinHostPort("127.0.0.1", port)
}

// LocalOnly reports whether only this machine can reach the server.
func (c *Config) LocalOnly() bool {
	host, _, err := net.SplitHostPort(c.ListenAddr())
	return err == nil && loopback(host)
}

// Level returns the minimal level of log lines.
func (c *Config) Level() slog.Level {
	var l slog.Level
	_ = l.UnmarshalText([]byte(c.LogLevel)) // check has validated it
	return l
}

// check returns the faults of parsed values. [Load] completes them with the
// values and the expected values.
func (c *Config) check() []Fault {
	var faults []Fault
	expect := func(ok bool, variable string) {
		if !ok {
			faults = append(faults, Fault{Variable: variable})
		}
	}
	expect(c.Port == "" || validPort(c.Port), "PORT")
	expect(c.Addr == "" || validAddr(c.Addr), "STACKROOM_ADDR")
	expect(slices.Contains([]string{"", "none", "tokens", "oidc", "zotero"}, c.Auth), "STACKROOM_AUTH")
	expect(validUpstream(c.ZoteroURL), "ZOTERO_URL")
	expect(c.StyleRepository == "" || validUpstream(c.StyleRepository), "STACKROOM_STYLE_REPOSITORY")
	faults = append(faults, c.checkRegistries()...)
	faults = append(faults, c.checkDirectories()...)
	if _, err := ZoteroKeys(c.ZoteroKey); err != nil && !Reference(c.ZoteroKey) {
		expect(false, "ZOTERO_API_KEY")
	}
	if c.ProbeToken != "" && !Reference(c.ProbeToken) {
		expect(CheckProbeToken(c.ProbeToken) == nil, "STACKROOM_PROBE_TOKEN")
	}
	expect(within(c.ZoteroRotation, time.Minute, 720*time.Hour), "ZOTERO_KEY_ROTATION")
	expect(slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel), "LOG_LEVEL")
	expect(c.Snapshots == "on" || c.Snapshots == "off", "STACKROOM_SNAPSHOTS")
	expect(c.StorageEmulator == "" || validUpstream("http://"+c.StorageEmulator), "STORAGE_EMULATOR_HOST")
	expect(slices.Contains([]string{"", "json", "text"}, c.LogStyle), "STACKROOM_LOG_FORMAT")
	expect(c.LocalLibrary == "" || c.LocalLibrary == localMembers, "STACKROOM_LOCAL_LIBRARY")
	expect(all(c.AllowedOrigins, validOrigin), "STACKROOM_ALLOWED_ORIGINS")
	expect(all(c.AllowedHosts, validHost), "STACKROOM_ALLOWED_HOSTS")
	expect(all(c.Admins, validPrincipal), "STACKROOM_ADMINS")
	expect(within(c.RequestTimeout, time.Second, 290*time.Second), "STACKROOM_REQUEST_TIMEOUT")
	expect(within(c.MaxBodyBytes, 1<<10, 64<<20), "STACKROOM_MAX_BODY_BYTES")
	expect(within(c.ResultChars, 10_000, 400_000), "STACKROOM_RESULT_CHARS")
	expect(within(c.ShutdownGrace, 0, 5*time.Minute), "STACKROOM_SHUTDOWN_GRACE")
	faults = append(faults, c.checkWriting()...)
	faults = append(faults, c.checkEmbeddings()...)
	faults = append(faults, c.checkOperations()...)
	faults = append(faults, c.checkZoteroData()...)
	if c.ZoteroDesktop && c.ZoteroKey != "" {
		faults = append(faults, Fault{Variable: "ZOTERO_DESKTOP", Shape: "true, together with ZOTERO_API_KEY", Expected: "only one of the two, because both read the same libraries"})
	}
	if len(faults) == 0 {
		faults = append(c.checkSignIn(), c.checkReach()...)
	}
	return faults
}

// checkReach rejects an address that other machines can reach unless
// STACKROOM_AUTH is set.
func (c *Config) checkReach() []Fault {
	switch {
	case c.Auth != "" || c.LocalOnly() && c.Service == "":
		return nil
	case c.Addr != "":
		return []Fault{{Variable: "STACKROOM_ADDR", Shape: "an address that other machines can reach",
			Expected: "a loopback address such as 127.0.0.1:8080; or set STACKROOM_AUTH too: tokens, oidc or zotero for sign-in; STACKROOM_AUTH=none serves every caller without sign-in"}}
	default:
		return []Fault{{Variable: "STACKROOM_AUTH", Shape: "unset on Cloud Run, where other machines can call",
			Expected: "tokens, oidc or zotero for sign-in, or none to serve every caller without sign-in"}}
	}
}

// all reports whether every value is valid.
func all(values []string, valid func(string) bool) bool {
	return !slices.ContainsFunc(values, func(s string) bool { return !valid(s) })
}

func within[T int | int64 | time.Duration](n, least, most T) bool { return n >= least && n <= most }

func validPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 1 && n <= 65535
}

// validAddr also accepts port 0: the system then chooses a port.
func validAddr(s string) bool {
	host, port, err := net.SplitHostPort(s)
	return err == nil && (port == "0" || validPort(port)) && (host == "" || net.ParseIP(host) != nil || validHost(host))
}

func validOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" &&
		strings.TrimSuffix(s, u.Host) == u.Scheme+"://"
}

// validUpstream accepts a URL that keys may be sent to: with TLS, or on this
// machine.
func validUpstream(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" &&
		(u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()))
}

// validKey accepts text that is valid in a header; Zotero's own keys are 24
// letters and digits.
func validKey(s string) bool {
	return len(s) >= 8 && len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

func validHost(s string) bool {
	return s != "" && len(s) <= 253 && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", r)
	})
}

// loopback reports whether only this machine can reach the host.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// localMembers is the value of STACKROOM_LOCAL_LIBRARY that serves the imported
// library to everyone who signs in with Zotero.
const localMembers = "members"

// ServesLocal reports whether the imported library is served.
func (c *Config) ServesLocal() bool { return c.Auth != "zotero" || c.LocalLibrary == localMembers }

// SharesLocal reports whether the imported library is served to everyone who
// signs in with Zotero.
func (c *Config) SharesLocal() bool { return c.Auth == "zotero" && c.LocalLibrary == localMembers }
