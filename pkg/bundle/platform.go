package bundle

import (
	"debug/buildinfo"
	"io"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Platform is an operating system and a processor, by Go's names.
type Platform struct{ OS, Arch string }

// Platforms returns those that there are bundles for.
func Platforms() []Platform {
	return []Platform{
		{"darwin", "amd64"}, {"darwin", "arm64"},
		{"linux", "amd64"}, {"linux", "arm64"},
		{"windows", "amd64"}, {"windows", "arm64"},
	}
}

// module is the path of the module that a bundle's program is built from.
const module = "github.com/stackroom-mcp/stackroom"

// PlatformOf returns what a program runs on, as its own build information has
// it: a bundle that says otherwise could be installed and would not start. It
// fails with [library.Invalid] for a file that is no program of this module,
// and for a platform that there are no bundles for.
func PlatformOf(program io.ReaderAt) (Platform, error) {
	info, err := buildinfo.Read(program)
	if err != nil {
		return Platform{}, library.Errorf(library.Invalid, "this is not a Go program").WithHint("build it with: go build ./cmd/stackroom").WithCause(err)
	}
	if info.Main.Path != module {
		return Platform{}, library.Errorf(library.Invalid, "this program is not Stackroom").WithHint("build it with: go build ./cmd/stackroom")
	}
	var p Platform
	for _, s := range info.Settings {
		switch s.Key {
		case "GOOS":
			p.OS = s.Value
		case "GOARCH":
			p.Arch = s.Value
		}
	}
	if !slices.Contains(Platforms(), p) {
		return Platform{}, library.Errorf(library.Invalid, "there are no bundles for what this program runs on").
			WithHint("build it for darwin, linux or windows, on amd64 or arm64: GOOS=darwin GOARCH=arm64 go build ./cmd/stackroom")
	}
	return p, nil
}

// hostName returns what Node, and so the manifest, calls the operating system.
func (p Platform) hostName() string {
	if p.OS == "windows" {
		return "win32"
	}
	return p.OS
}

// program returns the path of the program inside the bundle.
func (p Platform) program() string {
	if p.OS == "windows" {
		return programPath + ".exe"
	}
	return programPath
}
