package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/zotero/datafolder/datafoldertest"
)

// zoteroFolder makes a Zotero data folder with one work, in the home folder dir,
// which a running Zotero has open.
func zoteroFolder(t *testing.T, dir string) *datafoldertest.Folder {
	t.Helper()
	folder := filepath.Join(dir, "Zotero")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	f := datafoldertest.New(t, folder, datafoldertest.Options{Exclusive: true})
	f.Put(datafoldertest.Personal, datafoldertest.Data{"key": "AAAA2222", "itemType": "book", "title": "Krill of the southern ocean"})
	return f
}

// TestZoteroData_ServesAndFollowsTheFolder serves a folder, named as a client's
// settings name it, and changes a work in Zotero.
func TestZoteroData_ServesAndFollowsTheFolder(t *testing.T) {
	home := t.TempDir()
	f := zoteroFolder(t, home)
	url, _ := start(t, "STACKROOM_DATA="+t.TempDir(), "HOME="+home, "ZOTERO_DATA=~/Zotero")
	libraries := ask(t, url, "list_libraries", `{}`)
	if !strings.Contains(libraries, `"id":"user:local-AbCd1234"`) || strings.Contains(libraries, "sample") {
		t.Errorf("list_libraries: %s", libraries)
	}
	if found := ask(t, url, "search", `{"query":"krill"}`); !strings.Contains(found, "user:local-AbCd1234/AAAA2222") {
		t.Errorf("search: %s", found)
	}
	f.Put(datafoldertest.Personal, datafoldertest.Data{"key": "AAAA2222", "itemType": "book", "title": "Squid of the southern ocean"})
	deadline := time.Now().Add(5 * time.Second)
	for !strings.Contains(ask(t, url, "search", `{"query":"squid"}`), "Squid of the southern ocean") {
		if time.Now().After(deadline) {
			t.Fatal("the change is not seen after 5 s")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestZoteroData_UnusableOneIsAnError starts servers with folders that have no
// database, and servers that others than the folder's owner can call.
func TestZoteroData_UnusableOneIsAnError(t *testing.T) {
	home, empty := t.TempDir(), t.TempDir()
	zoteroFolder(t, home)
	folder := "ZOTERO_DATA=" + filepath.Join(home, "Zotero")
	for _, c := range []struct {
		environ []string
		says    string
	}{
		{[]string{"ZOTERO_DATA=" + empty}, "has no zotero.sqlite"},
		{[]string{"ZOTERO_DATA=" + empty + "/none"}, "does not exist"},
		{[]string{"ZOTERO_DATA=" + filepath.Join(home, "Zotero", "zotero.sqlite")}, "is not a folder"},
		{[]string{folder, "ZOTERO_API_KEY=P9NiFoyLeZu2bZNvvuQPDWsd"}, "together with ZOTERO_API_KEY"},
		{[]string{folder, "ZOTERO_DESKTOP=true"}, "together with ZOTERO_DESKTOP"},
		{[]string{folder, "STACKROOM_AUTH=tokens", "STACKROOM_TOKENS=x"}, "set with STACKROOM_AUTH=tokens"},
		{[]string{folder, "STACKROOM_AUTH=zotero"}, "set with STACKROOM_AUTH=zotero"},
		{[]string{folder, "STACKROOM_AUTH=oidc"}, "set with STACKROOM_AUTH=oidc"},
		{[]string{folder, "STACKROOM_AUTH=none", "STACKROOM_ADDR=0.0.0.0:0"}, "other machines can reach"},
		{[]string{folder, "STACKROOM_AUTH=none", "K_SERVICE=library"}, "other machines can reach"},
	} {
		for _, command := range []string{"serve", "stdio", "doctor"} {
			status, stdout, stderr := run(t, append(c.environ, "STACKROOM_DATA="+t.TempDir()), command)
			if status == 0 || !strings.Contains(stdout+stderr, "ZOTERO_DATA") || !strings.Contains(stdout+stderr, c.says) {
				t.Errorf("%s, %v: status %d\n%s%s", command, c.environ, status, stdout, stderr)
			}
		}
	}
}

func TestDoctor_ChecksTheZoteroDataFolder(t *testing.T) {
	home, data := t.TempDir(), "STACKROOM_DATA="+t.TempDir()
	f := zoteroFolder(t, home)
	database := filepath.Join(home, "Zotero", "zotero.sqlite")
	folder := "ZOTERO_DATA=" + filepath.Join(home, "Zotero")
	if status, stdout, _ := run(t, []string{data, folder}, "doctor"); status != 0 || !strings.Contains(stdout, `user:local-AbCd1234: 1 works in "My Library"`) {
		t.Errorf("a good one: status %d\n%s", status, stdout)
	}
	if _, stdout, _ := run(t, []string{data, "HOME=" + home}, "doctor"); !strings.Contains(stdout, folder+" serves") {
		t.Errorf("one that is not named:\n%s", stdout)
	}
	if _, stdout, _ := run(t, []string{data, "HOME=" + t.TempDir()}, "doctor"); strings.Contains(stdout, "ZOTERO_DATA") {
		t.Errorf("none:\n%s", stdout)
	}
	f.Exec(`UPDATE version SET version = 130 WHERE schema = 'userdata'`)
	if status, stdout, _ := run(t, []string{data, folder}, "doctor"); status != 0 || !strings.Contains(stdout, "warn  zotero data") || !strings.Contains(stdout, "newer") {
		t.Errorf("a newer one: status %d\n%s", status, stdout)
	}
	f.Close()
	if err := os.Truncate(database, 5000); err != nil {
		t.Fatal(err)
	}
	if status, stdout, _ := run(t, []string{data, folder}, "doctor"); status != exitFailure || !strings.Contains(stdout, "FAIL  zotero data") || !strings.Contains(stdout, "cut short") || !strings.Contains(stdout, "zotero.sqlite.bak") {
		t.Errorf("a damaged one: status %d\n%s", status, stdout)
	}
}
