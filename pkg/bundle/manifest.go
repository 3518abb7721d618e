package bundle

// What bundle and registry say of Stackroom.
const (
	title       = "Stackroom"
	description = "Lets assistants search, read and export your Zotero library or bibliography files." // the registry takes 100 characters
	repository  = "https://" + module
	license     = "Apache-2.0"
)

// long is the description that a person reads before installing. It is
// Markdown.
const long = `Stackroom gives your assistant a library to work from: it searches titles, abstracts, notes, annotations and full texts, reads works page by page or by question, and exports references.

It begins with a small sample library, without an account. To have your own works instead, give a Zotero API key (make one at https://www.zotero.org/settings/keys), or switch on the Zotero that runs on this computer, or take in BibTeX, RIS or CSL-JSON files with the command ` + "`stackroom import`" + `.

Nothing is overwritten, moved or removed before you agree, and each change can be taken back. Your key goes to Zotero and nowhere else.`

// Manifest is a bundle's manifest.json, in version 0.4 of its format
// (@anthropic-ai/mcpb 2.1.2, mcpb-manifest-v0.4.schema.json).
type Manifest struct {
	ManifestVersion string             `json:"manifest_version"`
	Name            string             `json:"name"`
	DisplayName     string             `json:"display_name"`
	Version         string             `json:"version"`
	Description     string             `json:"description"`
	LongDescription string             `json:"long_description"`
	Author          Author             `json:"author"`
	Repository      Repository         `json:"repository"`
	Homepage        string             `json:"homepage"`
	Documentation   string             `json:"documentation"`
	Support         string             `json:"support"`
	Icon            string             `json:"icon"`
	Icons           []IconFile         `json:"icons"`
	Server          Launch             `json:"server"`
	Tools           []Tool             `json:"tools"`
	Prompts         []Prompt           `json:"prompts"`
	Keywords        []string           `json:"keywords"`
	License         string             `json:"license"`
	PrivacyPolicies []string           `json:"privacy_policies"`
	Compatibility   Compatibility      `json:"compatibility"`
	UserConfig      map[string]Setting `json:"user_config"`
}

// Author is who makes the bundle.
type Author struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// Repository is where the source is.
type Repository struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

// IconFile is an icon in the bundle, and its size as "512x512".
type IconFile struct {
	Source string `json:"src"`
	Size   string `json:"size"`
}

// Launch says how the program is started.
type Launch struct {
	Type       string  `json:"type"`
	EntryPoint string  `json:"entry_point"`
	Config     Command `json:"mcp_config"`
}

// Command is a command line and its environment. The host puts values in place
// of ${__dirname}, the folder of the unpacked bundle, and ${user_config.NAME}.
type Command struct {
	Command string            `json:"command"`
	Args    []string          `json:"args"`
	Env     map[string]string `json:"env"`
}

// Tool is a tool as people see it before installing.
type Tool struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// Prompt is a prompt of the bundle. In its text, ${arguments.NAME} stands for
// an argument.
type Prompt struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Arguments   []string `json:"arguments,omitempty"`
	Text        string   `json:"text"`
}

// Compatibility says which systems the program runs on.
type Compatibility struct {
	Platforms []string `json:"platforms"`
}

// Setting is something that a person may choose. The host keeps what is
// sensitive in the system's key store.
type Setting struct {
	Type        string `json:"type"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Sensitive   bool   `json:"sensitive,omitempty"`
	Required    bool   `json:"required"`
	// Default is never left out: without one, hosts pass on "${user_config.…}"
	// as it stands where nothing was chosen.
	Default any `json:"default"`
}

// Contents is what assistants and people find in the program.
type Contents struct {
	Tools   []Tool
	Prompts []Prompt
}

// NewManifest returns the manifest of a bundle. version is one that [Version]
// returned.
func NewManifest(version string, p Platform, c Contents) *Manifest {
	return &Manifest{
		ManifestVersion: "0.4",
		Name:            "stackroom",
		DisplayName:     title,
		Version:         version,
		Description:     description,
		LongDescription: long,
		Author:          Author{Name: "The Stackroom authors", URL: repository},
		Repository:      Repository{Type: "git", URL: repository},
		Homepage:        repository,
		Documentation:   repository + "#readme",
		Support:         repository + "/issues",
		Icon:            iconPath,
		Icons:           []IconFile{{Source: iconPath, Size: IconSize}},
		Server:          launch(p),
		Tools:           c.Tools,
		Prompts:         c.Prompts,
		Keywords:        []string{"library", "literature", "research", "zotero", "bibtex", "citations"},
		License:         license,
		PrivacyPolicies: []string{"https://www.zotero.org/support/privacy"},
		Compatibility:   Compatibility{Platforms: []string{p.hostName()}},
		UserConfig:      settings(),
	}
}

// launch starts the program as a stdio server.
func launch(p Platform) Launch {
	return Launch{
		Type:       "binary",
		EntryPoint: p.program(),
		Config: Command{
			Command: "${__dirname}/" + p.program(),
			Args:    []string{"stdio"},
			Env: map[string]string{
				"ZOTERO_API_KEY": "${user_config.zotero_api_key}",
				"ZOTERO_DESKTOP": "${user_config.zotero_desktop}",
				"ZOTERO_DATA":    "${user_config.zotero_data}",
			},
		},
	}
}

// settings are the ones of the command's environment. Nothing is required: the
// program then serves the library that is on this computer.
func settings() map[string]Setting {
	return map[string]Setting{
		"zotero_api_key": {
			Type: "string", Title: "Zotero API key", Sensitive: true, Default: "",
			Description: "Serve your Zotero libraries. Make a key at https://www.zotero.org/settings/keys: one that may only read, or one that may change your library. Leave it empty for the library on this computer.",
		},
		"zotero_data": {
			Type: "directory", Title: "Zotero data folder", Default: "",
			Description: "Serve the libraries of the Zotero on this computer from its data folder, without a key: Zotero in your home folder for most people. Nothing is written there. Leave the other settings as they are.",
		},
		"zotero_desktop": {
			Type: "boolean", Title: "Use Zotero on this computer", Default: false,
			Description: "Serve the library of the Zotero app that runs here, without a key. In Zotero's advanced settings, allow other applications to communicate with it. Leave the key empty.",
		},
	}
}
