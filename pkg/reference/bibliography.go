package reference

import (
	"context"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
)

// Bibliography reads a bibliography in any format that package biblio reads. It
// is false for a text that is none. Notices are what was skipped or repaired.
func Bibliography(ctx context.Context, text string) (list []Reference, notices []string, ok bool, err error) {
	text = strings.TrimSpace(text)
	head := []byte(text[:min(len(text), biblio.DetectLength)])
	format, ok := biblio.Detect("", head)
	if !ok || format == biblio.Archive {
		return nil, nil, false, nil
	}
	doc, err := biblio.Read(ctx, strings.NewReader(text), "", format)
	if err != nil {
		return nil, nil, true, err
	}
	for i := range doc.Entries {
		list = append(list, FromItem(&doc.Entries[i].Item))
	}
	for _, p := range doc.Problems {
		if p.Severity == biblio.Skipped {
			notices = append(notices, p.Reason)
		}
	}
	return list, notices, true, nil
}
