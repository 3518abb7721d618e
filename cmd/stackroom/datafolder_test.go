package main

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// tree returns every file and folder below a folder, with sizes.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		all = append(all, path+" "+info.ModTime().Format(time.RFC3339Nano))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestDataFolder_UnusableOneIsAnError checks that no server falls back to the
// sample library where STACKROOM_DATA is wrong, and that no command but import
// makes a folder.
func TestDataFolder_UnusableOneIsAnError(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"file": "x", "refs.bib": "@misc{a, title = {A}}", "closed/x": "", "home/.local/share/stackroom": "a file"})
	closed := filepath.Join(dir, "closed")
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(closed, 0o700) })
	_, err := os.ReadDir(closed)
	readable := err == nil // to root
	imports := []string{"import", "--dry-run", filepath.Join(dir, "refs.bib")}
	for _, c := range []struct {
		promise, setting string
		args             []string
		says             []string // "" if the command works
	}{
		{"a missing folder", "STACKROOM_DATA=" + dir + "/librry", []string{"serve"}, []string{"STACKROOM_DATA", "librry", "does not exist", "stackroom import makes it"}},
		{"a missing folder", "STACKROOM_DATA=" + dir + "/librry", []string{"stdio"}, []string{"STACKROOM_DATA", "does not exist"}},
		{"a missing folder", "STACKROOM_DATA=" + dir + "/librry", []string{"doctor"}, []string{"FAIL  data folder", "does not exist"}},
		{"a missing folder", "STACKROOM_DATA=" + dir + "/librry", imports, nil},
		{"a file", "STACKROOM_DATA=" + dir + "/file", []string{"serve"}, []string{"STACKROOM_DATA", "is not a folder"}},
		{"a file", "STACKROOM_DATA=" + dir + "/file", []string{"stdio"}, []string{"is not a folder"}},
		{"a file", "STACKROOM_DATA=" + dir + "/file", []string{"doctor"}, []string{"is not a folder"}},
		{"a file", "STACKROOM_DATA=" + dir + "/file", imports, []string{"is not a folder"}},
		{"below a file", "STACKROOM_DATA=" + dir + "/file/library", imports, []string{"can't be opened"}},
		{"a closed folder", "STACKROOM_DATA=" + closed, []string{"serve"}, []string{"STACKROOM_DATA", "can't be read"}},
		{"a closed folder", "STACKROOM_DATA=" + closed, []string{"doctor"}, []string{"can't be read"}},
		{"a tilde", "STACKROOM_DATA=~/library", []string{"serve"}, []string{"~ is not expanded"}},
		{"a tilde", "STACKROOM_DATA=~/library", imports, []string{"~ is not expanded"}},
		{"a file in the default's place", "HOME=" + dir + "/home", []string{"serve"}, []string{"is not a folder", "STACKROOM_DATA"}},
		{"no default folder", "HOME=" + dir, []string{"doctor"}, nil},
		{"no default folder", "HOME=" + dir, imports, nil},
	} {
		if readable && strings.HasSuffix(c.setting, "closed") {
			continue
		}
		status, stdout, stderr := run(t, []string{c.setting, "STACKROOM_ADDR=127.0.0.1:1"}, c.args...)
		if (status == 0) != (c.says == nil) {
			t.Errorf("%s: %s: status %d: %s%s", c.args[0], c.promise, status, stdout, stderr)
		}
		for _, s := range c.says {
			if !strings.Contains(stdout+stderr, s) {
				t.Errorf("%s: %s: no %q in %s%s", c.args[0], c.promise, s, stdout, stderr)
			}
		}
	}
	for _, made := range []string{"librry", "~"} {
		if _, err := os.Stat(filepath.Join(dir, made)); err == nil {
			t.Errorf("%s was made", made)
		}
	}
}

