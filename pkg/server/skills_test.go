package server

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// skillFixture is an edge around the real catalogue.
func skillFixture(t *testing.T) *fixture {
	catalog, err := tool.NewCatalog(shelves{}, tool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return newFixture(t, func(o *Options) { o.Catalog = catalog })
}

// skillEntry is a skill as SEP-2640 describes it.
type skillEntry struct {
	URI         string
	Frontmatter struct{ Name, Description string }
	Resources   []struct {
		URI, Digest string
		Size        int
	}
}

// skillResult has the members of the results of skills/list and skills/get.
type skillResult struct {
	ResultType, CacheScope string
	TTLMs                  int
	Skills                 []skillEntry
	Skill                  skillEntry
	NextCursor             *string
}

// withMeta returns the body of a request with the metadata that its revision
// wants; params is "" or members.
func withMeta(version, method, params string) string {
	if version == modern {
		if params != "" {
			params += ","
		}
		params += meta
	}
	return `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":{` + params + `}}`
}

func TestSkills(t *testing.T) {
	f := skillFixture(t)
	digest := regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	for _, version := range []string{"", "2024-11-05", "2025-03-26", "2025-06-18", legacy, modern} {
		ask := func(method, params string) skillResult {
			t.Helper()
			var got skillResult
			// Mcp-Name names a skill to no method but resources/read.
			r := f.rpc(version, withMeta(version, method, params), map[string]string{"Mcp-Name": ""})
			if err := json.Unmarshal(r.decode(t).Result, &got); err != nil || r.status != 200 {
				t.Fatalf("%q %s: %d %s", version, method, r.status, r.body)
			}
			if got.ResultType != "complete" || got.CacheScope != "public" || got.TTLMs != 3_600_000 || got.NextCursor != nil {
				t.Errorf("%q %s: %+v", version, method, got)
			}
			return got
		}
		list := ask("skills/list", "")
		if len(list.Skills) != 5 {
			t.Fatalf("%q: %d skills", version, len(list.Skills))
		}
		for _, s := range list.Skills {
			if s.URI != "skill://stackroom/"+s.Frontmatter.Name+"/SKILL.md" || s.Frontmatter.Description == "" || len(s.Resources) != 1 || s.Resources[0].URI != s.URI || !digest.MatchString(s.Resources[0].Digest) {
				t.Errorf("%q: %+v", version, s)
			}
			one := ask("skills/get", `"uri":"`+s.URI+`"`)
			if one.Skill.URI != s.URI || one.Skill.Resources[0] != s.Resources[0] {
				t.Errorf("%q: %+v, in the list %+v", version, one.Skill, s)
			}
			r := f.rpc(version, withMeta(version, "resources/read", `"uri":"`+s.URI+`"`), nil)
			var read struct{ Contents []struct{ Text string } }
			if err := json.Unmarshal(r.decode(t).Result, &read); err != nil || len(read.Contents[0].Text) != s.Resources[0].Size {
				t.Errorf("%q %s: %d %s", version, s.URI, r.status, r.body)
			}
		}
		for promise, c := range map[string][2]string{
			"an unknown skill":    {"skills/get", `"uri":"skill://stackroom/none/SKILL.md"`},
			"a folder":            {"skills/get", `"uri":"skill://stackroom/whats-new"`},
			"no URI":              {"skills/get", ""},
			"a URI of other type": {"skills/get", `"uri":7`},
			"a foreign cursor":    {"skills/list", `"cursor":"x"`},
		} {
			r := f.rpc(version, withMeta(version, c[0], c[1]), map[string]string{"Mcp-Name": ""})
			if m := r.decode(t); m.Error == nil || m.Error.Code != -32602 {
				t.Errorf("%q %s: %d %s", version, promise, r.status, r.body)
			}
		}
	}
}

func TestSkills_AreAnnounced(t *testing.T) {
	f := skillFixture(t)
	for method, body := range map[string]string{
		"initialize":      `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`,
		"server/discover": withMeta(modern, "server/discover", ""),
	} {
		version := ""
		if method == "server/discover" {
			version = modern
		}
		var got struct {
			Capabilities struct {
				Resources  *struct{}
				Extensions map[string]map[string]any
			}
		}
		r := f.rpc(version, body, nil)
		if err := json.Unmarshal(r.decode(t).Result, &got); err != nil {
			t.Fatal(err)
		}
		settings, announced := got.Capabilities.Extensions["io.modelcontextprotocol/skills"]
		if !announced || len(settings) != 0 || got.Capabilities.Resources == nil {
			t.Errorf("%s: %s", method, r.body)
		}
	}
}

// TestViews holds that a client of the present revision says with each request
// whether it shows views.
func TestViews(t *testing.T) {
	f := skillFixture(t)
	with := strings.Replace(withMeta(modern, "tools/list", ""), `"io.modelcontextprotocol/clientCapabilities":{}`,
		`"io.modelcontextprotocol/clientCapabilities":{"extensions":{"io.modelcontextprotocol/ui":{"mimeTypes":["text/html;profile=mcp-app"]}}}`, 1)
	r := f.rpc(modern, with, nil)
	if !strings.Contains(r.body, `"_meta":{"ui":{"resourceUri":"ui://stackroom/results.html"}}`) || !strings.Contains(r.body, `"cacheScope":"private"`) {
		t.Errorf("a client that shows views: %.300s", r.body)
	}
	for _, version := range []string{legacy, modern} {
		if r := f.rpc(version, withMeta(version, "tools/list", ""), nil); r.status != 200 || strings.Contains(r.body, "ui://") {
			t.Errorf("%s without views: %.300s", version, r.body)
		}
		var read struct {
			Contents []struct {
				MIMEType, Text string
			}
		}
		r := f.rpc(version, withMeta(version, "resources/read", `"uri":"ui://stackroom/work.html"`), nil)
		if err := json.Unmarshal(r.decode(t).Result, &read); err != nil || read.Contents[0].MIMEType != "text/html;profile=mcp-app" || !strings.HasPrefix(read.Contents[0].Text, "<!doctype html>") {
			t.Errorf("%s: %.300s", version, r.body)
		}
	}
}
