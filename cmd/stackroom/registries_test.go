package main

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/resolve"
	"github.com/stackroom-mcp/stackroom/pkg/resolve/resolvetest"
)

func TestRegistries_HaveTheNamesOfSettings(t *testing.T) {
	if !slices.Equal(config.Registries(), resolve.Names()) {
		t.Errorf("settings know %q, the resolver %q", config.Registries(), resolve.Names())
	}
}

// checkOver calls check_references of a server over REST.
func checkOver(t *testing.T, url, body string) string {
	t.Helper()
	res, err := http.Post(url+"/tools/check_references", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%d %v %s", res.StatusCode, err, out)
	}
	return string(out)
}

// TestServe_ChecksReferences runs a server with a stand-in for the registries.
// Its log has neither identifiers nor titles nor keys.
func TestServe_ChecksReferences(t *testing.T) {
	registry := resolvetest.New(t, resolvetest.Work{DOI: "10.1000/secretive", Title: "Confidential matters of science", Authors: []string{"Doe, Jane"}, Year: 2001, Retracted: true})
	url, logs := start(t, "STACKROOM_DATA="+t.TempDir(), "STACKROOM_RESOLVER_URL="+registry.URL, "STACKROOM_CONTACT=ada@example.org", "STACKROOM_OPENALEX_KEY=openalexkey123", "LOG_LEVEL=debug")
	out := checkOver(t, url, `{"text":"Doe, J. (2002). Confidential matters of science. https://doi.org/10.1000/secretive\n\nRoe, R. (1999). Another confidential title of things."}`)
	for _, want := range []string{`"verdict":"differs"`, `"field":"year"`, `"kind":"retraction","by":"OpenAlex"`, `"verdict":"not_found"`, `Crossref: 1 identifiers answered`} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is missing in %s", want, out)
		}
	}
	if agent := registry.Agent("crossref"); !strings.Contains(agent, "mailto:ada@example.org") {
		t.Errorf("agent %q", agent)
	}
	for _, word := range []string{"secretive", "onfidential", "openalexkey123"} {
		if strings.Contains(logs.String(), word) {
			t.Errorf("the log has %q", word)
		}
	}
}

func TestServe_AsksNoRegistryIfSoConfigured(t *testing.T) {
	registry := resolvetest.New(t)
	url, _ := start(t, "STACKROOM_DATA="+t.TempDir(), "STACKROOM_RESOLVER_URL="+registry.URL, "STACKROOM_RESOLVERS=none")
	if out := checkOver(t, url, `{"text":"10.1000/one"}`); !strings.Contains(out, "this server asks no registries") {
		t.Error(out)
	}
	some, _ := start(t, "STACKROOM_DATA="+t.TempDir(), "STACKROOM_RESOLVER_URL="+registry.URL, "STACKROOM_RESOLVERS=crossref,openalex")
	checkOver(t, some, `{"text":"10.1000/one"}`)
	for name, want := range map[string]bool{"crossref": true, "openalex": true, "datacite": false, "europepmc": false, "doiorg": false} {
		if asked := len(registry.Calls(name)) > 0; asked != want {
			t.Errorf("%s was asked: %v", name, asked)
		}
	}
	for _, setting := range []string{"STACKROOM_RESOLVERS=google", "STACKROOM_RESOLVERS=all,crossref", "STACKROOM_CONTACT=Ada", "STACKROOM_CONTACT=Ada <ada@example.org>", "STACKROOM_RESOLVER_URL=http://example.org"} {
		if status, stdout, stderr := run(t, []string{setting}, "doctor"); status == 0 || !strings.Contains(stdout+stderr, strings.Split(setting, "=")[0]) {
			t.Errorf("%s: %d %s%s", setting, status, stdout, stderr)
		}
	}
}