// TestDataFolder_OnlyImportMakesIt serves with no data folder, which must not
// make one, and then imports into it.
func TestDataFolder_OnlyImportMakesIt(t *testing.T) {
	home := t.TempDir()
	write(t, home, map[string]string{"refs.bib": "@misc{a, title = {Alpha}}"})
	before := tree(t, home)
	url, _ := start(t, "HOME="+home)
	if titles := search(t, url, "attention"); len(titles) == 0 {
		t.Error("the sample library is not served")
	}
	if status, stdout, _ := run(t, []string{"HOME=" + home}, "doctor"); status != 0 || !strings.Contains(stdout, "does not exist; the first import makes it") {
		t.Errorf("doctor: status %d, %s", status, stdout)
	}
	if after := tree(t, home); !slices.Equal(before, after) {
		t.Errorf("was made or changed: %q, now %q", before, after)
	}
	if status, _, stderr := run(t, []string{"HOME=" + home}, "import", filepath.Join(home, "refs.bib")); status != 0 {
		t.Fatal(stderr)
	}
	for range 300 {
		if titles := search(t, url, "Alpha"); len(titles) == 1 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the server does not answer from what was imported")
}

// TestDoctor_ChangesNothing checks folders in every mode of sign-in: an empty
// one, one with a library, and one with what a server keeps there.
func TestDoctor_ChangesNothing(t *testing.T) {
	empty, library := t.TempDir(), filepath.Join(t.TempDir(), "library")
	importJSON(t, library, bibliography(t))
	var down atomic.Bool
	upstream := zoteroStandIn(t, &down)
	for mode, environ := range modes(t) {
		if mode == "oidc" {
			continue // asks a provider that is not there
		}
		environ = append(environ, "ZOTERO_URL="+upstream.URL)
		if mode == "zotero" {
			_, stop := startInto(t, &output{}, &output{}, append(environ, "STACKROOM_DATA="+library)...)
			if status := stop(); status != 0 {
				t.Fatalf("serve: status %d", status)
			}
		}
		for _, data := range []string{empty, library, filepath.Join(empty, "missing")} {
			before := append(tree(t, empty), tree(t, library)...)
			status, stdout, stderr := run(t, append(environ, "STACKROOM_DATA="+data, "STACKROOM_ADDR=127.0.0.1:1"), "doctor")
			if missing := strings.HasSuffix(data, "missing"); (status == 0) == missing && mode != "zotero" || strings.Contains(stdout, "can be written") == missing {
				t.Errorf("%s, %s: status %d, %s%s", mode, data, status, stdout, stderr)
			}
			if after := append(tree(t, empty), tree(t, library)...); !slices.Equal(before, after) {
				t.Errorf("%s, %s: before %q, after %q", mode, data, before, after)
			}
		}
	}
}

func TestDoctor_FolderThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if os.WriteFile(filepath.Join(dir, "x"), nil, 0o600) == nil {
		t.Skip("this user may write everywhere")
	}
	if status, stdout, _ := run(t, []string{"STACKROOM_DATA=" + dir}, "doctor"); status != exitFailure || !strings.Contains(stdout, "FAIL  data folder") {
		t.Errorf("status %d, %s", status, stdout)
	}
}

func TestDoctor_SaysHowToReachTheZoteroApp(t *testing.T) {
	status, stdout, _ := run(t, []string{"STACKROOM_DATA=" + t.TempDir(), "ZOTERO_DESKTOP=true", "STACKROOM_PORT=1"}, "doctor")
	if res, err := http.Get(desktopURL); err == nil {
		_ = res.Body.Close()
		t.Skip("something listens on the app's port")
	}
	for _, want := range []string{"FAIL  zotero app", "start Zotero", "Settings, Advanced", "Allow other applications on this computer to communicate with Zotero", "warn  configuration  STACKROOM_PORT is not a setting"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	if status != exitFailure || strings.Contains(stdout, "try again") {
		t.Errorf("status %d,\n%s", status, stdout)
	}
}

// TestSample_NoticeInEveryAnswer calls every tool on the sample library, then
// on an imported one.
func TestSample_NoticeInEveryAnswer(t *testing.T) {
	url, _ := start(t, "STACKROOM_DATA="+t.TempDir())
	own := filepath.Join(t.TempDir(), "library")
	importJSON(t, own, bibliography(t))
	ownURL, _ := start(t, "STACKROOM_DATA="+own)
	for _, c := range []struct {
		url, query string
		sample     bool
	}{{url, "consent of the governed", true}, {ownURL, "Entscheidungsproblem", false}} {
		found := ask(t, c.url, "search", `{"query":"`+c.query+`"}`)
		_, id, _ := strings.Cut(found, `"id":"`)
		id, _, _ = strings.Cut(id, `"`)
		answers := map[string]string{
			"search": found, "search for nothing": ask(t, c.url, "search", `{"query":"zzzyzx"}`),
			"fetch": ask(t, c.url, "fetch", `{"id":"`+id+`"}`), "read_text": ask(t, c.url, "read_text", `{"id":"`+id+`"}`),
			"passages": ask(t, c.url, "read_text", `{"id":"`+id+`","question":"`+c.query+`"}`), "list_libraries": ask(t, c.url, "list_libraries", `{}`),
			"list_collections": ask(t, c.url, "list_collections", `{}`), "list_tags": ask(t, c.url, "list_tags", `{}`), "recent_changes": ask(t, c.url, "recent_changes", `{}`),
			"export": ask(t, c.url, "export", `{"query":"`+c.query+`"}`), "export by ID": ask(t, c.url, "export", `{"ids":["`+id+`"]}`),
		}
		for tool, answer := range answers {
			if strings.Contains(answer, "this is the sample library") != c.sample || strings.Count(answer, "this is the sample library") > 1 {
				t.Errorf("%s: %.600s", tool, answer)
			}
			if strings.Contains(answer, `"may_write":true`) != (tool == "list_libraries" && !c.sample) {
				t.Errorf("%s, may_write: %.600s", tool, answer)
			}
		}
		if strings.Contains(answers["passages"], `"page":"sample p. `) != c.sample || strings.Contains(answers["read_text"], `"label":"sample p. `) != c.sample {
			t.Errorf("page numbers: %.600s", answers["passages"])
		}
	}
}
