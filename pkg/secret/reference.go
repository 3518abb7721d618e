package secret

import (
	"net/url"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// Kind is the place where a setting's secret is stored.
type Kind string

// The kinds.
const (
	Plain         Kind = "plain"          // in the setting itself
	File          Kind = "file"           // file:///path
	SecretManager Kind = "secret_manager" // sm://…
)

// latest is Secret Manager's alias of the newest version.
const latest = "latest"

// reference says where a secret is stored.
type reference struct {
	kind                               Kind
	path                               string // of a file
	project, location, secret, version string // in Secret Manager; location "" is the global service
}

// Valid names in Secret Manager: a project's ID (old ones may begin with a
// domain) or number, a secret's ID, a region. They become parts of a resource
// name and, the region, of a host name, so they are validated strictly.
var (
	projectForm  = regexp.MustCompile(`^(([a-z0-9][a-z0-9.-]{0,62}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]|[0-9]{1,19})$`)
	secretForm   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)
	locationForm = regexp.MustCompile(`^[a-z]{2,16}(-[a-z0-9]{1,16}){1,3}$`)
	versionForm  = regexp.MustCompile(`^(latest|[1-9][0-9]{0,17})$`)
)

// Hints for malformed references.
const (
	referenceForms = "write sm://projects/PROJECT/secrets/SECRET/versions/latest (or a number; or, for a secret of one region, projects/PROJECT/locations/REGION/secrets/…), sm://SECRET with GOOGLE_CLOUD_PROJECT set, or file:///absolute/path"
	projectHint    = "set GOOGLE_CLOUD_PROJECT, or write sm://projects/PROJECT/secrets/SECRET"
)

// parse parses a setting's value. A value that begins like a reference is a
// reference or a fault, never a plain secret: a mistyped reference must not be
// sent to another service as a key.
func parse(value, project string) (reference, *Fault) {
	trimmed := strings.ToLower(strings.TrimSpace(value))
	switch {
	case strings.HasPrefix(value, "sm://"):
		return parseSecretManager(strings.TrimPrefix(value, "sm://"), project)
	case strings.HasPrefix(value, "file://"):
		return parseFile(value)
	case strings.HasPrefix(trimmed, "sm:"), strings.HasPrefix(trimmed, "file:"):
		return reference{}, malformed("looks like a reference but is malformed")
	}
	return reference{kind: Plain}, nil
}

// parseSecretManager parses the text after sm://: a resource name of a secret
// or of one of its versions, or a secret's ID, with or without a version.
func parseSecretManager(name, project string) (reference, *Fault) {
	r := reference{kind: SecretManager, project: project, version: latest}
	parts := strings.Split(name, "/")
	named := len(parts) > 1 && parts[0] == "projects"
	if named {
		r.project, parts = parts[1], parts[2:]
		if len(parts) > 2 && parts[0] == "locations" {
			r.location, parts = parts[1], parts[2:]
			if !locationForm.MatchString(r.location) {
				return reference{}, malformed("has an invalid region")
			}
		}
		if len(parts) < 2 || parts[0] != "secrets" {
			return reference{}, malformed("is not the name of a secret in Secret Manager")
		}
		parts = parts[1:]
	}
	r.secret = parts[0]
	switch {
	case len(parts) == 3 && parts[1] == "versions":
		r.version = parts[2]
	case len(parts) != 1:
		return reference{}, malformed("is not the name of a secret in Secret Manager")
	}
	switch {
	case !secretForm.MatchString(r.secret):
		return reference{}, malformed("has an invalid secret ID")
	case !versionForm.MatchString(r.version):
		return reference{}, malformed("has a version that is neither a number nor latest")
	case r.project == "" && !named:
		return reference{}, &Fault{Reason: Malformed, Message: "has no project", Hint: projectHint}
	case !projectForm.MatchString(r.project):
		return reference{}, malformed("has an invalid project")
	}
	return r, nil
}

// parseFile parses a file URL (RFC 8089) of this machine: an absolute path
// without host, query or fragment.
func parseFile(value string) (reference, *Fault) {
	u, err := url.Parse(value)
	if err != nil || u.Host != "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(value, "#") || strings.ContainsRune(u.Path, 0) {
		return reference{}, malformed("is not of the form file:///path")
	}
	path := u.Path
	if runtime.GOOS == "windows" {
		path = strings.TrimPrefix(path, "/") // file:///C:/path
	}
	path = filepath.FromSlash(path)
	if !filepath.IsAbs(path) || strings.HasSuffix(u.Path, "/") {
		return reference{}, malformed("is not an absolute path")
	}
	return reference{kind: File, path: path}, nil
}

// malformed returns the fault of a malformed reference.
func malformed(message string) *Fault {
	return &Fault{Reason: Malformed, Message: message, Hint: referenceForms}
}

// parent returns the resource name of the secret.
func (r reference) parent() string {
	if r.location != "" {
		return "projects/" + r.project + "/locations/" + r.location + "/secrets/" + r.secret
	}
	return "projects/" + r.project + "/secrets/" + r.secret
}

// flags returns gcloud's flags for the secret.
func (r reference) flags() string {
	if r.location != "" {
		return "--project=" + r.project + " --location=" + r.location
	}
	return "--project=" + r.project
}

// String returns the reference, which contains nothing secret.
func (r reference) String() string {
	switch r.kind {
	case SecretManager:
		return "sm://" + r.parent() + "/versions/" + r.version
	case File:
		return (&url.URL{Scheme: "file", Path: filepath.ToSlash(r.path)}).String()
	}
	return ""
}
