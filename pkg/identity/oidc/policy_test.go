package oidc_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/oidc"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

const teamPolicy = `{"rules": [
	{"claim": "groups", "value": "members", "scopes": ["library:read"], "libraries": ["group:4711"]},
	{"claim": "groups", "value": "chemists", "scopes": ["library:read"], "libraries": ["group:12", "group:4711"]},
	{"claim": "groups", "value": "librarians", "scopes": ["library:write"], "libraries": ["*"]},
	{"claim": "groups", "value": "editors", "scopes": ["library:read", "library:write"], "libraries": ["group:4711"]},
	{"claim": "scope", "value": "library:read", "scopes": ["library:read"], "libraries": ["group:1"]},
	{"claim": "scp", "value": "Library.Read", "scopes": ["library:read"], "libraries": ["group:2"]},
	{"claim": "realm_access.roles", "value": "reader", "scopes": ["library:read"], "libraries": ["group:3"]},
	{"claim": "https://example.org/roles", "value": "reader", "scopes": ["library:read"], "libraries": ["group:4"]},
	{"claim": "staff", "value": "true", "scopes": ["library:read"], "libraries": ["group:5"]}
]}`

func TestPolicy_GrantsByClaims(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier(teamPolicy)
	for _, c := range []struct {
		promise string
		claims  map[string]any
		want    string // scopes and libraries; "" for nothing
	}{
		{"no claim that a rule names", nil, ""},
		{"another group", map[string]any{"groups": []string{"guests"}}, ""},
		{"a group", map[string]any{"groups": []string{"guests", "members"}}, "[library:read] [group:4711]"},
		{"a group as a string", map[string]any{"groups": "members"}, "[library:read] [group:4711]"},
		{"a group within a string does not count", map[string]any{"groups": "guests members"}, ""},
		{"part of a group's name does not count", map[string]any{"groups": []string{"members2"}}, ""},
		{"a group in a nested list does not count", map[string]any{"groups": []any{[]string{"members"}}}, ""},
		{"a group as a number", map[string]any{"groups": 7}, ""},
		{"two groups add up", map[string]any{"groups": []string{"members", "chemists"}}, "[library:read] [group:12 group:4711]"},
		{"all libraries, to write", map[string]any{"groups": []string{"librarians"}}, "[library:read library:write] []"},
		{"all libraries beside some", map[string]any{"groups": []string{"librarians", "chemists"}}, "[library:read library:write] []"},
		{"some libraries, to write", map[string]any{"groups": []string{"editors"}}, "[library:read library:write] [group:4711]"},
		{"write access that also covers read-only libraries", map[string]any{"groups": []string{"editors", "members"}}, "[library:read library:write] [group:4711]"},
		{"write access to one library only", map[string]any{"groups": []string{"editors", "chemists"}}, "[library:read] [group:12 group:4711]"},
		{"a scope", map[string]any{"scope": "openid library:read"}, "[library:read] [group:1]"},
		{"part of a scope does not count", map[string]any{"scope": "openid library:readonly"}, ""},
		{"Entra's name for scopes", map[string]any{"scp": "User.Read Library.Read"}, "[library:read] [group:2]"},
		{"Okta's list of scopes", map[string]any{"scp": []string{"Library.Read"}}, "[library:read] [group:2]"},
		{"Keycloak's roles", map[string]any{"realm_access": map[string]any{"roles": []string{"reader"}}}, "[library:read] [group:3]"},
		{"roles that are not an object", map[string]any{"realm_access": "roles"}, ""},
		{"a claim with dots in its name", map[string]any{"https://example.org/roles": []string{"reader"}}, "[library:read] [group:4]"},
		{"a yes", map[string]any{"staff": true}, "[library:read] [group:5]"},
		{"a no", map[string]any{"staff": false}, ""},
	} {
		p, err := v.Verify(t.Context(), i.token(c.claims))
		switch {
		case c.want == "" && library.CodeOf(err) != library.Forbidden:
			t.Errorf("%s: %+v, %v", c.promise, p, err)
		case c.want == "":
		case err != nil:
			t.Errorf("%s: %v", c.promise, err)
		case fmt.Sprint(p.Scopes, p.Libraries) != c.want:
			t.Errorf("%s: %v %v, want %s", c.promise, p.Scopes, p.Libraries, c.want)
		}
		if err == nil && (p.Libraries == nil) != strings.HasSuffix(c.want, "[]") {
			t.Errorf("%s: all libraries", c.promise)
		}
	}
}

