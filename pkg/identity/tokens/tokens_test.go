package tokens_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/tokens"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

var _ identity.Verifier = (*tokens.Verifier)(nil)

// issue returns a token and its record as a line.
func issue(t testing.TB, lifetime time.Duration, libraries ...string) (token, line string) {
	t.Helper()
	now := time.Now()
	var ends time.Time
	if lifetime != 0 {
		ends = now.Add(lifetime)
	}
	token, record, err := tokens.Issue("ci", []identity.Scope{identity.Read}, libraries, now, ends)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	return token, string(b)
}

func load(t testing.TB, records ...string) *tokens.Verifier {
	t.Helper()
	v, err := tokens.New(strings.Join(records, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVerify_ReturnsBearer(t *testing.T) {
	token, line := issue(t, time.Hour, "group:4711", "user:1")
	p, err := load(t, line).Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if p.Subject != "token:"+token[4:20] || !p.May(identity.Read) || p.May(identity.Write) {
		t.Errorf("%+v", p)
	}
	if !p.Sees("group:4711") || !p.Sees("user:1") || p.Sees("group:1") || p.Sees(library.Local) {
		t.Errorf("sees %v", p.Libraries)
	}
	if !p.Credential.Anonymous() {
		t.Error("the principal has a credential")
	}
	if got := time.Until(p.Expires); got <= 0 || got > time.Hour {
		t.Errorf("expires in %v", got)
	}
}

func TestVerify_AllLibraries(t *testing.T) {
	token, line := issue(t, 0, tokens.All)
	p, err := load(t, line).Verify(t.Context(), token)
	if err != nil || p.Libraries != nil || !p.Expires.IsZero() {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestIssue_TokensMatchScannerPattern(t *testing.T) {
	form := regexp.MustCompile(`^srt_[a-z2-7]{16}_[a-z2-7]{59}$`)
	seen := map[string]bool{}
	for range 100 {
		token, line := issue(t, 0, tokens.All)
		if !form.MatchString(token) || seen[token] {
			t.Fatal(token)
		}
		seen[token] = true
		if strings.Contains(line, token[21:]) {
			t.Fatal("the record contains the secret")
		}
	}
}

func TestVerify_RejectsInvalidTokensWithOneMessage(t *testing.T) {
	good, line := issue(t, 0, tokens.All)
	other, otherLine := issue(t, 0, tokens.All)
	v := load(t, line)
	var words []string
	for promise, token := range map[string]string{
		"unknown":                   other,
		"nothing":                   "",
		"a Zotero key":              "P9NiFoyLeZu2bZNvvuQPDWsd",
		"in capitals":               strings.ToUpper(good),
		"cut":                       good[:len(good)-1],
		"longer":                    good + "a",
		"one letter changed":        good[:30] + flip(good[30]) + good[31:],
		"the checksum changed":      good[:len(good)-1] + flip(good[len(good)-1]),
		"another's secret":          good[:20] + other[20:],
		"the hash in the record":    record(t, line).Hash,
		"the ID only":               record(t, line).ID,
		"another well-formed token": "srt_" + strings.Repeat("a", 16) + "_" + strings.Repeat("a", 59),
	} {
		p, err := v.Verify(t.Context(), token)
		if p != nil || library.CodeOf(err) != library.Unauthenticated {
			t.Fatalf("%s: %+v, %v", promise, p, err)
		}
		if e := library.AsError(err); token != "" && strings.Contains(e.Error()+e.Hint, token) {
			t.Errorf("%s: the error contains the token", promise)
		}
		words = append(words, library.AsError(err).Message+library.AsError(err).Hint)
	}
	if words = slices.Compact(words); len(words) != 1 {
		t.Errorf("the message reveals why: %q", words)
	}
	if _, err := load(t, line, otherLine).Verify(t.Context(), good); err != nil {
		t.Error(err)
	}
}

// flip returns another letter of the token alphabet.
func flip(c byte) string {
	if c == 'a' {
		return "b"
	}
	return "a"
}

func record(t *testing.T, line string) tokens.Record {
	t.Helper()
	var r tokens.Record
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestVerify_RejectsExpiredTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		token, line := issue(t, time.Hour, tokens.All)
		v := load(t, line)
		time.Sleep(time.Hour - time.Second)
		if _, err := v.Verify(t.Context(), token); err != nil {
			t.Errorf("a second before its expiry: %v", err)
		}
		time.Sleep(time.Second)
		_, err := v.Verify(t.Context(), token)
		if library.CodeOf(err) != library.Unauthenticated || library.AsError(err).Message != identity.BadToken(nil).Message {
			t.Errorf("at its expiry: %v", err)
		}
	})
}

func TestReplace_UsesChangedRecords(t *testing.T) {
	first, firstLine := issue(t, 0, tokens.All)
	second, secondLine := issue(t, 0, tokens.All)
	good := func(v *tokens.Verifier, token string) bool {
		_, err := v.Verify(t.Context(), token)
		return err == nil
	}
	v := load(t, firstLine)
	if err := v.Replace(firstLine + "\n" + secondLine); err != nil || !good(v, first) || !good(v, second) {
		t.Fatalf("a new token is rejected: %v", err)
	}
	if err := v.Replace(secondLine); err != nil || good(v, first) || !good(v, second) {
		t.Fatalf("a token without a record is accepted: %v", err)
	}
	if err := v.Replace(firstLine + "\n{broken"); err == nil || good(v, first) || !good(v, second) {
		t.Fatalf("invalid records changed the verifier: %v", err)
	}
	for _, none := range []string{"", "\n", "# none at the moment\n", "[]"} {
		if err := v.Replace(none); err != nil || good(v, second) || v.Len() != 0 {
			t.Fatalf("%q leaves tokens valid: %v", none, err)
		}
		if err := v.Replace(secondLine); err != nil || !good(v, second) {
			t.Fatal(err)
		}
	}
}

func TestNew_ReadsLinesAndArrays(t *testing.T) {
	a, lineA := issue(t, 0, tokens.All)
	b, lineB := issue(t, 0, tokens.All)
	for promise, records := range map[string]string{
		"lines":                    lineA + "\n" + lineB + "\n",
		"lines that end in CRLF":   "\ufeff" + lineA + "\r\n" + lineB + "\r\n",
		"lines with comments":      "# the team\n\n  " + lineA + "  \n # the robots\n" + lineB,
		"an array":                 "[" + lineA + "," + lineB + "]",
		"an array over many lines": " \n[\n" + lineA + ",\n" + lineB + "\n]\n",
	} {
		v, err := tokens.New(records)
		if err != nil {
			t.Errorf("%s: %v", promise, err)
			continue
		}
		for _, token := range []string{a, b} {
			if _, err := v.Verify(t.Context(), token); err != nil {
				t.Errorf("%s: %v", promise, err)
			}
		}
	}
}

func TestNew_ListsAllFaultsWithoutValues(t *testing.T) {
	token, line := issue(t, 0, "group:4711")
	change := func(old, replacement string) string {
		changed := strings.Replace(line, old, replacement, 1)
		if changed == line {
			t.Fatalf("%s is not in %s", old, line)
		}
		return changed
	}
	r := record(t, line)
	for promise, c := range map[string]struct{ records, want string }{
		"not JSON":                    {"hunter2", "line 1: is not a JSON object"},
		"cut off":                     {line[:len(line)-5], "line 1: is not a JSON object"},
		"two on a line":               {line + line, "line 1: has text after the record"},
		"an unknown field":            {change(`"name"`, `"hunter2":1,"name"`), "line 1: has an unknown field"},
		"a field of the wrong type":   {change(`"name":"ci"`, `"name":7`), "line 1: has a field of the wrong type"},
		"the token itself":            {"# mine\n" + token, "line 2: is a token, not its record"},
		"no libraries are not all":    {change(`"libraries":["group:4711"],`, ``), "line 1: libraries is not"},
		"empty libraries are not all": {change(`["group:4711"]`, `[]`), "line 1: libraries is not"},
		"all beside one":              {change(`["group:4711"]`, `["*","group:4711"]`), "line 1: libraries is not"},
		"a library that is none":      {change(`group:4711`, `hunter2`), "line 1: libraries is not"},
		"two libraries in one":        {change(`group:4711`, `group:1,group:hunter2`), "line 1: libraries is not"},
		"no scopes":                   {change(`["library:read"]`, `[]`), "line 1: scopes is not"},
		"a scope that is none":        {change(`library:read`, `hunter2`), "line 1: scopes is not"},
		"no end is not never":         {change(`,"expires":"never"`, ``), "line 1: expires is not"},
		"an end that is none":         {change(`never`, `hunter2`), "line 1: expires is not"},
		"the hash is a token":         {change(r.Hash, token), "line 1: hash is not"},
		"a short hash":                {change(r.Hash, r.Hash[:40]), "line 1: hash is not"},
		"an ID that is none":          {change(r.ID, "hunter2"), "line 1: id is not"},
		"a name with escapes":         {change(`"ci"`, `"\u001b[31mhunter2"`), "line 1: name is"},
		"twice":                       {line + "\n" + line, "line 2: repeats the ID of an earlier record"},
		"a broken array":              {"[" + line, "the list: is not valid JSON"},
		"an array of others":          {"[" + line + `,"hunter2"]`, "record 2: has a field of the wrong type"},
		"all at once":                 {"hunter2\n\n" + change("never", "hunter2") + "\n{}", "line 1: is not a JSON object\n  line 3: expires is not a time such as 2026-01-31T00:00:00Z, nor never\n  line 4: id is not"},
		"a thousand faults":           {strings.Repeat("hunter2\n", 1000), "and 980 more"},
		"too much":                    {strings.Repeat("#", 5<<20), "larger than 4194304 bytes"},
	} {
		_, err := tokens.New(c.records)
		if library.CodeOf(err) != library.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", promise, err)
			continue
		}
		for _, value := range []string{"hunter2", token, r.Hash, r.ID} {
			if strings.Contains(err.Error(), value) {
				t.Errorf("%s: the error contains a value: %v", promise, err)
			}
		}
	}
}

func TestIssue_ValidatesArguments(t *testing.T) {
	now := time.Now()
	read := []identity.Scope{identity.Read}
	for promise, make := range map[string]func() (string, tokens.Record, error){
		"no name":                func() (string, tokens.Record, error) { return tokens.Issue("", read, []string{"*"}, now, now.Add(1)) },
		"no scope":               func() (string, tokens.Record, error) { return tokens.Issue("x", nil, []string{"*"}, now, time.Time{}) },
		"no library":             func() (string, tokens.Record, error) { return tokens.Issue("x", read, nil, now, time.Time{}) },
		"expired from the start": func() (string, tokens.Record, error) { return tokens.Issue("x", read, []string{"*"}, now, now) },
	} {
		if token, _, err := make(); token != "" || library.CodeOf(err) != library.Invalid {
			t.Errorf("%s: %v", promise, err)
		}
	}
}

func FuzzRecords(f *testing.F) {
	_, line := issue(f, time.Hour, "group:4711")
	for _, s := range []string{"", "#", "[]", "[", "{}", line, "[" + line + "]", line + "\n" + line, "\ufeff" + line, "srt_", "null", "[null]", `{"id":{}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, records string) {
		v, err := tokens.New(records)
		if err != nil {
			if library.CodeOf(err) != library.Invalid || len(err.Error()) > 8<<10 {
				t.Fatal(err)
			}
			return
		}
		if v.Len() > strings.Count(records, `"`) {
			t.Fatalf("%d tokens out of %q", v.Len(), records)
		}
		if p, err := v.Verify(context.Background(), records); p != nil || err == nil {
			t.Fatal("the records are a token")
		}
	})
}

