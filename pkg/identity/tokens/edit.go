package tokens

import (
	"encoding/json"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Records returns the records in a text, in order. The error is that of [New].
func Records(text string) ([]Record, error) {
	r, err := read(text)
	if err == nil {
		err = r.err()
	}
	if err != nil {
		return nil, err
	}
	return r.records, nil
}

// Without returns text without the record of one token, and the name in that
// record. The argument is the token's ID or the token. Comments and other
// records do not change; a JSON array is re-encoded. The error has code Invalid
// for records that can't be parsed, NotFound if the token has no record.
func Without(text, token string) (rest, name string, err error) {
	all, err := Records(text)
	if err != nil {
		return "", "", err
	}
	id := token
	if found := idOf(token); found != "" {
		id = found
	}
	var kept []Record
	for _, r := range all {
		if r.ID == id {
			name = r.Name
		} else {
			kept = append(kept, r)
		}
	}
	if len(kept) == len(all) {
		return "", "", library.Errorf(library.NotFound, "there is no record of this token").WithHint("run stackroom token list to see the tokens")
	}
	if strings.HasPrefix(strings.TrimSpace(strings.TrimPrefix(text, "\ufeff")), "[") {
		if kept == nil {
			kept = []Record{}
		}
		array, err := json.MarshalIndent(kept, "", "  ")
		return string(array) + "\n", name, err
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		var r Record
		if trimmed := strings.TrimSpace(strings.TrimPrefix(line, "\ufeff")); strings.HasPrefix(trimmed, "{") && json.Unmarshal([]byte(trimmed), &r) == nil && r.ID == id {
			continue
		}
		b.WriteString(line)
	}
	return b.String(), name, nil
}
