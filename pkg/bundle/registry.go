package bundle

import "io"

// Server is server.json, by which the MCP registry describes a server: the
// one that a team runs for itself, and the bundles of a release. Its rules are
// the schema that it names and, beyond that, the registry's own (module
// github.com/modelcontextprotocol/registry v1.8.7, internal/validators).
type Server struct {
	Schema      string           `json:"$schema"`
	Name        string           `json:"name"`
	Title       string           `json:"title"`
	Description string           `json:"description"`
	Version     string           `json:"version"`
	WebsiteURL  string           `json:"websiteUrl"`
	Repository  SourceRepository `json:"repository"`
	Remotes     []Remote         `json:"remotes"`
	Packages    []Package        `json:"packages,omitempty"`
}

// SourceRepository is where the source is.
type SourceRepository struct {
	URL    string `json:"url"`
	Source string `json:"source"`
}

// Remote is a server to be reached at a URL, in which {NAME} stands for a
// variable.
type Remote struct {
	Type      string           `json:"type"`
	URL       string           `json:"url"`
	Variables map[string]Input `json:"variables"`
}

// Input is a value that a person gives.
type Input struct {
	Description string `json:"description"`
	Placeholder string `json:"placeholder"`
	Required    bool   `json:"isRequired"`
}

// Package is a bundle to be downloaded. Clients refuse another file than the
// one with this SHA-256, in hexadecimal.
type Package struct {
	RegistryType string    `json:"registryType"`
	Identifier   string    `json:"identifier"`
	Version      string    `json:"version"`
	FileSHA256   string    `json:"fileSha256"`
	Transport    Transport `json:"transport"`
}

// Transport is how a package's program is spoken to.
type Transport struct {
	Type string `json:"type"`
}

// NewPackage returns the package of a bundle among a release's files on GitHub,
// where the registry wants them.
func NewPackage(version string, p Platform, sha256 string) Package {
	return Package{
		RegistryType: "mcpb",
		Identifier:   repository + "/releases/download/v" + version + "/" + FileName(version, p),
		Version:      version,
		FileSHA256:   sha256,
		Transport:    Transport{Type: "stdio"},
	}
}

// NewServer returns the description of a version with its bundles.
func NewServer(version string, packages []Package) *Server {
	return &Server{
		Schema:      "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
		Name:        "io.github.stackroom-mcp/stackroom", // whose owner publishes it signs in at GitHub
		Title:       title,
		Description: description,
		Version:     version,
		WebsiteURL:  repository,
		Repository:  SourceRepository{URL: repository, Source: "github"},
		Remotes: []Remote{{
			Type: "streamable-http",
			URL:  "https://{host}/mcp",
			Variables: map[string]Input{"host": {
				Description: "Host name of your team's Stackroom",
				Placeholder: "library.example.org",
				Required:    true,
			}},
		}},
		Packages: packages,
	}
}

// WriteTo writes the description as JSON.
func (s *Server) WriteTo(w io.Writer) (int64, error) {
	data, err := marshal(s)
	if err != nil {
		return 0, err
	}
	n, err := w.Write(data)
	return int64(n), err
}
