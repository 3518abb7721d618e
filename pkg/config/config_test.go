package config_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/config"
)

func TestLoadWithNothingSet(t *testing.T) {
	c, err := config.Load([]string{"HOME=/home/ada"})
	if err != nil {
		t.Fatal(err)
	}
	if c.ListenAddr() != "127.0.0.1:8080" || !c.LocalOnly() || c.RequestTimeout != time.Minute || c.MaxBodyBytes != 1<<20 || c.ResultChars != 40_000 {
		t.Errorf("%+v", c)
	}
	if !strings.HasPrefix(c.Data, "/home/ada/") {
		t.Errorf("data in %q", c.Data)
	}
}

func TestWhereTheServerListens(t *testing.T) {
	for _, c := range []struct {
		promise string
		environ []string
		addr    string // "" if refused
		refused string
	}{
		{"a port on loopback", []string{"PORT=9000"}, "127.0.0.1:9000", ""},
		{"an address on loopback", []string{"STACKROOM_ADDR=[::1]:9000"}, "[::1]:9000", ""},
		{"localhost is loopback", []string{"STACKROOM_ADDR=localhost:9000"}, "localhost:9000", ""},
		{"a port that the system chooses", []string{"STACKROOM_ADDR=127.0.0.1:0"}, "127.0.0.1:0", ""},
		{"the address goes before the port", []string{"PORT=9000", "STACKROOM_ADDR=127.0.0.2:1"}, "127.0.0.2:1", ""},
		{"every address if nobody needs to sign in", []string{"PORT=9000", "STACKROOM_AUTH=none"}, ":9000", ""},
		{"any address if nobody needs to sign in", []string{"STACKROOM_ADDR=0.0.0.0:80", "STACKROOM_AUTH=none"}, "0.0.0.0:80", ""},
		{"other machines are not let in by accident", []string{"STACKROOM_ADDR=0.0.0.0:80"}, "", "STACKROOM_ADDR"},
		{"nor through an address without a host", []string{"STACKROOM_ADDR=:80"}, "", "STACKROOM_ADDR"},
		{"nor on Cloud Run", []string{"PORT=8080", "K_SERVICE=stackroom"}, "", "STACKROOM_AUTH"},
		{"Cloud Run without sign-in, in so many words", []string{"PORT=8080", "K_SERVICE=stackroom", "STACKROOM_AUTH=none"}, ":8080", ""},
		{"a variable set to nothing is not set", []string{"PORT=", "STACKROOM_ADDR="}, "127.0.0.1:8080", ""},
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

func TestEveryFaultIsReportedAtOnceAndNoValueRepeated(t *testing.T) {
	bad := map[string]string{
		"PORT": "hunter2", "STACKROOM_ADDR": "hunter2", "STACKROOM_AUTH": "hunter2", "LOG_LEVEL": "hunter2", "STACKROOM_LOG_FORMAT": "hunter2",
		"STACKROOM_ALLOWED_ORIGINS": "https://ok.example,hunter2", "STACKROOM_ALLOWED_HOSTS": "hunter2/", "STACKROOM_REQUEST_TIMEOUT": "hunter2",
		"ZOTERO_URL": "http://hunter2.example", "ZOTERO_API_KEY": "goodkey1,hunter2 ,x", "ZOTERO_KEY_ROTATION": "5s", "ZOTERO_DESKTOP": "hunter2",
		"STACKROOM_MAX_BODY_BYTES": "hunter2", "STACKROOM_RESULT_CHARS": "7", "STACKROOM_LEGACY_SSE": "hunter2", "STACKROOM_SHUTDOWN_GRACE": "1h",
	}
	environ := []string{}
	for name, value := range bad {
		environ = append(environ, name+"="+value)
	}
	_, err := config.Load(environ)
	var faults config.Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	for _, f := range faults {
		if _, ok := bad[f.Variable]; !ok {
			t.Errorf("%s is not at fault", f.Variable)
		}
		delete(bad, f.Variable)
		if f.Shape == "" || f.Expected == "" {
			t.Errorf("%+v says too little", f)
		}
	}
	if len(bad) > 0 {
		t.Errorf("not reported: %v", bad)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a value is repeated: %v", err)
	}
}

func TestOrigins(t *testing.T) {
	for in, ok := range map[string]bool{
		"https://a.example": true, "http://localhost:3000": true, "https://a.example/": false, "https://a.example/x": false,
		"a.example": false, "ftp://a.example": false, "*": false, "https://u:p@a.example": false, "null": false,
	} {
		if _, err := config.Load([]string{"STACKROOM_ALLOWED_ORIGINS=" + in}); (err == nil) != ok {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestKeysGoToOneHostThatNobodyListensInOn(t *testing.T) {
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

func TestEveryVariableIsDescribed(t *testing.T) {
	names := []string{}
	for _, v := range config.Variables() {
		if v.Name == "" || v.Expected == "" || len(v.Doc) < 20 {
			t.Errorf("%+v says too little", v)
		}
		names = append(names, v.Name)
	}
	for _, name := range []string{"PORT", "STACKROOM_ADDR", "STACKROOM_DATA", "STACKROOM_ALLOWED_ORIGINS", "STACKROOM_REQUEST_TIMEOUT", "LOG_LEVEL", "STACKROOM_AUTH"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is missing", name)
		}
	}
}
