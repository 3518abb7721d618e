package zotero

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// benchPage returns a page of 100 works as the API writes it.
func benchPage(tb testing.TB) []byte {
	tb.Helper()
	all := []map[string]any{}
	for i := range maxPage {
		key := fmt.Sprintf("ABCD%c%c22", keyAlphabet[i/10], keyAlphabet[i%10])
		all = append(all, map[string]any{"key": key, "version": i, "library": map[string]any{"type": "group", "id": 7}, "meta": map[string]any{"parsedDate": "2001", "numChildren": 2}, "data": map[string]any{
			"key": key, "itemType": "journalArticle", "title": fmt.Sprint("On the number ", i), "abstractNote": "An abstract of a sentence, and of another one that is longer.",
			"creators": []any{map[string]any{"creatorType": "author", "firstName": "Ada", "lastName": "Lovelace"}}, "tags": []any{map[string]any{"tag": "number"}},
			"collections": []any{"ABCD2345"}, "relations": map[string]any{}, "dateAdded": "2026-01-01T00:00:00Z", "dateModified": "2026-01-01T00:00:00Z",
			"publicationTitle": "A Journal", "volume": "7", "issue": "1", "pages": "1-10", "DOI": "10.1000/1", "ISSN": "", "url": "https://example.org/",
		}})
	}
	body, err := json.Marshal(all)
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

// BenchmarkPage reads a page of 100 works into objects of a replica.
func BenchmarkPage(b *testing.B) {
	body := benchPage(b)
	ask := func(context.Context, string, url.Values, caching) (*upstream.Response, error) {
		return &upstream.Response{Header: http.Header{}, Body: body}, nil
	}
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		p, err := getPage[item](b.Context(), ask, "", nil, direct)
		if err != nil || len(objectsOf("group:7", p.items)) != maxPage {
			b.Fatal(err)
		}
	}
}

// BenchmarkPageYardstick decodes the same page with encoding/json alone.
func BenchmarkPageYardstick(b *testing.B) {
	body := benchPage(b)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			b.Fatal(err)
		}
	}
}
