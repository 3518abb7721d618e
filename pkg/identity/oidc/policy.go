package oidc

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// everything stands in a rule's libraries, alone, for every library that the
// deployment's key reads. It must be written out: what was left out by mistake
// must not open more.
const everything = "*"

// rule gives scopes and libraries to those whose tokens have a claim.
type rule struct {
	Everyone  bool             `json:"everyone"`
	Claim     string           `json:"claim"`
	Value     string           `json:"value"`
	Scopes    []identity.Scope `json:"scopes"`
	Libraries []string         `json:"libraries"`
}

// policy says what tokens open.
type policy struct {
	Rules []rule `json:"rules"`
}

// readAll is the policy of a server that has none.
func readAll() *policy {
	return &policy{Rules: []rule{{Everyone: true, Scopes: []identity.Scope{identity.Read}, Libraries: []string{everything}}}}
}

// parsePolicy reads a policy. An empty text is none: a file that somebody
// emptied must not open everything. The error has code Invalid and says everything
// that is wrong, by rule and without values.
func parsePolicy(text string) (*policy, error) {
	if len(text) > maxBytes {
		return nil, library.Errorf(library.Invalid, "the policy is more than %d bytes", maxBytes)
	}
	p := &policy{}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(p); err != nil {
		return nil, library.Errorf(library.Invalid, "the policy is not a JSON object with rules of everyone, claim, value, scopes and libraries")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, library.Errorf(library.Invalid, "the policy has something after its object")
	}
	var faults []string
	for i := range p.Rules {
		for _, f := range p.Rules[i].faults() {
			faults = append(faults, fmt.Sprintf("rule %d: %s", i+1, f))
		}
	}
	if len(p.Rules) == 0 {
		faults = append(faults, "there are no rules, so nobody gets in")
	}
	if len(faults) > 0 {
		return nil, library.Errorf(library.Invalid, "the policy can't be used:\n  %s", strings.Join(faults, "\n  "))
	}
	return p, nil
}

// faults returns what is wrong with a rule.
func (r *rule) faults() []string {
	var faults []string
	expect := func(ok bool, fault string) {
		if !ok {
			faults = append(faults, fault)
		}
	}
	expect(r.Everyone && r.Claim == "" && r.Value == "" || !r.Everyone && r.Claim != "" && r.Value != "", "it is for everyone, or for a claim with a value; not both, not neither")
	expect(len(r.Scopes) > 0 && !slices.ContainsFunc(r.Scopes, func(s identity.Scope) bool { return s != identity.Read && s != identity.Write }),
		"scopes is not a list of library:read and library:write")
	expect(slices.Equal(r.Libraries, []string{everything}) || len(r.Libraries) > 0 && !slices.ContainsFunc(r.Libraries, func(s string) bool {
		_, err := library.ParseID(s)
		return err != nil
	}), `libraries is not a list of library IDs such as group:4711, nor ["*"]`)
	return faults
}

// grant returns what the policy gives to a token with these claims: no scopes
// if no rule is for it, and nil libraries for all.
func (p *policy) grant(claims map[string]any) ([]identity.Scope, []library.ID) {
	var reads, writes []string
	for i := range p.Rules {
		r := &p.Rules[i]
		if !r.matches(claims) {
			continue
		}
		reads = append(reads, r.Libraries...)
		if slices.Contains(r.Scopes, identity.Write) {
			writes = append(writes, r.Libraries...)
		}
	}
	if len(reads) == 0 {
		return nil, nil
	}
	scopes := []identity.Scope{identity.Read}
	if covers(writes, reads) {
		scopes = append(scopes, identity.Write)
	}
	if slices.Contains(reads, everything) {
		return scopes, nil
	}
	slices.Sort(reads)
	var libraries []library.ID
	for _, s := range slices.Compact(reads) {
		libraries = append(libraries, library.ID(s)) // faults has seen it
	}
	return scopes, libraries
}

// covers reports whether wide has every library in narrow.
func covers(wide, narrow []string) bool {
	return slices.Contains(wide, everything) || !slices.ContainsFunc(narrow, func(s string) bool { return !slices.Contains(wide, s) })
}

// matches reports whether a rule is for a token with these claims.
func (r *rule) matches(claims map[string]any) bool {
	if r.Everyone {
		return true
	}
	spaced := r.Claim == "scope" || r.Claim == "scp" // RFC 8693 section 4.2; Entra ID's and Okta's name for it
	switch v := lookUp(claims, r.Claim).(type) {
	case string:
		return v == r.Value || spaced && slices.Contains(strings.Fields(v), r.Value)
	case bool:
		return strconv.FormatBool(v) == r.Value
	case []any:
		return slices.Contains(v, any(r.Value))
	}
	return false
}

// lookUp returns the claim with a name, or the one that the name's dots lead
// to.
func lookUp(claims map[string]any, name string) any {
	if v, ok := claims[name]; ok {
		return v
	}
	head, rest, dotted := strings.Cut(name, ".")
	inner, ok := claims[head].(map[string]any)
	if !dotted || !ok {
		return nil
	}
	return lookUp(inner, rest)
}