func FuzzToken(f *testing.F) {
	// Constant: fuzz workers must agree on it.
	const good = "srt_br2nvtfcif7qw3d3_hmfhsrj2yqtawaginznhantn54nu57web74hcs63rhqcel5wf6rqxoi3tmy"
	v := load(f, `{"id":"br2nvtfcif7qw3d3","name":"fuzz","hash":"sha256:176fc230b7dc8a04350ad2619b6d981513e6518e6e7f495659baf6534900cc7e","scopes":["library:read"],"libraries":["*"],"created":"2026-11-22T10:48:09Z","expires":"never"}`)
	for _, s := range []string{"", good, good[1:], good + "=", "srt_", strings.ToUpper(good)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if p, err := v.Verify(context.Background(), token); (err == nil) != (token == good) || (p == nil) != (err != nil) {
			t.Fatalf("%q: %+v, %v", token, p, err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprintf("%d records", n), func(b *testing.B) {
			token, line := issue(b, time.Hour, tokens.All)
			lines := []string{line}
			for range n - 1 {
				_, more := issue(b, time.Hour, tokens.All)
				lines = append(lines, more)
			}
			v := load(b, lines...)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(b.Context(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestWithout(t *testing.T) {
	var lines []string
	var made []string
	for _, name := range []string{"a", "b", "c"} {
		token, record, err := tokens.Issue(name, []identity.Scope{identity.Read}, []string{tokens.All}, time.Now(), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		line, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		lines, made = append(lines, string(line)), append(made, token)
	}
	for promise, text := range map[string]string{
		"lines":                           "# one\n" + lines[0] + "\n\n" + lines[1] + "\r\n# two\n" + lines[2],
		"lines with a byte order mark":    "\ufeff" + lines[1] + "\n" + lines[0] + "\n" + lines[2] + "\n",
		"an array":                        "[" + strings.Join(lines, ",\n") + "]",
		"an array with a byte order mark": "\ufeff [" + strings.Join(lines, ",") + "]",
	} {
		rest, name, err := tokens.Without(text, made[1])
		if err != nil || name != "b" {
			t.Fatalf("%s: %q, %v", promise, name, err)
		}
		v, err := tokens.New(rest)
		if err != nil || v.Len() != 2 {
			t.Errorf("%s: %v, %s", promise, err, rest)
			continue
		}
		for i, token := range made {
			if _, err := v.Verify(t.Context(), token); (err == nil) != (i != 1) {
				t.Errorf("%s: token %d: %v", promise, i, err)
			}
		}
		if strings.Contains(text, "# one") && (!strings.Contains(rest, "# one\n") || !strings.Contains(rest, "# two\n")) {
			t.Errorf("%s: comments are gone: %s", promise, rest)
		}
	}
	if rest, _, err := tokens.Without("["+lines[0]+"]", made[0]); err != nil || strings.TrimSpace(rest) != "[]" {
		t.Errorf("the last one: %q, %v", rest, err)
	}
	if _, _, err := tokens.Without(lines[0], made[1]); library.CodeOf(err) != library.NotFound {
		t.Errorf("none of it: %v", err)
	}
	if _, _, err := tokens.Without("{", made[1]); library.CodeOf(err) != library.Invalid {
		t.Errorf("records that can't be read: %v", err)
	}
}
