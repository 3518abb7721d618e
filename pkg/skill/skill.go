// Package skill has the skills of Stackroom: instructions for tasks that take
// several tools. The folder plugin is a plugin for Claude, and its skills are
// what the server gives its clients (MCP extension io.modelcontextprotocol/skills,
// SEP-2640): one text for both.
package skill

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

//go:embed plugin/skills
var files embed.FS

const (
	folder   = "plugin/skills"
	fileName = "SKILL.md"
	// Scheme begins the URI of each file of a skill.
	Scheme = "skill://"
	prefix = Scheme + "stackroom/"
)

// Skill is one skill as the extension describes it.
type Skill struct {
	URI string `json:"uri"` // of SKILL.md; its last folder is the skill's name
	// Frontmatter is the YAML at the beginning of SKILL.md. It has the texts
	// "name" and "description".
	Frontmatter map[string]any `json:"frontmatter"`
	// Resources are all files of the skill. Each of ours is SKILL.md alone.
	Resources []Resource `json:"resources"`
	// Text is SKILL.md.
	Text string `json:"-"`
}

// Resource is a file of a skill.
type Resource struct {
	URI    string `json:"uri"`
	Digest string `json:"digest"` // "sha256:" and 64 hexadecimal digits
	Size   int    `json:"size"`   // in bytes
}

// Name returns the skill's name.
func (s *Skill) Name() string { return s.text("name") }

// Description says what the skill does and when to use it.
func (s *Skill) Description() string { return s.text("description") }

func (s *Skill) text(key string) string {
	text, _ := s.Frontmatter[key].(string)
	return text
}

// All returns the skills, by name.
func All() ([]Skill, error) {
	entries, err := files.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	skills := make([]Skill, 0, len(entries))
	for _, e := range entries {
		text, err := files.ReadFile(path.Join(folder, e.Name(), fileName))
		if err != nil {
			return nil, err
		}
		s, err := parse(e.Name(), text)
		if err != nil {
			return nil, fmt.Errorf("skill %s: %w", e.Name(), err)
		}
		skills = append(skills, s)
	}
	return skills, nil
}

// names are those that the specification of Agent Skills allows, up to 64
// characters.
var names = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// The bounds of the specification of Agent Skills, in characters.
const (
	maxName        = 64
	maxDescription = 1024
)

// parse returns the skill of a folder whose SKILL.md is text.
func parse(name string, text []byte) (Skill, error) {
	uri := prefix + name + "/" + fileName
	digest := sha256.Sum256(text)
	s := Skill{URI: uri, Text: string(text), Resources: []Resource{{
		URI: uri, Digest: "sha256:" + hex.EncodeToString(digest[:]), Size: len(text),
	}}}
	rest, ok := bytes.CutPrefix(text, []byte("---\n"))
	front, _, closed := bytes.Cut(rest, []byte("\n---\n"))
	if !ok || !closed {
		return s, fmt.Errorf("%s does not begin with frontmatter", fileName)
	}
	if err := yaml.Unmarshal(front, &s.Frontmatter); err != nil {
		return s, err
	}
	switch {
	case s.Name() != name || len(name) > maxName || !names.MatchString(name):
		return s, fmt.Errorf("the name %q is not that of the folder, or not allowed", s.Name())
	case s.Description() == "" || utf8.RuneCountInString(s.Description()) > maxDescription:
		return s, fmt.Errorf("the description has to have 1 to %d characters", maxDescription)
	}
	return s, nil
}
