package bundle

import (
	"regexp"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// development is the version of what was built outside a release. It sorts
// before every release.
const development = "0.0.0-development"

// semantic matches a version by Semantic Versioning 2.0.0, without build
// metadata.
var semantic = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$`)

// Version returns a program's version as bundles and the registry want it:
// semantic, without the "v" of a tag and without build metadata, which has no
// place in a file's name. It fails with [library.Invalid] for anything else.
func Version(s string) (string, error) {
	if s == "development" {
		return development, nil
	}
	v, _, _ := strings.Cut(strings.TrimPrefix(s, "v"), "+")
	if len(v) > 100 || !semantic.MatchString(v) {
		return "", library.Errorf(library.Invalid, "a bundle's version must be semantic").WithHint("give one such as 1.2.3 or 1.2.3-beta.1")
	}
	return v, nil
}
