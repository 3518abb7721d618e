package tokens

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// All, as the only element of a record's libraries, stands for every library
// that the deployment's key can read; Never, in its expires, for no expiry.
// Both must be explicit, so that an omitted field grants nothing.
const (
	All   = "*"
	Never = "never"
)

// Record is what the server stores of a token; it does not contain the token.
type Record struct {
	ID        string           `json:"id"`
	Name      string           `json:"name"` // a label, at most 100 characters
	Hash      string           `json:"hash"` // "sha256:" and 64 hexadecimal digits
	Scopes    []identity.Scope `json:"scopes"`
	Libraries []string         `json:"libraries"` // library IDs, or [All] alone
	Created   string           `json:"created"`   // RFC 3339
	Expires   string           `json:"expires"`   // RFC 3339, or [Never]
}

// Issue returns a new token, which is shown only once, and its record. Expires
// is the zero time for a token that does not expire. The error has code Invalid
// and lists the invalid arguments.
func Issue(name string, scopes []identity.Scope, libraries []string, created, expires time.Time) (token string, r Record, err error) {
	token, id := mint()
	r = Record{
		ID: id, Name: name, Hash: digestOf(token).String(), Scopes: scopes, Libraries: libraries,
		Created: created.UTC().Format(time.RFC3339), Expires: Never,
	}
	if !expires.IsZero() {
		r.Expires = expires.UTC().Format(time.RFC3339)
	}
	switch _, faults := r.entry(); {
	case len(faults) > 0:
		return "", Record{}, library.Errorf(library.Invalid, "the token can't be created: %s", strings.Join(faults, "; "))
	case !expires.IsZero() && !expires.After(created):
		return "", Record{}, library.Errorf(library.Invalid, "the token can't be created: its expiry is in the past")
	}
	return token, r, nil
}

// entry is a parsed record.
type entry struct {
	digest    digest
	principal identity.Principal
}

// entry parses r, or returns every fault without values.
func (r *Record) entry() (*entry, []string) {
	var faults []string
	expect := func(ok bool, fault string) {
		if !ok {
			faults = append(faults, fault)
		}
	}
	d, ok := parseDigest(r.Hash)
	expect(validID(r.ID), "id is not the ID of a token")
	expect(validName(r.Name), "name is empty, longer than 100 characters, or has characters that can't be printed")
	expect(ok, "hash is not sha256: and 64 hexadecimal digits")
	expect(validScopes(r.Scopes), "scopes is not a list of library:read and library:write")
	libraries, ok := parseLibraries(r.Libraries)
	expect(ok, `libraries is not a list of library IDs such as group:4711, nor ["*"]`)
	_, err := time.Parse(time.RFC3339, r.Created)
	expect(err == nil, "created is not a time such as 2026-01-31T00:00:00Z")
	expires, ok := parseExpires(r.Expires)
	expect(ok, "expires is not a time such as 2026-01-31T00:00:00Z, nor never")
	if len(faults) > 0 {
		return nil, faults
	}
	return &entry{digest: d, principal: identity.Principal{
		Subject: "token:" + r.ID, Scopes: r.Scopes, Libraries: libraries, Expires: expires,
	}}, nil
}

func validName(s string) bool {
	return s != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= 100 &&
		!strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

func validScopes(scopes []identity.Scope) bool {
	return len(scopes) > 0 && !slices.ContainsFunc(scopes, func(s identity.Scope) bool { return s != identity.Read && s != identity.Write })
}

// parseLibraries returns the libraries that ids name, nil for all.
func parseLibraries(ids []string) ([]library.ID, bool) {
	if slices.Equal(ids, []string{All}) {
		return nil, true
	}
	var libraries []library.ID
	for _, s := range ids {
		id, err := library.ParseID(s)
		if err != nil {
			return nil, false
		}
		libraries = append(libraries, id)
	}
	return libraries, len(libraries) > 0
}

// parseExpires returns when a record expires, the zero time for never.
func parseExpires(s string) (time.Time, bool) {
	if s == Never {
		return time.Time{}, true
	}
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil && !t.IsZero()
}
