package zotero_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// attachment puts an attachment with a file below the first work of a library.
func (f *fakeZotero) attachment(l *fakeLibrary, key string, file fakeFile) {
	f.change(func() {
		l.put(key, map[string]any{"itemType": "attachment", "linkMode": "imported_file", "contentType": "application/pdf", "filename": "a.pdf", "parentItem": l.tops()[0], "tags": []any{}})
		if f.files == nil {
			f.files = map[string]fakeFile{}
		}
		f.files[key] = file
	})
}

func TestFile_ReturnsWhatZoteroStores(t *testing.T) {
	f, l, w := writable(t, librarytest.Works())
	const content = "%PDF-1.7 a file"
	f.attachment(l, "FILE2345", fakeFile{content: []byte(content)})
	got, err := w.(library.Files).File(t.Context(), "FILE2345", int64(len(content)))
	if err != nil || string(got) != content {
		t.Errorf("%q, %v", got, err)
	}
	if n := f.called("FILE2345/file"); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestFile_SaysWhatIsWrong(t *testing.T) {
	f, l, w := writable(t, librarytest.Works())
	f.attachment(l, "FILE2345", fakeFile{content: []byte("%PDF-1.7 a file")})
	f.attachment(l, "DMGD2345", fakeFile{content: []byte("%PDF-1.7"), md5: strings.Repeat("0", 32)})
	f.attachment(l, "ZPPD2345", fakeFile{content: []byte("PK"), compressed: true})
	f.attachment(l, "LNKD2345", fakeFile{})
	f.attachment(l, "GNEE2345", fakeFile{})
	f.change(func() {
		l.touch("LNKD2345", map[string]any{"linkMode": "linked_file"})
		delete(f.files, "GNEE2345")
	})
	for _, c := range []struct {
		key  string
		most int64
		code library.Code
		says string
	}{
		{"FILE2345", 3, library.TooLarge, "most"},
		{"DMGD2345", 99, library.Unavailable, "not the one"},
		{"ZPPD2345", 99, library.Invalid, "web page"},
		{"LNKD2345", 99, library.Invalid, "link"},
		{"GNEE2345", 99, library.NotFound, "WebDAV"},
		{"NNEE2345", 99, library.NotFound, "WebDAV"},
		{"../../keys", 99, library.Invalid, "key"},
		{l.tops()[0], 99, library.Invalid, "not an attachment"},
	} {
		_, err := w.(library.Files).File(t.Context(), c.key, c.most)
		if e := library.AsError(err); e == nil || e.Code != c.code || !strings.Contains(e.Message+" "+e.Hint, c.says) {
			t.Errorf("%s: %v, want %s with %q", c.key, err, c.code, c.says)
		}
	}
	f.change(func() { f.keys["good"] = strings.ReplaceAll(f.keys["good"], `"files":true`, `"files":false`) })
	if _, err := w.(library.Files).File(t.Context(), "FILE2345", 99); library.CodeOf(err) != library.Forbidden || !strings.Contains(err.Error(), "may not read files") {
		t.Errorf("a key without files: %v", err)
	}
}

// TestFile_UsesAKeyThatMay has a keyring whose first key may not read files.
func TestFile_UsesAKeyThatMay(t *testing.T) {
	f, ring, _, opens := newRing(t, 2, time.Hour, func(string) (int, string) { return 0, "" })
	f.attachment(f.libraries["/users/475425"], "FILE2345", fakeFile{content: []byte("%PDF-1.7")})
	f.change(func() { f.keys["secretk0"] = strings.ReplaceAll(f.keys["secretk0"], `"files":true`, `"files":false`) })
	if _, err := ring.Open(t.Context(), library.UserID(f.user)); err != nil {
		t.Fatal(err)
	}
	file := opens.last().Target.File
	if got, err := file(t.Context(), "FILE2345", 99); err != nil || string(got) != "%PDF-1.7" {
		t.Errorf("%q, %v", got, err)
	}
	if n := f.called("/file"); n != 1 {
		t.Errorf("%d requests for the file: the key without the right was used", n)
	}
}
