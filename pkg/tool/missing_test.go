package tool

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// halfListed is a fleet of which some libraries can't be listed.
type halfListed struct {
	fleet
	why error
}

func (h halfListed) List(ctx context.Context) ([]library.Info, error) {
	infos, err := h.fleet.List(ctx)
	if err != nil {
		return nil, err
	}
	return infos, h.why
}

func TestLibrariesThatCannotBeListedAreSaidToBeMissing(t *testing.T) {
	down := library.Errorf(library.Unavailable, "Zotero does not answer").WithHint("try again in a minute").WithCause(errors.New("dial tcp: secret"))
	c := catalogOf(t, halfListed{one(), down}, Options{})
	for _, call := range []struct {
		promise, tool, arguments string
		says, lacks              string
	}{
		{"a search of all says what it lacks", "search", `{"query":"light"}`, "Zotero does not answer", ""},
		{"a list of tags says what it lacks", "list_tags", `{}`, "Zotero does not answer", ""},
		{"a list of collections says what it lacks", "list_collections", `{}`, "Zotero does not answer", ""},
		{"the changes say what they lack", "recent_changes", `{}`, "Zotero does not answer", ""},
		{"the list of libraries says what it lacks", "list_libraries", `{}`, "Zotero does not answer", ""},
		{"a library that is there answers alone", "search", `{"query":"light","library":"local"}`, `"total":1`, "Zotero"},
	} {
		out, err := c.Call(t.Context(), call.tool, []byte(call.arguments))
		if err != nil {
			t.Errorf("%s: %v", call.promise, err)
			continue
		}
		if s := string(out); !strings.Contains(s, call.says) || call.lacks != "" && strings.Contains(s, call.lacks) || strings.Contains(s, "secret") {
			t.Errorf("%s: %s", call.promise, s)
		}
	}
	for _, arguments := range []string{`{"query":"light","library":"group:4711"}`, `{"query":"light","library":"Lab"}`} {
		if _, err := c.Call(t.Context(), "search", []byte(arguments)); library.CodeOf(err) != library.Unavailable {
			t.Errorf("%s: %v, want what keeps it from being listed", arguments, err)
		}
	}
	if _, err := c.Call(t.Context(), "fetch", []byte(`{"id":"group:4711/ABCD2345"}`)); library.CodeOf(err) != library.Unavailable {
		t.Errorf("an item of a library that can't be listed: %v", err)
	}
	if _, err := catalogOf(t, halfListed{nil, down}, Options{}).Call(t.Context(), "search", []byte(`{"query":"x"}`)); library.CodeOf(err) != library.Unavailable {
		t.Errorf("nothing can be listed: %v", err)
	}
}
