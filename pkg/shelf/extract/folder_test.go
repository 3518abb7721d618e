package extract

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// papersIn writes a folder with a bibliography's folder in it, and files beside
// and around it; each file holds its own path.
func papersIn(t testing.TB) (root, dir string) {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(root, "refs")
	for _, name := range []string{
		"secret.txt", "refs/a.txt", "refs/papers/b c.txt", "refs/papers/ü.md", "refs/id_rsa", "refs/known_hosts.old", "refs/a.pem", "refs/data.json",
		"refs/.env", "refs/.netrc.txt", "refs/.ssh/id_rsa", "refs/.ssh/key.txt", "refs/papers/.git/config.txt", "refs/x.txt/y.txt", "refs-other/a.txt",
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{
		"out.txt": "../secret.txt", "abs.txt": filepath.Join(root, "secret.txt"), "in.txt": "papers/b c.txt", "inabs.txt": filepath.Join(dir, "a.txt"),
		"key.txt": "id_rsa", "env.txt": ".env", "hidden.txt": ".ssh/key.txt", "docs": "papers", "up": "..", "ssh": ".ssh", "loop.txt": "loop.txt",
		"gone.txt": "nothing.txt", "papers/back.txt": "../a.txt", "papers/far.txt": "../../refs/a.txt", "null.txt": os.DevNull, "etc": "/etc", ".link.txt": "a.txt",
	} {
		if err := os.Symlink(target, filepath.Join(dir, filepath.FromSlash(link))); err != nil {
			t.Skip("no symbolic links here")
		}
	}
	return root, dir
}

func TestFolder_ReadsOnlyDocumentsInside(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the table has this system's paths")
	}
	root, dir := papersIn(t)
	const (
		outside = "outside the bibliography's folder"
		dotted  = "begins with a dot"
		kind    = "of this kind"
		missing = "not there"
		address = "an address"
		closed  = "can't be opened"
	)
	for name, want := range map[string]string{ // a path that is read, or a reason with a space in it
		// What programs write.
		"a.txt": "a.txt", "./a.txt": "a.txt", "papers/b c.txt": "papers/b c.txt", `papers\b c.txt`: "papers/b c.txt", " a.txt ": "a.txt",
		dir + "/papers/ü.md": "papers/ü.md", "papers/../a.txt": "a.txt", "papers//b c.txt": "papers/b c.txt",
		"file:a.txt": "a.txt", "file:papers/b%20c.txt": "papers/b c.txt", "file://" + dir + "/papers/b%20c.txt": "papers/b c.txt",
		"FILE://localhost" + dir + "/a.txt": "a.txt", "file://" + dir + "/papers/%C3%BC.md": "papers/ü.md",
		// Links inside the folder.
		"in.txt": "papers/b c.txt", "inabs.txt": "a.txt", "docs/b c.txt": "papers/b c.txt", "papers/back.txt": "a.txt", "docs/back.txt": "a.txt",
		// Endings.
		"id_rsa": kind, "known_hosts.old": kind, "a.pem": kind, "data.json": kind, "key.txt": kind, "x.txt": "it is not a file", "papers": kind,
		// Dots.
		".env": dotted, ".netrc.txt": dotted, ".ssh/id_rsa": dotted, ".ssh/key.txt": dotted, "papers/.git/config.txt": dotted, "./.ssh/key.txt": dotted,
		dir + "/.ssh/key.txt": dotted, "file:.ssh/key.txt": dotted, `.ssh\key.txt`: dotted, "papers/../.ssh/key.txt": dotted, "file:%2Essh/key.txt": dotted,
		"env.txt": dotted, "hidden.txt": dotted, "ssh/key.txt": dotted, ".link.txt": dotted, ".": dotted,
		// Outside.
		"../secret.txt": outside, `..\secret.txt`: outside, "papers/../../secret.txt": outside, root + "/secret.txt": outside, "/etc/passwd": outside,
		"file:///etc/passwd": outside, "file://" + root + "/secret.txt": outside, "file:../secret.txt": outside, "file:%2e%2e/secret.txt": outside,
		dir + "/../secret.txt": outside, dir + "-other/a.txt": outside, "out.txt": outside, "abs.txt": outside, "up/secret.txt": outside, "etc/passwd": outside,
		"papers/far.txt": outside, "null.txt": outside, `C:\Users\me\a.txt`: outside, "C:/Users/me/a.txt": outside, "c:a.txt": outside, "file:///C:/Users/me/a.txt": outside,
		`\\server\share\a.txt`: outside, "//server/share/a.txt": outside, "file://server/share/a.txt": outside, "file://server" + dir + "/a.txt": outside, `file:\\server\share\a.txt`: outside,
		// Nothing there, or no file at all.
		"gone.txt": missing, "nothing.pdf": missing, "~/a.txt": missing, "$HOME/a.txt": missing, "nothing/a.txt": missing, "a.txt/b.txt": closed,
		"loop.txt": closed, "": closed, "a\x00.txt": closed, "file:": missing, "file:%": closed, strings.Repeat("long", 5000) + ".txt": closed,
		"https://example.org/a.txt": address, "smb://server/a.txt": address, "zotero://open-pdf/a.pdf": address,
	} {
		text := readIn(t, dir, name)
		if strings.Contains(want, " ") && !strings.Contains(want, "/") {
			if text.Path != "" || text.Status.Available || !strings.Contains(text.Status.Reason, want) {
				t.Errorf("%.60q: read %q, %+v; want the reason %q", name, text.Path, text.Status, want)
			}
			continue
		}
		if text.Path != want || inOneLine(text.Pages) != "0:refs/"+want {
			t.Errorf("%.60q: read %q, %+v; want %q", name, text.Path, text.Status, want)
		}
	}
}

