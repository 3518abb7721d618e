package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/config"
)

func TestWrites(t *testing.T) {
	signIn := []string{"STACKROOM_AUTH=tokens", "STACKROOM_TOKENS=file:///tokens"}
	for _, c := range []struct {
		environ                 []string
		any, local, user, group bool
	}{
		{nil, true, true, true, false},
		{[]string{"STACKROOM_ADDR=0.0.0.0:80", "STACKROOM_AUTH=none"}, false, false, false, false},
		{signIn, false, false, false, false},
		{append(signIn, "STACKROOM_WRITES=own"), true, true, true, false},
		{append(signIn, "STACKROOM_WRITES=all"), true, true, true, true},
		{[]string{"STACKROOM_WRITES=none"}, false, false, false, false},
		{[]string{"STACKROOM_WRITES=group:4711"}, true, false, false, true},
		{[]string{"STACKROOM_WRITES=local,group:4711"}, true, true, false, true},
	} {
		got, err := config.Load(c.environ)
		if err != nil {
			t.Fatalf("%q: %v", c.environ, err)
		}
		if got.WritesAny() != c.any || got.WritesTo("local") != c.local || got.WritesTo("user:475425") != c.user || got.WritesTo("group:4711") != c.group || got.WritesTo("group:4712") && c.group != got.WritesTo("group:1") {
			t.Errorf("%q: any %v, local %v, user %v, group %v", c.environ, got.WritesAny(), got.WritesTo("local"), got.WritesTo("user:475425"), got.WritesTo("group:4711"))
		}
	}
	cloud := slices.Concat(signIn, []string{"K_SERVICE=stackroom", "GOOGLE_CLOUD_PROJECT=library-123456", "STACKROOM_PUBLIC_URL=https://library.example.org"})
	bucket, key := "STACKROOM_STATE_BUCKET=state-of-the-team", "STACKROOM_MASTER_KEY=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	for _, c := range []struct {
		more []string
		want string
	}{
		{nil, ""},
		{[]string{"STACKROOM_WRITES=none"}, ""},
		{[]string{"STACKROOM_WRITES=all", bucket, key}, ""},
		{[]string{"STACKROOM_WRITES=all", key}, "STACKROOM_STATE_BUCKET"},
		{[]string{"STACKROOM_WRITES=own", bucket}, "STACKROOM_MASTER_KEY"},
	} {
		_, err := config.Load(slices.Concat(cloud, c.more))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q on Cloud Run: %v, want %q", c.more, err, c.want)
		}
	}
	for _, wrong := range []string{"STACKROOM_WRITES=mine", "STACKROOM_WRITES=own,group:1", "STACKROOM_WRITES=group:", "STACKROOM_CONFIRM=sometimes"} {
		if _, err := config.Load([]string{wrong}); err == nil {
			t.Errorf("%s is accepted", wrong)
		}
	}
}
