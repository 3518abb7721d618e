package zotero_test

import (
	"crypto/md5"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

const article = "%PDF-1.7 an article"

// emptyAttachment opens a library and makes an attachment without a file in it.
func emptyAttachment(t *testing.T) (*fakeZotero, library.FileStore, string) {
	t.Helper()
	f, l, w := writable(t, librarytest.Works())
	key := w.NewKey()
	if o := write(t, w, "attach0001", library.Edit{Key: key, Data: library.Data{"itemType": "attachment", "linkMode": "imported_url", "parentItem": l.tops()[0], "title": "PDF", "filename": "a.pdf", "contentType": "application/pdf"}}); o[0].Status != library.EditDone {
		t.Fatalf("%+v", o)
	}
	f.change(func() { f.uploads.lose = map[string]string{} })
	return f, w.(library.FileStore), key
}

func attach(t *testing.T, w library.FileStore, key string) error {
	t.Helper()
	return w.Attach(t.Context(), key, library.File{Name: "a.pdf", ContentType: "application/pdf", Content: []byte(article)})
}

func TestAttach_StoresAFile(t *testing.T) {
	f, w, key := emptyAttachment(t)
	if err := attach(t, w, key); err != nil {
		t.Fatal(err)
	}
	if got, err := w.File(t.Context(), key, 99); err != nil || string(got) != article {
		t.Errorf("%q, %v", got, err)
	}
	if f.uploads.stored != 1 || f.uploads.names["upload0"] != "a.pdf" {
		t.Errorf("%+v", f.uploads)
	}
	if err := attach(t, w, key); err != nil || f.uploads.stored != 1 { // it is there
		t.Errorf("again: %v, stored %d times", err, f.uploads.stored)
	}
	if err := w.Attach(t.Context(), key, library.File{Name: "b.pdf", ContentType: "application/pdf", Content: []byte("other")}); library.CodeOf(err) != library.Conflict {
		t.Errorf("another file: %v", err)
	}
}

// TestAttach_SettlesWhatIsLost loses the request or the response of each step, once and
// for each of the steps at the same time.
func TestAttach_SettlesWhatIsLost(t *testing.T) {
	steps := []string{"permit", "post", "register"}
	for _, point := range []string{"request", "response"} {
		for _, step := range append(steps, "all") {
			f, w, key := emptyAttachment(t)
			f.change(func() {
				for _, s := range steps {
					if s == step || step == "all" {
						f.uploads.lose[s] = point
					}
				}
			})
			if err := attach(t, w, key); err != nil {
				t.Errorf("the %s of %s: %v", point, step, err)
			}
			if string(f.files[key].content) != article || f.uploads.stored != 1 || len(f.uploads.lose) > 0 {
				t.Errorf("the %s of %s: %q, stored %d times", point, step, f.files[key].content, f.uploads.stored)
			}
		}
	}
}

// TestAttach_CompletesAnEarlierCall ends a call after each step, and calls again.
func TestAttach_CompletesAnEarlierCall(t *testing.T) {
	for _, step := range []string{"permit", "post", "register"} {
		f, w, key := emptyAttachment(t)
		f.change(func() {
			f.fail = func(r *http.Request) (int, string) {
				_ = r.ParseForm()
				at := "permit"
				switch {
				case strings.HasPrefix(r.URL.Path, "/upload/"):
					at = "post"
				case r.Form.Get("upload") != "":
					at = "register"
				case r.Method != http.MethodPost:
					at = ""
				}
				if at == step {
					return http.StatusForbidden, "Forbidden"
				}
				return 0, ""
			}
		})
		if err := attach(t, w, key); err == nil || f.uploads.stored > 0 {
			t.Errorf("%s: %v, stored %d times", step, err, f.uploads.stored)
		}
		f.change(func() { f.fail = nil })
		if err := attach(t, w, key); err != nil || f.uploads.stored != 1 || string(f.files[key].content) != article {
			t.Errorf("%s again: %v, stored %d times", step, err, f.uploads.stored)
		}
	}
}

func TestAttach_TakesAFileThatTheStorageHas(t *testing.T) {
	for _, lose := range []string{"", "response"} {
		f, w, key := emptyAttachment(t)
		f.change(func() {
			f.uploads.known = map[string][]byte{fmt.Sprintf("%x", md5.Sum([]byte(article))): []byte(article)}
			if lose != "" {
				f.uploads.lose["permit"] = lose
			}
		})
		if err := attach(t, w, key); err != nil || f.uploads.stored != 1 || len(f.uploads.posted) > 0 {
			t.Errorf("%q: %v, %+v", lose, err, f.uploads)
		}
	}
}

func TestAttach_SaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*fakeZotero)
		code   library.Code
		says   string
	}{
		"full": {func(f *fakeZotero) { f.uploads.full = true }, library.TooLarge, "storage of 300 MB at Zotero is full"},
		"busy": {func(f *fakeZotero) { f.uploads.busy = true }, library.RateLimited, "too many files"},
		"no files": {func(f *fakeZotero) {
			f.keys["good"] = strings.ReplaceAll(f.keys["good"], `"files":true`, `"files":false`)
		}, library.Forbidden, "may not store files"},
		"garbled":      {func(f *fakeZotero) { f.uploads.garbled = true }, library.Conflict, "another file"},
		"no such item": {func(f *fakeZotero) { f.libraries["/users/475425"].items = nil }, library.NotFound, "no such object"},
	} {
		f, w, key := emptyAttachment(t)
		f.change(func() { c.change(f) })
		err := attach(t, w, key)
		if e := library.AsError(err); e == nil || e.Code != c.code || !strings.Contains(e.Message, c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, w, _ := emptyAttachment(t)
	if err := attach(t, w, "../../keys"); library.CodeOf(err) != library.Invalid {
		t.Errorf("a path as a key: %v", err)
	}
}

// TestInfo_SaysWhetherFilesCanBeStored holds that a library of Zotero's Web API does, for
// a key that may, and one of the desktop app doesn't.
func TestInfo_SaysWhetherFilesCanBeStored(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*fakeZotero)
		open   func(*fakeZotero, zotero.Replicas) (library.Reader, error)
		stores bool
	}{
		"a key that may": {func(*fakeZotero) {}, func(f *fakeZotero, r zotero.Replicas) (library.Reader, error) {
			return newMembersOver(newClient(t, f, zotero.Options{}), r).Open(calling(t.Context(), "good"), library.UserID(f.user))
		}, true},
		"a group": {func(*fakeZotero) {}, func(f *fakeZotero, r zotero.Replicas) (library.Reader, error) {
			return newMembersOver(newClient(t, f, zotero.Options{}), r).Open(calling(t.Context(), "good"), library.GroupID(4711))
		}, true},
		"a key without files": {func(f *fakeZotero) {
			f.keys["good"] = strings.ReplaceAll(f.keys["good"], `"files":true`, `"files":false`)
		}, func(f *fakeZotero, r zotero.Replicas) (library.Reader, error) {
			return newMembersOver(newClient(t, f, zotero.Options{}), r).Open(calling(t.Context(), "good"), library.UserID(f.user))
		}, false},
		"the app": {func(f *fakeZotero) { f.local = true }, func(f *fakeZotero, r zotero.Replicas) (library.Reader, error) {
			return zotero.NewDesktop(newClient(t, f, zotero.Options{}), r).Open(t.Context(), library.UserID(1))
		}, false},
	} {
		f := newFake(t)
		number := f.user
		if name == "the app" {
			number = 0
		}
		f.addLibrary("user", number, librarytest.Works())
		f.addLibrary("group", 4711, librarytest.Works())
		f.grant("good", true, 4711)
		c.change(f)
		r, err := c.open(f, newReplicas(t))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if info, err := r.Info(t.Context()); err != nil || info.StoresFiles != c.stores {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
	}
}