func TestFolder_IsNamedThroughLink(t *testing.T) {
	root, dir := papersIn(t)
	link := filepath.Join(root, "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.txt", filepath.Join(link, "a.txt"), filepath.Join(dir, "a.txt"), (&url.URL{Scheme: "file", Path: filepath.ToSlash(link) + "/a.txt"}).String()} {
		if text := readIn(t, link, name); text.Path != "a.txt" {
			t.Errorf("%s: %q, %+v", name, text.Path, text.Status)
		}
	}
}

func TestFolder_HiddenFolderOfBibliographyIsRead(t *testing.T) {
	_, dir := papersIn(t)
	if text := readIn(t, filepath.Join(dir, ".ssh"), "key.txt"); text.Path != "key.txt" {
		t.Errorf("%+v", text)
	}
}

func TestFolder_RefusesBySize(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		size   int64
		reason string
	}{
		"big.txt": {MaxFileBytes + 1, "more than 64 MiB"}, "big.epub": {MaxFileBytes + 1, "more than 64 MiB"}, "empty.pdf": {0, "the file is empty"},
	} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil || f.Truncate(c.size) != nil || f.Close() != nil {
			t.Fatal(err)
		}
		if text := readIn(t, dir, name); text.Path != "" || text.Status.Available || text.Status.Reason != c.reason && !strings.Contains(text.Status.Reason, c.reason) {
			t.Errorf("%s: %+v", name, text)
		}
	}
}

func TestFolder_ThatIsNotThere(t *testing.T) {
	if _, err := OpenFolder(filepath.Join(t.TempDir(), "nothing")); err == nil {
		t.Error("no error")
	}
}

func TestRead_EndedContextIsAnError(t *testing.T) {
	folder := openFolder(t, filepath.Dir(write(t, "a.txt", "text")))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := folder.Read(ctx, "a.txt"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// FuzzLocate checks that no name leads out of the folder or to a hidden file.
func FuzzLocate(f *testing.F) {
	for _, name := range []string{"a.txt", "../secret.txt", "file:///etc/passwd", `C:\x.txt`, `papers\..\..\secret.txt`, "up/secret.txt", "docs/../.ssh/key.txt", "file:%2e%2e%2fsecret.txt"} {
		f.Add(name)
	}
	_, dir := papersIn(f)
	folder := openFolder(f, dir)
	f.Fuzz(func(t *testing.T, name string) {
		text, err := folder.Read(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if text.Path == "" && text.Status.Reason == "" {
			t.Error("nothing read and no reason")
		}
		for _, page := range text.Pages {
			if !strings.HasPrefix(page.Text, "refs/") || strings.Contains(page.Text, "/.") {
				t.Errorf("read %q", page.Text)
			}
		}
	})
}
