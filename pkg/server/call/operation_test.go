package call

import (
	"net/http"
	"testing"
)

func TestProduct_NamesTheProgram(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64) Chrome/150.0": "browser", "claude-code/2.1": "claude-code", "script": "script", "": "", "MozillaBot/1": "MozillaBot",
	} {
		if got := Product(http.Header{"User-Agent": {agent}}); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}
