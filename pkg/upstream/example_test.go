package upstream_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// A client asks one host. It remembers answers, retries, and turns failures into
// errors in words.
func ExampleClient_Get() {
	calls := 0
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls++; r.URL.Path != "/items" {
			http.NotFound(w, r)
			return
		}
		_, _ = fmt.Fprint(w, "two items")
	}))
	defer host.Close()

	client, err := upstream.New(upstream.Options{BaseURL: host.URL, Name: "the archive"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	key := upstream.NewCredential("archive:reader", http.Header{"X-Key": {"abc"}})
	for range 2 { // the second answer is a remembered one
		r, err := client.Get(ctx, upstream.Request{Path: "/items", Credential: key})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(r.Status, string(r.Body), calls)
	}
	_, err = client.Get(ctx, upstream.Request{Path: "/missing", Credential: key})
	fmt.Println(library.CodeOf(err))
	// Output:
	// 200 two items 1
	// 200 two items 1
	// not_found
}
