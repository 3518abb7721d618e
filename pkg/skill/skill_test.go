package skill

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestAll(t *testing.T) {
	skills, err := All()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range skills {
		names = append(names, s.Name())
		if want := "skill://stackroom/" + s.Name() + "/SKILL.md"; s.URI != want || len(s.Resources) != 1 || s.Resources[0].URI != want {
			t.Errorf("%s is at %s with %+v", s.Name(), s.URI, s.Resources)
		}
		file, err := os.ReadFile(filepath.Join("plugin", "skills", s.Name(), "SKILL.md"))
		if err != nil {
			t.Fatal(err)
		}
		if s.Text != string(file) || s.Resources[0].Size != len(file) || s.Resources[0].Digest != fmt.Sprintf("sha256:%x", sha256.Sum256(file)) {
			t.Errorf("%s: %+v is not what the file is", s.Name(), s.Resources[0])
		}
		if !strings.Contains(s.Description(), "Use it ") || s.Frontmatter["license"] != "Apache-2.0" || len(s.Frontmatter) != 3 {
			t.Errorf("%s: frontmatter %v", s.Name(), s.Frontmatter)
		}
		if lines := strings.Count(s.Text, "\n"); lines > 100 || len(s.Text) > 6_000 {
			t.Errorf("%s has %d lines and %d bytes", s.Name(), lines, len(s.Text))
		}
	}
	want := []string{"grounded-answers", "literature-review", "manuscript-check", "tidy-library", "whats-new"}
	if !slices.Equal(names, want) {
		t.Errorf("skills %q, want %q", names, want)
	}
}

// TestAll_NamesEveryFile holds that no skill has a file that its list of
// resources leaves out.
func TestAll_NamesEveryFile(t *testing.T) {
	found, err := filepath.Glob("plugin/skills/*/*")
	if err != nil || len(found) != 5 {
		t.Errorf("files %q, %v", found, err)
	}
}

func TestParse_RefusesWhatTheSpecificationDoes(t *testing.T) {
	const good = "---\nname: a-b\ndescription: Does it.\n---\n\n# A\n"
	if s, err := parse("a-b", []byte(good)); err != nil || s.Description() != "Does it." {
		t.Fatalf("%+v, %v", s, err)
	}
	long := strings.Repeat("a", 65)
	for promise, c := range map[string][2]string{
		"another name":            {"a-c", good},
		"no frontmatter":          {"a-b", "# A\n"},
		"an open frontmatter":     {"a-b", "---\nname: a-b\ndescription: x\n"},
		"no description":          {"a-b", "---\nname: a-b\n---\n"},
		"a long description":      {"a-b", "---\nname: a-b\ndescription: " + strings.Repeat("é", 1025) + "\n---\n"},
		"a description, no text":  {"a-b", "---\nname: a-b\ndescription: [x]\n---\n"},
		"a long name":             {long, strings.ReplaceAll(good, "a-b", long)},
		"a name in capitals":      {"A-b", strings.ReplaceAll(good, "a-b", "A-b")},
		"a name with two hyphens": {"a--b", strings.ReplaceAll(good, "a-b", "a--b")},
		"YAML that is none":       {"a-b", "---\nname: [\n---\n"},
	} {
		if s, err := parse(c[0], []byte(c[1])); err == nil {
			t.Errorf("%s: %+v", promise, s)
		}
	}
	for size, ok := range map[int]bool{64: true, 65: false} {
		name := strings.Repeat("a", size)
		if _, err := parse(name, []byte(strings.ReplaceAll(good, "a-b", name))); (err == nil) != ok {
			t.Errorf("a name of %d characters: %v", size, err)
		}
	}
	for size, ok := range map[int]bool{1024: true, 1025: false} {
		text := strings.Replace(good, "Does it.", strings.Repeat("é", size), 1)
		if _, err := parse("a-b", []byte(text)); (err == nil) != ok {
			t.Errorf("a description of %d characters: %v", size, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("---\nname: a\ndescription: b\n---\n"))
	f.Add([]byte("---\nname: a\ndescription: *x\n---\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parse("a", text)
		if err == nil && (s.Name() != "a" || s.Description() == "" || s.Resources[0].Size != len(text)) {
			t.Errorf("%+v", s)
		}
	})
}

// TestPlugin holds that the folder is a plugin for Claude, and that the
// repository lists it.
func TestPlugin(t *testing.T) {
	var manifest struct {
		Name, Version, Description, License string
	}
	var market struct {
		Name    string
		Owner   struct{ Name string }
		Plugins []struct{ Name, Source, Description string }
	}
	var servers struct {
		Servers map[string]struct{ Type, URL string } `json:"mcpServers"`
	}
	for file, into := range map[string]any{
		"plugin/.claude-plugin/plugin.json": &manifest, "plugin/.mcp.json": &servers, "../../.claude-plugin/marketplace.json": &market,
	} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(bytes.NewReader(raw))
		if err := d.Decode(into); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	if manifest.Name != "stackroom" || manifest.Version == "" || manifest.License != "Apache-2.0" {
		t.Errorf("manifest %+v", manifest)
	}
	if s := servers.Servers["stackroom"]; s.Type != "http" || s.URL != "${STACKROOM_URL:-http://127.0.0.1:8080/mcp}" {
		t.Errorf("servers %+v", servers)
	}
	if p := market.Plugins; len(p) != 1 || p[0].Name != manifest.Name || p[0].Description != manifest.Description || p[0].Source != "./pkg/skill/plugin" || market.Owner.Name == "" {
		t.Errorf("marketplace %+v", market)
	}
}

// TestImage_HasTheSkills holds that the image's build gets the texts, among the
// Markdown that it does not get.
func TestImage_HasTheSkills(t *testing.T) {
	ignored, err := os.ReadFile("../../.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(ignored), "\n**/*.md\n")
	if !ok || !strings.Contains(after, "\n!pkg/skill/plugin/skills/*/SKILL.md\n") {
		t.Errorf(".dockerignore leaves the skills out:\n%s", ignored)
	}
}
