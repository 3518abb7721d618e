package datafolder

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
	"github.com/stackroom-mcp/stackroom/pkg/zotero/datafolder/datafoldertest"
)

func FuzzParseSums(f *testing.F) {
	f.Add(appendSums(nil, &census{members: []member{{key: "AAAA2222", sum: 1}, {key: "AAAA3333", sum: 2}}}))
	f.Add(appendSums(nil, &census{}))
	f.Add([]byte(sumsMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := parseSums(b)
		if (s == nil) != (err != nil) {
			t.Errorf("%v, %v", s, err)
		}
		for key := range s {
			if len(key) != keyBytes {
				t.Errorf("key %q", key)
			}
		}
	})
}

func FuzzParseMark(f *testing.F) {
	f.Add(mark{1, strings.Repeat("a", 32)}.String())
	f.Add("folder 1 ../../etc/passwd")
	f.Fuzz(func(t *testing.T, s string) {
		m, ok := parseMark(s)
		if ok && (m.String() != s || strings.ContainsAny(m.digest, `./\`)) {
			t.Errorf("%q is %+v", s, m)
		}
	})
}

// FuzzFields reads texts of the database.
func FuzzFields(f *testing.F) {
	for _, s := range []string{"2001-02-03 3 February 2001", "0000-00-00 n.d.", "-0044-03-15 Ides", "storage:a/../b.pdf", `C:\a\b`, `"a phrase" word`, "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = clean(s)
		for _, name := range []string{"date", "accessDate", "title"} {
			it := &zotero.Item{Key: "AAAA2222", Type: "book", Fields: map[string]string{}}
			setField(it, name, s)
			if !strings.HasSuffix(s, it.Fields[name]) && name != "accessDate" {
				t.Errorf("%s %q became %q", name, s, it.Fields[name])
			}
			if strings.HasSuffix(it.ParsedDate, "-00") || strings.HasPrefix(it.ParsedDate, "0000") {
				t.Errorf("%q has the date %q", s, it.ParsedDate)
			}
			it.Object(personal)
		}
		if name := filename(s); strings.ContainsAny(name, `/\`) {
			t.Errorf("%q has the name %q", s, name)
		}
		terms, cut := termsOf(s)
		if len(terms) > maxTerms || cut && len(terms) < maxTerms {
			t.Errorf("%d terms of %q, cut: %v", len(terms), s, cut)
		}
		for _, term := range terms {
			if term == "" || !utf8.ValidString(term) {
				t.Errorf("term %q of %q", term, s)
			}
		}
	})
}

// readDamaged reads everything in a folder whose database may have any bytes. It
// ends without a panic, with an error of the library or with objects.
func readDamaged(t *testing.T, database, log []byte) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string][]byte{DatabaseName: database, walName: log} {
		if content == nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folder := New(dir, t.TempDir())
	defer folder.Close()
	infos, err := folder.Libraries(t.Context())
	if err != nil {
		checkError(t, err)
		return
	}
	for _, info := range infos {
		s := source{folder, info.ID}
		if _, err := s.All(t.Context(), func(replica.Batch) error { return nil }); err != nil {
			checkError(t, err)
		}
		if _, err := s.Search(t.Context(), library.Query{Text: "one", Limit: 10}); err != nil {
			checkError(t, err)
		}
	}
}

// checkError fails if an error does not say what to do.
func checkError(t *testing.T, err error) {
	t.Helper()
	if e := library.AsError(err); e.Code == library.Internal || e.Hint == "" && e.RetryAfter == 0 && e.Code != library.TooLarge && e.Code != library.NotFound {
		t.Errorf("%v (%s)", err, e.Code)
	}
}

// small returns the database of a small library, and its log.
func small(t testing.TB, journal string) (database, log []byte) {
	t.Helper()
	dir := t.TempDir()
	f := datafoldertest.New(t, dir, datafoldertest.Options{Journal: journal})
	f.Put(datafoldertest.Personal, data{"key": "AAAA2222", "itemType": "book", "title": "One", "date": "2001", "tags": []any{tag("sound")}})
	f.Put(datafoldertest.Personal, data{"key": "NNNN2222", "itemType": "note", "parentItem": "AAAA2222", "note": "<p>text</p>"})
	database, err := os.ReadFile(filepath.Join(dir, DatabaseName))
	if err != nil {
		t.Fatal(err)
	}
	log, _ = os.ReadFile(filepath.Join(dir, walName))
	return database, log
}

// FuzzDatabase changes bytes of a database and of its log.
func FuzzDatabase(f *testing.F) {
	database, _ := small(f, "")
	walDatabase, log := small(f, "WAL")
	f.Add(true, uint32(100), []byte{0xff})
	f.Add(false, uint32(40), []byte("xx"))
	f.Fuzz(func(t *testing.T, wal bool, at uint32, change []byte) {
		if !wal {
			b := append([]byte{}, database...)
			copy(b[int(at)%len(b):], change)
			readDamaged(t, b, nil)
			return
		}
		b := append([]byte{}, log...)
		copy(b[int(at)%len(b):], change)
		readDamaged(t, walDatabase, b)
	})
}

// TestDatabase_DamagedBytesNeverPanic changes bytes all over a database, as the
// fuzz target does, and cuts it short.
func TestDatabase_DamagedBytesNeverPanic(t *testing.T) {
	database, _ := small(t, "")
	rounds := 60
	if testing.Short() {
		rounds = 6
	}
	for n := range rounds {
		at := n * 7919 % len(database)
		b := append([]byte{}, database...)
		for i := range 16 {
			b[(at+i)%len(b)] ^= byte(n + 1)
		}
		readDamaged(t, b, nil)
		readDamaged(t, database[:at], nil)
	}
}