func TestPolicy_RuleForEveryone(t *testing.T) {
	i := newIssuer(t)
	p, err := i.verifier(`{"rules":[{"everyone":true,"scopes":["library:read"],"libraries":["group:4711"]}]}`).Verify(t.Context(), i.token(nil))
	if err != nil || !p.Sees("group:4711") || p.Sees("group:1") {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestReplacePolicy_UsesChangedPolicy(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier(teamPolicy)
	token := i.token(map[string]any{"groups": []string{"guests"}})
	if err := v.ReplacePolicy(strings.ReplaceAll(teamPolicy, "members", "guests")); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Errorf("the new policy: %v", err)
	}
	for _, broken := range []string{"{", "", "\n", "{}"} {
		if err := v.ReplacePolicy(broken); library.CodeOf(err) != library.Invalid {
			t.Errorf("policy %q: %v", broken, err)
		}
	}
	if _, err := v.Verify(t.Context(), i.token(nil)); library.CodeOf(err) != library.Forbidden {
		t.Errorf("an invalid policy grants more: %v", err)
	}
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Errorf("an invalid policy changed something: %v", err)
	}
}

func TestNew_ListsAllPolicyFaultsWithoutValues(t *testing.T) {
	const good = `{"claim":"groups","value":"hunter2","scopes":["library:read"],"libraries":["*"]}`
	for promise, c := range map[string]struct{ policy, want string }{
		"not JSON":                 {"hunter2", "not a JSON object with rules"},
		"a misspelt field":         {`{"rules":[{"clam":"hunter2"}]}`, "not a JSON object with rules"},
		"text after it":            {`{"rules":[` + good + `]} hunter2`, "text after its JSON object"},
		"no rules":                 {`{}`, "it grants nothing"},
		"a rule without a claim":   {`{"rules":[{"scopes":["library:read"],"libraries":["*"]}]}`, "rule 1: it needs either"},
		"a claim without a value":  {`{"rules":[{"claim":"groups","scopes":["library:read"],"libraries":["*"]}]}`, "rule 1: it needs either"},
		"everyone with a claim":    {`{"rules":[{"everyone":true,"claim":"groups","value":"hunter2","scopes":["library:read"],"libraries":["*"]}]}`, "rule 1: it needs either"},
		"an unknown scope":         {`{"rules":[` + strings.Replace(good, "library:read", "hunter2", 1) + `]}`, "rule 1: scopes is not"},
		"no libraries are not all": {`{"rules":[` + strings.Replace(good, `["*"]`, "[]", 1) + `]}`, "rule 1: libraries is not"},
		"all beside one":           {`{"rules":[` + strings.Replace(good, `["*"]`, `["*","group:1"]`, 1) + `]}`, "rule 1: libraries is not"},
		"all at once":              {`{"rules":[` + good + `,{"everyone":true},{}]}`, "rule 2: scopes is not a list of library:read and library:write\n  rule 2: libraries is not a list of library IDs such as group:4711, nor [\"*\"]\n  rule 3: it needs either"},
		"too large":                {strings.Repeat(" ", 1<<20) + "{}", "larger than 1048576 bytes"},
	} {
		_, err := oidc.New(oidc.Options{Issuer: "https://login.example.org", Audience: audience, Policy: c.policy})
		if library.CodeOf(err) != library.Invalid || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", promise, err)
		}
	}
}

func FuzzPolicy(f *testing.F) {
	for _, s := range []string{"", "{}", teamPolicy, `{"rules":null}`, `{"rules":[{"everyone":true,"scopes":["library:write"],"libraries":["*"]}]}`, "[", `{"rules":[{}]}`} {
		f.Add(s)
	}
	i := newIssuer(f)
	v, token := i.verifier(""), i.token(map[string]any{"groups": []string{"members"}, "staff": true})
	f.Fuzz(func(t *testing.T, policy string) {
		if err := v.ReplacePolicy(policy); err != nil {
			if library.CodeOf(err) != library.Invalid {
				t.Fatal(err)
			}
			return
		}
		p, err := v.Verify(t.Context(), token)
		if err != nil {
			if library.CodeOf(err) != library.Forbidden {
				t.Fatal(err)
			}
			return
		}
		if !p.May(identity.Read) || p.Libraries != nil && len(p.Libraries) == 0 ||
			slices.ContainsFunc(p.Libraries, func(id library.ID) bool { _, err := library.ParseID(string(id)); return err != nil }) {
			t.Fatalf("%+v", p)
		}
	})
}
