package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/signintest"
)

// imported returns a data folder with an imported library.
func imported(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if status, _, stderr := run(t, []string{"STACKROOM_DATA=" + dir}, "import", bibliography(t)); status != 0 {
		t.Fatal(stderr)
	}
	return dir
}

// TestLocalLibrary_ServedToMembersOnRequest signs a member in to a server
// beside an imported library, with the setting and without.
func TestLocalLibrary_ServedToMembersOnRequest(t *testing.T) {
	ada := signintest.User{ID: 1, Name: "ada"}
	for setting, served := range map[string]bool{"": false, "members": true} {
		t.Run("setting "+setting, func(t *testing.T) {
			d := deploy(t, 5, ada)
			environ := append(slices.Clip(d.environ), "STACKROOM_DATA="+imported(t), "STACKROOM_LOCAL_LIBRARY="+setting)
			d.serve(environ...)
			s, ok := d.signIn(ada.ID, d.register(`{"redirect_uris":["`+redirectURI+`"]}`))
			if !ok {
				t.Fatal("no sign-in")
			}
			r := d.overREST(s.access, "list_libraries", `{}`, onlyServer, "2")
			if r.status != http.StatusOK || strings.Contains(r.body, `"id":"local"`) != served || strings.Contains(r.body, sharedNotice) != served || !strings.Contains(r.body, `"id":"user:1"`) {
				t.Errorf("list_libraries: %d %s", r.status, r.body)
			}
			r = d.overREST(s.access, "search", `{"query":"","library":"local"}`, onlyServer, "2")
			if (r.status == http.StatusOK) != served {
				t.Errorf("search in the local library: %d %s", r.status, r.body)
			}
			if page := d.send(http.MethodGet, "/", "", onlyServer, "2"); strings.Contains(page.body, "Everyone who signs in may also read") != served {
				t.Errorf("the page: %s", page.body)
			}
			_, stdout, stderr := run(t, environ, "doctor")
			if says := strings.Contains(stdout+stderr, "everyone who signs in with Zotero may read it"); says != served || strings.Contains(stdout+stderr, "not served: STACKROOM_LOCAL_LIBRARY") == served {
				t.Errorf("the doctor: %s%s", stdout, stderr)
			}
		})
	}
}

// TestLocalLibrary_RevokedKeyIs401 revokes a member's key at Zotero while
// another library still answers.
func TestLocalLibrary_RevokedKeyIs401(t *testing.T) {
	ada := signintest.User{ID: 1, Name: "ada"}
	d := deploy(t, 5, ada)
	d.serve(append(d.environ, "STACKROOM_DATA="+imported(t), "STACKROOM_LOCAL_LIBRARY=members")...)
	s, ok := d.signIn(ada.ID, d.register(`{"redirect_uris":["`+redirectURI+`"]}`))
	if !ok {
		t.Fatal("no sign-in")
	}
	d.zotero.Revoke(ada.ID)
	for tool, arguments := range map[string]string{"search": `{"query":"light"}`, "list_libraries": `{}`, "list_tags": `{}`, "recent_changes": `{}`} {
		for way, r := range map[string]reply{
			"MCP": d.overMCP(s.access, tool, arguments, onlyServer, "2"), "REST": d.overREST(s.access, tool, arguments, onlyServer, "2"),
		} {
			if r.status != http.StatusUnauthorized || !strings.Contains(r.header.Get("WWW-Authenticate"), `error="invalid_token"`) {
				t.Errorf("%s over %s: %d %v %s", tool, way, r.status, r.header, r.body)
			}
		}
	}
}
