package library_test

import (
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestParseID(t *testing.T) {
	for in, want := range map[string]library.Kind{
		"local": library.KindLocal, "user:475425": library.KindUser, "group:1": library.KindGroup,
		"": "", "Local": "", "local:1": "", "user": "", "user:": "", "user:0": "", "user:-1": "", "user:01": "", "user:+1": "",
		"user:1" + " ": "", "user:99999999999999999999": "", "group:1/ABCD2345": "", "team:1": "", "user:１": "",
	} {
		id, err := library.ParseID(in)
		if want == "" {
			if library.CodeOf(err) != library.Invalid {
				t.Errorf("%q is taken as %q, %v", in, id, err)
			}
			continue
		}
		if err != nil || id.Kind() != want || string(id) != in {
			t.Errorf("%q: %q of kind %q, %v", in, id, id.Kind(), err)
		}
	}
	if n := library.UserID(475425).Number(); n != 475425 {
		t.Errorf("number %d", n)
	}
}

func TestParseItemID(t *testing.T) {
	id, err := library.ParseItemID("group:4711/ABCD2345")
	if err != nil || id != (library.ItemID{Library: "group:4711", Key: "ABCD2345"}) || id.String() != "group:4711/ABCD2345" {
		t.Errorf("%+v, %v", id, err)
	}
	for _, in := range []string{"", "/", "local", "local/", "local/ABCD234", "local/ABCD23456", "local/abcd2345", "local/ABCD2340", "local/ABCD234O", "x/ABCD2345", "local/ABCD2345/text", "local/ABCD234\x00"} {
		if got, err := library.ParseItemID(in); library.CodeOf(err) != library.Invalid {
			t.Errorf("%q is taken as %v, %v", in, got, err)
		}
	}
}

func FuzzParseItemID(f *testing.F) {
	for _, s := range []string{"local/ABCD2345", "group:4711/ABCD2345", "user:1/", "//", "local/\x00\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := library.ParseItemID(s)
		if err == nil && id.String() != s {
			t.Errorf("%q reads as %q", s, id)
		}
	})
}
