package config

import (
	"slices"
	"testing"
)

func TestKeepsActivity_WherePeopleSeeTheirOwn(t *testing.T) {
	for _, test := range []struct {
		name   string
		config Config
		want   bool
	}{
		{"this machine", Config{}, true},
		{"none on this machine", Config{Auth: "none"}, true},
		{"none for all", Config{Auth: "none", Port: "80"}, false},
		{"Cloud Run without sign-in", Config{Auth: "none", Addr: "127.0.0.1:80", Service: "s", StateBucket: "b"}, false},
		{"tokens", Config{Auth: "tokens"}, false},
		{"tokens with pages", Config{Auth: "tokens", PublicURL: "https://a"}, true},
		{"oidc", Config{Auth: "oidc", PublicURL: "https://a"}, false},
		{"oidc with pages", Config{Auth: "oidc", OIDCClientID: "c"}, true},
		{"zotero", Config{Auth: "zotero", Port: "80"}, true},
		{"Cloud Run", Config{Auth: "zotero", Service: "s"}, false},
		{"Cloud Run with a bucket", Config{Auth: "zotero", Service: "s", StateBucket: "b"}, true},
	} {
		if got := test.config.KeepsActivity(); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestUnknownAdmins_AreOfAnotherSignIn(t *testing.T) {
	admins := []string{"zotero:1001", "oidc:https://a ada", "token:ada"}
	for auth, known := range map[string]int{"zotero": 0, "oidc": 1, "tokens": 2, "none": -1, "": -1} {
		want := slices.Clone(admins)
		if known >= 0 {
			want = slices.Delete(want, known, known+1)
		}
		if got := (&Config{Auth: auth, Admins: admins}).UnknownAdmins(); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", auth, got, want)
		}
	}
}
