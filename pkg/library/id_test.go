package library_test

import (
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestParseID(t *testing.T) {
	twenty, sixtyFour := "k"+strings.Repeat("7", 19), strings.Repeat("x", 64)
	for in, want := range map[string]library.Kind{
		"local": library.KindLocal, "user:475425": library.KindUser, "group:1": library.KindGroup,
		"mendeley:f0e1-d2c3": "mendeley", "folder:My.Papers_2~a": "folder", "s3:x": "s3", "team:01": "team", "user:-1": "user",
		twenty + ":" + sixtyFour: library.Kind(twenty), "a:z": "a", "z9:A": "z9", "folder:...": "folder",
		"": "", ":": "", "Local": "", "local:": "", "local:1": "", "user": "", "user:": "", ":1": "", "User:1": "", "9p:1": "", "my-kind:1": "",
		twenty + "7:1": "", "user:" + sixtyFour + "x": "", "user:1 ": "", " user:1": "", "user:+1": "", "user:1:2": "", "group:1/ABCD2345": "",
		"user:１": "", "user:a\x00": "", "user:%31": "", "user:.": "", "user:..": "", "folder:a/../b": "", "ärger:1": "",
	} {
		id, err := library.ParseID(in)
		if got := library.ID(in).Kind(); got != want {
			t.Errorf("%q: kind %q, want %q", in, got, want)
		}
		if want == "" {
			if library.CodeOf(err) != library.Invalid {
				t.Errorf("%q is taken as %q, %v", in, id, err)
			}
			continue
		}
		if err != nil || string(id) != in || len(id) > library.MaxID {
			t.Errorf("%q: %q, %v", in, id, err)
		}
	}
	if len(twenty+":"+sixtyFour) != library.MaxID {
		t.Errorf("the longest ID has %d characters, MaxID is %d", len(twenty+":"+sixtyFour), library.MaxID)
	}
}

func TestParseItemID(t *testing.T) {
	for in, want := range map[string]library.ItemID{
		"group:4711/ABCD2345": {Library: "group:4711", Key: "ABCD2345"}, "local/abcd": {Library: library.Local, Key: "abcd"},
		"folder:papers/2019.Smith_a~b-c": {Library: "folder:papers", Key: "2019.Smith_a~b-c"}, "local/text": {Library: library.Local, Key: "text"},
		"local/" + strings.Repeat("k", 64): {Library: library.Local, Key: strings.Repeat("k", 64)},
	} {
		if id, err := library.ParseItemID(in); err != nil || id != want || id.String() != in {
			t.Errorf("%q: %+v, %v", in, id, err)
		}
	}
	for _, in := range []string{
		"", "/", "local", "local/", "local/a b", "local/.", "local/..", "x/ABCD2345", "local/ABCD2345/text", "local/ABCD234\x00",
		"local/" + strings.Repeat("k", 65), "local/%41", "local/a:b", "local/é",
	} {
		if got, err := library.ParseItemID(in); library.CodeOf(err) != library.Invalid {
			t.Errorf("%q is taken as %v, %v", in, got, err)
		}
	}
}

func FuzzParseID(f *testing.F) {
	for _, s := range []string{"local", "user:1", "mendeley:f0e1-d2c3", "local:1", "a:..", ":", "A:b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := library.ParseID(s)
		if err != nil {
			if library.CodeOf(err) != library.Invalid || library.ID(s).Kind() != "" {
				t.Fatalf("%q: %v, kind %q", s, err, library.ID(s).Kind())
			}
			return
		}
		if string(id) != s || len(id) > library.MaxID || s != string(library.Local) && !strings.HasPrefix(s, string(id.Kind())+":") {
			t.Fatalf("%q reads as %q of kind %q", s, id, id.Kind())
		}
	})
}

func FuzzParseItemID(f *testing.F) {
	for _, s := range []string{"local/ABCD2345", "group:4711/ABCD2345", "user:1/", "//", "local/\x00\xff", "folder:a/..", "folder:a/2019.b~c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := library.ParseItemID(s)
		if err != nil {
			return
		}
		if id.String() != s || id.Key == "" || strings.Count(s, "/") != 1 {
			t.Errorf("%q reads as %q", s, id)
		}
		if _, err := library.ParseID(string(id.Library)); err != nil {
			t.Errorf("%q: library %q: %v", s, id.Library, err)
		}
	})
}
