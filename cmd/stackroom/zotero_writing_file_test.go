package main

import (
	"bytes"
	"context"
	"crypto/md5"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/pdf/pdftest"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// countedUploads counts the files that are posted to the server's storage.
type countedUploads struct{ n atomic.Int64 }

// RoundTrip implements [http.RoundTripper].
func (c *countedUploads) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost && strings.Contains(r.URL.Path, "/file/upload/") {
		c.n.Add(1)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// openZoteroWriter opens a library of the server to change it.
func openZoteroWriter(t *testing.T, s *zoteroSeed, key string, id library.ID, uploads http.RoundTripper) library.FileStore {
	t.Helper()
	up, err := upstream.New(upstream.Options{Name: "Zotero", BaseURL: s.URL, Header: http.Header{"Zotero-Api-Version": {"3"}}, Transport: uploads})
	if err != nil {
		t.Fatal(err)
	}
	replicas := replica.New(replica.Options{Dir: t.TempDir()})
	t.Cleanup(func() { _ = replicas.Close(context.Background()) })
	r, err := zotero.NewKeyring(zotero.NewClient(up, zotero.Options{Host: "test"}), replicas, []string{key}, zotero.KeyringOptions{}).Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	store, ok := r.(library.FileStore)
	if !ok {
		t.Fatalf("%s stores no files", id)
	}
	return store
}

// TestZoteroStoresFiles stores a PDF file in a personal library and in a group of the
// server, which answers each of Zotero's steps, and reads it back.
func TestZoteroStoresFiles(t *testing.T) {
	s := zoteroServer(t)
	for name, at := range map[string]struct {
		key string
		id  library.ID
	}{
		"personal": {s.Keys["personal"], library.ID(s.Libraries[0].ID)},
		"group":    {s.Pair.Keys[0], library.GroupID(int64(s.Pair.Group))},
	} {
		t.Run(name, func(t *testing.T) {
			uploads := &countedUploads{}
			testStoresFile(t, openZoteroWriter(t, s, at.key, at.id, uploads))
			if n := uploads.n.Load(); n != 1 {
				t.Errorf("the file was posted %d times", n)
			}
		})
	}
}

func testStoresFile(t *testing.T, w library.FileStore) {
	ctx, word := t.Context(), fmt.Sprint(time.Now().UnixNano()) // the storage has no such file from an earlier run
	lines := []string{}
	for i := range 55 {
		lines = append(lines, fmt.Sprintf("Line %d of the text %s, which is about the ice of lakes and rivers.", i, word))
	}
	content := pdftest.File{Pages: []pdftest.Page{{Texts: pdftest.Lines(10, lines...)}, {Texts: pdftest.Lines(10, lines...)}}}.Bytes()
	sum := fmt.Sprintf("%x", md5.Sum(content))
	work, first, second := w.NewKey(), w.NewKey(), w.NewKey()
	attachment := func(key string) library.Edit {
		return library.Edit{Key: key, Data: library.Data{"itemType": "attachment", "linkMode": "imported_file", "parentItem": work, "title": "PDF", "filename": "ice.pdf", "contentType": "application/pdf"}}
	}
	outcomes, err := w.Write(ctx, library.Batch{ID: "file" + word[:16], Kind: library.ItemObject, Edits: []library.Edit{
		{Key: work, Data: library.Data{"itemType": "report", "title": "The ice of lakes"}}, attachment(first), attachment(second),
	}})
	for i, o := range outcomes {
		if o.Status != library.EditDone {
			t.Fatalf("edit %d: %+v", i, o)
		}
	}
	if err != nil || len(outcomes) != 3 {
		t.Fatalf("%d outcomes, %v", len(outcomes), err)
	}
	t.Cleanup(func() { trashZoteroWork(t, w, work) })
	if _, err := w.File(ctx, first, 1<<20); library.CodeOf(err) != library.NotFound {
		t.Errorf("before: %v", err)
	}
	began := time.Now()
	file := library.File{Name: "ice.pdf", ContentType: "application/pdf", Content: content}
	// The second attachment takes what the storage has; to store a file again changes nothing.
	for i, key := range []string{first, second, first} {
		if err := w.Attach(ctx, key, file); err != nil {
			t.Fatalf("store %d: %v", i, err)
		}
	}
	if err := w.Attach(ctx, first, library.File{Name: "ice.pdf", ContentType: "application/pdf", Content: append(content, '\n')}); library.CodeOf(err) != library.Conflict {
		t.Errorf("another file: %v", err)
	}
	objects, err := w.Objects(ctx, library.ItemObject, []string{first, second})
	if err != nil || len(objects) != 2 {
		t.Fatalf("%d objects, %v", len(objects), err)
	}
	for _, o := range objects {
		if got, err := w.File(ctx, o.Key, 1<<20); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s has %d bytes, not %d: %v", o.Key, len(got), len(content), err)
		}
		for field, want := range map[string]any{"linkMode": "imported_file", "contentType": "application/pdf", "filename": "ice.pdf", "md5": sum, "parentItem": work} {
			if o.Data[field] != want {
				t.Errorf("%s of %s is %v, not %v", field, o.Key, o.Data[field], want)
			}
		}
		if stored, ok := o.Data["mtime"].(float64); !ok || time.UnixMilli(int64(stored)).Before(began.Add(-time.Second)) || time.UnixMilli(int64(stored)).After(time.Now().Add(time.Second)) {
			t.Errorf("the time of %s is %v", o.Key, o.Data["mtime"])
		}
	}
	if _, err := w.File(ctx, first, int64(len(content))-1); library.CodeOf(err) != library.TooLarge {
		t.Errorf("more than is read: %v", err)
	}
	t.Logf("%d bytes stored in two attachments in %s", len(content), time.Since(began).Round(time.Millisecond))
}

// trashZoteroWork moves a work to the trash. Tests that count the works of the server run
// before this file's, since the server counts what is in the trash.
func trashZoteroWork(t *testing.T, w library.FileStore, key string) {
	t.Helper()
	ctx := context.Background()
	found, err := w.Objects(ctx, library.ItemObject, []string{key})
	if err != nil || len(found) != 1 {
		t.Fatalf("%d objects, %v", len(found), err)
	}
	outcomes, err := w.Write(ctx, library.Batch{ID: "trash" + key, Kind: library.ItemObject, Edits: []library.Edit{
		{Key: key, Version: found[0].Version, Data: library.Data{"deleted": true}},
	}})
	if err != nil || len(outcomes) != 1 || outcomes[0].Status != library.EditDone {
		t.Errorf("the work stays: %+v, %v", outcomes, err)
	}
}

// TestZoteroStoresFilesOfPages adds a file on the page of a work, over the server, and
// takes it back.
func TestZoteroStoresFilesOfPages(t *testing.T) {
	s := zoteroServer(t)
	l := s.Libraries[0]
	url, _ := serveZotero(t, s, "personal")
	ask := overREST(url)
	askUntilRead(t, ask)
	b := newPageBrowser(t, url, url)
	path := "/works/" + l.id(l.Titles[2].Key)
	field := addForm(b.send(http.MethodGet, path, nil).body)
	content := pdfOf(fmt.Sprint("Chosen at ", time.Now().UnixNano()))
	done := b.sendFile(path, field, content)
	if done.status != http.StatusOK || !strings.Contains(done.body, "File added") {
		t.Fatalf("%d %s", done.status, done.body)
	}
	key := regexp.MustCompile(`<code>` + l.ID + `/([A-Z0-9]{8})</code>`).FindStringSubmatch(done.body)
	if key == nil {
		t.Fatalf("no attachment: %s", done.body)
	}
	w := openZoteroWriter(t, s, s.Keys["personal"], library.ID(l.ID), http.DefaultTransport)
	if got, err := w.File(t.Context(), key[1], 1<<20); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if again := b.sendFile(path, field, content); again.status != http.StatusConflict {
		t.Errorf("sent again: %d %s", again.status, again.body)
	}
	plan := b.send(http.MethodPost, "/changes", undoForms(done.body)[0])
	if back := b.send(http.MethodPost, "/changes", undoForms(plan.body)[0]); !strings.Contains(back.body, "Undone") {
		t.Errorf("%d %s", back.status, back.body)
	}
	if text := ask(t, "fetch", map[string]any{"id": l.id(l.Titles[2].Key)}).text; strings.Contains(text, key[1]) {
		t.Errorf("after the undo: %s", text)
	}
}
