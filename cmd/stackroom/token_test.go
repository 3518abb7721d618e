package main

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/tokens"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// bearerOf returns who bears a token, by these records.
func bearerOf(t *testing.T, records, token string) *identity.Principal {
	t.Helper()
	v, err := tokens.New(records)
	if err != nil {
		t.Fatal(err)
	}
	p, err := v.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTokenNewPrintsATokenForProgramsAndItsRecordForPeople(t *testing.T) {
	status, stdout, stderr := run(t, nil, "token", "new", "--name", "ci", "--scope", "library:read", "--library", "group:4711", "--library", "user:1", "--expires", "90d")
	token, ended := strings.CutSuffix(stdout, "\n")
	if status != 0 || !ended || !strings.HasPrefix(token, "srt_") || strings.ContainsAny(token, " \n") {
		t.Fatalf("status %d, %q, %s", status, stdout, stderr)
	}
	if strings.Contains(stderr, token) {
		t.Error("the token is printed twice")
	}
	var record string
	for line := range strings.Lines(stderr) {
		if strings.HasPrefix(line, "{") {
			record = line
		}
	}
	p := bearerOf(t, record, token)
	if !p.May(identity.Read) || p.May(identity.Write) || !p.Sees("group:4711") || !p.Sees("user:1") || p.Sees("group:1") {
		t.Errorf("%+v", p)
	}
	if days := time.Until(p.Expires).Hours() / 24; days < 89.9 || days > 90 {
		t.Errorf("good for %v days", days)
	}
}

func TestTokenNewForPrograms(t *testing.T) {
	status, stdout, stderr := run(t, nil, "token", "new", "--name", "ci", "--scope", "library:read", "--all-libraries", "--expires", "never", "--json")
	var got struct {
		Token  string
		Record json.RawMessage
	}
	if err := json.Unmarshal([]byte(stdout), &got); status != 0 || err != nil || stderr != "" {
		t.Fatalf("status %d, %v, %s", status, err, stderr)
	}
	if p := bearerOf(t, string(got.Record), got.Token); !p.May(identity.Read) || p.May(identity.Write) || p.Libraries != nil || !p.Expires.IsZero() {
		t.Errorf("%+v", p)
	}
}

func TestTokenNew_PromisesNoWriting(t *testing.T) {
	status, stdout, stderr := run(t, nil, "token", "new", "--name", "ci", "--scope", "library:read,library:write", "--all-libraries")
	if status != exitFailure || stdout != "" || !strings.Contains(stderr, "no tool of this version writes") {
		t.Errorf("status %d, %q, %s", status, stdout, stderr)
	}
}

func TestTokenNewAddsItsRecordToAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens.jsonl")
	if err := os.WriteFile(path, []byte("# the team, without a line end"), 0o600); err != nil {
		t.Fatal(err)
	}
	var made []string
	for range 2 {
		status, stdout, stderr := run(t, nil, "token", "new", "--name", "ci", "--all-libraries", "--record", path)
		if status != 0 || strings.Contains(stderr, "sha256:") {
			t.Fatalf("status %d, %s", status, stderr)
		}
		made = append(made, strings.TrimSpace(stdout))
	}
	records, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range made {
		bearerOf(t, string(records), token)
	}
	fresh := filepath.Join(t.TempDir(), "fresh.jsonl")
	if status, _, stderr := run(t, nil, "token", "new", "--name", "ci", "--all-libraries", "--record", fresh); status != 0 {
		t.Fatal(stderr)
	}
	if info, err := os.Stat(fresh); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others can read the records: %v, %v", info, err)
	}
}

func TestTokenNewRefusesWhatCannotBeMeant(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "no", "such", "folder")
	for promise, args := range map[string][]string{
		"no name":               {"--all-libraries"},
		"an empty name":         {"--name", "", "--all-libraries"},
		"no libraries":          {"--name", "x"},
		"all libraries and one": {"--name", "x", "--all-libraries", "--library", "group:1"},
		"a star as library":     {"--name", "x", "--library", "*,group:1"},
		"a library that isn't":  {"--name", "x", "--library", "our group"},
		"a scope that isn't":    {"--name", "x", "--all-libraries", "--scope", "admin"},
		"an end that isn't":     {"--name", "x", "--all-libraries", "--expires", "soon"},
		"a file that isn't":     {"--name", "x", "--all-libraries", "--record", missing},
	} {
		status, stdout, stderr := run(t, nil, append([]string{"token", "new"}, args...)...)
		if status == 0 || strings.Contains(stdout, "srt_") || stderr == "" {
			t.Errorf("%s: status %d, %s%s", promise, status, stdout, stderr)
		}
	}
}

func TestHowLongATokenIsGood(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for s, want := range map[string]time.Duration{
		"90d": 90 * 24 * time.Hour, "1d": 24 * time.Hour, "12h": 12 * time.Hour, "90m": 90 * time.Minute, "3660d": 3660 * 24 * time.Hour,
		"0d": 0, "-1d": 0, "3661d": 0, "99999d": 0, "1.5d": 0, "d": 0, "": 0, "59s": 0, "-1h": 0, "90": 0, "1w": 0, "1e9h": 0,
	} {
		ends, err := parseLifetime(s, now)
		switch {
		case want == 0 && library.CodeOf(err) != library.Invalid:
			t.Errorf("%q: %v", s, ends)
		case want != 0 && !ends.Equal(now.Add(want)):
			t.Errorf("%q: %v, %v", s, ends, err)
		}
	}
	if ends, err := parseLifetime("never", now); err != nil || !ends.IsZero() {
		t.Errorf("never: %v, %v", ends, err)
	}
}

func TestTokenKeyPrintsAKey(t *testing.T) {
	seen := map[string]bool{}
	for range 2 {
		status, stdout, _ := run(t, nil, "token", "key")
		key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(stdout))
		if status != 0 || err != nil || len(key) != 32 || seen[stdout] {
			t.Errorf("status %d, %q, %v", status, stdout, err)
		}
		seen[stdout] = true
	}
}
