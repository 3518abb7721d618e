package secret

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ value, project, want string }{
		{"sm://projects/my-project/secrets/zotero-key/versions/latest", "", "sm://projects/my-project/secrets/zotero-key/versions/latest"},
		{"sm://projects/my-project/secrets/zotero-key/versions/12", "", "sm://projects/my-project/secrets/zotero-key/versions/12"},
		{"sm://projects/my-project/secrets/zotero-key", "other-project", "sm://projects/my-project/secrets/zotero-key/versions/latest"},
		{"sm://projects/123456789012/secrets/K", "", "sm://projects/123456789012/secrets/K/versions/latest"},
		{"sm://projects/example.com:old-one/secrets/K", "", "sm://projects/example.com:old-one/secrets/K/versions/latest"},
		{"sm://projects/my-project/locations/europe-west3/secrets/K/versions/2", "", "sm://projects/my-project/locations/europe-west3/secrets/K/versions/2"},
		{"sm://zotero_KEY-1", "my-project", "sm://projects/my-project/secrets/zotero_KEY-1/versions/latest"},
		{"sm://zotero-key/versions/3", "my-project", "sm://projects/my-project/secrets/zotero-key/versions/3"},
		{"sm://projects", "my-project", "sm://projects/my-project/secrets/projects/versions/latest"},
		{"file:///run/secrets/key", "", "file:///run/secrets/key"},
		{"file:///run/a%20b", "", "file:///run/a%20b"},
		{"P9NiFoyLeZu2bZNvvuQPDWsd", "", ""},
		{"key://not-ours", "", ""},
		{`{"file":"sm://x"}`, "", ""},
	} {
		r, fault := parse(c.value, c.project)
		if fault != nil || r.String() != c.want {
			t.Errorf("parse(%q, %q) = %q, %v; want %q", c.value, c.project, r, fault, c.want)
		}
		if (r.kind == Plain) != (c.want == "") {
			t.Errorf("parse(%q) is %s", c.value, r.kind)
		}
	}
}

func TestParse_RejectsMalformedReferences(t *testing.T) {
	for _, value := range []string{
		"sm://", "sm:", "sm:/key", "sm:key", "SM://key", " sm://key", "sm://key\n", "sm://key ", "sm:///key", "sm://key/",
		"sm://key/versions", "sm://key/versions/", "sm://key/versions/0", "sm://key/versions/-1", "sm://key/versions/01",
		"sm://key/versions/LATEST", "sm://key/versions/prod", "sm://key/versions/9999999999999999999", "sm://key/versions/1/x", "sm://key/version/1",
		"sm://projects/", "sm://projects/my-project", "sm://projects/my-project/secrets", "sm://projects/my-project/secrets/",
		"sm://projects//secrets/key", "sm://projects/My-Project/secrets/key", "sm://projects/a/secrets/key", "sm://projects/my-project/keys/key",
		"sm://projects/my-project/locations/secrets/key", "sm://projects/my-project/locations//secrets/key",
		"sm://projects/my-project/locations/evil.example/secrets/key", "sm://projects/my-project/locations/eu@west/secrets/key",
		"sm://projects/my-project/locations/global/secrets/key", "sm://ke.y", "sm://key?x=1", "sm://key#x", "sm://k%65y", "sm://" + strings.Repeat("k", 256),
		"sm://projects/my-project/secrets/key/versions/latest/versions/1", "sm://../secrets/key",
		"file:", "file:/etc/key", "file:key", "file://", "file://etc/key", "file://localhost/etc/key", "file:///", "file:///etc/", "FILE:///etc/key",
		" file:///etc/key", "file:///etc/key?x", "file:///etc/key?", "file:///etc/key#x", "file:///etc/key#", "file:///etc/k%zzey", "file:///etc/k%00ey", "file:///etc/key\x00", "file://user@/etc/key",
	} {
		r, fault := parse(value, "my-project")
		if fault == nil {
			t.Errorf("parse(%q) = %v, want a fault", value, r)
		} else if fault.Reason != Malformed || fault.Message == "" || fault.Hint == "" {
			t.Errorf("parse(%q): %#v", value, fault)
		}
	}
}

func TestParse_ShortReferenceNeedsProject(t *testing.T) {
	for _, project := range []string{"", "Not a project", "../x"} {
		if r, fault := parse("sm://key", project); fault == nil {
			t.Errorf("with project %q: %v", project, r)
		}
	}
	_, fault := parse("sm://key", "")
	if !strings.Contains(fault.Hint, "GOOGLE_CLOUD_PROJECT") {
		t.Errorf("the hint does not name the variable: %s", fault.Hint)
	}
}

func FuzzReference(f *testing.F) {
	for _, s := range []string{
		"", "plain", "sm://key", "sm://key/versions/3", "sm://projects/my-project/secrets/key/versions/latest",
		"sm://projects/my-project/locations/europe-west3/secrets/key", "file:///etc/key", "file://host/x", "sm:", "sm://projects/p/locations/l",
	} {
		f.Add(s, "my-project")
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, value, project string) {
		r, fault := parse(value, project)
		if fault != nil {
			return
		}
		switch r.kind {
		case Plain:
			if strings.HasPrefix(value, "sm:") || strings.HasPrefix(value, "file:") {
				t.Fatalf("%q is used as a secret", value)
			}
		case SecretManager:
			if strings.ContainsAny(r.location+endpoint(r.location), "/@?# ") || strings.Count(r.parent(), "/") != 3+2*strings.Count(r.parent(), "/locations/") {
				t.Fatalf("%q reaches %s at %s", value, r.parent(), endpoint(r.location))
			}
			fallthrough
		case File:
			again, fault := parse(r.String(), "")
			if fault != nil || again != r {
				t.Fatalf("%q reads as %q, which reads as %+v, %v", value, r, again, fault)
			}
		}
	})
}
