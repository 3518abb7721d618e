package bundle

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image/png"
	"io"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// nothing is a catalogue's libraries where none is read.
type nothing struct{}

func (nothing) List(context.Context) ([]library.Info, error) { return nil, nil }

func (nothing) Open(context.Context, library.ID) (library.Reader, error) {
	return nil, library.Errorf(library.NotFound, "no such library")
}

func newCatalog(t *testing.T) *tool.Catalog {
	t.Helper()
	c, err := tool.NewCatalog(nothing{}, tool.Options{Writing: &tool.Writing{Confirm: tool.ConfirmChanges}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newManifest(t *testing.T, p Platform) *Manifest {
	t.Helper()
	contents, err := ContentsOf(t.Context(), newCatalog(t))
	if err != nil {
		t.Fatal(err)
	}
	return NewManifest("1.2.3", p, contents)
}

// pack returns a bundle of a program that is not one.
func pack(t *testing.T, p Platform) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, newManifest(t, p), strings.NewReader("the program")); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestBundleHoldsWhatItsManifestNames(t *testing.T) {
	for _, p := range Platforms() {
		t.Run(p.OS+" "+p.Arch, func(t *testing.T) {
			data := pack(t, p)
			z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
			if err != nil {
				t.Fatal(err)
			}
			var m Manifest
			manifest, err := z.Open("manifest.json")
			if err != nil {
				t.Fatal(err)
			}
			if err := json.NewDecoder(manifest).Decode(&m); err != nil {
				t.Fatal(err)
			}
			modes := map[string]string{"manifest.json": "-rw-r--r--", m.Icon: "-rw-r--r--", m.Server.EntryPoint: "-rwxr-xr-x"}
			for _, f := range z.File {
				if modes[f.Name] != f.Mode().String() {
					t.Errorf("%s has mode %v, want %q", f.Name, f.Mode(), modes[f.Name])
				}
				delete(modes, f.Name)
			}
			if len(modes) != 0 {
				t.Errorf("the bundle lacks %v", modes)
			}
			program, err := z.Open(strings.TrimPrefix(m.Server.Config.Command, "${__dirname}/"))
			if err != nil {
				t.Fatal(err)
			}
			if content, _ := io.ReadAll(program); string(content) != "the program" {
				t.Errorf("the command starts %q", content)
			}
			if exe := strings.HasSuffix(m.Server.EntryPoint, ".exe"); exe != (p.OS == "windows") {
				t.Errorf("the program on %s is %s", p.OS, m.Server.EntryPoint)
			}
		})
	}
}

func TestSameProgramGivesTheSameBytes(t *testing.T) {
	p := Platform{"linux", "amd64"}
	if !bytes.Equal(pack(t, p), pack(t, p)) {
		t.Error("two bundles of one program differ")
	}
}

func TestWriteSaysWhatWentWrong(t *testing.T) {
	fault := errors.New("disk")
	m := newManifest(t, Platform{"linux", "amd64"})
	if err := Write(io.Discard, m, iotest.ErrReader(fault)); !errors.Is(err, fault) {
		t.Errorf("a program that can't be read: %v", err)
	}
	if err := Write(&full{room: 100, fault: fault}, m, strings.NewReader("the program")); !errors.Is(err, fault) {
		t.Errorf("a bundle that can't be written: %v", err)
	}
}

// full is a disk with little room.
type full struct {
	room  int
	fault error
}

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, f.fault
	}
	return len(p), nil
}

func TestManifestListsTheCatalogue(t *testing.T) {
	m := newManifest(t, Platform{"darwin", "arm64"})
	var names []string
	for _, d := range newCatalog(t).Definitions() {
		names = append(names, d.Name)
		if !d.Hints.ReadOnly && strings.Contains(m.LongDescription, "never changes") {
			t.Errorf("the description promises only to read, and there is %s", d.Name)
		}
	}
	for i, listed := range m.Tools {
		if listed.Name != names[i] || listed.Description == "" {
			t.Errorf("tool %d is %+v, want %s", i, listed, names[i])
		}
	}
	if len(m.Tools) != len(names) || len(m.Prompts) < 5 {
		t.Errorf("%d tools and %d prompts", len(m.Tools), len(m.Prompts))
	}
	for _, p := range m.Prompts {
		if p.Name == "" || p.Description == "" || p.Text == "" {
			t.Errorf("prompt %+v", p)
		}
		// Each placeholder is an argument and each argument has its place.
		if got := strings.Count(p.Text, "${"); got != len(p.Arguments) {
			t.Errorf("%s has %d placeholders for %q", p.Name, got, p.Arguments)
		}
		for _, a := range p.Arguments {
			if !strings.Contains(p.Text, "${arguments."+a+"}") {
				t.Errorf("%s has no place for %s", p.Name, a)
			}
		}
	}
}

// TestSettings holds that a bundle works as it is installed, and that the key
// is kept as a secret.
func TestSettings(t *testing.T) {
	m := newManifest(t, Platform{"linux", "amd64"})
	used := map[string]bool{}
	for variable, value := range m.Server.Config.Env {
		name, ok := strings.CutPrefix(strings.TrimSuffix(value, "}"), "${user_config.")
		if _, exists := m.UserConfig[name]; !ok || !exists {
			t.Errorf("%s=%s names no setting", variable, value)
		}
		used[name] = true
	}
	for name, s := range m.UserConfig {
		if s.Required || s.Default == nil || s.Title == "" || s.Description == "" || !used[name] {
			t.Errorf("%s: %+v, used: %v", name, s, used[name])
		}
		if secret := strings.Contains(name, "key"); s.Sensitive != secret {
			t.Errorf("%s is sensitive: %v", name, s.Sensitive)
		}
	}
}

