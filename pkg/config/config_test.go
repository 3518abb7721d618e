package config_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/config"
)

func TestLoad_Defaults(t *testing.T) {
	c, err := config.Load([]string{"HOME=/home/ada"})
	if err != nil {
		t.Fatal(err)
	}
	if c.ListenAddr() != "127.0.0.1:8080" || !c.LocalOnly() || c.RequestTimeout != time.Minute || c.MaxBodyBytes != 1<<20 || c.ResultChars != 40_000 {
		t.Errorf("%+v", c)
	}
	if !strings.HasPrefix(c.Data, "/home/ada/") || c.DataGiven {
		t.Errorf("data in %q", c.Data)
	}
	if c, err = config.Load([]string{"HOME=/home/ada", "STACKROOM_DATA=/x"}); err != nil || c.Data != "/x" || !c.DataGiven {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestListenAddr(t *testing.T) {
	for _, c := range []struct {
		promise string
		environ []string
		addr    string // "" if rejected
		refused string
	}{
		{"a port on loopback", []string{"PORT=9000"}, "127.0.0.1:9000", ""},
		{"an address on loopback", []string{"STACKROOM_ADDR=[::1]:9000"}, "[::1]:9000", ""},
		{"localhost is loopback", []string{"STACKROOM_ADDR=localhost:9000"}, "localhost:9000", ""},
		{"a port that the system chooses", []string{"STACKROOM_ADDR=127.0.0.1:0"}, "127.0.0.1:0", ""},
		{"the address takes precedence over the port", []string{"PORT=9000", "STACKROOM_ADDR=127.0.0.2:1"}, "127.0.0.2:1", ""},
		{"every address without sign-in", []string{"PORT=9000", "STACKROOM_AUTH=none"}, ":9000", ""},
		{"any address without sign-in", []string{"STACKROOM_ADDR=0.0.0.0:80", "STACKROOM_AUTH=none"}, "0.0.0.0:80", ""},
		{"no address for other machines without STACKROOM_AUTH", []string{"STACKROOM_ADDR=0.0.0.0:80"}, "", "STACKROOM_ADDR"},
		{"no address without a host either", []string{"STACKROOM_ADDR=:80"}, "", "STACKROOM_ADDR"},
		{"not on Cloud Run either", []string{"PORT=8080", "K_SERVICE=stackroom"}, "", "STACKROOM_AUTH"},
		{"Cloud Run without sign-in", []string{"PORT=8080", "K_SERVICE=stackroom", "STACKROOM_AUTH=none"}, ":8080", ""},
		{"an empty variable counts as unset", []string{"PORT=", "STACKROOM_ADDR="}, "127.0.0.1:8080", ""},
	} {
		got, err := config.Load(c.environ)
		var faults config.Faults
		switch {
		case c.addr == "":
			if !errors.As(err, &faults) || len(faults) != 1 || faults[0].Variable != c.refused {
				t.Errorf("%s: %v", c.promise, err)
			}
		case err != nil:
			t.Errorf("%s: %v", c.promise, err)
		case got.ListenAddr() != c.addr:
			t.Errorf("%s: %q, want %q", c.promise, got.ListenAddr(), c.addr)
		}
	}
}

func TestLoad_ReportsEveryFaultAtOnce(t *testing.T) {
	bad := map[string]string{ // the value shown, or "" if only its shape is
		"PORT=eighty": `"eighty"`, "STACKROOM_ADDR=nowhere": `"nowhere"`, "STACKROOM_AUTH=hunter2": `"hunter2"`, "LOG_LEVEL=loud": `"loud"`, "STACKROOM_LOG_FORMAT=xml": `"xml"`,
		"STACKROOM_ALLOWED_ORIGINS=https://ok.example,example": `"https://ok.example,example"`, "STACKROOM_ALLOWED_HOSTS=example/": `"example/"`,
		"STACKROOM_REQUEST_TIMEOUT=1h": `"1h"`, "STACKROOM_SHUTDOWN_GRACE=10": `"10"`, "ZOTERO_KEY_ROTATION=5s": `"5s"`, "ZOTERO_DESKTOP=yes please": `"yes please"`,
		"STACKROOM_MAX_BODY_BYTES=7": `"7"`, "STACKROOM_RESULT_CHARS=1e5": `"1e5"`, "RATE_LIMIT_MAX=-1": `"-1"`, "STACKROOM_LEGACY_SSE=\x1b[31m\u202e": `"\x1b[31m\u202e"`,
		"STORAGE_EMULATOR_HOST=a/b c":                   `"a/b c"`,
		"ZOTERO_URL=https://ada:hunter3@api.zotero.org": "text of 34 characters", "STACKROOM_PUBLIC_URL=P9NiFoyLeZu2bZNvvuQPDWsd": "text of 24 characters",
		"ZOTERO_API_KEY=goodkey1,hunter3 ,x": "text of 19 characters", "STACKROOM_PROBE_TOKEN=123456": "a number of 6 digits",
		"STACKROOM_METRICS_ADDR=" + strings.Repeat("x", 200): `"` + strings.Repeat("x", 80) + `…"`,
	}
	environ := []string{}
	for v := range bad {
		environ = append(environ, v)
	}
	_, err := config.Load(environ)
	var faults config.Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	for _, f := range faults {
		for v, shown := range bad {
			if strings.HasPrefix(v, f.Variable+"=") {
				if f.Shape != shown || f.Expected == "" {
					t.Errorf("%s: is %s, expected %q; want %s", v, f.Shape, f.Expected, shown)
				}
				delete(bad, v)
			}
		}
	}
	if len(bad) > 0 || len(faults) != len(environ) {
		t.Errorf("%d faults; not reported: %v", len(faults), bad)
	}
	if s := err.Error(); strings.Contains(s, "hunter3") || strings.Contains(s, "P9Ni") || strings.ContainsAny(s, "\x1b\u202e") || !strings.Contains(s, `STACKROOM_REQUEST_TIMEOUT: "1h"; expected a duration from 1s to 290s`) {
		t.Errorf("%q", s)
	}
}

func TestFindUnknown(t *testing.T) {
	for environ, want := range map[string]string{ // "" for no warning, "?" for one without a suggestion
		"STACKROOM_PORT=1": "PORT", "STACKROOM_LOG_LEVEL=debug": "LOG_LEVEL", "STACKROOM_ZOTERO_API_KEY=x": "ZOTERO_API_KEY", "STACKROOM_RATE_LIMIT_MAX=1": "RATE_LIMIT_MAX",
		"STACKROOM_DTA=x": "STACKROOM_DATA", "STACKROOM_DATA_DIR=x": "STACKROOM_DATA", "STACKROOM_LOG=x": "LOG_LEVEL", "STACKROOM_OIDC_ISSUSER=x": "STACKROOM_OIDC_ISSUER",
		"STACKROOM_TOKEN=x": "STACKROOM_TOKENS", "STACKROOM_MASTERKEY=x": "STACKROOM_MASTER_KEY", "STACKROOM_PUBLIC=x": "STACKROOM_PUBLIC_URL", "STACKROOM_AUTHENTICATION=x": "STACKROOM_AUTH",
		"STACKROOM_COLOUR=x": "?", "STACKROOM_X=x": "?", "STACKROOM_HOST=x": "?",
		"ZOTERO_APIKEY=x": "ZOTERO_API_KEY", "ZOTERO_API_KEYS=x": "ZOTERO_API_KEY", "LOG_LEVL=x": "LOG_LEVEL", "RATE_LIMITS_MAX=x": "RATE_LIMIT_MAX", "ZOTERO_DESKTP=x": "ZOTERO_DESKTOP",
		"PORTS=1": "", "PATH=x": "", "HOME=x": "", "ZOTERO_LIBRARY_ID=1": "", "ZOTERO_LOCAL=true": "", "LOG_DIR=x": "", "GOOGLE_CLOUD_REGION=x": "", "STACKROOM_COLOUR=": "", "PORT=1": "", "STACKROOM_DATA=x": "",
	} {
		got := ""
		for _, u := range config.FindUnknown([]string{environ}) {
			got = u.Nearest
			if got == "" {
				got = "?"
			}
			name, _, _ := strings.Cut(environ, "=")
			if u.Name != name || !strings.Contains(u.String(), name+" is not a setting and is ignored") || !strings.Contains(u.String(), u.Nearest) || u.Nearest == "" && !strings.Contains(u.String(), "stackroom settings") {
				t.Errorf("%s: %s", environ, u)
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", environ, got, want)
		}
	}
	if all := config.FindUnknown([]string{"STACKROOM_Z=1", "STACKROOM_A=1"}); len(all) != 2 || all[0].Name != "STACKROOM_A" {
		t.Errorf("%v", all)
	}
}

func TestLoad_Origins(t *testing.T) {
	for in, ok := range map[string]bool{
		"https://a.example": true, "http://localhost:3000": true, "https://a.example/": false, "https://a.example/x": false,
		"a.example": false, "ftp://a.example": false, "*": false, "https://u:p@a.example": false, "null": false,
	} {
		if _, err := config.Load([]string{"STACKROOM_ALLOWED_ORIGINS=" + in}); (err == nil) != ok {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestZoteroURL_IsEncryptedOrLocal(t *testing.T) {
	for in, ok := range map[string]bool{
		"https://api.zotero.org": true, "https://zotero.example/base/": true, "http://127.0.0.1:8080": true, "http://localhost:8080": true,
		"http://api.zotero.org": false, "https://user:pass@api.zotero.org": false, "https://api.zotero.org?key=x": false,
		"api.zotero.org": false, "ftp://127.0.0.1": false, "https://": false,
	} {
		if _, err := config.Load([]string{"ZOTERO_URL=" + in}); (err == nil) != ok {
			t.Errorf("%s: %v", in, err)
		}
	}
	if _, err := config.Load([]string{"ZOTERO_API_KEY=P9NiFoyLeZu2bZNvvuQPDWsd", "ZOTERO_DESKTOP=true"}); err == nil {
		t.Error("both a key and the desktop app")
	}
	c, err := config.Load([]string{"ZOTERO_API_KEY=P9NiFoyLeZu2bZNvvuQPDWsd,P9NiFoyLeZu2bZNvvuQPDWse"})
	if err != nil {
		t.Fatal(err)
	}
	if keys, err := config.ZoteroKeys(c.ZoteroKey); err != nil || len(keys) != 2 {
		t.Errorf("%d keys, %v", len(keys), err)
	}
}

func TestCheckProbeToken(t *testing.T) {
	token := strings.Repeat("a1-_", 8)
	for value, ok := range map[string]bool{token: true, token + "~": true, token[1:]: false, "": false, token + " ": false, token + "ü": false, token + "\n": false, token + "\x7f": false} {
		if err := config.CheckProbeToken(value); (err == nil) != ok {
			t.Errorf("%q: %v", value, err)
		}
		if _, err := config.Load([]string{"STACKROOM_PROBE_TOKEN=" + value}); (err == nil) != (ok || value == "") {
			t.Errorf("%q as a setting: %v", value, err)
		}
	}
	if _, err := config.Load([]string{"STACKROOM_PROBE_TOKEN=sm://x"}); err != nil {
		t.Errorf("a reference: %v", err)
	}
}

func TestLoad_OIDCClient(t *testing.T) {
	base := []string{"STACKROOM_AUTH=oidc", "STACKROOM_PUBLIC_URL=https://a.example", "STACKROOM_OIDC_ISSUER=https://b.example"}
	key := "STACKROOM_MASTER_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	for promise, c := range map[string]struct {
		more    []string
		refused string
	}{
		"without a client":            {nil, ""},
		"a client without the key":    {[]string{"STACKROOM_OIDC_CLIENT_ID=x"}, "STACKROOM_MASTER_KEY"},
		"a secret without its client": {[]string{"STACKROOM_OIDC_CLIENT_SECRET=y"}, "STACKROOM_OIDC_CLIENT_ID"},
		"a public client":             {[]string{"STACKROOM_OIDC_CLIENT_ID=x", key}, ""},
		"a client with a secret":      {[]string{"STACKROOM_OIDC_CLIENT_ID=x", "STACKROOM_OIDC_CLIENT_SECRET=y", key}, ""},
	} {
		_, err := config.Load(append(slices.Clone(base), c.more...))
		var faults config.Faults
		if errors.As(err, &faults); (err == nil) != (c.refused == "") || err != nil && (len(faults) != 1 || faults[0].Variable != c.refused) {
			t.Errorf("%s: %v", promise, err)
		}
	}
}

func TestLoad_StorageEmulatorIsLocal(t *testing.T) {
	for in, ok := range map[string]bool{"127.0.0.1:9000": true, "localhost:9000": true, "storage.example:9000": false, "http://127.0.0.1:9000": false} {
		if _, err := config.Load([]string{"STORAGE_EMULATOR_HOST=" + in}); (err == nil) != ok {
			t.Errorf("%s: %v", in, err)
		}
	}
	for _, v := range config.Variables() {
		if v.Name == "STORAGE_EMULATOR_HOST" || v.Name == "K_SERVICE" {
			t.Errorf("%s is among the settings for people", v.Name)
		}
	}
}

func TestVariables_AreDescribed(t *testing.T) {
	names := []string{}
	for _, v := range config.Variables() {
		if v.Name == "" || v.Group == "" || v.Expected == "" || len(v.Doc) < 20 {
			t.Errorf("%+v lacks a description", v)
		}
		names = append(names, v.Name)
	}
	for _, name := range []string{"PORT", "STACKROOM_ADDR", "STACKROOM_DATA", "STACKROOM_ALLOWED_ORIGINS", "STACKROOM_REQUEST_TIMEOUT", "LOG_LEVEL", "STACKROOM_AUTH"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestZoteroData_OnlyOnThisMachine(t *testing.T) {
	const folder = "ZOTERO_DATA=/home/ada/Zotero"
	for name, c := range map[string]struct {
		environ []string
		ok      bool
	}{
		"alone":                       {[]string{folder}, true},
		"without sign-in on loopback": {[]string{folder, "STACKROOM_AUTH=none"}, true},
		"without sign-in elsewhere":   {[]string{folder, "STACKROOM_AUTH=none", "STACKROOM_ADDR=0.0.0.0:80"}, false},
		"on Cloud Run":                {[]string{folder, "STACKROOM_AUTH=none", "K_SERVICE=library"}, false},
		"with sign-in":                {[]string{folder, "STACKROOM_AUTH=tokens", "STACKROOM_TOKENS=sm://x"}, false},
		"with a key":                  {[]string{folder, "ZOTERO_API_KEY=P9NiFoyLeZu2bZNvvuQPDWsd"}, false},
		"with the app":                {[]string{folder, "ZOTERO_DESKTOP=true"}, false},
	} {
		if _, err := config.Load(c.environ); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestZoteroData_HomeIsExpanded(t *testing.T) {
	for value, want := range map[string]string{"~/Zotero": "/home/ada/Zotero", "/data/~/Zotero": "/data/~/Zotero", "~eve/Zotero": "~eve/Zotero"} {
		c, err := config.Load([]string{"HOME=/home/ada", "ZOTERO_DATA=" + value})
		if err != nil || c.ZoteroData != want || c.ZoteroHome != "/home/ada/Zotero" {
			t.Errorf("%s: %+v, %v", value, c, err)
		}
	}
}

func TestReadsWebPages(t *testing.T) {
	for _, c := range []struct {
		environ []string
		want    bool
	}{
		{nil, true},
		{[]string{"STACKROOM_WEB_PAGES=off"}, false},
		{[]string{"STACKROOM_AUTH=none"}, false},
		{[]string{"STACKROOM_AUTH=none", "STACKROOM_WEB_PAGES=on"}, true},
		{[]string{"STACKROOM_RESOLVERS=none"}, false},
		{[]string{"STACKROOM_RESOLVERS=none", "STACKROOM_WEB_PAGES=on"}, false},
		{[]string{"STACKROOM_RESOLVER_URL=https://proxy.example"}, false},
		{[]string{"STACKROOM_RESOLVER_URL=https://proxy.example", "STACKROOM_WEB_PAGES=on"}, true},
	} {
		got, err := config.Load(c.environ)
		if err != nil || got.ReadsWebPages() != c.want {
			t.Errorf("%q: %t, %v", c.environ, got.ReadsWebPages(), err)
		}
	}
	if _, err := config.Load([]string{"STACKROOM_WEB_PAGES=yes"}); err == nil {
		t.Error("yes is accepted")
	}
}

func TestLoad_TranslationServer(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://translate.example.org/t": true, "http://127.0.0.1:1969": true, "http://localhost:1969": true,
		"http://translate.example.org": false, "https://a:b@translate.example.org": false, "translate.example.org": false, "ftp://127.0.0.1": false,
	} {
		c, err := config.Load([]string{"STACKROOM_TRANSLATION_SERVER=" + address})
		if (err == nil) != ok || ok && !c.AsksTranslation() {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, environ := range [][]string{nil, {"STACKROOM_TRANSLATION_SERVER=http://127.0.0.1:1969", "STACKROOM_RESOLVERS=none"}} {
		if c, err := config.Load(environ); err != nil || c.AsksTranslation() {
			t.Errorf("%q: %v", environ, err)
		}
	}
}

func TestLoad_Directories(t *testing.T) {
	for setting, ok := range map[string]bool{
		"STACKROOM_SUPPORT=library@example.org": true, "STACKROOM_SUPPORT=https://help.example.org/library": true,
		"STACKROOM_SUPPORT=http://help.example.org": false, "STACKROOM_SUPPORT=javascript:alert(1)": false, "STACKROOM_SUPPORT=a friend": false,
		"STACKROOM_SUPPORT=https://a:b@example.org": false, "STACKROOM_SUPPORT=https:///x": false,
		"STACKROOM_SUPPORT=https://e.org/" + strings.Repeat("a", 486): true, "STACKROOM_SUPPORT=https://e.org/" + strings.Repeat("a", 487): false,
		"STACKROOM_OPENAI_CHALLENGE=aB3-_x": true, "STACKROOM_OPENAI_CHALLENGE=a b": false, "STACKROOM_OPENAI_CHALLENGE=<b>": false,
		"STACKROOM_OPENAI_CHALLENGE=" + strings.Repeat("a", 200): true, "STACKROOM_OPENAI_CHALLENGE=" + strings.Repeat("a", 201): false,
	} {
		if _, err := config.Load([]string{setting}); (err == nil) != ok {
			t.Errorf("%s: %v", setting, err)
		}
	}
}
