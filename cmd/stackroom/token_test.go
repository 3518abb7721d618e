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

// bearerOf returns the principal of a token by these records.
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

func TestTokenNew_PrintsTokenAndRecord(t *testing.T) {
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

func TestTokenNew_JSON(t *testing.T) {
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

func TestTokenNew_ForWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens.jsonl")
	status, stdout, stderr := run(t, nil, "token", "new", "--name", "ci", "--scope", "library:read,library:write", "--all-libraries", "--record", path)
	record, err := os.ReadFile(path)
	if status != 0 || err != nil {
		t.Fatalf("status %d, %s, %v", status, stderr, err)
	}
	if p := bearerOf(t, string(record), strings.TrimSpace(stdout)); !p.May(identity.Write) {
		t.Errorf("%+v", p)
	}
}

func TestTokenNew_AppendsToFile(t *testing.T) {
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

func TestTokenNew_RefusesBadFlags(t *testing.T) {
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

func TestParseLifetime(t *testing.T) {
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

func TestTokenKey(t *testing.T) {
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

// tokenFile makes a file with the records of two tokens between comments.
func tokenFile(t *testing.T) (path string, made map[string]string) {
	t.Helper()
	path, made = filepath.Join(t.TempDir(), "tokens.jsonl"), map[string]string{}
	if err := os.WriteFile(path, []byte("# the team\n\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ci", "Ada's laptop"} {
		status, stdout, stderr := run(t, nil, "token", "new", "--name", name, "--library", "group:4711", "--record", path)
		if status != 0 {
			t.Fatal(stderr)
		}
		made[name] = strings.TrimSpace(stdout)
	}
	return path, made
}

func TestTokenList(t *testing.T) {
	path, made := tokenFile(t)
	stored, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for promise, c := range map[string]struct{ environ, args []string }{
		"a file":              {nil, []string{"--record", path}},
		"the setting":         {[]string{"STACKROOM_TOKENS=file://" + path}, nil},
		"records in it":       {[]string{"STACKROOM_TOKENS=" + string(stored)}, nil},
		"the file goes first": {[]string{"STACKROOM_TOKENS=file:///nowhere"}, []string{"--record", path}},
	} {
		status, stdout, stderr := run(t, c.environ, append([]string{"token", "list"}, c.args...)...)
		if status != 0 || strings.Count(stdout, "\n") != 3 || !strings.Contains(stdout, "Ada's laptop") || !strings.Contains(stdout, "group:4711") || strings.Contains(stdout, "sha256") {
			t.Errorf("%s: status %d, %s%s", promise, status, stdout, stderr)
		}
		for _, token := range made {
			if !strings.Contains(stdout, token[4:20]) || strings.Contains(stdout, token) {
				t.Errorf("%s: %s", promise, stdout)
			}
		}
	}
	status, stdout, _ := run(t, nil, "token", "list", "--record", path, "--json")
	var all []tokens.Record
	if err := json.Unmarshal([]byte(stdout), &all); status != 0 || err != nil || len(all) != 2 || all[0].Name != "ci" {
		t.Errorf("status %d, %v, %s", status, err, stdout)
	}
	for promise, args := range map[string][]string{"no records": {}, "no file": {"--record", path + "x"}} {
		if status, stdout, stderr := run(t, nil, append([]string{"token", "list"}, args...)...); status == 0 || stdout != "" || stderr == "" {
			t.Errorf("%s: status %d, %s", promise, status, stderr)
		}
	}
}

func TestPrintRecords_MarksWhatExpired(t *testing.T) {
	var b strings.Builder
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	all := []tokens.Record{{ID: "a", Expires: "2026-11-22T12:00:00Z"}, {ID: "b", Expires: "2026-11-22T12:00:01Z"}, {ID: "c", Expires: tokens.Never}}
	if err := printRecords(&b, all, now); err != nil || strings.Count(b.String(), "(expired)") != 1 || !strings.Contains(b.String(), "12:00:00Z (expired)") {
		t.Errorf("%v, %s", err, b.String())
	}
}

func TestTokenRevoke(t *testing.T) {
	for promise, named := range map[string]func(token string) string{
		"by its ID": func(token string) string { return token[4:20] },
		"by itself": func(token string) string { return token },
	} {
		path, made := tokenFile(t)
		link := filepath.Join(t.TempDir(), "link")
		if err := os.Symlink(path, link); err != nil {
			t.Skip(err)
		}
		status, stdout, stderr := run(t, []string{"STACKROOM_TOKENS=file://" + link}, "token", "revoke", named(made["ci"]))
		if status != 0 || stdout != "" || !strings.Contains(stderr, `"ci" is revoked`) {
			t.Fatalf("%s: status %d, %s", promise, status, stderr)
		}
		stored, err := os.ReadFile(path)
		if err != nil || !strings.HasPrefix(string(stored), "# the team\n\n{") || strings.Contains(string(stored), made["ci"][4:20]) {
			t.Errorf("%s: %s, %v", promise, stored, err)
		}
		bearerOf(t, string(stored), made["Ada's laptop"])
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%s: rights %v, %v", promise, info.Mode(), err)
		}
		if status, _, _ := run(t, nil, "token", "revoke", named(made["ci"]), "--record", path); status == 0 {
			t.Errorf("%s: revoked twice", promise)
		}
	}
}

func TestTokenRevoke_PrintsRecordsThatItCannotWrite(t *testing.T) {
	path, made := tokenFile(t)
	stored, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := run(t, []string{"STACKROOM_TOKENS=" + string(stored)}, "token", "revoke", made["ci"])
	if status != 0 || strings.Contains(stdout, made["ci"][4:20]) || !strings.Contains(stderr, "gcloud secrets versions add") {
		t.Fatalf("status %d, %s", status, stderr)
	}
	bearerOf(t, stdout, made["Ada's laptop"])
}
