package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
)

// loaded returns the configuration of an environment.
func loaded(t *testing.T, environ ...string) *config.Config {
	t.Helper()
	c, err := config.Load(append([]string{"HOME=/home/ada"}, environ...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// told returns what the page about privacy says with these settings.
func told(c *config.Config, writes bool) string {
	return fmt.Sprint(kept(c, writes)) + fmt.Sprint(sent(c, writes))
}

// team is the environment of a team that keeps all that can be kept.
var team = []string{
	"STACKROOM_AUTH=zotero", "STACKROOM_PUBLIC_URL=https://library.example.org", "ZOTERO_OAUTH_CLIENT_KEY=app", "ZOTERO_OAUTH_CLIENT_SECRET=appsecret",
	"STACKROOM_MASTER_KEY=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "STACKROOM_STATE_BUCKET=state-of-the-team", "STACKROOM_WRITES=all", "STACKROOM_LOCAL_LIBRARY=members",
}

// TestPrivacy_KnowsEverySetting holds that a new setting is looked at: does the
// server keep or send something because of it? If so, kept or sent has to say it.
func TestPrivacy_KnowsEverySetting(t *testing.T) {
	const keeps, sends, neither = "keeps", "sends", "neither"
	settings := map[string]string{
		"STACKROOM_DATA": keeps, "STACKROOM_LOCAL_LIBRARY": keeps, "ZOTERO_API_KEY": keeps, "ZOTERO_KEY_ROTATION": neither, "ZOTERO_DESKTOP": keeps,
		"ZOTERO_DATA": keeps, "ZOTERO_URL": sends, "STACKROOM_SNAPSHOTS": keeps,
		"STACKROOM_STYLES": neither, "STACKROOM_STYLE_REPOSITORY": sends,
		"STACKROOM_RESOLVERS": sends, "STACKROOM_RESOLVER_URL": sends, "STACKROOM_CONTACT": neither, "STACKROOM_WEB_PAGES": sends, "STACKROOM_TRANSLATION_SERVER": sends, "STACKROOM_OPENALEX_KEY": neither,
		"STACKROOM_SUPPORT": neither, "STACKROOM_OPENAI_CHALLENGE": neither,
		"STACKROOM_EMBED_LIBRARIES": sends, "STACKROOM_EMBED_URL": sends, "STACKROOM_EMBED_MODEL": neither, "STACKROOM_EMBED_QUERY_MODEL": neither, "STACKROOM_EMBED_PREFIX": neither,
		"STACKROOM_EMBED_QUERY_PREFIX": neither, "STACKROOM_EMBED_DIMENSIONS": neither, "STACKROOM_EMBED_MATRYOSHKA": neither, "STACKROOM_EMBED_KEY": neither, "STACKROOM_EMBED_BUDGET": neither,
		"STACKROOM_WRITES": keeps, "STACKROOM_CONFIRM": neither,
		"PORT": neither, "STACKROOM_ADDR": neither, "STACKROOM_PUBLIC_URL": neither, "STACKROOM_ALLOWED_HOSTS": neither, "STACKROOM_ALLOWED_ORIGINS": neither, "STACKROOM_TRUSTED_HOPS": neither,
		"STACKROOM_AUTH": keeps, "STACKROOM_TOKENS": keeps, "STACKROOM_OIDC_ISSUER": sends, "STACKROOM_OIDC_AUDIENCE": neither, "STACKROOM_OIDC_POLICY": neither, "STACKROOM_OIDC_SCOPES": neither,
		"STACKROOM_OIDC_CLIENT_ID": keeps, "STACKROOM_OIDC_CLIENT_SECRET": neither, "STACKROOM_MASTER_KEY": neither, "ZOTERO_OAUTH_CLIENT_KEY": neither, "ZOTERO_OAUTH_CLIENT_SECRET": neither,
		"ZOTERO_OAUTH_URL": sends, "STACKROOM_STATE_BUCKET": keeps, "STACKROOM_ADMINS": neither, "STACKROOM_ACCESS_TOKEN_TTL": neither,
		"RATE_LIMIT_MAX": neither, "RATE_LIMIT_WINDOW": neither, "STACKROOM_MAX_IN_FLIGHT": neither, "STACKROOM_REQUEST_TIMEOUT": neither, "STACKROOM_MAX_BODY_BYTES": neither,
		"STACKROOM_RESULT_CHARS": neither, "STACKROOM_SHUTDOWN_GRACE": neither,
		"GOOGLE_CLOUD_PROJECT": neither, "STACKROOM_SECRET_REFRESH": neither, "STACKROOM_PROBE_TOKEN": neither, "STACKROOM_METRICS_ADDR": neither, "STACKROOM_PPROF": neither, "STACKROOM_LEGACY_SSE": neither,
		"LOG_LEVEL": neither, "STACKROOM_LOG_FORMAT": neither, "STACKROOM_SLOW_CALL": neither, "STACKROOM_TRACE_CONTENT": keeps,
	}
	for _, v := range config.Variables() {
		if settings[v.Name] == "" {
			t.Errorf("%s is new: say on the page /privacy what the server keeps or sends because of it (cmd/stackroom/privacy.go), and list it here", v.Name)
		}
		delete(settings, v.Name)
	}
	for name := range settings {
		t.Errorf("%s is no setting any more", name)
	}
}

// TestPrivacy_NamesEveryFolder holds that each folder that the program makes in
// its data folder, and each prefix of the state bucket with a rule for its end, is
// named.
func TestPrivacy_NamesEveryFolder(t *testing.T) {
	laptop := loaded(t, "STACKROOM_AUTH=zotero", "STACKROOM_PUBLIC_URL=http://127.0.0.1:8080", team[2], team[3], team[4])
	page := told(laptop, true)
	folders := map[string]bool{}
	for _, pattern := range []string{"*.go", "../../pkg/*/*.go", "../../pkg/*/*/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`filepath\.Join\([\w.]*[cC]onfig\.Data, "?([\w.]+)"?\)|filepath\.Join\(c\.Data, "?([\w.]+)"?\)`).FindAllStringSubmatch(string(text), -1) {
				folders[m[1]+m[2]] = true
			}
		}
	}
	names := map[string]string{"replicas": "in replicas of its data folder", "changes": "in changes of its data folder", "activity": "in activity of its data folder", "ledger.FileName": "the sign-in file of its data folder"}
	for folder := range folders {
		if names[folder] == "" || !strings.Contains(page, names[folder]) {
			t.Errorf("the page does not name %q of the data folder", folder)
		}
	}
	if len(folders) != len(names) {
		t.Errorf("the program makes %v; the page names %v", folders, names)
	}

	rules, err := os.ReadFile("../../infra/storage.tf")
	if err != nil {
		t.Fatal(err)
	}
	page = told(loaded(t, team...), true)
	prefixes := regexp.MustCompile(`"(\w+/)"`).FindAllStringSubmatch(string(rules), -1)
	if len(prefixes) < 4 {
		t.Fatalf("prefixes %q", prefixes)
	}
	for _, p := range append(prefixes, []string{"", ledger.Prefix}) {
		if !strings.Contains(page, p[1]) {
			t.Errorf("the page does not name %s of the state bucket", p[1])
		}
	}
}

func TestPrivacy_FollowsTheSettings(t *testing.T) {
	full := loaded(t, append([]string{"STACKROOM_TRACE_CONTENT=true", "STACKROOM_WEB_PAGES=on", "STACKROOM_TRANSLATION_SERVER=https://translate.example.org/t", "STACKROOM_STYLE_REPOSITORY=https://www.zotero.org/styles",
		"STACKROOM_EMBED_LIBRARIES=group:4711", "STACKROOM_EMBED_URL=https://embed.example.org/v1", "STACKROOM_EMBED_MODEL=m"}, team...)...)
	plain := loaded(t, "STACKROOM_RESOLVERS=none")
	all, least := told(full, true), told(plain, false)
	for _, s := range []string{
		"A journal of changes", "90 days", "plans for ten minutes", "A copy of each Zotero library", "A snapshot of each", "spent or ended", "/account/tokens", "A cookie", "Traces with the arguments",
		"Public registries: Crossref, DataCite, doi.org, arXiv, PubMed, Europe PMC, Open Library, OpenAlex", "or adds a work", "Web pages that references name", "The translation server at translate.example.org, and", "and addresses of web pages", "embed.example.org", "these libraries: group:4711", "citation styles", "{Zotero The key", "Google Cloud",
	} {
		if !strings.Contains(all, s) {
			t.Errorf("a server that keeps all does not say %q", s)
		}
		if strings.Contains(least, s) && s != "Google Cloud" {
			t.Errorf("a server that keeps least says %q", s)
		}
	}
	for _, s := range []string{"Libraries that the operator imported", "Log lines and audit events", "for the caller's own page /activity"} {
		if !strings.Contains(least, s) || !strings.Contains(all, s) {
			t.Errorf("%q is not said", s)
		}
	}
	if page := told(loaded(t, "STACKROOM_AUTH=tokens", "STACKROOM_TOKENS=sm://x"), false); !strings.Contains(page, "Of each access token a hash") || strings.Contains(page, "/activity") || strings.Contains(page, "A cookie") {
		t.Errorf("with tokens: %s", page)
	}
	if page := told(loaded(t, "STACKROOM_AUTH=tokens", "STACKROOM_TOKENS=sm://x", team[1]), false); !strings.Contains(page, "A cookie") || !strings.Contains(page, "change libraries") {
		t.Errorf("with tokens and pages: %s", page)
	}
	if page := told(loaded(t, "STACKROOM_SNAPSHOTS=off", team[0], team[1], team[2], team[3], team[4], team[5]), false); strings.Contains(page, "A snapshot") || strings.Contains(page, "imported") || strings.Contains(page, "adds a work") {
		t.Errorf("without snapshots: %s", page)
	}
	if page := told(loaded(t, "STACKROOM_RESOLVERS=arxiv,crossref"), false); !strings.Contains(page, "registries: arXiv, Crossref") {
		t.Errorf("two registries: %s", page)
	}
	if page := told(loaded(t, "ZOTERO_DATA=/home/ada/Zotero"), false); strings.Contains(page, "{Zotero The key") || !strings.Contains(page, "A copy of each Zotero library") {
		t.Errorf("a data folder: %s", page)
	}
}

// TestDirectories_AreServed holds that what directories read is reached without a
// sign-in, also by a web page of another origin.
func TestDirectories_AreServed(t *testing.T) {
	tokens := filepath.Join(t.TempDir(), "tokens")
	if status, _, errs := run(t, nil, "token", "new", "--name", "ada", "--all-libraries", "--record", tokens); status != 0 {
		t.Fatal(errs)
	}
	url, _ := start(t, "STACKROOM_DATA="+t.TempDir(), "STACKROOM_AUTH=tokens", "STACKROOM_TOKENS=file://"+tokens, "STACKROOM_OPENAI_CHALLENGE=proof", "STACKROOM_SUPPORT=library@example.org")
	for path, want := range map[string]string{
		"/mcp/server-card":                   `"url":"` + url + `/mcp","headers":[{"name":"Authorization"`,
		"/.well-known/ai-catalog.json":       url + "/mcp/server-card",
		"/.well-known/openai-apps-challenge": "proof",
		"/privacy":                           "Of each access token a hash",
		"/support":                           "mailto:library@example.org",
		"/icon.png":                          "PNG",
		"/.well-known/ai-catalog.json?x=1":   "urn:air:127.0.0.1:mcp:stackroom",
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", "https://directory.example")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != 200 || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d %.300s %v", path, res.StatusCode, body, err)
		}
		if shared := strings.Contains(path, "ai-catalog") || strings.Contains(path, "server-card"); shared != (res.Header.Get("Access-Control-Allow-Origin") == "*") {
			t.Errorf("%s: headers %v", path, res.Header)
		}
	}
	if status, _ := get(t, url+"/mcp/readonly/server-card"); status != 404 {
		t.Errorf("a card where there is none: %d", status)
	}
}
