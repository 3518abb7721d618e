package identity

import (
	"net/http"
	"strings"
	"testing"
)

func TestBearer(t *testing.T) {
	long := strings.Repeat("a", 8<<10)
	for _, tc := range []struct {
		name, header, token string
	}{
		{"a token", "Bearer abc-._~+/9Z", "abc-._~+/9Z"},
		{"a scheme in another case", "bEARER abc", "abc"},
		{"spaces around", "Bearer   abc ", "abc"},
		{"padding at the end", "Bearer abc==", "abc=="},
		{"padding within", "Bearer a=c", ""},
		{"padding alone", "Bearer ==", ""},
		{"8 KiB", "Bearer " + long, long},
		{"more than 8 KiB", "Bearer " + long + "a", ""},
		{"two tokens", "Bearer abc def", ""},
		{"another scheme", "Basic abc", ""},
		{"no token", "Bearer ", ""},
		{"a character beyond ASCII", "Bearer abcä", ""},
	} {
		if token, err := bearer(http.Header{"Authorization": {tc.header}}); token != tc.token || (err == nil) != (tc.token != "") {
			t.Errorf("%s: %.20q, %v", tc.name, token, err)
		}
	}
	for _, values := range [][]string{nil, {"Bearer abc", "Bearer abc"}} {
		if token, err := bearer(http.Header{"Authorization": values}); err == nil {
			t.Errorf("%d headers give %q", len(values), token)
		}
	}
}
