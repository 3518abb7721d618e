package tool

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/skill"
)

// otherWords are the words of skills in backticks that no schema has.
var otherWords = map[string]bool{
	verdictNotFound: true, verdictOther: true, verdictNotChecked: true, verdictDiffers: true,
	"files": true, "annotations": true, // of a work of find_duplicates
	"journal:": true, "7d": true,
}

func TestSkills_NameToolsThatExist(t *testing.T) {
	known := map[string]bool{}
	tools := map[string]bool{}
	c := catalogOf(t, one(), Options{Writing: &Writing{}})
	for _, d := range c.Definitions() {
		tools[d.Name], known[d.Name] = d.Hints.ReadOnly, true
		for _, raw := range []json.RawMessage{d.InputSchema, d.OutputSchema} {
			var s map[string]any
			if err := json.Unmarshal(raw, &s); err != nil {
				t.Fatal(err)
			}
			for _, word := range regexp.MustCompile(`[a-z_]+`).FindAllString(string(raw), -1) {
				known[word] = true
			}
		}
	}
	named := map[string]bool{}
	for _, s := range c.skills {
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(s.Text, -1) {
			if word := m[1]; !known[word] && !otherWords[word] {
				t.Errorf("%s names %q, which is neither a tool nor an argument nor a field", s.Name(), word)
			}
			named[m[1]] = true
		}
		// A word with an underscore is one of ours; it has to be marked as such.
		for _, word := range regexp.MustCompile(`[^`+"`"+`a-z_]([a-z]+_[a-z_]+)`).FindAllStringSubmatch(s.Text, -1) {
			t.Errorf("%s has %s without backticks", s.Name(), word[1])
		}
		if i := strings.Index(s.Text, "apply_changes"); i >= 0 && !strings.Contains(s.Text, "If it can't be changed") {
			t.Errorf("%s changes libraries and does not say what to do where that is not allowed", s.Name())
		}
	}
	for name, reads := range tools {
		if reads && !named[name] {
			t.Errorf("no skill uses %s", name)
		}
	}
}

func TestSkills_AreServed(t *testing.T) {
	c := connect(t, one())
	if got := c.InitializeResult().Capabilities; got.Extensions["io.modelcontextprotocol/skills"] == nil || got.Resources == nil {
		t.Errorf("extensions %v", got.Extensions)
	}
	skills, err := skill.All()
	if err != nil {
		t.Fatal(err)
	}
	resources, err := c.ListResources(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range skills {
		read, err := c.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: s.URI})
		if err != nil {
			t.Fatal(err)
		}
		if got := read.Contents[0]; got.MIMEType != "text/markdown" || "sha256:"+fmt.Sprintf("%x", sha256.Sum256([]byte(got.Text))) != s.Resources[0].Digest || read.CacheScope != "public" || read.TTLMs != publicTTL {
			t.Errorf("%s: %+v, %+v", s.URI, got, read.Cacheable)
		}
		if got := resources.Resources[i]; got.URI != s.URI || got.Name != s.Name() || got.Description != s.Description() || got.Size != int64(s.Resources[0].Size) {
			t.Errorf("resource %+v", got)
		}
	}
	for _, uri := range []string{"skill://stackroom/none/SKILL.md", "skill://stackroom/whats-new", "skill://whats-new/SKILL.md"} {
		if _, err := c.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: uri}); code(err) != jsonrpc.CodeInvalidParams {
			t.Errorf("%s: %v", uri, err)
		}
	}
}

// TestSkills_AreTheSameForAllCallers holds that what may be kept publicly has
// nothing of a library.
func TestSkills_AreTheSameForAllCallers(t *testing.T) {
	empty, full := catalogOf(t, fleet{}, Options{}), catalogOf(t, fleet{memory(library.Local, "Home", librarytest.Works())}, Options{Writing: &Writing{}})
	var lists [2]string
	for i, c := range []*Catalog{empty, full} {
		res, err := c.listSkills(t.Context(), nil, nil)
		if err != nil || res.CacheScope != "public" || res.TTLMs != publicTTL {
			t.Fatalf("%+v, %v", res, err)
		}
		lists[i] = string(indented(t, res))
	}
	if lists[0] != lists[1] {
		t.Error("the skills depend on the catalogue")
	}
}
