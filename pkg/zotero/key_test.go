package zotero

import (
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestValidKey(t *testing.T) {
	for key, want := range map[string]bool{
		"ABCD2345": true, "23456789": true, "IJKLMNPQ": true, "YZABCDEF": true,
		"": false, "ABCD234": false, "ABCD23456": false, "abcd2345": false, "ABCD2340": false, "ABCD2341": false, "ABCD234O": false, "../../et": false, "ABCD234\x00": false,
	} {
		if got := validKey(key); got != want {
			t.Errorf("%q: %t", key, got)
		}
	}
}

func TestGroupNumber(t *testing.T) {
	for id, want := range map[library.ID]int64{
		"group:4711": 4711, "group:1": 1,
		"group:0": 0, "group:-1": 0, "group:01": 0, "group:+1": 0, "group:1.5": 0, "group:x": 0, "group:": 0, "group:99999999999999999999": 0, "user:1": 0, "local": 0, "1": 0, "": 0,
	} {
		if got := groupNumber(id); got != want {
			t.Errorf("%q: %d, want %d", id, got, want)
		}
	}
}