func TestEachSystemIsNamedAsNodeDoes(t *testing.T) {
	for system, want := range map[string]string{"darwin": "darwin", "linux": "linux", "windows": "win32"} {
		if got := newManifest(t, Platform{system, "amd64"}).Compatibility.Platforms; !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q, want %s", system, got, want)
		}
	}
}

func TestIcon(t *testing.T) {
	data, err := Icon()
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if b := picture.Bounds(); b.Dx() != 512 || b.Dy() != 512 || len(data) > 20_000 {
		t.Errorf("%d by %d in %d bytes", b.Dx(), b.Dy(), len(data))
	}
	at := func(x, y int) [4]uint32 {
		r, g, b, a := picture.At(x, y).RGBA()
		return [4]uint32{r >> 8, g >> 8, b >> 8, a >> 8}
	}
	if at(0, 0)[3] != 0 || at(272, 240) != [4]uint32{0xe8, 0xa3, 0x3d, 0xff} || at(272, 148) != at(256, 50) || at(256, 400) != [4]uint32{0xf4, 0xec, 0xdc, 0xff} {
		t.Errorf("corner %v, book %v, shelf %v", at(0, 0), at(272, 240), at(256, 400))
	}
}

func TestVersion(t *testing.T) {
	for given, want := range map[string]string{
		"1.2.3": "1.2.3", "v1.2.3": "1.2.3", "1.2.3-beta.1": "1.2.3-beta.1", "development": "0.0.0-development",
		"v0.0.0-20261122103028-abcdef012345+dirty": "0.0.0-20261122103028-abcdef012345",
		"": "", "latest": "", "1.2": "", "1.2.3.4": "", "^1.2.3": "", "1.x": "", "01.2.3": "", "1.2.3-": "", "1.2.3-ä": "",
		"../1.2.3": "", "1.2.3/x": "", "1.2.3\n": "", "1.2.3-" + strings.Repeat("a", 100): "",
	} {
		got, err := Version(given)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("Version(%q) = %q, %v; want %q", given, got, err, want)
		}
		if err != nil && library.CodeOf(err) != library.Invalid {
			t.Errorf("Version(%q): %v", given, err)
		}
	}
}

// FuzzVersion holds that a version can stand in the name of a file and in a
// URL, and is its own version.
func FuzzVersion(f *testing.F) {
	for _, seed := range []string{"v1.2.3", "1.2.3-rc.1+build", "development", "../..", "1.2.3-\x00", "v", "+"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := Version(s)
		if err != nil {
			return
		}
		if again, err := Version(v); again != v || err != nil {
			t.Errorf("Version(%q) = %q, whose version is %q, %v", s, v, again, err)
		}
		if strings.Trim(v, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-") != "" {
			t.Errorf("Version(%q) = %q", s, v)
		}
	})
}

func TestPlatformOf(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	// The program of this test is one of this module.
	p, err := PlatformOf(program)
	if here := (Platform{runtime.GOOS, runtime.GOARCH}); slices.Contains(Platforms(), here) && (err != nil || p != here) {
		t.Errorf("this test runs on %v, %v", p, err)
	}
	for name, content := range map[string]string{
		"nothing": "", "text": "#!/bin/sh\n", "half a header": "\x7fELF\x02\x01\x01", "Windows' first bytes": "MZ" + strings.Repeat("\x00", 100),
	} {
		if p, err := PlatformOf(strings.NewReader(content)); library.CodeOf(err) != library.Invalid {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
}

func FuzzPlatformOf(f *testing.F) {
	for _, seed := range []string{"", "\x7fELF\x02\x01\x01", "MZ", "\xcf\xfa\xed\xfe", "\xff Go buildinf:", "\x01\xdf"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := PlatformOf(bytes.NewReader(data))
		if err == nil && !slices.Contains(Platforms(), p) {
			t.Errorf("a program for %v", p)
		}
	})
}

func TestServer(t *testing.T) {
	p := Platform{"darwin", "arm64"}
	sum := strings.Repeat("0f", 32)
	s := NewServer("1.2.3", []Package{NewPackage("1.2.3", p, sum)})
	var b bytes.Buffer
	if n, err := s.WriteTo(&b); err != nil || n != int64(b.Len()) {
		t.Fatal(n, err)
	}
	var again Server
	if err := json.Unmarshal(b.Bytes(), &again); err != nil || !reflect.DeepEqual(*s, again) {
		t.Errorf("read back: %+v, %v", again, err)
	}
	// What the registry holds against a description beyond its schema.
	if n := utf8.RuneCountInString(s.Description); n > 100 {
		t.Errorf("the description has %d characters, the registry takes 100", n)
	}
	if got, want := s.Packages[0].Identifier, "https://github.com/stackroom-mcp/stackroom/releases/download/v1.2.3/stackroom-1.2.3-darwin-arm64.mcpb"; got != want {
		t.Errorf("the bundle is at %s, want %s", got, want)
	}
	for name := range s.Remotes[0].Variables {
		if !strings.Contains(s.Remotes[0].URL, "{"+name+"}") {
			t.Errorf("%s has no place in %s", name, s.Remotes[0].URL)
		}
	}
}
