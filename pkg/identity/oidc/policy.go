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

// everything, as the only element of a rule's libraries, stands for every
// library that the deployment's key can read. It must be explicit, so that an
// omitted field grants nothing.
const everything = "*"

// rule grants scopes and libraries to the tokens with a claim.
type rule struct {
	Everyone  bool             `json:"everyone"`
	Claim     string           `json:"claim"`
	Value     string           `json:"value"`
	Scopes    []identity.Scope `json:"scopes"`
	Libraries []string         `json:"libraries"`
}

// policy decides what tokens grant.
type policy struct {
	Rules []rule `json:"rules"`
}

// readAll is the policy of a server without one.
func readAll() *policy {
	return &policy{Rules: []rule{{Everyone: true, Scopes: []identity.Scope{identity.Read}, Libraries: []string{everything}}}}
}

// parsePolicy parses a policy. An empty text is an error, so that a truncated
// file does not grant everything. The error has code Invalid and lists every
// fault by rule, without values.
func parsePolicy(text string) (*policy, error) {
	if len(text) > maxBytes {
		return nil, library.Errorf(library.Invalid, "the policy is larger than %d bytes", maxBytes)
	}
	p := &policy{}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(p); err != nil {
		return nil, library.Errorf(library.Invalid, "the policy is not a JSON object with rules of everyone, claim, value, scopes and libraries")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, library.Errorf(library.Invalid, "the policy has text after its JSON object")
	}
	var faults []string
	for i := range p.Rules {
		for _, f := range p.Rules[i].faults() {
			faults = append(faults, fmt.Sprintf("rule %d: %s", i+1, f))
		}
	}
	if len(p.Rules) == 0 {
		faults = append(faults, "it has no rules, so it grants nothing")
	}
	if len(faults) > 0 {
		return nil, library.Errorf(library.Invalid, "the policy is invalid:\n  %s", strings.Join(faults, "\n  "))
	}
	return p, nil
}

// faults returns the faults of a rule.
func (r *rule) faults() []string {
	var faults []string
	expect := func(ok bool, fault string) {
		if !ok {
			faults = append(faults, fault)
		}
	}
	expect(r.Everyone && r.Claim == "" && r.Value == "" || !r.Everyone && r.Claim != "" && r.Value != "", "it needs either everyone, or a claim and a value")
	expect(len(r.Scopes) > 0 && !slices.ContainsFunc(r.Scopes, func(s identity.Scope) bool { return s != identity.Read && s != identity.Write }),
		"scopes is not a list of library:read and library:write")
	expect(slices.Equal(r.Libraries, []string{everything}) || len(r.Libraries) > 0 && !slices.ContainsFunc(r.Libraries, func(s string) bool {
		_, err := library.ParseID(s)
		return err != nil
	}), `libraries is not a list of library IDs such as group:4711, nor ["*"]`)
	return faults
}

// grant returns what the policy grants to a token with these claims: no scopes
// if no rule matches, and nil libraries for all.
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
		libraries = append(libraries, library.ID(s)) // faults has validated it
	}
	return scopes, libraries
}

// covers reports whether wide includes every library in narrow.
func covers(wide, narrow []string) bool {
	return slices.Contains(wide, everything) || !slices.ContainsFunc(narrow, func(s string) bool { return !slices.Contains(wide, s) })
}

// matches reports whether a rule applies to a token with these claims.
func (r *rule) matches(claims map[string]any) bool {
	if r.Everyone {
		return true
	}
	spaced := r.Claim == "scope" || r.Claim == "scp" // RFC 8693 section 4.2; scp is the name in Entra ID and Okta
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

// lookUp returns the claim with a name, or the one at the dotted path.
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
