package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
)

// embed imports the works into an embedded library.
func (m *measurement) embed(ctx context.Context, data string) error {
	all := make([]any, len(m.works))
	for i, it := range m.works {
		var authors []any
		for _, c := range it["creators"].([]any) {
			c := c.(map[string]any)
			authors = append(authors, map[string]any{"family": c["lastName"], "given": c["firstName"]})
		}
		all[i] = map[string]any{
			"id": it["key"], "type": "article-journal", "title": it["title"], "abstract": it["abstractNote"], "author": authors,
			"container-title": it["publicationTitle"], "issued": map[string]any{"raw": it["date"]},
		}
	}
	raw, err := json.Marshal(all)
	if err != nil {
		return err
	}
	file := data + ".json"
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, m.stackroom, "import", file)
	cmd.Env = []string{"STACKROOM_DATA=" + data, "HOME=" + m.dir}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("import: %w: %.300s", err, out)
	}
	return nil
}
